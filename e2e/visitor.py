"""A visitor with a browser, the variants of that browser, and requests without a browser."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from playwright.sync_api import APIRequestContext, Locator, Page

from e2e.site_data import Words

if TYPE_CHECKING:
    from e2e.pages import SitePage

    AnyPage = TypeVar("AnyPage", bound=SitePage)


@dataclass(frozen=True)
class Variant:
    """How a browser shows the site; `context` holds arguments of `browser.new_context`."""

    context: dict[str, Any] = field(default_factory=dict)
    language: str = "en"
    theme: str = "default"
    runs_axe: bool = True  # on arrival at each page

    @property
    def right_to_left(self) -> bool:
        return self.language in {"ar", "he"}


THEMES_FOLDER = Path(__file__).parents[1] / "themes"
# Themes that style allauth's pages as well, and themes that style the session pages only
WHOLE_THEMES = sorted(
    path.parents[2].name for path in THEMES_FOLDER.glob("*/templates/allauth/elements")
)
SESSION_THEMES = sorted(
    {path.parent.name for path in THEMES_FOLDER.glob("*/apps.py")} - {*WHOLE_THEMES}
)

DESKTOP = Variant({"viewport": {"width": 1280, "height": 800}})
PHONE = Variant(
    {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True},
)
NARROW = Variant({"viewport": {"width": 320, "height": 640}})
DARK = Variant({**DESKTOP.context, "color_scheme": "dark"})
RIGHT_TO_LEFT = Variant({**DESKTOP.context, "locale": "ar"}, language="ar")
NO_SCRIPT = Variant({**DESKTOP.context, "java_script_enabled": False})


@dataclass(frozen=True)
class Visitor:
    """A browser with one open page; `on_axe` is called with the violations that axe found on a page."""

    page: Page
    site: str  # its URL
    words: Words
    variant: Variant
    on_axe: Callable[[int], None]

    @property
    def runs_scripts(self) -> bool:
        return bool(self.variant.context.get("java_script_enabled", True))

    def with_language(self, language: str) -> Visitor:
        """Return this visitor with another language."""
        variant = replace(self.variant, language=language)
        return replace(self, words=replace(self.words, language=language), variant=variant)

    def use_theme(self, theme: str) -> None:
        """Set the theme cookie, as the switch in the header does."""
        self.page.context.add_cookies(
            [{"name": "theme", "value": theme, "url": self.site, "httpOnly": True}]
        )

    def visit(self, kind: type[AnyPage], path: str | None = None) -> AnyPage:
        """Open a page by its URL."""
        self.page.goto(path or kind.path)
        return kind(self).arrived()

    def press(self, target: Locator) -> None:
        """Click, or tap on a touch screen."""
        if self.variant.context.get("has_touch"):
            target.tap()
        else:
            target.click()

    def follow(self, target: Locator) -> None:
        """Press a link or button, and wait until the next page has loaded."""
        with self.page.expect_event("load"):
            self.press(target)

    def add_cookie(self, cookie: dict[str, str]) -> None:
        """Add a cookie for the whole site."""
        self.page.context.add_cookies(
            [{"name": cookie["name"], "value": cookie["value"], "url": self.site}]
        )

    def cookie(self, name: str = "sessionid") -> str:
        """Return the value of a cookie of the browser."""
        found = {cookie["name"]: cookie["value"] for cookie in self.page.context.cookies()}
        return found[name]


def sign_in(requests: APIRequestContext, username: str) -> None:
    """Sign in by a request without a browser. The password of a demo account is its name."""
    answer = post(requests, "/account/login/", login=username, password=username)
    assert not answer.endswith("/account/login/"), f"Could not sign in as {username}"


def confirm_access(requests: APIRequestContext, username: str) -> None:
    """Send the password again, which the pages on the second factor require."""
    post(requests, "/account/reauthenticate/", password=username)


def post(requests: APIRequestContext, path: str, **fields: str) -> str:
    """Load a form, send it, and return the URL of the last response."""
    requests.get(path)
    cookies = requests.storage_state()["cookies"]
    token = next(cookie["value"] for cookie in cookies if cookie["name"] == "csrftoken")
    answer = requests.post(path, form={**fields, "csrfmiddlewaretoken": token})
    assert answer.ok, f"{path} returned {answer.status}"
    return answer.url
