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
    """A session that is a row, found by the digest of its key."""

    @classmethod
    def get_model_class(cls) -> type[AbstractSession]:
        return Session

    def load(self) -> dict[str, Any]:
        """Return the data of the session, or of none: ``{}``, and the key is forgotten.

        Where the row's user isn't the one in the data, somebody took the session away from its user
        (``user.session_set.update(user=None)``), so it is none either.
        """
        # Whether it has expired is sooner told here than asked for.
        for row in self._rows(self.session_key):
            data = self._take(row) if row.expire_date > timezone.now() else None
            if data is not None:
                return data
        if self.session_key and conf.MOVE_FROM and self._move_from(conf.MOVE_FROM):  # 4.0: remove
            return self.load()
        self._session_key = None
        return {}

    def _take(self, row: AbstractSession) -> dict[str, Any] | None:
        """Return the data of a row and remember its facts; None where it is nobody's session."""
        data = self.decode(row.session_data)
        if not self._is_of(row.user_id, data):
            return None
        self._stored = facts_of(row)
        return data

    def exists(self, session_key: str) -> bool:
        return bool(self._validate_session_key(session_key)) and self._rows(session_key).exists()

    def create(self) -> None:
        """Store the session under a new key, with the data it has at present."""
        while True:
            self._session_key = self._get_new_session_key()
            try:
                self.save(must_create=True)
            except CreateError:
                continue
            self.modified = True
            return

    def create_model_instance(self, data: dict[str, Any]) -> AbstractSession:
        """Return the row for session data, not saved. A site with columns of its own fills them here."""
        return self.model(
            session_key=self._get_or_create_session_key(),
            session_data=self.encode(data),
            expire_date=self.get_expiry_date(),
            user_id=self.user_id_of(data),
        )

    def save(self, must_create: bool = False) -> None:  # noqa: FBT001, FBT002  # Django's signature
        """Write the whole session.

        With ``must_create`` the row must be new, or CreateError is raised. Without, it must be
        there: SessionEnded is raised, and nothing written, for a session that was ended meanwhile.
        """
        if self.session_key is None:
            return self.create()
        data = self._get_session(no_load=must_create)
        row, known = self.create_model_instance(data), self._known_facts(data)
        row.saved_by_engine = True
        try:
            with self._transaction():
                self._insert(row, known) if must_create else self._update(row, known)
            self._learn(known)
        except IntegrityError:
            # Of the reasons for one only a taken key is cured by another key: a user who is gone isn't.
            if must_create and self.exists(self.session_key):
                raise CreateError from None
            raise
        return None

    def cycle_key(self) -> None:
        """Move the session to a new key, in one transaction.

        SessionEnded is raised, and nothing written, for a signed-in session that was ended
        meanwhile: under a new key it would live on.
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
            # The page was served from this session; not having noted so is no reason to withhold it.
            logger.warning("The activity of a session could not be recorded.", exc_info=True)
        else:
            self._learn(changed if touched else {})

    def _touch(self, changed: dict[str, Any]) -> int:
        """Write that the session was used, and return how many rows that were: one, or none."""
        return self._write(changed)

    def delete(self, session_key: str | None = None) -> None:
        """End the session with this key, or this one; one that is gone already is no error."""
        key = session_key or self.session_key
        if key:
            self._delete_row(key)

    @classmethod
    def clear_expired(cls) -> None:
        for _removed in remove_expired(cls._sessions()):
            pass

    @classmethod
    def _database(cls) -> str:
        """Where sessions are written is where they are read: a lagging replica knows ended ones."""
        return router.db_for_write(cls.get_model_class())

    @cached_property
    def _using(self) -> str:
        """The same for all that a store does, whatever a router says next."""
        return router.db_for_write(self.model)

    def _transaction(self) -> AbstractContextManager[None]:
        return transaction.atomic(using=self._using)

    @classmethod
    def _sessions(cls) -> SessionQuerySet[Any]:
        return SessionQuerySet(model=cls.get_model_class(), using=cls._database())

    def _rows(self, session_key: str | None, **conditions: Any) -> SessionQuerySet[Any]:
        """Return the row of a session key: one, or none."""
        sessions: SessionQuerySet[Any] = SessionQuerySet(model=self.model, using=self._using)
        key = raw_keys.lookup(session_key or "", self.model, sessions.db)  # 4.0: remove
        return sessions.filter(**key, **conditions)

    def _move_from(self, path: str) -> bool:  # 4.0: remove
        """Move this session from another app's table into ours; tell whether it was there."""
        return bool(old_sessions(path).move([self.session_key or ""])[MOVED])

    def _insert(self, row: AbstractSession, known: dict[str, Any]) -> None:
        """Write a new row, with what was known of the session under its former key."""
        now = timezone.now()
        new = {"created_at": now, "last_activity": now}
        former = self._stored._asdict() if self._stored else new
        for name, value in {**former, **known}.items():
            setattr(row, name, value)
        row.save(force_insert=True, using=self._using)
        if not self._stored:
            self._stored = facts_of(row)

    def _update(self, row: AbstractSession, known: dict[str, Any]) -> None:
        """Write the row, but of the facts only those that this request changes.

        So a slow one doesn't undo what was done meanwhile, such as taking the session from its user.
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
        """Write a row by its digest; return what ``update_row`` does."""
        return None if self._has_raw_keys() else update_row(row, names, expected, self._using)

    def _has_raw_keys(self) -> bool:  # 4.0: remove
        return raw_keys.may_be_left(self.model, self._using)

    def _prepare(self, row: AbstractSession, changed: dict[str, Any]) -> list[str]:
        """Give a row the facts that have changed, and return the names of what is to be written."""
        for name, value in changed.items():
            setattr(row, name, value)
        facts = StoredFacts._fields
        return [n for n in _columns(self.model) if n in changed or n not in facts]

    def _save(self, row: AbstractSession, names: list[str]) -> None:
        try:
            row.save(force_update=True, update_fields=names, using=self._using)
        except DatabaseError as error:
            if _says_row_is_gone(error):
                raise SessionEnded from None
            raise

    def _update_and_hash(self, row: AbstractSession, names: list[str]) -> None:  # 4.0: remove
        """Write a row that may still stand under the key, and give it the digest by the way."""
        values = {name: getattr(row, name) for name in names}
        if not self._write({"session_key": row.session_key, **values}):
            raise SessionEnded

    def _write(self, values: dict[str, Any]) -> int:
        # Not that of SessionQuerySet, which would have to tell a cache what the engine tells it itself.
        return QuerySet.update(self._rows(self.session_key), **values)

    def _delete_row(self, session_key: str) -> bool:
        _, deleted = self._rows(session_key).delete()
        return bool(deleted.get(self.model._meta.label))


@lru_cache
def _columns(model: type[AbstractSession]) -> tuple[str, ...]:
    return tuple(f.attname for f in model._meta.concrete_fields if not f.primary_key)


def _says_row_is_gone(error: DatabaseError) -> bool:
    """Tell Django's own "no row was updated" from an error of the database, which stays one.

    Django 6.0 raises ``Model.NotUpdated``; before, it is DatabaseError itself
    (django/db/models/base.py, ``save_base``), while those of a database are its subclasses.
    """
    return type(error) is DatabaseError or type(error).__name__ == "NotUpdated"
