"""MaxMind's reader finds the listed places in the demo's GeoIP database."""

from __future__ import annotations

from ipaddress import ip_address

import pytest
from geoip2.database import Reader
from geoip2.errors import AddressNotFoundError

from demo_site.geoip import FILE_NAME, ensure_database
from demo_site.places import DOCUMENTATION_NETWORKS, NAME_LANGUAGES, PLACES, address_in, networks


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("geoip")
    ensure_database(folder)
    return folder


@pytest.fixture
def reader(folder):
    with Reader(folder / FILE_NAME) as reader:
        yield reader


@pytest.mark.parametrize("end", [0, -1], ids=["first address", "last address"])
def test_reader_finds_the_listed_place_of_each_network(reader, end):
    for network, place in networks():
        found = reader.city(network[end])
        assert found.country.iso_code == place.country.iso_code
        assert dict(found.city.names) == (place.names or {})


def test_places_cover_every_documentation_network():
    covered = sum(network.num_addresses for network, _place in networks())
    assert covered == sum(network.num_addresses for network in DOCUMENTATION_NETWORKS)


def test_address_outside_the_documentation_networks_has_no_place(reader):
    with pytest.raises(AddressNotFoundError):
        reader.city("127.0.0.1")


def test_at_least_twelve_cities_have_a_name_in_every_language():
    cities = [place for place in PLACES if place.names]
    assert len(cities) >= 12
    assert all(all(city.names[language] for language in NAME_LANGUAGES) for city in cities)


@pytest.mark.parametrize("version", [4, 6])
def test_address_in_a_place_has_its_version_and_city(reader, version):
    address = address_in("tokyo", 5, version=version)
    assert ip_address(address).version == version
    assert reader.city(address).city.name == "Tokyo"


def test_current_database_is_not_written_again(folder):
    assert not ensure_database(folder)
