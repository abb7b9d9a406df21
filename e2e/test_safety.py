"""What keeps strangers out, shown on the running site."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from e2e.pages import SessionListPage, SignInPage
from e2e.server import running_server
from e2e.visitor import post

MOST_FAILURES = 5  # allauth: login_failed, per account


def test_a_form_from_elsewhere_ends_nothing(open_browser, ada):
    browser = open_browser(ada, browser="edge-windows")
    sessions = browser.visit(SessionListPage)
    card = sessions.card("Safari", "iPhone")

    answer = browser.page.context.request.post(card.address)  # with the cookies, without a token

    assert answer.status == 403
    expect(browser.visit(SessionListPage).card("Safari", "iPhone").card).to_be_visible()


def test_somebody_elses_session_is_not_found(open_browser, ada, single):
    address = open_browser(ada).visit(SessionListPage).card("Safari", "iPhone").address
    browser = open_browser(single)

    answer = browser.page.context.request.get(address)

    assert answer.status == 404


def test_the_session_cookie_is_out_of_reach_of_scripts(open_browser, ada):
    browser = open_browser(ada)
    browser.visit(SessionListPage)

    assert browser.cookie()
    assert browser.page.evaluate("document.cookie") == ""


def test_a_digest_from_the_page_signs_nobody_in(open_browser, open_requests, ada):
    address = open_browser(ada).visit(SessionListPage).card("Safari", "iPhone").address
    digest = address.removesuffix("/delete/").rpartition("/")[2]

    requests = open_requests(extra_http_headers={"Cookie": f"sessionid={digest}"})
    answer = requests.get(SessionListPage.path, max_redirects=0)

    assert answer.status == 302


@pytest.fixture
def limited_url(tmp_path):
    """Return the address of a demo that has its rate limits."""
    with running_server(tmp_path, ACCOUNT_RATE_LIMITS="on") as server:
        yield server.url


def lands_after_failures(requests) -> str:
    """Give the wrong password as often as may be, then the right one; tell where that leads."""
    for _ in range(MOST_FAILURES):
        post(requests, SignInPage.path, login="single", password="wrong")
    return post(requests, SignInPage.path, login="single", password="single")


def test_the_demo_limits_guesses(open_requests, limited_url):
    landed = lands_after_failures(open_requests(base_url=limited_url))

    assert landed == limited_url + SignInPage.path


def test_the_end_to_end_settings_lift_that_limit(open_requests, base_url, single):
    landed = lands_after_failures(open_requests())

    assert landed == base_url + SessionListPage.path
