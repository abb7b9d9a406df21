"""System checks of the cache that the engine ``cached_db`` uses."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from django.conf import settings
from django.core.cache.backends.db import DatabaseCache
from django.core.cache.backends.dummy import DummyCache
from django.core.cache.backends.filebased import FileBasedCache
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from django.core.checks import CheckMessage, Error, Warning, register
from django.utils.module_loading import import_string

from user_sessions import rows
from user_sessions.engine import get_session_model

# Caches of a single process, or whose `add` may succeed in two processes for the same key.
_NOT_SHARED = (DummyCache, FileBasedCache, LocMemCache)
# With fewer entries, a cache in the database drops tombstones even on a small site.
ENOUGH_ENTRIES = 10_000


@register
def check_session_cache_alias(**kwargs: Any) -> list[CheckMessage]:
    alias = settings.SESSION_CACHE_ALIAS
    if not _engine_caches() or alias in settings.CACHES:
        return []
    return [
        Error(
            f"SESSION_CACHE_ALIAS is {alias!r}, which is not in CACHES.",
            hint=f"Use one of {', '.join(map(repr, settings.CACHES))}, or add {alias!r} to CACHES.",
            id="user_sessions.E021",
        )
    ]


@register
def check_session_cache_is_shared(**kwargs: Any) -> list[CheckMessage]:
    kind = _cache_class()
    if not issubclass(kind, _NOT_SHARED):
        return []
    return [
        Warning(
            f"CACHES[{settings.SESSION_CACHE_ALIAS!r}] is a {kind.__name__}, which processes can't "
            "share safely. A process may accept a session that another process has ended.",
            hint="Set SESSION_CACHE_ALIAS to a cache in Redis, Memcached or the database, or use "
            'SESSION_ENGINE = "user_sessions.backends.db".',
            id="user_sessions.W020",
        )
    ]


@register
def check_session_cache_is_one(**kwargs: Any) -> list[CheckMessage]:
    location = _cache_settings().get("LOCATION", "")
    servers = location.replace(";", ",").split(",") if isinstance(location, str) else location
    if not issubclass(_cache_class(), RedisCache) or len(servers) < 2:
        return []
    return [
        Warning(
            f"CACHES[{settings.SESSION_CACHE_ALIAS!r}] has {len(servers)} Redis servers in LOCATION. "
            "Django reads from any of them, and a lagging replica may still hold an ended session.",
            hint="Add a cache to CACHES that uses only the primary server, and set SESSION_CACHE_ALIAS "
            "to its name.",
            id="user_sessions.W021",
        )
    ]


@register
def check_session_cache_is_large(**kwargs: Any) -> list[CheckMessage]:
    values = _cache_settings()
    entries = values.get("OPTIONS", {}).get("MAX_ENTRIES", 300)  # Django's own default
    if not issubclass(_cache_class(), DatabaseCache) or int(entries) >= ENOUGH_ENTRIES:
        return []
    return [
        Warning(
            f"CACHES[{settings.SESSION_CACHE_ALIAS!r}] keeps {entries} entries. When it is full, it drops "
            "arbitrary entries, including those that mark ended sessions.",
            hint=f'Set OPTIONS["MAX_ENTRIES"] to at least {ENOUGH_ENTRIES}, and to more than the number '
            "of sessions that are used or ended in an hour.",
            id="user_sessions.W022",
        )
    ]


def _engine_caches() -> bool:
    with suppress(Exception):  # E012 reports a broken engine
        return rows.is_cached(get_session_model())
    return False


def _cache_settings() -> dict[str, Any]:
    """Return the settings of the session cache; an empty dict if there is no such cache."""
    return settings.CACHES.get(settings.SESSION_CACHE_ALIAS, {}) if _engine_caches() else {}


def _cache_class() -> type:
    with suppress(ImportError):  # Django raises it when the cache is used
        kind = import_string(_cache_settings().get("BACKEND", "builtins.object"))
        return kind if isinstance(kind, type) else object
    return object
