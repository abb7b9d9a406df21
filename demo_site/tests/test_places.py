"""The demo's GeoIP database says the same to MaxMind's reader as the list of places."""

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
def test_each_network_lies_where_the_list_says(reader, end):
    for network, place in networks():
        found = reader.city(network[end])
        assert found.country.iso_code == place.country.iso_code
        assert dict(found.city.names) == (place.names or {})


def test_every_documentation_network_is_covered():
    covered = sum(network.num_addresses for network, _place in networks())
    assert covered == sum(network.num_addresses for network in DOCUMENTATION_NETWORKS)


def test_an_address_of_somebody_is_nowhere(reader):
    with pytest.raises(AddressNotFoundError):
        reader.city("127.0.0.1")


def test_there_are_twelve_cities_and_more_in_every_language():
    cities = [place for place in PLACES if place.names]
    assert len(cities) >= 12
    assert all(all(city.names[language] for language in NAME_LANGUAGES) for city in cities)


@pytest.mark.parametrize("version", [4, 6])
def test_an_address_is_in_its_place(reader, version):
    address = address_in("tokyo", 5, version=version)
    assert ip_address(address).version == version
    assert reader.city(address).city.name == "Tokyo"


def test_a_database_that_is_there_is_left_alone(folder):
    assert not ensure_database(folder)
