"""The five journeys, in every variant and every theme."""

from __future__ import annotations

from dataclasses import replace

import pytest
from playwright.sync_api import expect

from e2e.pages import HomePage, SessionListPage, SignInPage
from e2e.visitor import (
    DESKTOP,
    NO_SCRIPT,
    PHONE,
    RIGHT_TO_LEFT,
    SESSION_THEMES,
    WHOLE_THEMES,
)

FIREFOX = ("Firefox", "Linux")
CHROME = ("Chrome", "Windows 10/11")
ADAS_SESSIONS = 5


# test_pages runs axe on each page in each theme, and on some pages right to left.
WITHOUT_AXE = replace(DESKTOP, runs_axe=False)


@pytest.fixture(
    params=[
        pytest.param(WITHOUT_AXE, id="desktop"),
        pytest.param(PHONE, id="phone"),
        pytest.param(replace(RIGHT_TO_LEFT, runs_axe=False), id="right-to-left"),
        pytest.param(NO_SCRIPT, id="no-script"),
        *(
            pytest.param(replace(WITHOUT_AXE, theme=theme), id=theme, marks=pytest.mark.other_theme)
            for theme in [*WHOLE_THEMES, *SESSION_THEMES]
            if theme != DESKTOP.theme
        ),
    ]
)
def variant(request):
    return request.param


@pytest.fixture
def expect_cookie_rejected(open_requests):
    """Return a function that expects a request with only this session cookie to be sent to sign-in."""

    def check(cookie: str) -> None:
        requests = open_requests(extra_http_headers={"Cookie": f"sessionid={cookie}"})
        answer = requests.get(SessionListPage.path, max_redirects=0)
        assert answer.status == 302
        assert answer.headers["location"].startswith(SignInPage.path)

    return check


def expect_sign_in_required(page):
    """Expect the open page to show the notice; without scripts, expect sign-in at the next click."""
    if page.visitor.runs_scripts:
        page.wait_for_ended_notice().sign_in()
    else:
        page.follow_sessions_link()
        SignInPage(page.visitor).arrived()


def test_sign_in_opens_the_list_with_this_browser_first(open_browser, ada):
    home = open_browser(browser="firefox-windows").visit(HomePage)

    sessions = home.sign_in().sign_in(ada, "ada")

    this_one = sessions.card("Firefox", "Windows 10/11")
    expect(this_one.current_label).to_be_visible()
    expect(sessions.cards.first).to_contain_text(this_one.device)
    expect(sessions.header_sign_out_button).to_be_visible()


def test_each_of_two_browsers_is_the_current_session_of_its_own_list(open_browser, single):
    firefox = open_browser(single, browser="firefox-linux").visit(SessionListPage)
    chrome = open_browser(single, browser="chrome-windows").visit(SessionListPage)
    firefox = firefox.visitor.visit(SessionListPage)  # the list of now, with both browsers

    for sessions, mine, other in ((firefox, FIREFOX, CHROME), (chrome, CHROME, FIREFOX)):
        expect(sessions.cards).to_have_count(2)
        expect(sessions.current.get_by_role("article")).to_have_count(1)
        expect(sessions.card(*mine).current_label).to_be_visible()
        expect(sessions.card(*other).current_label).to_have_count(0)
        expect(sessions.card(*other).end_button).to_be_visible()


def test_ended_browser_shows_a_notice_and_has_to_sign_in(
    open_browser, single, words, expect_cookie_rejected
):
    mine = open_browser(single, browser="firefox-linux")
    other = open_browser(single, browser="chrome-windows")
    others_view = other.visit(SessionListPage)
    others_cookie = other.cookie()

    sessions = mine.visit(SessionListPage).card(*CHROME).end()

    sessions.expect_message(words("Session ended: %(device)s.", device=words.device(*CHROME)))
    expect(sessions.cards).to_have_count(1)
    expect_cookie_rejected(others_cookie)
    expect_sign_in_required(others_view)


def test_ending_all_other_sessions_keeps_only_this_browser(
    open_browser, ada, site_data, words, expect_cookie_rejected
):
    mine = open_browser(ada, browser="firefox-windows")
    other = open_browser(ada, browser="chrome-windows")
    others_view = other.visit(SessionListPage)
    others_cookie = other.cookie()
    count = ADAS_SESSIONS + 1

    sessions = mine.visit(SessionListPage).end_others(count).confirm(count)

    ended = "Ended %(count)d other session.", "Ended %(count)d other sessions."
    sessions.expect_message(words.counted(*ended, count))
    expect(sessions.empty).to_be_visible()
    expect(sessions.cards).to_have_count(1)
    expect_cookie_rejected(others_cookie)
    expect_sign_in_required(others_view)


def test_sign_out_invalidates_the_cookie(open_browser, ada, words, expect_cookie_rejected):
    browser = open_browser(ada, browser="firefox-windows")
    cookie = browser.cookie()

    home = browser.visit(SessionListPage).card("Firefox", "Windows 10/11").sign_out()

    home.expect_message(words("You have signed out."))
    expect(home.header_sign_out_button).to_have_count(0)
    expect_cookie_rejected(cookie)
    browser.page.goto(SessionListPage.path)
    SignInPage(browser).arrived()
