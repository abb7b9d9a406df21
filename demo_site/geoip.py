"""The demo's own GeoIP database, in MaxMind's format, over the documentation networks."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from mmdb_writer import MMDBWriter
from netaddr import IPSet  # type: ignore[import-untyped]

from demo_site import places
from demo_site.places import NAME_LANGUAGES, Place

FILE_NAME = "GeoLite2-City.mmdb"  # Django's default for GEOIP_CITY

# The reader answers for cities only if the type says "City".
DATABASE_TYPE = "GeoLite2-City"


def ensure_database(folder: Path) -> bool:
    """Write the database into a folder, unless one exists that is as new as the list of places.

    Return whether it was written.
    """
    path = folder / FILE_NAME
    source = Path(places.__file__)
    if path.exists() and path.stat().st_mtime >= source.stat().st_mtime:
        return False
    folder.mkdir(parents=True, exist_ok=True)
    write_database(path)
    return True


def write_database(path: Path) -> None:
    """Write the database, then rename it into place: another process may have the old one open."""
    writer = MMDBWriter(
        ip_version=6,
        ipv4_compatible=True,
        database_type=DATABASE_TYPE,
        languages=list(NAME_LANGUAGES),
        description="Made-up places for documentation addresses",
        int_type="u32",
    )
    for network, place in places.networks():
        writer.insert_network(IPSet([str(network)]), city_record(place))
    unfinished = path.with_suffix(f".{os.getpid()}")
    writer.to_db_file(str(unfinished))
    unfinished.replace(path)


def city_record(place: Place) -> dict[str, Any]:
    """Return the GeoLite2-City record of a place; it has no `city` if the place is a country."""
    country = {
        "geoname_id": place.country.geoname_id,
        "iso_code": place.country.iso_code,
        "names": place.country.names,
    }
    city = {"geoname_id": place.geoname_id, "names": place.names} if place.names else None
    return {
        **({"city": city} if city else {}),
        "continent": {
            "code": place.country.continent.code,
            "geoname_id": place.country.continent.geoname_id,
            "names": place.country.continent.names,
        },
        "country": country,
        "registered_country": country,
        "location": {
            "accuracy_radius": 20,  # kilometres
            "latitude": place.latitude,
            "longitude": place.longitude,
            "time_zone": place.time_zone,
        },
    }
