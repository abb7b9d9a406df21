"""Security of the running site: CSRF, other users' sessions, cookies, digests and rate limits."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from e2e.pages import SessionListPage, SignInPage
from e2e.server import running_server
from e2e.visitor import post

MOST_FAILURES = 5  # allauth: login_failed, per account


def test_post_without_csrf_token_ends_no_session(open_browser, ada):
    browser = open_browser(ada, browser="edge-windows")
    sessions = browser.visit(SessionListPage)
    card = sessions.card("Safari", "iPhone")

    answer = browser.page.context.request.post(card.end_url)  # with the cookies, without a token

    assert answer.status == 403
    expect(browser.visit(SessionListPage).card("Safari", "iPhone").card).to_be_visible()


def test_session_of_another_user_returns_404(open_browser, ada, single):
    address = open_browser(ada).visit(SessionListPage).card("Safari", "iPhone").end_url
    browser = open_browser(single)

    answer = browser.page.context.request.get(address)

    assert answer.status == 404


def test_scripts_cannot_read_the_session_cookie(open_browser, ada):
    browser = open_browser(ada)
    browser.visit(SessionListPage)

    assert browser.cookie()
    assert browser.page.evaluate("document.cookie") == ""


def test_digest_of_a_session_is_rejected_as_a_cookie(open_browser, open_requests, ada):
    address = open_browser(ada).visit(SessionListPage).card("Safari", "iPhone").end_url
    digest = address.removesuffix("/delete/").rpartition("/")[2]

    requests = open_requests(extra_http_headers={"Cookie": f"sessionid={digest}"})
    answer = requests.get(SessionListPage.path, max_redirects=0)

    assert answer.status == 302


@pytest.fixture
def limited_url(tmp_path):
    """Run a demo with its rate limits, and return its URL."""
    with running_server(tmp_path, ACCOUNT_RATE_LIMITS="on") as server:
        yield server.url


def sign_in_after_failures(requests) -> str:
    """Send a wrong password MOST_FAILURES times, then the right one, and return the last URL."""
    for _ in range(MOST_FAILURES):
        post(requests, SignInPage.path, login="single", password="wrong")
    return post(requests, SignInPage.path, login="single", password="single")


def test_demo_rejects_sign_in_after_too_many_failures(open_requests, limited_url):
    url = sign_in_after_failures(open_requests(base_url=limited_url))

    assert url == limited_url + SignInPage.path


def test_end_to_end_settings_have_no_rate_limit(open_requests, base_url, single):
    url = sign_in_after_failures(open_requests())

    assert url == base_url + SessionListPage.path
