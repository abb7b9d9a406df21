"""Pages of a list that may be long, of which nobody wants to wait for the count."""

from __future__ import annotations

from typing import Any, cast

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.utils.functional import cached_property

COUNTED = 1000  # results; how many more there are isn't worth a walk over a large table
LAST_PAGE = 100_000  # a number in an address may be any, and a database's are finite


class MoreThan(int):
    """A count that was broken off: the next number for those who reckon, ">1000" for those who read.

    Django's templates print the paginator's count. With ">" in front, it may get thousand separators.
    """

    def __str__(self) -> str:
        return f">{int(self) - 1}"


class BoundedPaginator(Paginator):  # type: ignore[type-arg]  # no generic at run time
    """Counts up to COUNTED, or to the end of the page that is shown where that lies further."""

    page_shown = 1

    @cached_property
    def count(self) -> int:
        bound = max(COUNTED, min(self.page_shown, LAST_PAGE) * self.per_page)
        rows = cast("QuerySet[Any]", self.object_list).order_by()
        found = rows[: bound + 1].count()
        return MoreThan(found) if found > bound else found
