"""Telling websockets, through the channel layer, that they should look at their session.

A message says "look", never "close", and holds nothing: who gets it asks the session itself. So one that
comes twice, late or from somebody else does no harm, and one that is lost is made up for by the
heartbeat.
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

LOOK = {"type": "user_sessions.look"}
PATIENCE = 1  # seconds, for each message: who ended a session waits for it
JOINING = 5  # seconds, for a websocket to join its group or leave it: nobody waits for that
REST = 5  # seconds in which a layer that failed isn't asked again, in each process
LOG_EVERY = 60  # seconds, in each process

# What decides whether a user's sessions are still good (django/contrib/auth/__init__.py, ``get_user``).
_DECIDING = {"is_active", "password"}


def group_of(digest: str) -> str:
    """Return the group of a session's websockets; its name may hold letters, digits and ``-_.`` only."""
    return f"user_sessions.{digest.replace('$', '.')}"


class Telling(list[str]):
    """What tells the websockets of some sessions, by their digests, once a transaction is committed."""

    def __call__(self) -> None:
        tell(self)


def tell_after_commit(digests: Collection[str], using: str) -> None:
    """Let the websockets of some sessions be told after the COMMIT, all those of a transaction at once.

    A cascade deletes one session after another, and for each there would be an event loop and a
    connection to the layer. What a savepoint undoes may be told too, for a message only says "look".
    """
    last = last_on_commit(connections[using])
    if isinstance(last, Telling):
        last.extend(digests)
    else:
        transaction.on_commit(Telling(digests), using=using, robust=True)


def sessions_deleted(session_keys: Collection[str], using: str, **kwargs: Any) -> None:
    """Receive the signal that sessions were deleted, and tell their websockets after the COMMIT."""
    tell_after_commit(session_keys, using)


def tell(digests: Collection[str]) -> None:
    """Tell the websockets of some sessions to look. A layer that fails is logged, and raises nothing."""
    layer = get_channel_layer()
    if layer is None or not digests or time.monotonic() < _asked_again_at:
        return
    try:
        async_to_sync(_send)(layer, digests)
    except Exception as error:  # noqa: BLE001  # each layer raises what its client does
        rest(error)


def user_saved(
    instance: Any, update_fields: Collection[str] | None, using: str, **kwargs: Any
) -> None:
    """Tell the websockets of a user who may have been deactivated, or got another password."""
    if not kwargs["created"] and (update_fields is None or _DECIDING.intersection(update_fields)):
        transaction.on_commit(partial(_tell_sessions_of, instance.pk), using=using, robust=True)


def _tell_sessions_of(user_id: Any) -> None:
    sessions = get_session_model().objects.active().filter(user_id=user_id)
    tell(digests_of(list(sessions.values_list("pk", flat=True))))


async def ask(method: Callable[..., Awaitable[Any]], *arguments: Any) -> None:
    """Call a method of the layer, unless that rests. If it fails that is logged, and raises nothing."""
    if time.monotonic() < _asked_again_at:
        return
    try:
        async with asyncio.timeout(JOINING):
            await method(*arguments)
    except Exception as error:  # noqa: BLE001  # as above
        rest(error)


async def _send(layer: Any, digests: Collection[str]) -> None:
    for digest in digests:  # one after another: at once, each would take a connection
        async with asyncio.timeout(PATIENCE):
            await layer.group_send(group_of(digest), LOOK)


_asked_again_at = _logged_again_at = float("-inf")


def rest(error: Exception) -> None:
    """Leave the layer alone for a while, since it failed; log that now and then."""
    global _asked_again_at
    _asked_again_at = time.monotonic() + REST
    log(error)


def log(error: Exception) -> None:
    """Log that the layer failed, now and then."""
    global _logged_again_at
    now = time.monotonic()
    if now >= _logged_again_at:
        _logged_again_at = now + LOG_EVERY
        logger.error(
            "The channel layer does not answer; websockets of ended sessions close by their heartbeat.",
            exc_info=error,
        )
