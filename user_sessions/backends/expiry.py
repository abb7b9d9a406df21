"""Deleting any number of expired sessions, in batches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import connections, transaction
from django.db.models import BooleanField
from django.db.models.expressions import RawSQL
from django.utils import timezone

from user_sessions import rows
from user_sessions.keys import RawKey
from user_sessions.models import SessionQuerySet

BATCH = 10_000  # rows per statement, which takes some hundredths of a second
ROW_BYTES = 320  # of a signed-in session in PostgreSQL; an anonymous one takes half as many
MANY = 2  # from this number of expired sessions per page on, delete page by page


def remove_expired(sessions: SessionQuerySet[Any], batch_size: int = BATCH) -> Iterator[int]:
    """Delete the expired sessions of a queryset in batches, and yield the size of each batch.

    A batch is a range of expiry dates, which are indexed, or of PostgreSQL's pages, so no keys are fetched.
    The expiry is a condition of the DELETE, so a session that is extended meanwhile is kept.
    """
    expired = sessions.filter(expire_date__lte=timezone.now())
    parts, delete = {"postgresql": (_by_page, _delete_without_waiting)}.get(
        connections[sessions.db].vendor, (_by_date, rows.delete_expired)
    )
    for batch in parts(expired, batch_size):
        yield delete(batch)


def _delete_without_waiting(  # pragma: no cover (PostgreSQL only)
    sessions: SessionQuerySet[Any],
) -> int:
    """Delete without waiting for PostgreSQL's disk: a row that a crash restores has expired anyway."""
    connection = connections[sessions.db]
    if connection.in_atomic_block:  # the caller's transaction waits for the disk
        return rows.delete_expired(sessions)
    with transaction.atomic(using=sessions.db), connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit TO off")
        return rows.delete_expired(sessions)


def _by_page(  # pragma: no cover (PostgreSQL only)
    sessions: SessionQuerySet[Any], size: int
) -> Iterator[SessionQuerySet[Any]]:
    """Yield querysets that divide sessions by the pages of PostgreSQL's table, if many have expired.

    PostgreSQL leaves the index entries of deleted rows to VACUUM, so an index lookup of each row would
    cost more than its deletion. Other databases remove them at once, so the access path hardly matters.
    """
    connection = connections[sessions.db]
    table = connection.ops.quote_name(sessions.model._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('block_size')::int, pg_relation_size(%s::regclass)", [table]
        )
        page_bytes, table_bytes = cursor.fetchone()
    pages, step = table_bytes // page_bytes, size * ROW_BYTES // page_bytes
    few = not _ends(sessions, "expire_date", MANY * pages or 1)
    # The parent of a partitioned table has no pages.
    if few or not pages or not step or not rows.can_delete_at_once(sessions):
        yield from _by_date(sessions, size)
        return
    for page in range(0, pages, step):
        sql, ends = "ctid >= %s::tid AND ctid < %s::tid", [f"({page},0)", f"({page + step},0)"]
        yield sessions.filter(RawSQL(sql, ends, output_field=BooleanField()))  # noqa: S611  # fixed


def _by_date(sessions: SessionQuerySet[Any], size: int) -> Iterator[SessionQuerySet[Any]]:
    """Yield querysets that divide sessions by expiry date; the caller deletes each before the next."""
    rest = sessions
    while ends := _ends(rest, "expire_date", size):
        if len(ends) == 2 and ends[0] == ends[1]:
            yield rest.filter(expire_date__lt=ends[0])
            yield from _by_key(sessions.filter(expire_date=ends[0]), size)
        else:
            yield rest.filter(expire_date__lte=ends[0])
        # A lower bound keeps the database from scanning the index entries of deleted rows again.
        rest = sessions.filter(expire_date__gt=ends[0])
    yield rest


def _by_key(sessions: SessionQuerySet[Any], size: int) -> Iterator[SessionQuerySet[Any]]:
    """Yield querysets that divide sessions with one expiry date, such as imported ones, by key."""
    rest = sessions
    while ends := _ends(rest, "pk", size):
        last = RawKey(ends[0])  # as stored: not hashed again
        yield rest.filter(pk__lte=last)
        rest = sessions.filter(pk__gt=last)
    yield rest


def _ends(sessions: SessionQuerySet[Any], column: str, size: int) -> list[Any]:
    """Return the column's value in the last row of a batch, and in the next row if there is one."""
    return list(sessions.order_by(column).values_list(column, flat=True)[size - 1 : size + 1])
