"""A paginator for large tables, which doesn't count all rows."""

from __future__ import annotations

from typing import Any, cast

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.utils.functional import cached_property

COUNT_LIMIT = 1000  # rows; an exact count of more would scan a large table
MAX_PAGE = 100_000  # the URL may contain any number, but a database's integers are limited


class MoreThan(int):
    """A count that stopped at a limit: as a number, limit + 1; as text, ">1000".

    Django's templates print the paginator's count, and may add thousand separators.
    """

    def __str__(self) -> str:
        return f">{int(self) - 1}"


class BoundedPaginator(Paginator):  # type: ignore[type-arg]  # no generic at run time
    """Count at most COUNT_LIMIT rows, or up to the end of the page that is shown if that is more."""

    page_shown = 1

    @cached_property
    def count(self) -> int:
        bound = max(COUNT_LIMIT, min(self.page_shown, MAX_PAGE) * self.per_page)
        rows = cast("QuerySet[Any]", self.object_list).order_by()
        found = rows[: bound + 1].count()
        return MoreThan(found) if found > bound else found
