"""The base class of all engines: the user, the client and the times of a session."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from asgiref.sync import sync_to_async
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import VALID_KEY_CHARS, SessionBase
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.functional import cached_property

from user_sessions.backends.facts import StoredFacts
from user_sessions.client import clean_user_agent, parse_address
from user_sessions.conf import conf
from user_sessions.keys import digest_of, is_digest
from user_sessions.signals import Client, client_changed

if TYPE_CHECKING:
    from user_sessions.models import AbstractSession


class SessionStore(SessionBase):
    """A session with a user, a client and times. Its subclasses store it.

    ``user_agent`` and ``ip`` belong to the current request. None means unknown: the row keeps its value.
    An empty string means that the request had none: the row gets NULL.

    Each ``a*`` method that reads or writes calls its synchronous twin in Django's thread for database
    work, as Django's asynchronous queries do.
    """

    is_cached = False  # whether sessions are read from a cache too

    _stored: StoredFacts | None = None
    _signed_in_at: datetime | None = None

    def __init__(
        self, session_key: str | None = None, user_agent: str | None = None, ip: str | None = None
    ) -> None:
        super().__init__(session_key)
        self.user_agent = user_agent
        self.ip = ip

    if TYPE_CHECKING:
        # SessionBase has these; its stubs lack them.
        _session: dict[str, Any]
        _session_cache: dict[str, Any]

        def _get_or_create_session_key(self) -> str: ...
        def _get_session(self, no_load: bool = ...) -> dict[str, Any]: ...  # noqa: FBT001

    @classmethod
    def get_model_class(cls) -> type[AbstractSession]:
        """Return the model of the rows. Override it for a model with columns of your own."""
        raise NotImplementedError("subclasses of SessionStore must provide get_model_class()")

    @cached_property
    def model(self) -> type[AbstractSession]:
        return self.get_model_class()

    def _validate_session_key(self, key: str | None) -> bool:
        """Reject digests: they appear in pages, logs and backups, and must not work as session keys."""
        return bool(super()._validate_session_key(key)) and not is_digest(key)  # type: ignore[misc]  # not in the stubs

    def _get_new_session_key(self) -> str:
        """Return a random key. No query checks that it is free: the primary key is unique."""
        return get_random_string(32, VALID_KEY_CHARS)

    def __setitem__(self, key: str, value: Any) -> None:
        super().__setitem__(key, value)
        self._note_sign_in(key)

    async def aset(self, key: str, value: Any) -> None:
        await super().aset(key, value)
        self._note_sign_in(key)

    def _note_sign_in(self, key: str) -> None:
        """Record the sign-in time when ``login()`` or ``alogin()`` writes the user's id."""
        if key == SESSION_KEY:
            self._signed_in_at = timezone.now()

    def clear(self) -> None:
        super().clear()
        self._stored = None
        self._signed_in_at = None

    async def acycle_key(self) -> None:
        await sync_to_async(self.cycle_key)()

    def touch(self) -> None:
        """Record activity: one UPDATE of the times and the client, never of the data."""
        raise NotImplementedError("subclasses of SessionStore must provide a touch() method")

    async def atouch(self) -> None:
        await sync_to_async(self.touch)()

    def touch_due(self) -> bool:
        """Return whether a request that only read this session should be recorded now."""
        interval = conf.ACTIVITY_INTERVAL
        if self._stored is None or interval is None:
            return False
        return timezone.now() - self._stored.last_activity >= interval

    @property
    def user_id(self) -> Any:
        """The signed-in user's primary key, or None. Reading it loads the session."""
        return self.user_id_of(self._session)

    def user_id_of(self, data: dict[str, Any]) -> Any:
        """Return the primary key of the user that session data signs in, in the field's type, or None.

        The data holds it as text (django/contrib/auth/__init__.py, ``login``).
        """
        if data.get(SESSION_KEY) is None:
            return None
        try:
            return self.model._meta.get_field("user").target_field.to_python(data[SESSION_KEY])
        except ValidationError:
            return None

    def _is_of(self, user_id: Any, data: dict[str, Any]) -> bool:
        """Return whether session data belongs to the user with this primary key (None: to no user)."""
        # Fast path: compare as text first.
        same_text = user_id is not None and str(user_id) == data.get(SESSION_KEY)
        return same_text or user_id == self.user_id_of(data)

    def _client_columns(self) -> dict[str, Any]:
        """Return the client columns that this request can set."""
        columns: dict[str, Any] = {}
        if not conf.STORE_IP:
            columns["ip"] = None
        elif self.ip is not None:
            columns["ip"] = parse_address(self.ip)
        if not conf.STORE_USER_AGENT:
            columns["user_agent"] = None
        elif self.user_agent is not None:
            length = self.model._meta.get_field("user_agent").max_length
            columns["user_agent"] = clean_user_agent(self.user_agent, cast("int", length))
        return columns

    def _remember(self, written: dict[str, Any]) -> None:
        """Remember what was written, and send ``client_changed`` if a known client changed."""
        if self._stored is None:
            return
        old, self._stored = self._stored, self._stored._replace(**written)
        before = Client(old.ip, old.user_agent)
        after = Client(self._stored.ip, self._stored.user_agent)
        if any(was is not None and was != now for was, now in zip(before, after, strict=True)):
            client_changed.send(
                sender=self.model,
                session_key=digest_of(self.session_key or ""),
                user_id=self._stored.user_id,
                old=before,
                new=after,
            )

    def _changed(self, known: dict[str, Any]) -> dict[str, Any]:
        """Return the facts that differ from the loaded row, or all of them if no row was loaded."""
        stored = self._stored
        if stored is None:
            return known
        return {name: value for name, value in known.items() if getattr(stored, name) != value}

    def _known_facts(self, data: dict[str, Any]) -> dict[str, Any]:
        """Return the facts that this request knows; the row keeps the others."""
        known = {"user_id": self.user_id_of(data), **self._client_columns()}
        if self._signed_in_at:
            known["created_at"] = self._signed_in_at
        due = self._stored is None or self._signed_in_at or self.touch_due()
        if conf.ACTIVITY_INTERVAL is not None and due:
            known["last_activity"] = timezone.now()
        return known
