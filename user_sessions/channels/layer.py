"""Notify websockets, through the channel layer, that they should check their session.

A message carries no data and never closes a websocket: the consumer checks the session itself. A message
that arrives twice or late, or that is forged, does no harm. The heartbeat makes up for a lost message.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Collection
from functools import partial
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import connections, transaction

from user_sessions.django_private import last_on_commit
from user_sessions.engine import get_session_model
from user_sessions.rows import digests_of

logger = logging.getLogger("user_sessions")

CHECK_SESSION = {"type": "user_sessions.check"}
SEND_TIMEOUT = 1  # seconds for each message; the request that ended the session waits for it
GROUP_TIMEOUT = 5  # seconds to join or leave a group; no request waits for it
BACK_OFF_SECONDS = 5  # after a failure, a process doesn't call the layer for this time
LOG_INTERVAL = 60  # seconds between two log entries of a process

# Fields that decide whether a user's sessions are valid (django/contrib/auth/__init__.py, ``get_user``).
_AUTH_FIELDS = {"is_active", "password"}


def group_of(digest: str) -> str:
    """Return the name of the group for a session's websockets. Channels allows ASCII letters, digits, ``-_.``."""
    return f"user_sessions.{digest.replace('$', '.')}"


class _Notification(list[str]):
    """An ``on_commit`` callback that notifies the websockets of the digests in this list."""

    def __call__(self) -> None:
        notify(self)


def notify_after_commit(digests: Collection[str], using: str) -> None:
    """Notify websockets after the COMMIT, in one batch for all consecutive ends in a transaction.

    A cascade deletes sessions one by one. Without the batch, each would need an event loop and a
    connection to the layer. If a savepoint is rolled back, its sessions may be notified too, which is
    harmless.
    """
    last = last_on_commit(connections[using])
    if isinstance(last, _Notification):
        last.extend(digests)
    else:
        transaction.on_commit(_Notification(digests), using=using, robust=True)


def sessions_deleted(session_keys: Collection[str], using: str, **kwargs: Any) -> None:
    """Handle the signal ``sessions_deleted``: notify the websockets after the COMMIT."""
    notify_after_commit(session_keys, using)


def notify(digests: Collection[str]) -> None:
    """Notify the websockets of some sessions. Log a failure of the layer instead of raising it."""
    layer = get_channel_layer()
    if layer is None or not digests or time.monotonic() < _retry_at:
        return
    try:
        async_to_sync(_send)(layer, digests)
    except Exception as error:  # noqa: BLE001  # each layer raises what its client does
        back_off(error)


def user_saved(
    instance: Any, update_fields: Collection[str] | None, using: str, **kwargs: Any
) -> None:
    """Notify the websockets of a user who was saved: their password or ``is_active`` may have changed."""
    if not kwargs["created"] and (
        update_fields is None or _AUTH_FIELDS.intersection(update_fields)
    ):
        transaction.on_commit(partial(_notify_sessions_of, instance.pk), using=using, robust=True)


def _notify_sessions_of(user_id: Any) -> None:
    sessions = get_session_model().objects.active().filter(user_id=user_id)
    notify(digests_of(list(sessions.values_list("pk", flat=True))))


async def call(method: Callable[..., Awaitable[Any]], *arguments: Any) -> None:
    """Call a method of the layer, except during a back-off. Log a failure instead of raising it."""
    if time.monotonic() < _retry_at:
        return
    try:
        async with asyncio.timeout(GROUP_TIMEOUT):
            await method(*arguments)
    except Exception as error:  # noqa: BLE001  # as above
        back_off(error)


async def _send(layer: Any, digests: Collection[str]) -> None:
    for digest in digests:  # not concurrently: each would open a connection
        async with asyncio.timeout(SEND_TIMEOUT):
            await layer.group_send(group_of(digest), CHECK_SESSION)


_retry_at = _next_log_at = float("-inf")


def back_off(error: Exception) -> None:
    """Log a failure of the layer, and don't call it again for BACK_OFF_SECONDS."""
    global _retry_at
    _retry_at = time.monotonic() + BACK_OFF_SECONDS
    log(error)


def log(error: Exception) -> None:
    """Log a failure of the layer, at most once in LOG_INTERVAL."""
    global _next_log_at
    now = time.monotonic()
    if now >= _next_log_at:
        _next_log_at = now + LOG_INTERVAL
        logger.error(
            "The channel layer failed; websockets of ended sessions close at their next heartbeat.",
            exc_info=error,
        )
