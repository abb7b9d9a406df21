"""Sessions in the database: SESSION_ENGINE = "user_sessions.backends.db"."""

from __future__ import annotations

import logging
from contextlib import AbstractContextManager
from functools import lru_cache
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import CreateError
from django.db import DatabaseError, IntegrityError, router, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.functional import cached_property

from user_sessions.backends.base import SessionStore as BaseStore
from user_sessions.backends.expiry import remove_expired
from user_sessions.backends.facts import StoredFacts, facts_of
from user_sessions.backends.statements import update_row
from user_sessions.conf import conf
from user_sessions.exceptions import SessionEnded
from user_sessions.models import AbstractSession, Session, SessionQuerySet
from user_sessions.upgrade import raw_keys  # 4.0: remove
from user_sessions.upgrade.old_sessions import MOVED, old_sessions  # 4.0: remove

logger = logging.getLogger("user_sessions")


class SessionStore(BaseStore):
    """A session in a row, which the digest of its key identifies."""

    @classmethod
    def get_model_class(cls) -> type[AbstractSession]:
        return Session

    def load(self) -> dict[str, Any]:
        """Return the session's data. If there is no session, forget the key and return ``{}``.

        If the row's user isn't the user in the data, the session was detached from its user
        (``user.session_set.update(user=None)``), so there is no session.
        """
        # Checking the expiry here is faster than a condition in the query.
        for row in self._rows(self.session_key):
            data = self._accept_row(row) if row.expire_date > timezone.now() else None
            if data is not None:
                return data
        if self.session_key and conf.MOVE_FROM and self._move_from(conf.MOVE_FROM):  # 4.0: remove
            return self.load()
        self._session_key = None
        return {}

    def _accept_row(self, row: AbstractSession) -> dict[str, Any] | None:
        """Return the data of a row and remember its facts, or return None if its user was detached."""
        data = self.decode(row.session_data)
        if not self._is_of(row.user_id, data):
            return None
        self._stored = facts_of(row)
        return data

    def exists(self, session_key: str) -> bool:
        return bool(self._validate_session_key(session_key)) and self._rows(session_key).exists()

    def create(self) -> None:
        """Save the session under a new key, with its current data."""
        while True:
            self._session_key = self._get_new_session_key()
            try:
                self.save(must_create=True)
            except CreateError:
                continue
            self.modified = True
            return

    def create_model_instance(self, data: dict[str, Any]) -> AbstractSession:
        """Return an unsaved row for session data. Override it to fill columns of your own."""
        return self.model(
            session_key=self._get_or_create_session_key(),
            session_data=self.encode(data),
            expire_date=self.get_expiry_date(),
            user_id=self.user_id_of(data),
        )

    def save(self, must_create: bool = False) -> None:  # noqa: FBT001, FBT002  # Django's signature
        """Save the whole session.

        Raise CreateError if ``must_create`` is True and the key is taken. Raise SessionEnded and write
        nothing if ``must_create`` is False and the row is gone: the session has ended meanwhile.
        """
        if self.session_key is None:
            return self.create()
        data = self._get_session(no_load=must_create)
        row, known = self.create_model_instance(data), self._known_facts(data)
        row.saved_by_engine = True
        try:
            with self._transaction():
                self._insert(row, known) if must_create else self._update(row, known)
            self._remember(known)
        except IntegrityError:
            # Only a taken key is a CreateError; other errors, such as a deleted user, are raised as they are.
            if must_create and self.exists(self.session_key):
                raise CreateError from None
            raise
        return None

    def cycle_key(self) -> None:
        """Move the session to a new key, in one transaction.

        Raise SessionEnded and write nothing if a signed-in session has ended meanwhile: it must not
        continue under a new key.
        """
        data, old_key = self._session, self.session_key
        try:
            with self._transaction():
                if old_key and not self._delete_row(old_key) and SESSION_KEY in data:
                    raise SessionEnded
                self.create()
        except BaseException:
            self._session_key = old_key
            raise

    def touch(self) -> None:
        changed = {**self._changed(self._client_columns()), "last_activity": timezone.now()}
        try:
            touched = self._touch(changed)
        except DatabaseError:
            # Send the page even if the activity can't be recorded.
            logger.warning("The activity of a session could not be recorded.", exc_info=True)
        else:
            self._remember(changed if touched else {})

    def _touch(self, changed: dict[str, Any]) -> int:
        """Record the activity in the row, and return how many rows were updated: 1 or 0."""
        return self._write(changed)

    def delete(self, session_key: str | None = None) -> None:
        """End the session with this key, or this session. Do nothing if it has already ended."""
        key = session_key or self.session_key
        if key:
            self._delete_row(key)

    @classmethod
    def clear_expired(cls) -> None:
        for _removed in remove_expired(cls._sessions()):
            pass

    @classmethod
    def _database(cls) -> str:
        """Return the database for reads and writes; a replica may lag."""
        return router.db_for_write(cls.get_model_class())

    @cached_property
    def _using(self) -> str:
        """The database that this store uses, even if the router later returns another."""
        return router.db_for_write(self.model)

    def _transaction(self) -> AbstractContextManager[None]:
        return transaction.atomic(using=self._using)

    @classmethod
    def _sessions(cls) -> SessionQuerySet[Any]:
        return SessionQuerySet(model=cls.get_model_class(), using=cls._database())

    def _rows(self, session_key: str | None, **conditions: Any) -> SessionQuerySet[Any]:
        """Return a queryset of the row of a session key."""
        sessions: SessionQuerySet[Any] = SessionQuerySet(model=self.model, using=self._using)
        key = raw_keys.lookup(session_key or "", self.model, sessions.db)  # 4.0: remove
        return sessions.filter(**key, **conditions)

    def _move_from(self, path: str) -> bool:  # 4.0: remove
        """Move this session here from another app's table, and return whether it was there."""
        return bool(old_sessions(path).move([self.session_key or ""])[MOVED])

    def _insert(self, row: AbstractSession, known: dict[str, Any]) -> None:
        """Insert a new row, which keeps the facts of the previous row if the key was changed."""
        now = timezone.now()
        new = {"created_at": now, "last_activity": now}
        former = self._stored._asdict() if self._stored else new
        for name, value in {**former, **known}.items():
            setattr(row, name, value)
        row.save(force_insert=True, using=self._using)
        if not self._stored:
            self._stored = facts_of(row)

    def _update(self, row: AbstractSession, known: dict[str, Any]) -> None:
        """Update the data, and only those facts that this request changes.

        A slow request therefore doesn't undo a concurrent change, such as detaching the session.
        """
        names = self._prepare(row, self._changed(known))
        written = self._write_columns(row, names, {})
        if written == 0:
            raise SessionEnded
        if written is None and self._has_raw_keys():  # 4.0: remove
            self._update_and_hash(row, names)
        elif written is None:
            self._save(row, names)

    def _write_columns(
        self, row: AbstractSession, names: list[str], expected: dict[str, Any]
    ) -> int | None:
        """Update a row by its digest, and return what ``update_row`` returns."""
        return None if self._has_raw_keys() else update_row(row, names, expected, self._using)

    def _has_raw_keys(self) -> bool:  # 4.0: remove
        return raw_keys.may_be_left(self.model, self._using)

    def _prepare(self, row: AbstractSession, changed: dict[str, Any]) -> list[str]:
        """Set changed facts on a row, and return the names of the columns to write."""
        for name, value in changed.items():
            setattr(row, name, value)
        facts = StoredFacts._fields
        return [n for n in _columns(self.model) if n in changed or n not in facts]

    def _save(self, row: AbstractSession, names: list[str]) -> None:
        try:
            row.save(force_update=True, update_fields=names, using=self._using)
        except DatabaseError as error:
            if _is_row_gone(error):
                raise SessionEnded from None
            raise

    def _update_and_hash(self, row: AbstractSession, names: list[str]) -> None:  # 4.0: remove
        """Update a row that may still have a raw key, and replace that by the digest."""
        values = {name: getattr(row, name) for name in names}
        if not self._write({"session_key": row.session_key, **values}):
            raise SessionEnded

    def _write(self, values: dict[str, Any]) -> int:
        # SessionQuerySet.update would invalidate the cache entry, which the engine writes itself.
        return QuerySet.update(self._rows(self.session_key), **values)

    def _delete_row(self, session_key: str) -> bool:
        _, deleted = self._rows(session_key).delete()
        return bool(deleted.get(self.model._meta.label))


@lru_cache
def _columns(model: type[AbstractSession]) -> tuple[str, ...]:
    return tuple(f.attname for f in model._meta.concrete_fields if not f.primary_key)


def _is_row_gone(error: DatabaseError) -> bool:
    """Return whether an error is Django's "no row was updated" and not one of the database.

    Django 6.0 raises ``Model.NotUpdated``. Before, it raised DatabaseError itself
    (django/db/models/base.py, ``save_base``); errors of a database are subclasses.
    """
    return type(error) is DatabaseError or type(error).__name__ == "NotUpdated"
