"""Finding sessions by a network, whose addresses each database keeps in a way of its own."""

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

# "192.0.2." and "2001:db8:" or "2001:db8::": whole numbers, and the mark after the last one.
_IPV4_BEGINNING = re.compile(r"\d{1,3}(?:\.\d{1,3}){0,2}\.", re.ASCII)
_IPV6_BEGINNING = re.compile(r"[0-9a-f]{1,4}(?::[0-9a-f]{1,4}){0,6}::?", re.ASCII | re.IGNORECASE)


def network_of(text: str) -> Network | None:
    """Return the network that somebody means, or None where it is none.

    "192.0.2.0/24", "192.0.2.7/24" (the same), "192.0.2.", "2001:db8::/32", "2001:db8:", or an address
    in any form that ``parse_address`` takes, which is the network of itself alone.
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
    """Return the condition that a column of addresses is in a network."""
    if network.num_addresses == 1:
        return Q((column, str(network[0])))
    return Q(InNetwork(column, network))


class InNetwork(Lookup):
    """That condition in SQL, for PostgreSQL, MariaDB, MySQL and SQLite; others get NotSupportedError."""

    lookup_name = "in_network"
    prepare_rhs = False
    output_field = BooleanField()

    def __init__(self, column: str, network: Network) -> None:
        super().__init__(F(column), network)

    def as_sql(self, compiler: Any, connection: BaseDatabaseWrapper) -> Any:
        raise NotSupportedError(f"{connection.vendor} has no way to find addresses by a network.")

    def as_postgresql(self, compiler: Any, connection: BaseDatabaseWrapper) -> Any:
        column, _none = self.process_lhs(compiler, connection)
        return f"{column} <<= %s::inet", [str(self.rhs)]

    def as_mysql(self, compiler: Any, connection: BaseDatabaseWrapper) -> Any:
        """Compare numbers for IPv4, and bytes for IPv6, whose text has more than one form.

        INET_ATON gives NULL for IPv6; INET6_ATON takes IPv4 too, as four bytes that could lie between.
        """
        column, _none = self.process_lhs(compiler, connection)
        ends = [str(self.rhs[0]), str(self.rhs[-1])]
        if self.rhs.version == 4:
            return f"INET_ATON({column}) BETWEEN INET_ATON(%s) AND INET_ATON(%s)", ends
        between = f"INET6_ATON({column}) BETWEEN INET6_ATON(%s) AND INET6_ATON(%s)"
        return f"(LOCATE(':', {column}) > 0 AND {between})", ends

    def as_sqlite(self, compiler: Any, connection: BaseDatabaseWrapper) -> Any:
        """Ask Python: SQLite has no function for it, and takes ours anew without harm."""
        column, _none = self.process_lhs(compiler, connection)
        connection.ensure_connection()
        name = f"user_sessions_{self.lookup_name}"
        connection.connection.create_function(name, 2, _is_in, deterministic=True)
        return f"{name}({column}, %s)", [str(self.rhs)]


def _is_in(address: str | None, network: str) -> bool:
    """Tell whether the text in a column is an address in a network; what is no address isn't."""
    try:
        return ip_address(address or "") in _parsed(network)
    except ValueError:
        return False


_parsed = lru_cache(maxsize=8)(ip_network)
