"""The list with no, one and many other sessions, and its actions."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from e2e.pages import EndOthersPage, EndSessionPage, HomePage, SessionListPage, SignInPage
from e2e.visitor import NARROW

PAGE_SIZE = 25


def test_sixty_sessions_are_split_into_pages(open_browser, site_data):
    others = site_data.reseed("many")
    first = open_browser("many").visit(SessionListPage)
    expect(first.cards).to_have_count(PAGE_SIZE)
    expect(first.end_others_link(others)).to_be_visible()

    last = first.next().next()

    expect(last.cards).to_have_count(others + 1 - 2 * PAGE_SIZE)
    expect(last.current).to_have_count(0)
    expect(last.next_link).to_have_count(0)
    expect(last.previous().cards).to_have_count(PAGE_SIZE)


def test_all_sixty_other_sessions_end_at_once(open_browser, site_data):
    others = site_data.reseed("many")

    sessions = open_browser("many").visit(EndOthersPage).confirm(others)

    expect(sessions.empty).to_be_visible()
    expect(sessions.pages).to_have_count(0)


def test_list_without_other_sessions_says_so(open_browser, single):
    sessions = open_browser(single).visit(SessionListPage)

    expect(sessions.empty).to_be_visible()
    expect(sessions.content.get_by_role("link")).to_have_count(0)


def test_one_other_session_has_a_singular_label(open_browser, single):
    open_browser(single, browser="chrome-windows")

    sessions = open_browser(single).visit(SessionListPage).end_others(1).confirm(1)

    expect(sessions.empty).to_be_visible()


def test_cancelling_keeps_all_sessions(open_browser, site_data):
    others = site_data.reseed("ada")

    sessions = open_browser("ada").visit(EndOthersPage).cancel()

    expect(sessions.other_cards).to_have_count(others)


def test_ending_an_ended_session_shows_a_message(open_browser, ada, words):
    stale = open_browser(ada).visit(SessionListPage)
    open_browser(ada).visit(SessionListPage).card("Safari", "iPhone").end()

    sessions = stale.card("Safari", "iPhone").end()

    sessions.expect_message(words("That session has already ended."))
    expect(sessions.card("Safari", "iPhone").card).to_have_count(0)


def test_confirmed_end_removes_the_session(open_browser, single):
    other = open_browser(single, browser="chrome-windows")
    sessions = open_browser(single).visit(SessionListPage)
    address = sessions.card("Chrome", "Windows 10/11").end_url

    sessions = sessions.visitor.visit(EndSessionPage, address).confirm()

    expect(sessions.cards).to_have_count(1)
    other.page.goto(SessionListPage.path)
    SignInPage(other).arrived()


@pytest.mark.parametrize("separator", ["", " "], ids=["one word", "words"])
def test_very_long_user_agent_wraps(open_browser, single, separator):
    user_agent = "Mozilla/5.0" + separator + separator.join(["Gecko/20100101"] * 40)
    browser = open_browser(single, user_agent=user_agent, variant=NARROW)
    sessions = browser.visit(SessionListPage)

    text = sessions.card_of("Unknown device").open_details()

    expect(text).to_be_visible()
    expect(text).to_contain_text(user_agent[:512])
    assert sessions.horizontal_overflow() == 0


def test_sign_in_from_another_device_adds_a_session(open_browser, site_data, words):
    others = site_data.reseed("ada")
    sessions = open_browser("ada").visit(SessionListPage)

    sessions = sessions.sign_in_from_another_device()

    device = words.device("Chrome", "Android")
    sessions.expect_message(
        words(
            "You are now also signed in with %(device)s, from %(place)s.",
            device=device,
            place="Tokyo, Japan",
        )
    )
    expect(sessions.other_cards).to_have_count(others + 1)
    expect(sessions.other_cards.first).to_contain_text(device)


def test_header_button_signs_out(open_browser, ada):
    home = open_browser(ada).visit(HomePage).sign_out_by_header()

    expect(home.header_sign_out_button).to_have_count(0)
