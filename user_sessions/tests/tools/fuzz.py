"""Send thousands of hostile requests through the whole handler: ``make fuzz``.

No response is a 500, all stored data can be read again, and only its key gives access to a session.
The cases are the same in each run, and their number is printed.
"""

from __future__ import annotations

import sys
from collections import Counter
from urllib.parse import quote

import pytest
from django.db import connection
from django.test import override_settings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from user_sessions.client import parse_address
from user_sessions.keys import digest_of, is_digest
from user_sessions.utils.tests import Client

EXAMPLES = 5000

# A header as WSGI passes it: bytes, decoded as latin-1 (PEP 3333).
headers = st.binary(max_size=200).map(lambda value: value.decode("latin-1"))
text = st.text(st.characters(exclude_categories=()), max_size=700)
user_agents = headers | text | st.from_regex(r"Mozilla/5\.0 \([^)]{0,80}\) \w+/\d+", fullmatch=True)
addresses = headers | st.ip_addresses().map(str) | st.ip_addresses(v=6).map(lambda ip: f"[{ip}]:80")
hops = st.lists(addresses, max_size=5).map(",".join)
forwarded = st.lists(addresses.map(lambda ip: f'for="{ip}"'), max_size=5).map(",".join) | headers
digests = st.binary(min_size=1).map(lambda key: digest_of(key.decode("latin-1")))
cookies = headers | digests | st.from_regex(r"[a-z0-9]{8,40}", fullmatch=True)
# "other" is part of the URL that ends all other sessions.
keys_in_urls = (st.text(min_size=1, max_size=60) | digests).filter(lambda key: key != "other")

counts: Counter[str] = Counter()


@pytest.fixture(scope="module", autouse=True)
def report(pytestconfig):
    """Print how many cases there were."""
    yield
    capture = pytestconfig.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        sys.stdout.write(f"\n{connection.vendor}: {counts.total()} hostile cases, {dict(counts)}\n")


@pytest.fixture
def proxies(settings):
    settings.USER_SESSIONS_TRUSTED_PROXIES = ["127.0.0.0/8", "unix"]


def hostile(**strategies):
    """Run a test on EXAMPLES generated cases, the same in each run."""

    def decorate(function):
        checks = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
        fixed = settings(
            max_examples=EXAMPLES,
            derandomize=True,
            database=None,
            deadline=None,
            suppress_health_check=checks,
        )
        return fixed(given(**strategies)(function))

    return decorate


@pytest.fixture
def visitor(db):
    """A client without a session, which gets a 500 as a response and not as an exception."""
    client = Client()
    client.raise_request_exception = False
    return client


@hostile(
    user_agent=user_agents,
    peer=addresses,
    hops=hops,
    forwarded=forwarded,
    header=st.sampled_from(["X-Forwarded-For", "Forwarded"]),
)
def test_hostile_headers_break_neither_a_request_nor_a_row(
    visitor, session_model, proxies, user_agent, peer, hops, forwarded, header
):
    visitor.cookies.clear()
    with override_settings(USER_SESSIONS_FORWARDED_HEADER=header):
        response = visitor.get(
            "/set/",
            REMOTE_ADDR=peer,
            HTTP_USER_AGENT=user_agent,
            HTTP_X_FORWARDED_FOR=hops,
            HTTP_FORWARDED=forwarded,
        )
    assert response.status_code == 200
    row = session_model.objects.get(pk=visitor.cookies["sessionid"].value)
    assert row.ip == parse_address(row.ip)
    assert row.user_agent is None or (row.user_agent.isprintable() and len(row.user_agent) <= 512)
    assert row.get_decoded() == {"value": "1"}
    counts["headers"] += 1


@hostile(cookie=cookies)
def test_a_hostile_cookie_reaches_no_session(laptop, visitor, cookie):
    response = visitor.get("/who/", HTTP_COOKIE=f"sessionid={cookie}")
    assert (response.status_code, response.content) == (200, b"nobody")
    counts["cookies"] += 1


@hostile(key=keys_in_urls, method=st.sampled_from(["get", "post"]))
def test_a_hostile_url_ends_no_session(laptop, session_model, key, method):
    laptop.raise_request_exception = False
    url = f"/account/sessions/{quote(key, safe='')}/delete/"
    said_to_have_ended = method == "post" and is_digest(key)
    assert getattr(laptop, method)(url).status_code == (302 if said_to_have_ended else 404)
    assert session_model.objects.count() == 1
    counts["addresses"] += 1
