"""What other code can listen for."""

from __future__ import annotations

from typing import NamedTuple

from django.dispatch import Signal


class Client(NamedTuple):
    """Where a session is used from; None for what isn't known or not stored."""

    ip: str | None
    user_agent: str | None


# Sent once a session's address or user agent has changed and that is written. The sender is the
# session's model; ``session_key`` is the digest, ``user_id`` the user's primary key or None, and
# ``old`` and ``new`` are a Client each.
client_changed = Signal()
