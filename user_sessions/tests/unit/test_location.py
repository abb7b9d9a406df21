from __future__ import annotations

import os
import sys

import geoip2.database
import pytest
from django.utils import translation

from user_sessions.location import city_name, country_name, database_path, location_name
from user_sessions.tests.support import geoip


@pytest.fixture
def cities(tmp_path, settings):
    """The site's database of cities."""
    settings.GEOIP_PATH = geoip.write_database(tmp_path / "GeoLite2-City.mmdb", geoip.CITIES)
    return settings.GEOIP_PATH


@pytest.fixture
def countries(tmp_path, settings):
    """The site's database of countries; GEOIP_PATH is its folder."""
    path = tmp_path / "GeoLite2-Country.mmdb"
    settings.GEOIP_PATH = tmp_path
    return geoip.write_database(path, geoip.COUNTRIES, edition="GeoLite2-Country")


@pytest.fixture
def opened(monkeypatch):
    """The path of each database that was opened, once for each time."""
    paths = []

    class CountingReader(geoip2.database.Reader):
        def __init__(self, path):
            paths.append(path)
            super().__init__(path)

    monkeypatch.setattr("geoip2.database.Reader", CountingReader)
    return paths


def words(ip):
    return location_name(ip), city_name(ip), country_name(ip)


NOTHING = (None, None, None)
IN_ZWOLLE_BY_COUNTRY = ("Netherlands", None, "Netherlands")


@pytest.mark.usefixtures("cities")
@pytest.mark.parametrize(
    ("ip", "expected"),
    [
        pytest.param(
            geoip.IN_ZWOLLE, ("Zwolle, Netherlands", "Zwolle", "Netherlands"), id="a city"
        ),
        pytest.param(
            geoip.IN_ZWOLLE_V6, ("Zwolle, Netherlands", "Zwolle", "Netherlands"), id="IPv6"
        ),
        pytest.param(geoip.IN_THE_NETHERLANDS, IN_ZWOLLE_BY_COUNTRY, id="only a country"),
        pytest.param(geoip.NOWHERE, NOTHING, id="not in the database"),
        pytest.param("10.0.0.1", NOTHING, id="private"),
        pytest.param("127.0.0.1", NOTHING, id="the machine itself"),
        pytest.param(None, NOTHING, id="None"),
        pytest.param("", NOTHING, id="empty"),
        pytest.param("nonsense", NOTHING, id="nonsense"),
        pytest.param("fe80::1%eth0", NOTHING, id="scope"),
        pytest.param("\x00", NOTHING, id="NUL"),
        pytest.param("\ud800", NOTHING, id="lone surrogate"),
    ],
)
def test_address_has_the_place_of_the_database(ip, expected):
    assert words(ip) == expected


@pytest.mark.usefixtures("countries")
def test_place_in_a_database_of_countries_is_a_country():
    assert words(geoip.IN_ZWOLLE) == IN_ZWOLLE_BY_COUNTRY


def test_place_without_a_country_is_a_city(tmp_path, settings):
    records = {"192.0.2.0/24": {"city": {"names": {"en": "Atlantis"}}}}
    settings.GEOIP_PATH = geoip.write_database(tmp_path / "places.mmdb", records)
    assert words(geoip.IN_ZWOLLE) == ("Atlantis", "Atlantis", None)


@pytest.mark.parametrize(
    "edition",
    ["GeoIP2-City", "GeoIP2-Enterprise", "DBIP-City-Lite", "DBIP-Location (compat=City)"],
)
def test_database_of_another_edition_has_cities(tmp_path, settings, edition):
    settings.GEOIP_PATH = geoip.write_database(tmp_path / "it.mmdb", geoip.CITIES, edition)
    assert location_name(geoip.IN_ZWOLLE) == "Zwolle, Netherlands"


@pytest.mark.usefixtures("cities")
@pytest.mark.parametrize(
    ("language", "place"),
    [
        ("en", "Munich, Germany"),
        ("en-gb", "Munich, Germany"),
        ("de", "München, Deutschland"),
        ("de-at", "München, Deutschland"),
        ("pt-br", "Munique, Alemanha"),
        ("pt", "Munique, Alemanha"),
        ("zh-hans", "Germany\N{FULLWIDTH COMMA}慕尼黑"),
        ("zh-hant", "Munich, Germany"),
        ("nl", "Munich, Germany"),
        (None, "Munich, Germany"),
    ],
)
def test_names_are_in_the_active_language_or_english(language, place):
    with translation.override(language):
        assert location_name(geoip.IN_MUNICH) == place


