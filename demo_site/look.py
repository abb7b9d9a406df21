"""The look of a response: the theme and the colour mode that the visitor chose in the header.

Only the demo lets visitors choose. A site of your own has one theme, in INSTALLED_APPS.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.decorators import sync_and_async_middleware
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from demo_site.conf import configured_theme, mode_cookie_name, theme_cookie_name, themes

COOKIE_AGE = 365 * 24 * 60 * 60  # seconds
LONGEST_NAME = 40  # characters of an unknown option that a message repeats

MODES = ("auto", "light", "dark")

# These themes style only the session pages; other pages use the default theme.
SESSION_THEMES = {"admin"}


@dataclass(frozen=True)
class Look:
    """The theme and the colour mode of one response."""

    theme: str = field(default_factory=configured_theme)  # the one that the visitor chose
    mode: str = "auto"
    is_session_page: bool = False

    @property
    def styles_all_pages(self) -> bool:
        return self.theme not in SESSION_THEMES

    @property
    def template_theme(self) -> str:
        """The theme that provides the templates of this page."""
        return self.theme if self.styles_all_pages or self.is_session_page else "default"


_current: ContextVar[Look | None] = ContextVar("look", default=None)


def current_look() -> Look:
    """Return the look of the current request; outside a request, that of the settings."""
    return _current.get() or Look()


@contextmanager
def use_look(look: Look) -> Iterator[None]:
    """Use this look inside the block, in the current thread or task only."""
    token = _current.set(look)
    try:
        yield
    finally:
        _current.reset(token)


@dataclass(frozen=True)
class Choice:
    """An option that the query selects, `?name=option`, and that a cookie stores afterwards."""

    name: str
    cookie_name: str
    options: tuple[str, ...]
    default: str  # if the visitor has not chosen

    def requested(self, request: HttpRequest) -> str | None:
        """Return the option in the query, or None if it is missing or unknown."""
        return self._known(request.GET.get(self.name))

    def selected(self, request: HttpRequest) -> str:
        """Return the option for a request: from the query, else from the cookie, else the default."""
        kept = self._known(request.COOKIES.get(self.cookie_name))
        return self.requested(request) or kept or self.default

    def unknown(self, request: HttpRequest) -> str | None:
        """Return the unknown option in the query, shortened for a message, or None."""
        name = request.GET.get(self.name)
        if name is None or name in self.options:
            return None
        return Truncator(name).chars(LONGEST_NAME)

    def _known(self, option: str | None) -> str | None:
        return option if option in self.options else None


def theme_choice() -> Choice:
    return Choice("theme", theme_cookie_name(), themes(), configured_theme())


def mode_choice() -> Choice:
    return Choice("mode", mode_cookie_name(), MODES, MODES[0])


def look_of(request: HttpRequest) -> Look:
    """Return the look of the response to a request."""
    about_sessions = (reverse("user_sessions:session_list"), reverse("patterns"))
    return Look(
        theme_choice().selected(request),
        mode_choice().selected(request),
        is_session_page=request.path.startswith(about_sessions),
    )


def add_messages_for_unknown_options(request: HttpRequest) -> None:
    """Add an error message if the query names a theme or a mode that doesn't exist."""
    theme, mode = theme_choice(), mode_choice()
    if name := theme.unknown(request):
        text = _("There is no theme “%(name)s”. Choose one of: %(names)s.")
        messages.error(request, text % {"name": name, "names": ", ".join(theme.options)})
    if name := mode.unknown(request):
        text = _("There is no colour mode “%(name)s”. Choose one of: %(names)s.")
        messages.error(request, text % {"name": name, "names": ", ".join(mode.options)})


def set_look_cookies(request: HttpRequest, response: HttpResponseBase) -> None:
    """Store the options of the query in cookies."""
    patch_vary_headers(response, ["Cookie"])
    for choice in (theme_choice(), mode_choice()):
        if option := choice.requested(request):
            response.set_cookie(
                choice.cookie_name,
                option,
                max_age=COOKIE_AGE,
                httponly=True,
                samesite="Lax",
                secure=settings.SESSION_COOKIE_SECURE,
            )


@sync_and_async_middleware
def look_middleware(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Render each response in its look. Put it after the message and locale middleware."""
    if iscoroutinefunction(get_response):

        async def answer_async(request: HttpRequest) -> HttpResponseBase:
            add_messages_for_unknown_options(request)
            with use_look(look_of(request)):
                response: HttpResponseBase = await get_response(request)
            set_look_cookies(request, response)
            return response

        return answer_async

    def answer(request: HttpRequest) -> HttpResponseBase:
        add_messages_for_unknown_options(request)
        with use_look(look_of(request)):
            response: HttpResponseBase = get_response(request)
        set_look_cookies(request, response)
        return response

    return answer
