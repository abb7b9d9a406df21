from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.urls import reverse

from user_sessions.keys import digest_of
from user_sessions.summary import SessionSummary, summary_of
from user_sessions.tests.support import geoip
from user_sessions.tests.support.user_agents import SAFARI_ON_IPHONE

KEY = "k" * 32
DIGEST = digest_of(KEY)
SIGNED_IN = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
ACTIVE = datetime(2026, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture
def session(session_model):
    return session_model(
        session_key=KEY,
        ip=geoip.IN_ZWOLLE,
        user_agent=SAFARI_ON_IPHONE,
        created_at=SIGNED_IN,
        last_activity=ACTIVE,
    )


@pytest.fixture
def places(tmp_path, settings):
    settings.GEOIP_PATH = geoip.write_database(tmp_path / "places.mmdb", geoip.CITIES)


@pytest.mark.usefixtures("places")
def test_summary_has_every_fact(session):
    assert summary_of(session, current=None) == SessionSummary(
        session_key=DIGEST,
        is_current=False,
        device="Safari on iPhone",
        kind="phone",
        location="Zwolle, Netherlands",
        ip=geoip.IN_ZWOLLE,
        signed_in_at=SIGNED_IN,
        last_activity=ACTIVE,
        user_agent=SAFARI_ON_IPHONE,
        end_url=reverse("user_sessions:session_delete", args=[DIGEST]),
    )


@pytest.mark.parametrize(
    ("current", "is_current"),
    [
        pytest.param(DIGEST, True, id="this one"),
        pytest.param(digest_of("o" * 32), False, id="another one"),
        pytest.param(None, False, id="no session"),
        pytest.param(KEY, False, id="a key is no digest"),
    ],
)
def test_current_session_is_marked(session, current, is_current):
    assert summary_of(session, current=current).is_current is is_current


def test_summary_does_not_contain_the_key(session):
    assert KEY not in str(summary_of(session, current=DIGEST))


@pytest.mark.usefixtures("places")
def test_address_that_must_not_be_stored_is_left_out(session, settings):
    settings.USER_SESSIONS_STORE_IP = False
    summary = summary_of(session, current=None)
    assert (summary.ip, summary.location) == (None, None)


def test_user_agent_that_must_not_be_stored_is_left_out(session, settings):
    settings.USER_SESSIONS_STORE_USER_AGENT = False
    summary = summary_of(session, current=None)
    assert (summary.user_agent, summary.device, summary.kind) == (None, "Unknown device", "other")


@pytest.mark.parametrize("user_agent", [None, "", "gibberish"])
def test_unknown_device_has_a_name(session, user_agent):
    session.user_agent = user_agent
    summary = summary_of(session, current=None)
    assert (summary.device, summary.kind) == ("Unknown device", "other")


def test_unknown_facts_are_none(session):
    session.ip = session.created_at = None
    summary = summary_of(session, current=None)
    assert (summary.ip, summary.location, summary.signed_in_at) == (None, None, None)
