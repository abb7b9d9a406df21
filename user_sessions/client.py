"""Who sent a request: the client's address, and its user agent made safe to store."""

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

# Quotes are in pairs here, so each character can be taken in one way only: linear time.
_FORWARDED_PAIR = re.compile(r'(?:[^;"]|"[^"]*")+')
_WITH_PORT = re.compile(r"\[(?P<v6>[^\]]*)\](?::\d*)?|(?P<v4>[\d.]+):\d*")


def client_address(request: HttpRequest) -> str | None:
    """Return the address that a request came from, or None where it can't be known.

    Behind proxies it is the right-most address in the header that isn't a proxy of ours: everything
    to the left of it was written by the client, who may have made it up.
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
    """Return an address in its shortest form, without port or scope, or None for what is none.

    An IPv4 address that is mapped into IPv6 (RFC 4291, section 2.5.5.2) is given as IPv4.
    """
    return _text(_parsed(value or ""))


# Browsers come back, and the server has seen to it that this is an address and no longer than one.
_address_of_peer = lru_cache(maxsize=1024)(parse_address)


def clean_user_agent(value: str, max_length: int) -> str | None:
    """Return a user agent as it can be stored and shown, or None for an empty one.

    What no database or page can take (NUL, control and invisible characters, lone surrogates, bytes
    that aren't UTF-8), or no reader see, becomes U+FFFD; the rest is cut to a number of characters.
    """
    if value.isascii() and value.isprintable():
        return value[:max_length].strip() or None
    decoded = _decoded(value[: 4 * max_length])
    safe = "".join(c if c.isprintable() else "\ufffd" for c in decoded.strip())
    return safe[:max_length].strip() or None


def trusted_networks(proxies: tuple[str, ...]) -> tuple[Network, ...]:
    """Return the networks among USER_SESSIONS_TRUSTED_PROXIES; ValueError for what is none."""
    return tuple(ip_network(proxy) for proxy in proxies if proxy != UNIX_SOCKET)


_cached_networks = lru_cache(maxsize=8)(trusted_networks)


def _is_trusted(peer: str, address: Address | None) -> bool:
    if address is None:
        return peer == "" and UNIX_SOCKET in conf.TRUSTED_PROXIES
    return _in_trusted_network(address)


def _in_trusted_network(address: Address) -> bool:
    return any(address in network for network in _cached_networks(tuple(conf.TRUSTED_PROXIES)))


def _hops(request: HttpRequest) -> Iterator[str]:
    """Give what the proxies wrote, the nearest first.

    Elements are divided at every comma, inside quotes too: no address holds one, and a quote that
    the client left open must not swallow what a proxy wrote after it.
    """
    elements = request.headers.get(conf.FORWARDED_HEADER, "").split(",")
    hops = (element for element in reversed(elements) if element.strip())
    return map(_forwarded_for, hops) if conf.FORWARDED_HEADER == "Forwarded" else hops


def _forwarded_for(element: str) -> str:
    """Return the client that an element of Forwarded names (RFC 7239, section 5.2).

    One that names none, or several, is no address, so the walk ends there. So does one that may be
    the end of a quoted text, e.g. of a host that the client made up and the proxy passed on: it has
    a quote too many, or a quote that is escaped.
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
    """Undo WSGI's latin-1 (PEP 3333); text that never was latin-1 stays as it is."""
    try:
        return value.encode("latin-1").decode("utf-8", "replace")
    except UnicodeEncodeError:
        return value
