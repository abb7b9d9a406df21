"""The site without a mouse."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from e2e.pages import HomePage, SessionListPage
from e2e.visitor import DARK, DESKTOP

MOST_TABS = 60  # more than the tab stops of a page

OUTLINE = """element => {
  const { outlineStyle, outlineWidth } = getComputedStyle(element);
  return outlineStyle === "none" ? 0 : parseFloat(outlineWidth);
}"""


def tab_to(target) -> None:
    """Press Tab until an element has the focus, at most MOST_TABS times."""
    for _ in range(MOST_TABS):
        target.page.keyboard.press("Tab")
        if target.evaluate("element => element === document.activeElement"):
            return
    pytest.fail(f"Tab doesn't reach {target}")


def test_session_can_be_ended_with_the_keyboard_alone(open_browser, ada, words):
    sessions = open_browser(ada, browser="edge-windows").visit(SessionListPage)
    card = sessions.card("Safari", "iPhone")

    tab_to(card.end_button)
    with sessions.page.expect_event("load"):
        sessions.page.keyboard.press("Enter")

    sessions = SessionListPage(sessions.visitor).arrived()
    sessions.expect_message(words("Session ended: %(device)s.", device=card.device))
    expect(card.card).to_have_count(0)


@pytest.mark.parametrize("variant", [DESKTOP, DARK], ids=["light", "dark"])
def test_focused_element_has_a_visible_outline(open_browser, ada, variant):
    sessions = open_browser(ada, variant=variant).visit(SessionListPage)

    for target in (
        sessions.skip_link,
        sessions.header_sign_out_button,
        sessions.card("Safari", "iPhone").end_button,
        sessions.card("Safari", "iPhone").details,
    ):
        tab_to(target)
        expect(target).to_be_in_viewport()
        assert target.evaluate(OUTLINE) >= 2  # pixels


def test_first_tab_stop_is_the_link_to_the_content(open_browser):
    home = open_browser().visit(HomePage)
    expect(home.skip_link).not_to_be_in_viewport()

    home.page.keyboard.press("Tab")
    expect(home.skip_link).to_be_focused()
    expect(home.skip_link).to_be_in_viewport()
    home.page.keyboard.press("Enter")

    expect(home.content).to_be_focused()
