"""A websocket consumer that closes when its session ends."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

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

# Close codes 4000 to 4999 are for private use (RFC 6455, section 7.4.2); 401 as in HTTP.
SESSION_ENDED = 4401


class CloseOnSessionEndMixin(AsyncWebsocketConsumer):  # type: ignore[misc]  # Channels has no types
    """Close the websocket with SESSION_ENDED when its session no longer authenticates the user.

    Put it before another asynchronous consumer in the list of base classes, for example
    ``AsyncJsonWebsocketConsumer``. That consumer may define ``connect()`` and ``disconnect()`` as usual.
    It can also be used alone. It needs SessionMiddlewareStack or AuthMiddlewareStack around it.
    """

    _is_closed = False
    _heartbeat_task: asyncio.Task[None] | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            if self._heartbeat_task:
                self._heartbeat_task.cancel()

    @property
    def channel_receive(self) -> Callable[[], Awaitable[dict[str, Any]]]:
        """Receive a message from the layer. Channels awaits this, and an exception would end the consumer."""
        return self._receive_with_retry

    @channel_receive.setter
    def channel_receive(self, receive: Callable[[], Awaitable[dict[str, Any]]]) -> None:
        self._receive_once = receive

    async def _receive_with_retry(self) -> dict[str, Any]:
        while True:
            try:
                return await self._receive_once()
            except Exception as error:  # noqa: BLE001  # each layer raises what its client does
                layer.log(error)  # no back_off(): sending may still work
                await asyncio.sleep(layer.BACK_OFF_SECONDS)

    async def dispatch(self, message: dict[str, Any]) -> None:
        """Handle a message. After the websocket was closed, only handle the disconnect."""
        if not self._is_closed or message["type"] == "websocket.disconnect":
            await super().dispatch(message)

    async def websocket_connect(self, message: dict[str, Any]) -> None:
        """Connect a user who is signed in. For a visitor, accept and close: a rejection carries no code.

        Join the group before the check. If the session ended earlier, the check fails; if it ends later,
        the group gets a message.
        """
        self._group = group_of(digest_of(self._session_key))
        if self.channel_layer is not None:
            await layer.call(self.channel_layer.group_add, self._group, self.channel_name)
        if await self._is_signed_in():
            await super().websocket_connect(message)
            self._heartbeat_task = asyncio.create_task(self._heartbeat())
        else:
            await self.accept(next(iter(self.scope.get("subprotocols", ())), None))
            await self.close(SESSION_ENDED)

    async def websocket_disconnect(self, message: dict[str, Any]) -> None:
        self._is_closed = True
        if self.channel_layer is not None:
            await layer.call(self.channel_layer.group_discard, self._group, self.channel_name)
        await super().websocket_disconnect(message)

    async def close(self, code: int | None = None, reason: str | None = None) -> None:
        self._is_closed = True
        await super().close(code, reason)

    async def user_sessions_check(self, message: dict[str, Any]) -> None:
        """Close if the session is no longer valid. Channels calls this for the message CHECK_SESSION."""
        if await self._is_signed_in() or self._is_closed:
            return
        try:
            await self.close(SESSION_ENDED)
        except (OSError, RuntimeError):  # servers raise these if the browser has disconnected
            logger.debug("The browser disconnected before its websocket was closed.", exc_info=True)

    async def _heartbeat(self) -> None:
        """Check the session at an interval, because a message may be lost."""
        while not self._is_closed:
            await asyncio.sleep(conf.HEARTBEAT.total_seconds())
            try:
                await self.user_sessions_check({})
            except Exception:  # a database error doesn't mean that the session ended
                logger.warning("The session of a websocket could not be checked.", exc_info=True)

    @property
    def _session_key(self) -> str:
        if "session" not in self.scope:
            raise ValueError("Wrap the consumer in channels.auth.AuthMiddlewareStack.")
        return self.scope["session"].session_key or ""

    @database_sync_to_async  # type: ignore[untyped-decorator]
    def _is_signed_in(self) -> bool:
        # A new store, because the store in the scope has already loaded its data.
        store = self.scope["session"].__class__(self._session_key)
        return is_signed_in(store)


def is_signed_in(session: SessionStore) -> bool:
    """Return whether a request with this session would be authenticated. Write nothing.

    This repeats the checks of ``django.contrib.auth.get_user``. That function may also write: it flushes
    the session after a change of password, and cycles its key after a change of SECRET_KEY. A websocket
    can't send the new key to the browser.
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
