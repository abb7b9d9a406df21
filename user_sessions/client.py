"""The client of a request: its address, and its user agent in a form that is safe to store."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from django.http import HttpRequest
from django.utils.module_loading import import_string

from user_sessions.conf import conf

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

UNIX_SOCKET = "unix"

# Quotes come in pairs, so each character matches in one way only: no backtracking, linear time.
_FORWARDED_PAIR = re.compile(r'(?:[^;"]|"[^"]*")+')
_WITH_PORT = re.compile(r"\[(?P<v6>[^\]]*)\](?::\d*)?|(?P<v4>[\d.]+):\d*")


def client_address(request: HttpRequest) -> str | None:
    """Return the client's address, or None if it is unknown.

    Behind proxies, this is the right-most address in the header that isn't a trusted proxy. The client
    wrote everything to the left of it and may have forged it.
    """
    if conf.CLIENT_IP:
        return parse_address(import_string(conf.CLIENT_IP)(request))
    peer = request.META.get("REMOTE_ADDR") or ""
    if not conf.TRUSTED_PROXIES:
        return _address_of_peer(peer)
    address = _parsed(peer)
    if not _is_trusted(peer, address):
        return _text(address)
    for hop in _hops(request):
        address = _parsed(hop)
        if address is None or not _in_trusted_network(address):
            break
    return _text(address)


def parse_address(value: str | None) -> str | None:
    """Return an address in its shortest form, without port or scope, or None if it is invalid.

    An IPv4-mapped IPv6 address (RFC 4291, section 2.5.5.2) is returned as IPv4.
    """
    return _text(_parsed(value or ""))


# Most requests come from recent addresses. Keys are short: the server sets REMOTE_ADDR, not the client.
_address_of_peer = lru_cache(maxsize=1024)(parse_address)


def clean_user_agent(value: str, max_length: int) -> str | None:
    """Return a user agent in a form that can be stored and shown, or None if it is empty.

    Characters that a database or page can't hold, or that are invisible, become U+FFFD: NUL, control
    characters, lone surrogates, bytes that aren't UTF-8. The result has at most ``max_length`` characters.
    """
    if value.isascii() and value.isprintable():
        return value[:max_length].strip() or None
    decoded = _decoded(value[: 4 * max_length])
    safe = "".join(c if c.isprintable() else "\ufffd" for c in decoded.strip())
    return safe[:max_length].strip() or None


def trusted_networks(proxies: tuple[str, ...]) -> tuple[Network, ...]:
    """Return the networks in USER_SESSIONS_TRUSTED_PROXIES. Raise ValueError for an invalid one."""
    return tuple(ip_network(proxy) for proxy in proxies if proxy != UNIX_SOCKET)


_cached_networks = lru_cache(maxsize=8)(trusted_networks)


def _is_trusted(peer: str, address: Address | None) -> bool:
    if address is None:
        return peer == "" and UNIX_SOCKET in conf.TRUSTED_PROXIES
    return _in_trusted_network(address)


def _in_trusted_network(address: Address) -> bool:
    return any(address in network for network in _cached_networks(tuple(conf.TRUSTED_PROXIES)))


def _hops(request: HttpRequest) -> Iterator[str]:
    """Return the addresses that the proxies wrote, the nearest proxy's first.

    Split at every comma, also inside quotes. No address contains a comma, and a quote that the client
    left open must not hide what a proxy appended.
    """
    elements = request.headers.get(conf.FORWARDED_HEADER, "").split(",")
    hops = (element for element in reversed(elements) if element.strip())
    return map(_forwarded_for, hops) if conf.FORWARDED_HEADER == "Forwarded" else hops


def _forwarded_for(element: str) -> str:
    """Return the client in an element of Forwarded (RFC 7239, section 5.2), or "unknown".

    "unknown" isn't an address, so the search for the client stops there. It is returned if the element
    names no client or several, or if it may be part of a quoted text that the client forged: it has an
    escaped or an unpaired quote.
    """
    if "\\" in element or element.count('"') % 2:
        return "unknown"
    pairs = (pair.partition("=") for pair in _FORWARDED_PAIR.findall(element))
    named = [value for name, _, value in pairs if name.strip().lower() == "for"]
    return named[0] if len(named) == 1 else "unknown"


def _parsed(text: str) -> Address | None:
    bare = text.strip().strip('"')
    if match := _WITH_PORT.fullmatch(bare):
        bare = match["v6"] or match["v4"] or ""
    try:
        address = ip_address(bare.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _text(address: Address | None) -> str | None:
    return None if address is None else str(address)


def _decoded(value: str) -> str:
    """Convert WSGI's latin-1 (PEP 3333) to UTF-8; return other text unchanged, as ASGI servers give it."""
    try:
        return value.encode("latin-1").decode("utf-8", "replace")
    except UnicodeEncodeError:
        return value
