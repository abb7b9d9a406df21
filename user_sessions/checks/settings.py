"""System checks of the settings ``USER_SESSIONS_<NAME>``."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta
from difflib import get_close_matches
from ipaddress import ip_network
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.utils.module_loading import import_string

from user_sessions.client import UNIX_SOCKET, Network, trusted_networks
from user_sessions.conf import PREFIX, all_settings, conf
from user_sessions.engine import get_session_model

# Prefix lengths, by IP version. A public network of this length or shorter is too wide to belong to one
# operator's proxies: address registries get networks of this size, and providers publish far narrower ones.
_TOO_WIDE = {4: 8, 6: 16}
# Wide, but not reachable from the internet: RFC 1918, RFC 1122, RFC 4193 and RFC 4291.
_PRIVATE = [ip_network(n) for n in ("10.0.0.0/8", "127.0.0.0/8", "fc00::/7", "fe80::/10")]
# Similarity from which a name without our prefix counts as a misspelled setting of this app.
_MIN_SIMILARITY = 0.9


@register
def check_activity_interval(**kwargs: Any) -> list[CheckMessage]:
    value = conf.ACTIVITY_INTERVAL
    if value is None or (isinstance(value, timedelta) and value >= timedelta(0)):
        return []
    return [
        Error(
            f"USER_SESSIONS_ACTIVITY_INTERVAL is {value!r}, which is not a timedelta of zero or more.",
            hint="Use a timedelta, e.g. timedelta(minutes=5), or None to record no activity.",
            id="user_sessions.E001",
        )
    ]


@register
def check_trusted_proxies(**kwargs: Any) -> list[CheckMessage]:
    value: object = conf.TRUSTED_PROXIES
    if isinstance(value, (str, bytes)) or not isinstance(value, Iterable):
        return [_proxies_error(value, "a list of addresses")]
    return [
        _proxies_error(proxy, "an address or a network") for proxy in value if not _is_proxy(proxy)
    ]


def _is_proxy(value: object) -> bool:
    if not isinstance(value, str):
        return False
    try:
        trusted_networks((value,))
    except ValueError:
        return False
    return True


def _proxies_error(value: object, wanted: str) -> Error:
    return Error(
        f"USER_SESSIONS_TRUSTED_PROXIES has {value!r}, which is not {wanted}.",
        hint=f'Use a list such as ["10.0.0.0/8", "{UNIX_SOCKET}"]; a network\'s host bits must be zero.',
        id="user_sessions.E002",
    )


@register(Tags.security)
def check_trusted_world(**kwargs: Any) -> list[CheckMessage]:
    value: object = conf.TRUSTED_PROXIES
    proxies = value if isinstance(value, Iterable) and not isinstance(value, (str, bytes)) else ()
    return [
        Warning(
            f"USER_SESSIONS_TRUSTED_PROXIES has {proxy!r}. Any client with an address in this network can "
            "forge the address that is stored for its session.",
            hint=f"Remove {proxy!r}, and list only the addresses of your own proxies.",
            id="user_sessions.W015",
        )
        for proxy in proxies
        if _is_proxy(proxy) and any(map(_is_world, trusted_networks((proxy,))))
    ]


def _is_world(network: Network) -> bool:
    is_private = any(
        network.version == private.version and network.subnet_of(private)  # type: ignore[arg-type]  # the same version
        for private in _PRIVATE
    )
    return network.prefixlen <= _TOO_WIDE[network.version] and not is_private


@register
def check_client_ip(**kwargs: Any) -> list[CheckMessage]:
    value = conf.CLIENT_IP
    if value is None or _is_callable_path(value):
        return []
    return [
        Error(
            f"USER_SESSIONS_CLIENT_IP is {value!r}, which is not the dotted path of a function.",
            hint='Use a path such as "mysite.network.client_ip", whose module can be imported, or None.',
            id="user_sessions.E003",
        )
    ]


def _is_callable_path(value: object) -> bool:
    """Return whether a value is the path of a function. Other errors of its module propagate."""
    try:
        return isinstance(value, str) and callable(import_string(value))
    except (ImportError, TypeError, ValueError):  # TypeError and ValueError: ".name" and "..name"
        return False


@register
def check_store_ip(**kwargs: Any) -> list[CheckMessage]:
    return _check_bool("USER_SESSIONS_STORE_IP", conf.STORE_IP, "user_sessions.E004")


@register
def check_store_user_agent(**kwargs: Any) -> list[CheckMessage]:
    return _check_bool(
        "USER_SESSIONS_STORE_USER_AGENT", conf.STORE_USER_AGENT, "user_sessions.E005"
    )


def _check_bool(name: str, value: object, check_id: str) -> list[CheckMessage]:
    if isinstance(value, bool):
        return []
    return [
        Error(
            f"{name} is {value!r}, which is neither True nor False.",
            hint=f"Use {name} = True or {name} = False.",
            id=check_id,
        )
    ]


@register
def check_forwarded_header(**kwargs: Any) -> list[CheckMessage]:
    value = conf.FORWARDED_HEADER
    if value in ("X-Forwarded-For", "Forwarded"):  # not a set: the value may be unhashable
        return []
    return [
        Error(
            f"USER_SESSIONS_FORWARDED_HEADER is {value!r}, which is not a supported header.",
            hint='Use "X-Forwarded-For" or "Forwarded": the one that your proxies write.',
            id="user_sessions.E006",
        )
    ]


@register
def check_move_from(**kwargs: Any) -> list[CheckMessage]:
    value = conf.MOVE_FROM
    if value is None or (isinstance(value, str) and value.count(".") >= 1):
        return []
    return [
        Error(
            f"USER_SESSIONS_MOVE_FROM is {value!r}, which is not the dotted path of a model.",
            hint='Use a path such as "django.contrib.sessions.models.Session", or None.',
            id="user_sessions.E007",
        )
    ]


@register
def check_move_from_itself(**kwargs: Any) -> list[CheckMessage]:
    model = None
    with suppress(Exception):  # E012 reports a broken engine
        model = get_session_model()
    path = f".{conf.MOVE_FROM}".lower().replace(".models.", ".")
    if model is None or not path.endswith(f".{model._meta.label_lower}"):
        return []
    return [
        Error(
            f"USER_SESSIONS_MOVE_FROM is {conf.MOVE_FROM!r}, which is the current session model.",
            hint="Use the path of the model that held the sessions before, or None.",
            id="user_sessions.E015",
        )
    ]


@register
def check_cache_seconds(**kwargs: Any) -> list[CheckMessage]:
    value = conf.CACHE_SECONDS
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return []
    return [
        Error(
            f"USER_SESSIONS_CACHE_SECONDS is {value!r}, which is not a whole number above zero.",
            hint="Use a number of seconds, e.g. 300.",
            id="user_sessions.E020",
        )
    ]


@register
def check_heartbeat(**kwargs: Any) -> list[CheckMessage]:
    value = conf.HEARTBEAT
    if isinstance(value, timedelta) and value > timedelta(0):
        return []
    return [
        Error(
            f"USER_SESSIONS_HEARTBEAT is {value!r}, which is not a timedelta above zero.",
            hint="Use a timedelta, e.g. timedelta(minutes=1).",
            id="user_sessions.E030",
        )
    ]


@register
def check_unknown_settings(**kwargs: Any) -> list[CheckMessage]:
    known = all_settings()
    unknown = (name for name in dir(settings) if "SESSION" in name and name not in known)
    meant = {name: _nearest(name) for name in unknown}
    return [
        Warning(
            f"{name} is not a setting of user_sessions.",
            hint=f"Use {nearest} instead, or remove it."
            if nearest
            else f"Remove it, or use one of {', '.join(known)}.",
            id="user_sessions.W001",
        )
        for name, nearest in meant.items()
        if nearest or name.startswith(PREFIX)
    ]


def _nearest(name: str) -> str | None:
    """Return the setting that was probably meant, or None. A name without our prefix may be another app's."""
    known = all_settings()
    if not name.startswith(PREFIX):
        return next(iter(get_close_matches(name, known, n=1, cutoff=_MIN_SIMILARITY)), None)
    by_end = {full.removeprefix(PREFIX): full for full in known}
    alike = get_close_matches(name.removeprefix(PREFIX), by_end, n=1)
    return by_end[alike[0]] if alike else None
