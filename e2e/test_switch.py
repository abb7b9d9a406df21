"""The switch of theme and colour mode in the header."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from e2e.pages import HomePage, SessionListPage
from e2e.visitor import DARK, DESKTOP, NO_SCRIPT, SESSION_THEMES, WHOLE_THEMES

THEMES = [*WHOLE_THEMES, *SESSION_THEMES]


@pytest.mark.parametrize("variant", [DESKTOP, NO_SCRIPT], ids=["with-scripts", "no-script"])
def test_chosen_theme_and_mode_apply_to_later_pages(open_browser, ada):
    home = open_browser(ada).visit(HomePage).choose_look("pico", "Dark")

    sessions = home.visitor.visit(SessionListPage)

    expect(sessions.theme).to_have_value("pico")
    expect(sessions.mode).to_have_value("dark")
    expect(sessions.page.locator("link[href*='user_sessions_pico']").first).to_be_attached()


def test_query_selects_a_theme_in_dark_mode(open_browser, ada, subtests):
    visitor = open_browser(ada)

    for theme in THEMES:
        with subtests.test(theme):
            path = f"{SessionListPage.path}?theme={theme}&mode=dark"
            sessions = visitor.visit(SessionListPage, path)

            expect(sessions.theme).to_have_value(theme)
            assert sessions.brightness() < 60


def test_light_mode_is_light_in_a_browser_that_prefers_dark(open_browser, ada, subtests):
    visitor = open_browser(ada, variant=DARK)

    for theme in THEMES:
        with subtests.test(theme):
            path = f"{SessionListPage.path}?theme={theme}&mode=light"
            sessions = visitor.visit(SessionListPage, path)

            assert sessions.brightness() > 230


def test_unknown_theme_shows_a_message(open_browser):
    home = open_browser().visit(HomePage, "/?theme=geocities")

    message = home.page.get_by_text("There is no theme “geocities”. Choose one of:")
    expect(message).to_be_visible()
    expect(home.theme).to_have_value("default")
