"""System checks: whether the cache of the engine ``cached_db`` can keep what is promised of it."""

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

# Of one process only, or without an `add` that two processes can't both succeed with.
_NOT_SHARED = (DummyCache, FileBasedCache, LocMemCache)
# Below that a cache in the database drops tombstones on a small site already.
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
            f"CACHES[{settings.SESSION_CACHE_ALIAS!r}] is a {kind.__name__}, which processes don't "
            "share safely: one may accept a session that another has ended.",
            hint="Use Redis, Memcached or a cache in the database for the sessions, by "
            'SESSION_CACHE_ALIAS, or SESSION_ENGINE = "user_sessions.backends.db".',
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
            "Django reads from any of them, and a replica that lags knows ended sessions.",
            hint="Use the primary alone for the sessions: a cache of its own in CACHES, which "
            "SESSION_CACHE_ALIAS names.",
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
            f"CACHES[{settings.SESSION_CACHE_ALIAS!r}] keeps {entries} entries, and drops any of them "
            "when there are more, also those that say which sessions have ended.",
            hint='Set OPTIONS["MAX_ENTRIES"] to more than the sessions that are used and ended in an '
            f"hour, {ENOUGH_ENTRIES} at least.",
            id="user_sessions.W022",
        )
    ]


def _engine_caches() -> bool:
    with suppress(Exception):  # the check E012 tells what is wrong with the engine
        return rows.is_cached(get_session_model())
    return False


def _cache_settings() -> dict[str, Any]:
    """Return the settings of the cache of the sessions; none where there is none."""
    return settings.CACHES.get(settings.SESSION_CACHE_ALIAS, {}) if _engine_caches() else {}


def _cache_class() -> type:
    with suppress(ImportError):  # Django says so itself, when the cache is used
        kind = import_string(_cache_settings().get("BACKEND", "builtins.object"))
        return kind if isinstance(kind, type) else object
    return object
