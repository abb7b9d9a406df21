"""The consumer whose websocket closes with its session."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, cast

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, load_backend
from django.utils.crypto import constant_time_compare

from user_sessions.backends.base import SessionStore
from user_sessions.channels import layer
from user_sessions.channels.layer import group_of
from user_sessions.conf import conf
from user_sessions.keys import digest_of

logger = logging.getLogger("user_sessions")

# For applications are 4000 to 4999 (RFC 6455, section 7.4.2); 401 is HTTP's "sign in first".
SESSION_ENDED = 4401


class ClosesWithSession(AsyncWebsocketConsumer):  # type: ignore[misc]  # Channels has no types
    """A websocket for those who are signed in, closed with SESSION_ENDED once they aren't any more.

    Alone it does nothing else. In front of another asynchronous consumer, such as
    ``AsyncJsonWebsocketConsumer``, it does the same for that one; ``connect()`` and ``disconnect()`` are
    the consumer's own. It stands in a SessionMiddlewareStack or AuthMiddlewareStack.
    """

    _is_closed = False
    _heart: asyncio.Task[None] | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            if self._heart:
                self._heart.cancel()

    @property
    def channel_receive(self) -> Callable[[], Awaitable[dict[str, Any]]]:
        """Channels waits for messages by this, and would end with the websocket if the layer fails."""
        return self._receive_in_spite_of_failures

    @channel_receive.setter
    def channel_receive(self, receive: Callable[[], Awaitable[dict[str, Any]]]) -> None:
        self._receive_from_layer = receive

    async def _receive_in_spite_of_failures(self) -> dict[str, Any]:
        while True:
            try:
                return await self._receive_from_layer()
            except Exception as error:  # noqa: BLE001  # each layer raises what its client does
                layer.log(error)  # no rest: others, who send to it, may well reach it
                await asyncio.sleep(layer.REST)

    async def dispatch(self, message: dict[str, Any]) -> None:
        """Handle a message; after the end only that the browser is gone."""
        if not self._is_closed or message["type"] == "websocket.disconnect":
            await super().dispatch(message)

    async def websocket_connect(self, message: dict[str, Any]) -> None:
        """Connect whoever is signed in; accept and close the others, for else no code would reach them.

        The group comes first: an end before it is seen, one after it is told.
        """
        self._group = group_of(digest_of(self._session_key))
        if self.channel_layer is not None:
            await layer.ask(self.channel_layer.group_add, self._group, self.channel_name)
        if await self._is_signed_in():
            await super().websocket_connect(message)
            self._heart = asyncio.create_task(self._beat())
        else:
            await self.accept(next(iter(self.scope.get("subprotocols", ())), None))
            await self.close(SESSION_ENDED)

    async def websocket_disconnect(self, message: dict[str, Any]) -> None:
        self._is_closed = True
        if self.channel_layer is not None:
            await layer.ask(self.channel_layer.group_discard, self._group, self.channel_name)
        await super().websocket_disconnect(message)

    async def close(self, code: int | None = None, reason: str | None = None) -> None:
        self._is_closed = True
        await super().close(code, reason)

    async def user_sessions_look(self, message: dict[str, Any]) -> None:
        """Close if the session isn't good any more; so a message from the layer may ask."""
        if await self._is_signed_in() or self._is_closed:
            return
        try:
            await self.close(SESSION_ENDED)
        except (OSError, RuntimeError):  # as servers say that the browser went first
            logger.debug("A websocket was gone before it was closed.", exc_info=True)

    async def _beat(self) -> None:
        """Look now and then, for a message may have been lost."""
        while not self._is_closed:
            await asyncio.sleep(conf.HEARTBEAT.total_seconds())
            try:
                await self.user_sessions_look({})
            except Exception:  # a database that doesn't answer ends no session
                logger.warning("The session of a websocket could not be asked.", exc_info=True)

    @property
    def _session_key(self) -> str:
        if "session" not in self.scope:
            raise ValueError("Wrap the consumer in channels.auth.AuthMiddlewareStack.")
        return self.scope["session"].session_key or ""

    @database_sync_to_async  # type: ignore[untyped-decorator]
    def _is_signed_in(self) -> bool:
        # A new store, since that of the scope has what it once read.
        store = self.scope["session"].__class__(self._session_key)
        return signs_in(cast("SessionStore", store))


def signs_in(session: SessionStore) -> bool:
    """Tell whether a request with a session would be somebody's.

    As ``django.contrib.auth.get_user`` does, which may write as well: it ends the session after a change
    of password, and gives it a new key after one of SECRET_KEY, of which a websocket can't tell the
    browser.
    """
    path = session.get(BACKEND_SESSION_KEY, "")
    if path not in settings.AUTHENTICATION_BACKENDS:
        return False
    user = load_backend(path).get_user(session.user_id)
    if user is None:
        return False
    hashes = [user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()]
    kept = session.get(HASH_SESSION_KEY, "")
    return any(constant_time_compare(kept, good) for good in hashes)
