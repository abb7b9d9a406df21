"""The screenshots of README and docs: `pytest e2e/screenshots.py` writes them into docs/images/.

The demo provides people, devices and places. Times are relative to the time of the screenshot ("3
hours ago"), so the same code and fonts give the same screenshots.
"""

from __future__ import annotations

from base64 import b64decode
from dataclasses import replace

import pytest

from e2e.pages import EndOthersPage, EndSessionPage, HomePage, SessionListPage, SignInPage, SitePage
from e2e.server import REPOSITORY
from e2e.visitor import (
    DARK,
    DESKTOP,
    PHONE,
    RIGHT_TO_LEFT,
    SESSION_THEMES,
    WHOLE_THEMES,
    Variant,
)

FOLDER = REPOSITORY / "docs" / "images"
LARGEST = 200_000  # bytes; every clone contains them
LARGEST_OF_A_THEME = 40_000

PICTURE_SIZE = {"viewport": {"width": 1024, "height": 720}}  # the width of docs and README
PHONE_PICTURE_SCALE = {"device_scale_factor": 2}

COMPUTER = "chrome-macos"
TELEPHONE = "samsung-internet"
NOT_HERS = ("Chrome", "Android")


@pytest.fixture
def open_adas_browser(open_browser, site_data, ada):
    """Return a function that opens a browser of ada with an address in Zwolle instead of 127.0.0.1."""

    def open_one(variant: Variant, device: str = COMPUTER):
        size = PHONE_PICTURE_SCALE if variant is PHONE else PICTURE_SIZE
        sized = replace(variant, context={**variant.context, **size})
        visitor = open_browser(browser=device, variant=sized)
        visitor.add_cookie(site_data.sign_in(ada, device, "zwolle"))
        return visitor

    return open_one


def save(page: SitePage, name: str, *, whole: bool = True) -> None:
    """Write a screenshot of the whole page, or of the part that is visible without scrolling."""
    path = FOLDER / f"{name}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    page.page.screenshot(path=path, full_page=whole, animations="disabled")
    assert path.stat().st_size < LARGEST


@pytest.mark.parametrize(
    ("name", "variant"),
    [
        ("session-list", DESKTOP),
        ("session-list-dark", DARK),
        ("session-list-right-to-left", RIGHT_TO_LEFT),
    ],
)
def test_screenshot_of_the_list(open_adas_browser, name, variant):
    save(open_adas_browser(variant).visit(SessionListPage), name)


def test_screenshot_of_the_list_on_a_phone(open_adas_browser):
    sessions = open_adas_browser(PHONE, TELEPHONE).visit(SessionListPage)

    save(sessions, "session-list-phone", whole=False)


def test_screenshot_of_ending_one_session(open_adas_browser):
    sessions = open_adas_browser(DESKTOP).visit(SessionListPage)
    address = sessions.card(*NOT_HERS).end_url

    save(sessions.visitor.visit(EndSessionPage, address), "end-session")


def test_screenshot_of_ending_all_other_sessions(open_adas_browser):
    save(open_adas_browser(DESKTOP).visit(EndOthersPage), "end-other-sessions")


def test_screenshot_of_the_home_page(open_browser):
    sized = Variant({**DESKTOP.context, **PICTURE_SIZE})

    save(open_browser(variant=sized).visit(HomePage), "home")


# --- The gallery of themes ------------------------------------------------------------------------

LOOKS = {
    "light": DESKTOP,
    "dark": DARK,
    "phone-light": PHONE,
    "phone-dark": Variant({**PHONE.context, "color_scheme": "dark"}),
}


def save_small(page: SitePage, name: str) -> None:
    """Write a screenshot of the visible part of a page as WebP, which is the smallest format."""
    browser = page.page.context.new_cdp_session(page.page)
    taken = browser.send("Page.captureScreenshot", {"format": "webp", "quality": 75})
    path = FOLDER / "themes" / f"{name}.webp"
    path.parent.mkdir(parents=True, exist_ok=True)
    assert path.write_bytes(b64decode(taken["data"])) < LARGEST_OF_A_THEME


def variant_of(theme: str, look: str) -> Variant:
    variant = LOOKS[look]
    size = {} if variant.context.get("is_mobile") else PICTURE_SIZE
    return Variant({**variant.context, **size}, theme=theme)


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("theme", [*WHOLE_THEMES, *SESSION_THEMES])
def test_screenshot_of_the_list_in_a_theme(open_browser, site_data, ada, theme, look):
    visitor = open_browser(browser=COMPUTER, variant=variant_of(theme, look))
    visitor.add_cookie(site_data.sign_in(ada, COMPUTER, "zwolle"))

    save_small(visitor.visit(SessionListPage), f"{theme}-sessions-{look}")


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("theme", WHOLE_THEMES)
def test_screenshot_of_sign_in_in_a_theme(open_browser, theme, look):
    page = open_browser(variant=variant_of(theme, look)).visit(SignInPage)

    save_small(page, f"{theme}-sign-in-{look}")