def test_name_is_left_out_if_it_is_not_in_english_or_the_active_language(tmp_path, settings):
    records = {"192.0.2.0/24": {"country": {"names": {"ja": "オランダ"}}}}
    settings.GEOIP_PATH = geoip.write_database(tmp_path / "places.mmdb", records)
    assert words(geoip.IN_ZWOLLE) == NOTHING


class TestDatabasePath:
    def test_geoip_path_can_be_a_file(self, cities):
        assert database_path() == cities

    def test_geoip_path_can_be_a_string(self, cities, settings):
        settings.GEOIP_PATH = str(cities)
        assert database_path() == cities

    def test_cities_are_preferred_to_countries(self, countries, cities, settings):
        settings.GEOIP_PATH = cities.parent
        assert database_path() == cities

    def test_countries_are_used_if_there_are_no_cities(self, countries):
        assert database_path() == countries

    @pytest.mark.parametrize("name", ["GEOIP_CITY", "GEOIP_COUNTRY"])
    def test_a_setting_can_name_another_file(self, cities, settings, name):
        other = cities.rename(cities.parent / "other.mmdb")
        settings.GEOIP_PATH = cities.parent
        assert database_path() is None
        setattr(settings, name, "other.mmdb")
        assert database_path() == other

    @pytest.mark.parametrize("path", [None, "", "no/such/folder", "\x00", "a" * 5000, 5])
    def test_path_is_none_if_there_is_no_file(self, settings, path):
        settings.GEOIP_PATH = path
        assert database_path() is None


@pytest.mark.parametrize("path", [None, ""])
def test_site_without_a_database_shows_and_logs_nothing(settings, caplog, path):
    settings.GEOIP_PATH = path
    assert words(geoip.IN_ZWOLLE) == NOTHING
    assert caplog.messages == []


def test_database_is_opened_once(cities, opened):
    for ip in (geoip.IN_ZWOLLE, geoip.IN_MUNICH, "nonsense", geoip.NOWHERE):
        words(ip)
    assert opened == [cities]


def test_unknown_address_opens_no_database(cities, opened):
    words(None)
    assert opened == []


def test_replaced_database_is_picked_up(cities):
    assert city_name(geoip.IN_ZWOLLE) == "Zwolle"
    newer = cities.stat().st_mtime_ns + 1_000_000_000
    geoip.write_database(cities.parent / "new", {"192.0.2.0/24": geoip.MUNICH})
    (cities.parent / "new").replace(cities)
    os.utime(cities, ns=(newer, newer))
    assert city_name(geoip.IN_ZWOLLE) == "Munich"


class TestUnusable:
    """A database that can't be used is logged once, and no place is shown."""

    def log_record(self, caplog):
        assert [words(geoip.IN_ZWOLLE) for _ in range(3)] == [NOTHING] * 3
        [record] = caplog.records
        return record

    def test_missing_file_is_logged(self, settings, tmp_path, caplog):
        settings.GEOIP_PATH = tmp_path
        record = self.log_record(caplog)
        assert record.getMessage() == (
            f"GEOIP_PATH is {tmp_path}, which has no GeoIP database, so no place is shown."
        )
        assert record.name == "user_sessions"

    def test_damaged_file_is_logged(self, cities, caplog):
        cities.write_bytes(b"no database" * 100)
        record = self.log_record(caplog)
        assert record.getMessage() == (
            f"The GeoIP database {cities} can't be read, so no place is shown."
        )
        assert record.name == "user_sessions"

    def test_empty_file_is_logged(self, cities, caplog):
        cities.write_bytes(b"")
        assert str(cities) in self.log_record(caplog).getMessage()

    def test_damaged_record_is_logged(self, tmp_path, settings, caplog):
        path = geoip.write_database(tmp_path / "places.mmdb", {"192.0.2.0/24": "no record"})
        settings.GEOIP_PATH = path
        assert str(path) in self.log_record(caplog).getMessage()

    def test_database_without_places_is_logged(self, tmp_path, settings, caplog):
        records = {"192.0.2.0/24": {"autonomous_system_number": 64496}}
        settings.GEOIP_PATH = geoip.write_database(tmp_path / "a", records, "GeoLite2-ASN")
        assert "GeoLite2-ASN has no places" in str(self.log_record(caplog).exc_info[1])

    def test_missing_geoip2_is_logged(self, cities, caplog, monkeypatch):
        for name in ("geoip2", "geoip2.database", "geoip2.errors"):
            monkeypatch.setitem(sys.modules, name, None)
        assert "not installed" in self.log_record(caplog).getMessage()
