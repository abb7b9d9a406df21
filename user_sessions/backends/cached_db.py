"""Sessions in the database and a cache: SESSION_ENGINE = "user_sessions.backends.cached_db".

What the cache holds, and why an ended session never comes back from it, says ``session_cache``. The
order of the steps here is what the tests in ``test_interleavings`` go through, one by one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connections
from django.utils import timezone

from user_sessions.backends import cache as session_cache
from user_sessions.backends.cache import ASK, ENDED, Entry
from user_sessions.backends.db import SessionStore as DatabaseStore
from user_sessions.backends.facts import StoredFacts, facts_of
from user_sessions.django_private import is_in_callers_transaction
from user_sessions.exceptions import CacheUnavailable, SessionEnded
from user_sessions.keys import digest_of
from user_sessions.models import AbstractSession


class SessionStore(DatabaseStore):
    """A session that is a row, and read from the cache that SESSION_CACHE_ALIAS names.

    Where the cache doesn't answer, loading and saving go on with the database; ending, signing out and
    changing the key raise CacheUnavailable and change nothing.
    """

    is_cached = True

    # What each instance begins with, in values that can't be changed themselves.
    _believed_until = 0.0
    _missed = False  # whether the cache had nothing, so a row may be offered to it
    _may_be_undone: bool | None = None  # whether we write in a transaction of the caller's
    _told: tuple[str, ...] = ()  # the digests of which this transaction told the cache

    def load(self) -> dict[str, Any]:
        if not self.session_key:
            return super().load()
        held = self._look()
        if held == ENDED:
            self._session_key = None
            return {}
        data = self._believe(held)
        if data is not None:
            return data
        # Counted from before the row is read.
        self._believed_until = session_cache.believed_until()
        self._missed = held is None
        return super().load()

    def _look(self) -> Entry | str | None:
        """Return what the cache holds; ASK where it doesn't answer."""
        try:
            return session_cache.look(self._digest)
        except CacheUnavailable as error:
            session_cache.log(error)
            return ASK

    def _believe(self, held: Entry | str | None) -> dict[str, Any] | None:
        """Return the data of an entry and remember its facts; None where the database is to be asked.

        An entry that has expired is one of those: another process may have prolonged the session.
        """
        if not isinstance(held, Entry) or not self._is_fresh(held):
            return None
        try:
            data: dict[str, Any] = self.serializer().loads(held.data)
        except Exception:  # noqa: BLE001  # another serializer wrote it, and each has its own errors
            return None
        if not self._is_of(held.facts.user_id, data):
            return None
        self._stored, self._believed_until = held.facts, held.until
        return data

    def _is_fresh(self, entry: Entry) -> bool:
        return entry.until > timezone.now().timestamp() and entry.database == self._using

    def _accept_row(self, row: AbstractSession) -> dict[str, Any] | None:
        """Offer the row to the cache, after a miss; what is there already is newer."""
        data = super()._accept_row(row)
        if data is None or not self._missed:
            return data
        held = None
        with session_cache.going_on():
            held = session_cache.offer(self._digest, self._entry(row, data, facts_of(row)))
        if held == ENDED:
            return None
        newer = self._believe(held)
        return data if newer is None else newer

    def _insert(self, row: AbstractSession, known: dict[str, Any]) -> None:
        super()._insert(row, known)
        self._believed_until = session_cache.believed_until()
        self._told += (self._digest,)
        with session_cache.going_on():
            if self._may_be_undone:
                session_cache.mark([self._digest])
            else:
                entry = self._entry(row, self._session_cache, facts_of(row))
                session_cache.offer(self._digest, entry)

    def _update(self, row: AbstractSession, known: dict[str, Any]) -> None:
        changed = self._changed(known)
        facts = self._update_if_unchanged(row, changed)
        if facts is None:
            with self._burying_what_is_gone():
                super()._update(row, known)
        self._told += (self._digest,)
        with session_cache.going_on():
            if self._may_be_undone:
                session_cache.mark([self._digest])
            elif facts is None:
                self._rewrite(row, changed)
            else:
                session_cache.put_new_data(
                    self._digest, self._entry(row, self._session_cache, facts)
                )

    def _update_if_unchanged(
        self, row: AbstractSession, changed: dict[str, Any]
    ) -> StoredFacts | None:
        """Write the row if its facts still are those that we know; return what they are then.

        With the lock of a row of which we know all, whatever the cache holds tells less than we know. That goes
        for a tombstone too: of an end that is under way, the row would be locked. None is returned, and nothing
        written, where others have changed the facts, or the row is left to its ``save()``.
        """
        if self._stored is None:
            return None
        until = session_cache.believed_until()
        names = self._prepare(row, changed)
        if not self._write_columns(row, names, self._stored._asdict()):
            return None
        self._believed_until = until
        return self._stored._replace(**changed)

    def _rewrite(self, row: AbstractSession, changed: dict[str, Any]) -> None:
        """Write the session into its entry, under the lock of a row of which we don't know all.

        Where there is none, a request that read the row before may be about to offer it: the marker
        forestalls that. A marker or tombstone stays: others know something of the row that we don't.
        """
        held = session_cache.look(self._digest)
        if isinstance(held, Entry) and self._is_fresh(held):
            entry = self._entry(row, self._session_cache, held.facts._replace(**changed))
            session_cache.put_new_data(
                self._digest, entry._replace(until=min(entry.until, held.until))
            )
        elif held not in (ENDED, ASK):
            session_cache.mark([self._digest])

    def _touch(self, changed: dict[str, Any]) -> int:
        with self._transaction():
            touched = super()._touch(changed)
            with session_cache.going_on():
                if not self._may_be_undone:
                    self._told += (self._digest,)
                    self._tell_of_touch(touched, changed)
        return touched

    def _tell_of_touch(self, touched: int, changed: dict[str, Any]) -> None:
        held = session_cache.look(self._digest) if touched else None
        if not touched:  # removed behind our back, or the cache forgot the tombstone
            session_cache.bury([self._digest])
        elif isinstance(held, Entry) and self._is_fresh(held):
            facts = held.facts._replace(**changed)
            session_cache.put_new_facts(self._digest, held._replace(facts=facts))

    def _delete_row(self, session_key: str) -> bool:
        with self._transaction():
            deleted = super()._delete_row(session_key)  # with a tombstone
            if deleted:
                self._told += (digest_of(session_key),)
            else:  # removed behind our back: the cache may still have it
                session_cache.bury([digest_of(session_key)])
        return deleted

    @property
    def _digest(self) -> str:
        return digest_of(self.session_key or "")

    def _entry(self, row: AbstractSession, data: dict[str, Any], facts: StoredFacts) -> Entry:
        until = min(self._believed_until, row.expire_date.timestamp())
        return Entry(self._using, until, until, self.serializer().dumps(data), facts)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """Begin a transaction, and find out whether there was one of the caller's before.

        Where it fails, be it by its COMMIT, the cache knows what never came to be: the marker says so.
        """
        outermost = self._may_be_undone is None
        if outermost:
            self._may_be_undone = is_in_callers_transaction(connections[self._using])
        try:
            with super()._transaction():
                yield
        except BaseException:
            if outermost and self._told:
                with session_cache.going_on():
                    session_cache.mark(self._told)
            raise
        finally:
            if outermost:
                self._may_be_undone, self._told = None, ()

    @contextmanager
    def _burying_what_is_gone(self) -> Iterator[None]:
        """Tell the cache where the row turns out to be gone: it may have forgotten the tombstone."""
        try:
            yield
        except SessionEnded:
            with session_cache.going_on():
                if not self._may_be_undone:
                    session_cache.bury([self._digest])
            raise
