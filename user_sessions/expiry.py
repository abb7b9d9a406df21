"""Removing expired sessions, however many they are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils import timezone

from user_sessions.keys import RawKey
from user_sessions.models import SessionQuerySet

BATCH = 10_000  # rows a statement, which takes a database some hundredths of a second


def remove_expired(sessions: SessionQuerySet[Any], batch_size: int = BATCH) -> Iterator[int]:
    """Remove the expired ones among some sessions, batch by batch; give the size of each.

    A batch is a range of expiry dates, which are indexed, so its keys need not be fetched, and a
    session that is prolonged meanwhile leaves the range.
    """
    expired = sessions.filter(expire_date__lte=timezone.now())
    for batch in _by_date(expired, batch_size):
        _total, deleted = batch.delete()
        yield deleted.get(sessions.model._meta.label, 0)


def _by_date(sessions: SessionQuerySet[Any], size: int) -> Iterator[SessionQuerySet[Any]]:
    """Give sessions in parts, each of which is the first of what the caller has left of them."""
    rest = sessions
    while ends := _ends(rest, "expire_date", size):
        if len(ends) == 2 and ends[0] == ends[1]:
            yield rest.filter(expire_date__lt=ends[0])
            yield from _by_key(sessions.filter(expire_date=ends[0]), size)
        else:
            yield rest.filter(expire_date__lte=ends[0])
        # Asked for whatever is left, a database would go over the traces of all that is gone.
        rest = sessions.filter(expire_date__gt=ends[0])
    yield rest


def _by_key(sessions: SessionQuerySet[Any], size: int) -> Iterator[SessionQuerySet[Any]]:
    """Do the same for sessions that expired at one instant, such as those of an import."""
    rest = sessions
    while ends := _ends(rest, "pk", size):
        last = RawKey(ends[0])  # as it stands in its row
        yield rest.filter(pk__lte=last)
        rest = sessions.filter(pk__gt=last)
    yield rest


def _ends(sessions: SessionQuerySet[Any], column: str, size: int) -> list[Any]:
    """Return the value in the last row of a part, and in the row after it where there is one."""
    return list(sessions.order_by(column).values_list(column, flat=True)[size - 1 : size + 1])
