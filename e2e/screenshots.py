"""The pictures of README and docs: `pytest e2e/screenshots.py` writes them into docs/images/.

People, devices and places are the demo's, and each time on a picture is told from the moment when it
is taken ("3 hours ago"), so the same code and fonts give the same pictures.
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
LARGEST = 200_000  # bytes; every clone carries them
LARGEST_OF_A_THEME = 40_000

PAPER = {"viewport": {"width": 1024, "height": 720}}  # as wide as docs and README are
TELEPHONE_PAPER = {"device_scale_factor": 2}

COMPUTER = "chrome-macos"
TELEPHONE = "samsung-internet"
NOT_HERS = ("Chrome", "Android")


@pytest.fixture
def open_at_adas(open_browser, stage, ada):
    """Open a browser of ada's where she lives, as if the server were not on the same machine."""

    def open_one(variant: Variant, device: str = COMPUTER):
        paper = TELEPHONE_PAPER if variant is PHONE else PAPER
        drawn = replace(variant, context={**variant.context, **paper})
        visitor = open_browser(browser=device, variant=drawn)
        visitor.takes_cookie(stage.sign_in(ada, device, "zwolle"))
        return visitor

    return open_one


def save(page: SitePage, name: str, *, whole: bool = True) -> None:
    """Write a picture of a page, as long as that is; or of what is seen without scrolling."""
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
def test_picture_of_the_list(open_at_adas, name, variant):
    save(open_at_adas(variant).visit(SessionListPage), name)


def test_picture_of_the_list_on_a_phone(open_at_adas):
    sessions = open_at_adas(PHONE, TELEPHONE).visit(SessionListPage)

    save(sessions, "session-list-phone", whole=False)


def test_picture_of_ending_one(open_at_adas):
    sessions = open_at_adas(DESKTOP).visit(SessionListPage)
    address = sessions.card(*NOT_HERS).address

    save(sessions.visitor.visit(EndSessionPage, address), "end-session")


def test_picture_of_ending_all_others(open_at_adas):
    save(open_at_adas(DESKTOP).visit(EndOthersPage), "end-other-sessions")


def test_picture_of_the_home_page(open_browser):
    drawn = Variant({**DESKTOP.context, **PAPER})

    save(open_browser(variant=drawn).visit(HomePage), "home")


# --- The gallery of themes ------------------------------------------------------------------------

SEEN = {
    "light": DESKTOP,
    "dark": DARK,
    "phone-light": PHONE,
    "phone-dark": Variant({**PHONE.context, "color_scheme": "dark"}),
}


def save_small(page: SitePage, name: str) -> None:
    """Write what is seen of a page without scrolling, in the format in which it is smallest."""
    browser = page.page.context.new_cdp_session(page.page)
    taken = browser.send("Page.captureScreenshot", {"format": "webp", "quality": 75})
    path = FOLDER / "themes" / f"{name}.webp"
    path.parent.mkdir(parents=True, exist_ok=True)
    assert path.write_bytes(b64decode(taken["data"])) < LARGEST_OF_A_THEME


def drawn_in(theme: str, seen: str) -> Variant:
    variant = SEEN[seen]
    paper = {} if variant.context.get("is_mobile") else PAPER
    return Variant({**variant.context, **paper}, theme=theme)


@pytest.mark.parametrize("seen", SEEN)
@pytest.mark.parametrize("theme", [*WHOLE_THEMES, *SESSION_THEMES])
def test_picture_of_the_list_in_a_theme(open_browser, stage, ada, theme, seen):
    visitor = open_browser(browser=COMPUTER, variant=drawn_in(theme, seen))
    visitor.takes_cookie(stage.sign_in(ada, COMPUTER, "zwolle"))

    save_small(visitor.visit(SessionListPage), f"{theme}-sessions-{seen}")


@pytest.mark.parametrize("seen", SEEN)
@pytest.mark.parametrize("theme", WHOLE_THEMES)
def test_picture_of_signing_in_in_a_theme(open_browser, theme, seen):
    page = open_browser(variant=drawn_in(theme, seen)).visit(SignInPage)

    save_small(page, f"{theme}-sign-in-{seen}")
