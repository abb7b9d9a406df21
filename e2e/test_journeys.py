"""The five things that people come for, each in every way and in every theme that they see the site."""

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


# Axe looks at each page in each theme, and at some right to left, in test_pages.
SEEN_BY_AXE = replace(DESKTOP, asks_axe=False)


@pytest.fixture(
    params=[
        pytest.param(SEEN_BY_AXE, id="desktop"),
        pytest.param(PHONE, id="phone"),
        pytest.param(replace(RIGHT_TO_LEFT, asks_axe=False), id="right-to-left"),
        pytest.param(NO_SCRIPT, id="no-script"),
        *(
            pytest.param(replace(SEEN_BY_AXE, theme=theme), id=theme, marks=pytest.mark.other_theme)
            for theme in [*WHOLE_THEMES, *SESSION_THEMES]
            if theme != DESKTOP.theme
        ),
    ]
)
def variant(request):
    return request.param


@pytest.fixture
def is_worth_nothing(open_requests):
    """Ask with nothing but a session's cookie, and expect to be sent to sign in."""

    def check(cookie: str) -> None:
        requests = open_requests(extra_http_headers={"Cookie": f"sessionid={cookie}"})
        answer = requests.get(SessionListPage.path, max_redirects=0)
        assert answer.status == 302
        assert answer.headers["location"].startswith(SignInPage.path)

    return check


def has_to_sign_in(page):
    """See an open page after its session's end: it says so by itself; without scripts the next click does."""
    if page.visitor.runs_scripts:
        page.says_that_its_session_was_ended().sign_in()
    else:
        page.ask_for_sessions()
        SignInPage(page.visitor).arrived()


def test_signing_in_leads_to_the_list_with_this_browser_first(open_browser, ada):
    home = open_browser(browser="firefox-windows").visit(HomePage)

    sessions = home.sign_in().sign_in(ada, "ada")

    this_one = sessions.card("Firefox", "Windows 10/11")
    expect(this_one.mark).to_be_visible()
    expect(sessions.cards.first).to_contain_text(this_one.device)
    expect(sessions.is_signed_in).to_be_visible()


def test_two_browsers_are_each_marked_in_their_own_list(open_browser, single):
    firefox = open_browser(single, browser="firefox-linux").visit(SessionListPage)
    chrome = open_browser(single, browser="chrome-windows").visit(SessionListPage)
    firefox = firefox.visitor.visit(SessionListPage)  # which now has the other one too

    for sessions, mine, other in ((firefox, FIREFOX, CHROME), (chrome, CHROME, FIREFOX)):
        expect(sessions.cards).to_have_count(2)
        expect(sessions.current.get_by_role("article")).to_have_count(1)
        expect(sessions.card(*mine).mark).to_be_visible()
        expect(sessions.card(*other).mark).to_have_count(0)
        expect(sessions.card(*other).end_button).to_be_visible()


def test_an_ended_browser_is_told_and_has_to_sign_in(open_browser, single, words, is_worth_nothing):
    mine = open_browser(single, browser="firefox-linux")
    other = open_browser(single, browser="chrome-windows")
    others_view = other.visit(SessionListPage)
    others_cookie = other.cookie()

    sessions = mine.visit(SessionListPage).card(*CHROME).end()

    sessions.has_message(words("Session ended: %(device)s.", device=words.device(*CHROME)))
    expect(sessions.cards).to_have_count(1)
    is_worth_nothing(others_cookie)
    has_to_sign_in(others_view)


def test_ending_all_others_keeps_only_this_browser(
    open_browser, ada, stage, words, is_worth_nothing
):
    mine = open_browser(ada, browser="firefox-windows")
    other = open_browser(ada, browser="chrome-windows")
    others_view = other.visit(SessionListPage)
    others_cookie = other.cookie()
    count = ADAS_SESSIONS + 1

    sessions = mine.visit(SessionListPage).end_others(count).confirm(count)

    ended = "Ended %(count)d other session.", "Ended %(count)d other sessions."
    sessions.has_message(words.counted(*ended, count))
    expect(sessions.empty).to_be_visible()
    expect(sessions.cards).to_have_count(1)
    is_worth_nothing(others_cookie)
    has_to_sign_in(others_view)


def test_signing_out_makes_the_cookie_worthless(open_browser, ada, words, is_worth_nothing):
    browser = open_browser(ada, browser="firefox-windows")
    cookie = browser.cookie()

    home = browser.visit(SessionListPage).card("Firefox", "Windows 10/11").sign_out()

    home.has_message(words("You have signed out."))
    expect(home.is_signed_in).to_have_count(0)
    is_worth_nothing(cookie)
    browser.page.goto(SessionListPage.path)
    SignInPage(browser).arrived()
