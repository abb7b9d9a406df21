"""All uses of Django's private API, as read in Django 5.2, 6.0 and 6.1.

``tests/unit/test_django_private.py`` fails if Django changes one of them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

from django.db.models import Model, QuerySet
from django.db.models.deletion import Collector
from django.db.models.signals import ModelSignal, post_delete, pre_delete

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper


def delete_in_one_statement(queryset: QuerySet[Any]) -> int:
    """Delete rows without fetching them and return how many (django/db/models/query.py, ``_raw_delete``).

    ``QuerySet.delete()`` does the same if no signal receiver and no cascade needs the instances.
    """
    return int(queryset._raw_delete(queryset.db))


def gives_values(queryset: QuerySet[Any]) -> bool:
    """Return whether ``values()`` or ``values_list()`` was called. Django then refuses to delete.

    (django/db/models/query.py, ``_fields``)
    """
    return queryset._fields is not None  # type: ignore[attr-defined]  # not in the stubs


def is_in_callers_transaction(connection: BaseDatabaseWrapper) -> bool:
    """Return whether a transaction of the caller may still roll back what is written now.

    The transaction of Django's TestCase doesn't count, because the test ends before it does
    (django/db/transaction.py, ``durable``: ``atomic_blocks`` and ``_from_testcase``).
    """
    if not connection.in_atomic_block:
        return not connection.get_autocommit()
    return not all(getattr(block, "_from_testcase", False) for block in connection.atomic_blocks)


def last_on_commit(connection: BaseDatabaseWrapper) -> object:
    """Return the last ``on_commit`` callback of the current transaction, or None.

    (django/db/backends/base/base.py, ``run_on_commit``: tuples of savepoint ids, function, ``robust``)
    """
    waiting = connection.run_on_commit
    return waiting[-1][1] if waiting else None


class FastCollector(Collector):
    """Django's collector, except that receivers in ``ignored`` don't make it fetch the instances.

    (django/db/models/deletion.py, ``_has_signal_listeners``; django/dispatch/dispatcher.py,
    ``_live_receivers``, which returns synchronous and asynchronous receivers)
    """

    ignored: Collection[Callable[..., Any]] = ()

    def _has_signal_listeners(self, model: type[Model]) -> bool:
        found = [*_receivers(pre_delete, model), *_receivers(post_delete, model)]
        return any(receiver not in self.ignored for receiver in found)


def _receivers(signal: ModelSignal, model: type[Model]) -> list[Callable[..., Any]]:
    return [receiver for kind in signal._live_receivers(model) for receiver in kind]
