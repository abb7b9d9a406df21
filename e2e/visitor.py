"""Somebody at a browser: what they see it with, and the session that it starts from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from playwright.sync_api import APIRequestContext, Locator, Page

from e2e.stage import Words

if TYPE_CHECKING:
    from e2e.pages import SitePage

    AnyPage = TypeVar("AnyPage", bound=SitePage)


@dataclass(frozen=True)
class Variant:
    """A way in which people see the site; `context` holds arguments of `browser.new_context`."""

    context: dict[str, Any] = field(default_factory=dict)
    language: str = "en"
    theme: str = "default"
    asks_axe: bool = True  # about each page that is arrived at

    @property
    def right_to_left(self) -> bool:
        return self.language in {"ar", "he"}


THEMES_FOLDER = Path(__file__).parents[1] / "themes"
# Those that dress allauth's pages too, and those for the session pages only
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
    """A browser with one page open; `on_axe` hears how many violations axe found on a page."""

    page: Page
    site: str  # its address
    words: Words
    variant: Variant
    on_axe: Callable[[int], None]

    @property
    def runs_scripts(self) -> bool:
        return bool(self.variant.context.get("java_script_enabled", True))

    def reads(self, language: str) -> Visitor:
        """Return this visitor, after a switch to another language."""
        variant = replace(self.variant, language=language)
        return replace(self, words=replace(self.words, language=language), variant=variant)

    def wears(self, theme: str) -> None:
        """Change the theme of the pages to come, as the switch in the header leaves it."""
        self.page.context.add_cookies(
            [{"name": "theme", "value": theme, "url": self.site, "httpOnly": True}]
        )

    def visit(self, kind: type[AnyPage], path: str | None = None) -> AnyPage:
        """Type a page's address."""
        self.page.goto(path or kind.path)
        return kind(self).arrived()

    def press(self, target: Locator) -> None:
        """Click, or tap where there is no mouse."""
        if self.variant.context.get("has_touch"):
            target.tap()
        else:
            target.click()

    def follow(self, target: Locator) -> None:
        """Press a link or button that leads to a page, maybe the same one again."""
        with self.page.expect_event("load"):
            self.press(target)

    def takes_cookie(self, cookie: dict[str, str]) -> None:
        """Give the browser a cookie with this name and value, for the whole site."""
        self.page.context.add_cookies(
            [{"name": cookie["name"], "value": cookie["value"], "url": self.site}]
        )

    def cookie(self, name: str = "sessionid") -> str:
        """Return the value of a cookie that the browser holds."""
        found = {cookie["name"]: cookie["value"] for cookie in self.page.context.cookies()}
        return found[name]


def sign_in(requests: APIRequestContext, username: str) -> None:
    """Sign in by a plain request, as the form does. The password of demo accounts is their name."""
    answer = post(requests, "/account/login/", login=username, password=username)
    assert not answer.endswith("/account/login/"), f"Could not sign in as {username}"


def confirm_access(requests: APIRequestContext, username: str) -> None:
    """Give the password once more: pages on the second factor ask for that."""
    post(requests, "/account/reauthenticate/", password=username)


def post(requests: APIRequestContext, path: str, **fields: str) -> str:
    """Load a form, send it, and return the address that it led to."""
    requests.get(path)
    cookies = requests.storage_state()["cookies"]
    token = next(cookie["value"] for cookie in cookies if cookie["name"] == "csrftoken")
    answer = requests.post(path, form={**fields, "csrfmiddlewaretoken": token})
    assert answer.ok, f"{path} answered {answer.status}"
    return answer.url
