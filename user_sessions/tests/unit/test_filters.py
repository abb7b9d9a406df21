from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from django.template import Context, Template
from django.utils import timezone, translation

from user_sessions.templatetags.user_sessions import (
    ago,
    browser,
    city,
    country,
    device,
    location,
    platform,
)
from user_sessions.tests.support import geoip
from user_sessions.tests.support.user_agents import CHROME_ON_WINDOWS

DUTCH = {
    "%(browser)s on %(platform)s": "%(browser)s op %(platform)s",
    "%(city)s, %(country)s": "%(city)s (%(country)s)",
    ("%(count)d minute ago", "%(count)d minutes ago"): (
        "%(count)d minuut geleden",
        "%(count)d minuten geleden",
    ),
    "just now": "zojuist",
}


@pytest.fixture
def places(tmp_path, settings):
    settings.GEOIP_PATH = geoip.write_database(tmp_path / "places.mmdb", geoip.CITIES)


@pytest.fixture
def dutch(tmp_path, settings):
    """The Dutch language, with translations of the test's own."""
    catalogue = Catalog(locale="nl")
    for text, translated in DUTCH.items():
        catalogue.add(text, translated)
    folder = Path(tmp_path, "nl", "LC_MESSAGES")
    folder.mkdir(parents=True)
    with (folder / "django.mo").open("wb") as file:
        write_mo(file, catalogue)
    settings.LOCALE_PATHS = [tmp_path]
    with translation.override("nl"):
        yield


@pytest.mark.usefixtures("places")
@pytest.mark.parametrize("value", [None, "", "unknown"])
@pytest.mark.parametrize(
    "look", [device, browser, platform, location, city, country], ids=lambda look: look.__name__
)
def test_filter_returns_none_for_an_unknown_value(look, value):
    assert look(value) is None


@pytest.mark.usefixtures("places")
@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("device", CHROME_ON_WINDOWS, "Chrome on Windows 10/11"),
        ("browser", CHROME_ON_WINDOWS, "Chrome"),
        ("platform", CHROME_ON_WINDOWS, "Windows 10/11"),
        ("location", geoip.IN_ZWOLLE, "Zwolle, Netherlands"),
        ("city", geoip.IN_ZWOLLE, "Zwolle"),
        ("country", geoip.IN_ZWOLLE, "Netherlands"),
        ("location", geoip.NOWHERE, "None"),
    ],
)
def test_template_shows_the_value_of_a_filter(name, value, shown):
    template = Template(f"{{% load user_sessions %}}{{{{ value|{name} }}}}")
    assert template.render(Context({"value": value})) == shown


def test_name_from_a_user_agent_is_escaped():
    template = Template("{% load user_sessions %}{{ value|default:''|browser }}")
    assert "<" not in template.render(Context({"value": "<b>x</b>/1.0 CFNetwork/1 Darwin/1"}))


@pytest.mark.parametrize(
    ("passed", "words"),
    [
        pytest.param(timedelta(0), "just now", id="now"),
        pytest.param(timedelta(seconds=59), "just now", id="under a minute"),
        pytest.param(timedelta(seconds=-5), "just now", id="a clock that is ahead"),
        pytest.param(timedelta(days=-5), "just now", id="a clock that is days ahead"),
        pytest.param(timedelta(minutes=1), "1 minute ago", id="a minute"),
        pytest.param(timedelta(minutes=3, seconds=59), "3 minutes ago", id="minutes"),
        pytest.param(timedelta(hours=1), "1 hour ago", id="an hour"),
        pytest.param(timedelta(hours=23, minutes=59), "23 hours ago", id="hours"),
        pytest.param(timedelta(days=1), "1 day ago", id="a day"),
        pytest.param(timedelta(days=6, hours=23), "6 days ago", id="days"),
        pytest.param(timedelta(days=8), "1 week ago", id="a week"),
        pytest.param(timedelta(days=45), "1 month ago", id="a month"),
        pytest.param(timedelta(days=800), "2 years ago", id="years"),
    ],
)
def test_ago_uses_the_largest_unit(clock, passed, words):
    assert ago(clock.now - passed) == words


def test_ago_depends_on_the_current_time(clock):
    moment = clock.now
    clock.move(days=400)
    assert ago(moment) == "1 year ago"


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "America/Los_Angeles"])
def test_ago_is_the_same_in_every_time_zone(clock, zone):
    with timezone.override(zone):
        moment = timezone.localtime(clock.now - timedelta(hours=2))
        assert ago(moment) == "2 hours ago"


@pytest.mark.usefixtures("dutch", "places")
@pytest.mark.parametrize(
    ("look", "value", "words"),
    [
        (device, CHROME_ON_WINDOWS, "Chrome op Windows 10/11"),
        (location, geoip.IN_ZWOLLE, "Zwolle (Nederland)"),
    ],
    ids=["device", "location"],
)
def test_filter_uses_the_active_language(look, value, words):
    assert look(value) == words


@pytest.mark.usefixtures("dutch")
@pytest.mark.parametrize(
    ("passed", "words"),
    [(timedelta(0), "zojuist"), (timedelta(minutes=3), "3 minuten geleden")],
    ids=["just now", "minutes"],
)
def test_ago_uses_the_active_language(clock, passed, words):
    assert ago(clock.now - passed) == words
