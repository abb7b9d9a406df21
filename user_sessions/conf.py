"""The settings, ``USER_SESSIONS_<NAME>``: each with its default and what it does, in one place."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Generic, TypeVar

from django.conf import settings
from django.core.signals import setting_changed
from django.dispatch import receiver

PREFIX = "USER_SESSIONS_"

T = TypeVar("T")


_read: dict[str, Any] = {}


@receiver(setting_changed)
def forget(setting: str, **kwargs: Any) -> None:
    """Drop the kept value of a setting that ``override_settings`` changed."""
    _read.pop(setting, None)


class Setting(Generic[T]):
    """A setting of the site, or its default.

    Each process reads it once and keeps it, until ``override_settings`` changes it. Most sites set none
    of these, and Django keeps no value for a setting that isn't set: each look-up would search again.
    """

    def __init__(self, summary: str, *, default: T) -> None:
        self.default = default
        self.summary = summary

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = PREFIX + name

    def __get__(self, instance: object, owner: type | None = None) -> T:
        if self.name not in _read:
            _read[self.name] = getattr(settings, self.name, self.default)
        value: T = _read[self.name]
        return value


class Conf:
    """Every setting of the app. Use the instance ``conf``."""

    ACTIVITY_INTERVAL = Setting[timedelta | None](
        "How much time passes before a visit that changes nothing is recorded again; "
        "zero records every request, None records none.",
        default=timedelta(minutes=1),
    )
    CACHE_SECONDS = Setting[int](
        "For how many seconds the engine cached_db believes its cache after it read or saved a session. "
        "Whatever goes wrong in the cache ends with that.",
        default=300,
    )
    CLIENT_IP = Setting[str | None](
        "Dotted path of a function that takes the request and gives the client's address as text, "
        "or None. It replaces the two settings on proxies.",
        default=None,
    )
    FORWARDED_HEADER = Setting[str](
        "The header in which your proxies name the client: X-Forwarded-For, or Forwarded (RFC 7239). "
        "The other one is never read, since a proxy that doesn't write it passes on what the client sent.",
        default="X-Forwarded-For",
    )
    HEARTBEAT = Setting[timedelta](
        "How much time passes before an open websocket of user_sessions.channels looks at its session "
        "again, should a message that it has ended have been lost.",
        default=timedelta(minutes=1),
    )
    MOVE_FROM = Setting[str | None](  # 4.0: remove
        "Dotted path of another app's session model, for a site that can't stop to run "
        "migratesessions: a session that isn't found is looked for there, and moved at its first visit.",
        default=None,
    )
    STORE_IP = Setting[bool](
        "Whether addresses are stored. Where False, they also go from a row when it is next written.",
        default=True,
    )
    STORE_USER_AGENT = Setting[bool](
        "Whether user agents are stored. Where False, they also go from a row when it is next written.",
        default=True,
    )
    TRUSTED_PROXIES = Setting[Sequence[str]](
        'Addresses and networks of your proxies, and "unix" for one that connects over a socket. '
        "Only what they say about the client is believed.",
        default=(),
    )


conf = Conf()


def all_settings() -> dict[str, Setting[Any]]:
    """Return every setting by its full name, in alphabetical order."""
    found = [value for value in vars(Conf).values() if isinstance(value, Setting)]
    return {setting.name: setting for setting in found}
