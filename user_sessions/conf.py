"""The settings ``USER_SESSIONS_<NAME>``, each with its default and description."""

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
    """Forget the cached value of a setting when ``override_settings`` changes it."""
    _read.pop(setting, None)


class Setting(Generic[T]):
    """A descriptor that returns the site's setting, or its default.

    Each process reads a setting once and keeps it until ``override_settings`` changes it. Django doesn't
    cache that a setting isn't set, so each look-up would search again.
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
    """All settings of the app. Use the instance ``conf``."""

    ACTIVITY_INTERVAL = Setting[timedelta | None](
        "The minimum time between two updates of a session's last activity. "
        "Zero records every request, None records no activity.",
        default=timedelta(minutes=1),
    )
    CACHE_SECONDS = Setting[int](
        "The number of seconds for which the engine cached_db uses a cache entry after it read or saved "
        "the session. An error in the cache lasts no longer than this.",
        default=300,
    )
    CLIENT_IP = Setting[str | None](
        "Dotted path of a function that takes the request and returns the client's address as text, or "
        "None. It replaces USER_SESSIONS_TRUSTED_PROXIES and USER_SESSIONS_FORWARDED_HEADER.",
        default=None,
    )
    FORWARDED_HEADER = Setting[str](
        "The header in which your proxies name the client: X-Forwarded-For, or Forwarded (RFC 7239). "
        "The app never reads the other one, because a client can send it and your proxies pass it on.",
        default="X-Forwarded-For",
    )
    HEARTBEAT = Setting[timedelta](
        "The interval at which an open websocket of user_sessions.channels checks its session, "
        "in case a message about its end was lost.",
        default=timedelta(minutes=1),
    )
    MOVE_FROM = Setting[str | None](  # 4.0: remove
        "Dotted path of another app's session model, for a site that can't stop to run migratesessions. "
        "A session that isn't found is looked up there, and moved at its first visit.",
        default=None,
    )
    STORE_IP = Setting[bool](
        "Whether addresses are stored. If False, the next write of a row also removes its address.",
        default=True,
    )
    STORE_USER_AGENT = Setting[bool](
        "Whether user agents are stored. If False, the next write of a row also removes its user agent.",
        default=True,
    )
    TRUSTED_PROXIES = Setting[Sequence[str]](
        'Addresses and networks of your proxies, and "unix" for one that connects over a Unix socket. '
        "The app trusts only what these proxies write about the client.",
        default=(),
    )


conf = Conf()


def all_settings() -> dict[str, Setting[Any]]:
    """Return all settings by full name, in alphabetical order."""
    found = [value for value in vars(Conf).values() if isinstance(value, Setting)]
    return {setting.name: setting for setting in found}
