"""Every use of Django's private API: what it is, and in which versions of Django it was read.

``tests/unit/test_django_private.py`` fails if Django changes one of them. Read in Django 5.2, 6.0 and 6.1.
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
    """Delete rows without their instances and return how many (django/db/models/query.py, ``_raw_delete``).

    ``QuerySet.delete()`` ends in it, after it has found that no instance is needed.
    """
    return int(queryset._raw_delete(queryset.db))


def gives_values(queryset: QuerySet[Any]) -> bool:
    """Return whether ``values()`` or ``values_list()`` was called, after which Django refuses to delete.

    (django/db/models/query.py, ``_fields``)
    """
    return queryset._fields is not None  # type: ignore[attr-defined]  # not in the stubs


def is_in_callers_transaction(connection: BaseDatabaseWrapper) -> bool:
    """Return whether an outer transaction of the caller's may still undo what is written now.

    The transaction that Django's TestCase puts around a test doesn't count, since nothing in the test
    sees its end (django/db/transaction.py, ``durable``: ``atomic_blocks`` and ``_from_testcase``).
    """
    if not connection.in_atomic_block:
        return not connection.get_autocommit()
    return not all(getattr(block, "_from_testcase", False) for block in connection.atomic_blocks)


def last_on_commit(connection: BaseDatabaseWrapper) -> object:
    """Return the function that this transaction calls last after its COMMIT, or None.

    (django/db/backends/base/base.py, ``run_on_commit``: a savepoint's ids, the function, ``robust``)
    """
    waiting = connection.run_on_commit
    return waiting[-1][1] if waiting else None


class FastCollector(Collector):
    """Django's collector, for which some receivers are no reason to fetch each instance.

    (django/db/models/deletion.py, ``_has_signal_listeners``; django/dispatch/dispatcher.py,
    ``_live_receivers``, which returns synchronous and asynchronous receivers)
    """

    ignored: Collection[Callable[..., Any]] = ()

    def _has_signal_listeners(self, model: type[Model]) -> bool:
        found = [*_receivers(pre_delete, model), *_receivers(post_delete, model)]
        return any(receiver not in self.ignored for receiver in found)


def _receivers(signal: ModelSignal, model: type[Model]) -> list[Callable[..., Any]]:
    return [receiver for kind in signal._live_receivers(model) for receiver in kind]
