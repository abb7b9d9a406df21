"""Search for sessions by network. Each database stores addresses in its own way."""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any

from django.db import NotSupportedError
from django.db.models import BooleanField, F, Lookup, Q

from user_sessions.client import Network, parse_address

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

# "192.0.2.", "2001:db8:" or "2001:db8::": complete numbers, then a separator.
_IPV4_BEGINNING = re.compile(r"\d{1,3}(?:\.\d{1,3}){0,2}\.", re.ASCII)
_IPV6_BEGINNING = re.compile(r"[0-9a-f]{1,4}(?::[0-9a-f]{1,4}){0,6}::?", re.ASCII | re.IGNORECASE)


def network_of(text: str) -> Network | None:
    """Return the network that a search word names, or None.

    The word may be "192.0.2.0/24", "192.0.2.7/24" (the same network), "192.0.2.", "2001:db8::/32",
    "2001:db8:", or one address in any form that ``parse_address`` accepts.
    """
    try:
        return ip_network(_completed(text), strict=False)
    except ValueError:
        return None


def _completed(text: str) -> str:
    if _IPV4_BEGINNING.fullmatch(text):
        numbers = text.rstrip(".").split(".")
        return f"{'.'.join([*numbers, '0', '0', '0'][:4])}/{8 * len(numbers)}"
    if _IPV6_BEGINNING.fullmatch(text):
        numbers = text.rstrip(":").split(":")
        return f"{':'.join(numbers)}::/{16 * len(numbers)}"
    return parse_address(text) or text


def in_network(column: str, network: Network) -> Q:
    """Return the condition that the address in a column is in a network."""
    if network.num_addresses == 1:
        return Q((column, str(network[0])))
    return Q(InNetwork(column, network))


class InNetwork(Lookup):
    """The SQL of ``in_network``. Raise NotSupportedError for a database other than the four below."""

    lookup_name = "in_network"
    prepare_rhs = False
    output_field = BooleanField()

    def __init__(self, column: str, network: Network) -> None:
        super().__init__(F(column), network)

    def as_sql(self, compiler: Any, connection: BaseDatabaseWrapper) -> Any:
        raise NotSupportedError(f"Searching by network is not supported on {connection.vendor}.")

    def as_postgresql(self, compiler: Any, connection: BaseDatabaseWrapper) -> Any:
        column, _none = self.process_lhs(compiler, connection)
        return f"{column} <<= %s::inet", [str(self.rhs)]

    def as_mysql(self, compiler: Any, connection: BaseDatabaseWrapper) -> Any:
        """Compare IPv4 addresses as numbers and IPv6 addresses as bytes: their text has several forms.

        INET_ATON returns NULL for IPv6. INET6_ATON accepts IPv4 too and returns four bytes, which might
        be in the range, so the condition for IPv6 requires a colon.
        """
        column, _none = self.process_lhs(compiler, connection)
        ends = [str(self.rhs[0]), str(self.rhs[-1])]
        if self.rhs.version == 4:
            return f"INET_ATON({column}) BETWEEN INET_ATON(%s) AND INET_ATON(%s)", ends
        between = f"INET6_ATON({column}) BETWEEN INET6_ATON(%s) AND INET6_ATON(%s)"
        return f"(LOCATE(':', {column}) > 0 AND {between})", ends

    def as_sqlite(self, compiler: Any, connection: BaseDatabaseWrapper) -> Any:
        """Register a Python function, because SQLite has none. Registering it again is harmless."""
        column, _none = self.process_lhs(compiler, connection)
        connection.ensure_connection()
        name = f"user_sessions_{self.lookup_name}"
        connection.connection.create_function(name, 2, _is_in, deterministic=True)
        return f"{name}({column}, %s)", [str(self.rhs)]


def _is_in(address: str | None, network: str) -> bool:
    """Return whether an address is in a network. An invalid address is in no network."""
    try:
        return ip_address(address or "") in _parsed(network)
    except ValueError:
        return False


_parsed = lru_cache(maxsize=8)(ip_network)
