"""Small GeoIP databases in MaxMind's format, over the documentation networks."""

from __future__ import annotations

from mmdb_writer import MMDBWriter
from netaddr import IPSet  # type: ignore[import-untyped]

NETHERLANDS = {"en": "Netherlands", "nl": "Nederland", "pt-BR": "Países Baixos", "zh-CN": "荷兰"}
ZWOLLE = {"city": {"names": {"en": "Zwolle"}}, "country": {"names": NETHERLANDS}}
MUNICH = {
    "city": {"names": {"en": "Munich", "de": "München", "pt-BR": "Munique", "zh-CN": "慕尼黑"}},
    "country": {"names": {"en": "Germany", "de": "Deutschland", "pt-BR": "Alemanha"}},
}

IN_ZWOLLE = "192.0.2.1"
IN_ZWOLLE_V6 = "2001:db8::1"
IN_MUNICH = "198.51.100.1"
IN_THE_NETHERLANDS = "203.0.113.1"
NOWHERE = "203.0.113.200"

CITIES = {
    "192.0.2.0/24": ZWOLLE,
    "2001:db8::/32": ZWOLLE,
    "198.51.100.0/24": MUNICH,
    "203.0.113.0/25": {"country": {"names": NETHERLANDS}},
}
COUNTRIES = {network: {"country": record["country"]} for network, record in CITIES.items()}


def write_database(path, records, edition="GeoLite2-City"):
    """Write a database of networks and their records, and return its path."""
    writer = MMDBWriter(ip_version=6, ipv4_compatible=True, database_type=edition)
    for network, record in records.items():
        writer.insert_network(IPSet([network]), record)
    writer.to_db_file(str(path))
    return path
