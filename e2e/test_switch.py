"""The switch in the header: which theme, and light or dark."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from e2e.pages import HomePage, SessionListPage
from e2e.visitor import DARK, DESKTOP, NO_SCRIPT, SESSION_THEMES, WHOLE_THEMES

THEMES = [*WHOLE_THEMES, *SESSION_THEMES]


@pytest.mark.parametrize("variant", [DESKTOP, NO_SCRIPT], ids=["with-scripts", "no-script"])
def test_a_theme_and_a_mode_are_chosen_and_stay(open_browser, ada):
    home = open_browser(ada).visit(HomePage).look_as("pico", "Dark")

    sessions = home.visitor.visit(SessionListPage)

    expect(sessions.theme).to_have_value("pico")
    expect(sessions.mode).to_have_value("dark")
    expect(sessions.page.locator("link[href*='user_sessions_pico']").first).to_be_attached()


def test_a_link_leads_to_a_theme_in_dark(open_browser, ada, subtests):
    visitor = open_browser(ada)

    for theme in THEMES:
        with subtests.test(theme):
            path = f"{SessionListPage.path}?theme={theme}&mode=dark"
            sessions = visitor.visit(SessionListPage, path)

            expect(sessions.theme).to_have_value(theme)
            assert sessions.brightness() < 60


def test_light_is_light_in_a_browser_that_prefers_dark(open_browser, ada, subtests):
    visitor = open_browser(ada, variant=DARK)

    for theme in THEMES:
        with subtests.test(theme):
            path = f"{SessionListPage.path}?theme={theme}&mode=light"
            sessions = visitor.visit(SessionListPage, path)

            assert sessions.brightness() > 230


def test_a_theme_that_does_not_exist_is_explained(open_browser):
    home = open_browser().visit(HomePage, "/?theme=geocities")

    told = home.page.get_by_text("There is no theme “geocities”. Choose one of:")
    expect(told).to_be_visible()
    expect(home.theme).to_have_value("default")
