"""Signals that other code can connect to."""

from __future__ import annotations

from typing import NamedTuple

from django.dispatch import Signal


class Client(NamedTuple):
    """A session's client. A value is None if it is unknown or not stored."""

    ip: str | None
    user_agent: str | None


# Sent after a changed address or user agent of a session was written. The sender is the session model.
# ``session_key`` is the digest, ``user_id`` the user's primary key or None, ``old`` and ``new`` are Clients.
client_changed = Signal()
