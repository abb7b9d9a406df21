"""What the cache of ``cached_db`` holds, and when it is believed. No database is asked here.

Under the digest of a session stands nothing, or one of three:

- an Entry, what a request needs of the row;
- ENDED, a tombstone: there is no such session, and no row needs to be looked for;
- ASK, a marker: the row may have been changed in a way that the cache doesn't show, so ask the database.

Whoever has read a row puts an Entry by ``offer``, which anything that is there already beats, so a request
that read it too early can't put it back. Whoever holds the lock of the row may put new facts into an Entry that
is there, or new data. ENDED and ASK outlive any request that may hold an old row, and new data stays for longer
than it takes to offer one. ASK may be put at any time by anybody: the database knows.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from math import ceil
from typing import Any, NamedTuple

from django.conf import settings
from django.core.cache import caches
from django.core.cache.backends.db import DatabaseCache
from django.utils import timezone

from user_sessions.backends.facts import StoredFacts
from user_sessions.conf import conf
from user_sessions.exceptions import CacheUnavailable

logger = logging.getLogger("user_sessions")

PREFIX = "user_sessions."
ENDED = "ended"
ASK = "ask the database"
NOT_UNDERSTOOD = "written by another version"  # and so to be asked for, and not to be left as it is
OUTLIVES_ANY_REQUEST = 60 * 60  # seconds
OUTLIVES_ANY_OFFER = 60  # seconds, from reading a row to offering it
LOG_EVERY = 60  # seconds, in each process

# Says how the rest is read; other words under a digest are not understood, and the database is asked.
_FORMAT = "2"


class Entry(NamedTuple):
    """What a request needs of a row. Nothing in it is a key, so it signs nobody in."""

    database: str  # whose row it is, as a name in DATABASES: with several, a key is one's only
    until: float  # when it is no longer believed, or the session expires, in seconds since 1970
    stays_until: float  # when its place becomes empty, so that another may be offered
    data: bytes  # as the session's serializer writes it
    facts: StoredFacts

    @property
    def timeout(self) -> int:
        return max(1, ceil(self.stays_until - timezone.now().timestamp()))


def believed_until() -> float:
    """Return when that which is read now is no longer believed, in seconds since 1970."""
    return timezone.now().timestamp() + conf.CACHE_SECONDS


def look(digest: str) -> Entry | str | None:
    """Return what stands under a digest: an Entry, ENDED, ASK, NOT_UNDERSTOOD, or None for nothing."""
    value = _ask("get", PREFIX + digest)
    if value is None or value in (ENDED, ASK):
        return value  # type: ignore[no-any-return]  # a cache gives Any
    if isinstance(value, tuple) and value[0] == _FORMAT:
        _format, database, until, stays, data, user_id, user_agent, ip, since, last = value
        facts = StoredFacts(user_id, user_agent, ip, since and _time(since), _time(last))
        return Entry(database, until, stays, data, facts)
    return NOT_UNDERSTOOD


def offer(digest: str, entry: Entry) -> Entry | str | None:
    """Put an entry where nothing is; otherwise return what is there."""
    if _ask("add", PREFIX + digest, _packed(entry), timeout=entry.timeout):
        return None
    return look(digest)


def put_new_facts(digest: str, entry: Entry) -> None:
    """Put an entry with the data of the one that is there; for whoever holds the lock of its row."""
    _ask("set", PREFIX + digest, _packed(entry), timeout=entry.timeout)


def put_new_data(digest: str, entry: Entry) -> None:
    """Put an entry with new data; for whoever holds the lock of its row.

    It may stay when it isn't believed any more: a slow request could still offer the old data.
    """
    earliest = timezone.now().timestamp() + OUTLIVES_ANY_OFFER
    put_new_facts(digest, entry._replace(stays_until=max(entry.until, earliest)))


def bury(digests: Collection[str]) -> None:
    """Put tombstones; for whoever has deleted the rows and not committed yet."""
    _put(digests, ENDED)


def mark(digests: Collection[str]) -> None:
    """Let the database be asked."""
    _put(digests, ASK)


@contextmanager
def going_on() -> Iterator[None]:
    """Go on without the cache where it doesn't answer, and say so in the log."""
    try:
        yield
    except CacheUnavailable as error:
        log(error)


def _packed(entry: Entry) -> tuple[Any, ...]:
    """Return an entry as a tuple of plain values; times as text, which is read sooner."""
    *others, facts = entry
    *client, created_at, last_activity = facts
    times = created_at and created_at.isoformat(), last_activity.isoformat()
    return (_FORMAT, *others, *client, *times)


_time = datetime.fromisoformat


def _put(digests: Collection[str], word: str) -> None:
    values = {PREFIX + digest: word for digest in digests}
    refused = _ask("set_many", values, timeout=max(OUTLIVES_ANY_REQUEST, 2 * conf.CACHE_SECONDS))
    # A cache returns the keys that it didn't take, but the one in the database swallows its errors.
    if refused or (_swallows_errors() and _ask("get_many", [*values]) != values):
        raise CacheUnavailable


def _swallows_errors() -> bool:
    """Tell whether the cache is Django's in the database (django/core/cache/backends/db.py, ``_base_set``)."""
    return isinstance(caches[settings.SESSION_CACHE_ALIAS], DatabaseCache)


def _ask(method: str, *args: Any, **kwargs: Any) -> Any:
    try:
        return getattr(caches[settings.SESSION_CACHE_ALIAS], method)(*args, **kwargs)
    except Exception as error:  # each cache raises what its client does
        raise CacheUnavailable from error


_last_logged = float("-inf")


def log(error: CacheUnavailable) -> None:
    """Say once a minute that the cache doesn't answer, and why."""
    global _last_logged
    if time.monotonic() - _last_logged >= LOG_EVERY:
        _last_logged = time.monotonic()
        logger.error(
            "The cache of the sessions can't be used; the database serves them.",
            exc_info=error.__cause__,
        )
