"""How the pages look to whoever asks: theme and colour mode, as chosen by the switch in the header.

Only the demo does this. A site of your own has one theme, in INSTALLED_APPS.
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

from demo_site.conf import first_theme, mode_cookie_name, theme_cookie_name, themes

COOKIE_AGE = 365 * 24 * 60 * 60  # seconds
LONGEST_NAME = 40  # characters of what somebody wrote, in a message

MODES = ("auto", "light", "dark")

# These themes dress no page but those about sessions; on others one sees the default look.
SESSION_THEMES = {"admin"}


@dataclass(frozen=True)
class Look:
    """What one request is answered with."""

    theme: str = field(default_factory=first_theme)  # the one that was chosen
    mode: str = "auto"
    is_session_page: bool = False

    @property
    def dresses_all_pages(self) -> bool:
        return self.theme not in SESSION_THEMES

    @property
    def template_theme(self) -> str:
        """The theme that gives the templates of this page."""
        return self.theme if self.dresses_all_pages or self.is_session_page else "default"


_current: ContextVar[Look | None] = ContextVar("look", default=None)


def current_look() -> Look:
    """Return the look of the request that is being answered; outside of any, that of the settings."""
    return _current.get() or Look()


@contextmanager
def shown_as(look: Look) -> Iterator[None]:
    """Take templates in this look meanwhile, here and in no other thread or task."""
    token = _current.set(look)
    try:
        yield
    finally:
        _current.reset(token)


@dataclass(frozen=True)
class Choice:
    """Something to choose: by the query, `?name=option`, and from then on by a cookie."""

    name: str
    cookie_name: str
    options: tuple[str, ...]
    first: str  # for whoever has not chosen

    def asked(self, request: HttpRequest) -> str | None:
        """Return what the query asks for, if there is such an option."""
        return self._known(request.GET.get(self.name))

    def chosen(self, request: HttpRequest) -> str:
        """Return what holds for a request; a cookie from times when there was more to choose doesn't."""
        kept = self._known(request.COOKIES.get(self.cookie_name))
        return self.asked(request) or kept or self.first

    def mistaken(self, request: HttpRequest) -> str | None:
        """Return what the query asks for, if there is no such option, and cut where it is long."""
        name = request.GET.get(self.name)
        if name is None or name in self.options:
            return None
        return Truncator(name).chars(LONGEST_NAME)

    def _known(self, option: str | None) -> str | None:
        return option if option in self.options else None


def theme_choice() -> Choice:
    return Choice("theme", theme_cookie_name(), themes(), first_theme())


def mode_choice() -> Choice:
    return Choice("mode", mode_cookie_name(), MODES, MODES[0])


def look_of(request: HttpRequest) -> Look:
    """Return how the answer to a request has to look."""
    about_sessions = (reverse("user_sessions:session_list"), reverse("patterns"))
    return Look(
        theme_choice().chosen(request),
        mode_choice().chosen(request),
        is_session_page=request.path.startswith(about_sessions),
    )


def explain(request: HttpRequest) -> None:
    """Leave a message for whoever asks for a theme or a mode that doesn't exist."""
    theme, mode = theme_choice(), mode_choice()
    if name := theme.mistaken(request):
        text = _("There is no theme “%(name)s”. Choose one of: %(names)s.")
        messages.error(request, text % {"name": name, "names": ", ".join(theme.options)})
    if name := mode.mistaken(request):
        text = _("There is no colour mode “%(name)s”. Choose one of: %(names)s.")
        messages.error(request, text % {"name": name, "names": ", ".join(mode.options)})


def remember(request: HttpRequest, response: HttpResponseBase) -> None:
    """Keep in a cookie what the query asked for."""
    patch_vary_headers(response, ["Cookie"])
    for choice in (theme_choice(), mode_choice()):
        if option := choice.asked(request):
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
    """Answer each request in its look; it stands after the middleware of messages and languages."""
    if iscoroutinefunction(get_response):

        async def answer_async(request: HttpRequest) -> HttpResponseBase:
            explain(request)
            with shown_as(look_of(request)):
                response: HttpResponseBase = await get_response(request)
            remember(request, response)
            return response

        return answer_async

    def answer(request: HttpRequest) -> HttpResponseBase:
        explain(request)
        with shown_as(look_of(request)):
            response: HttpResponseBase = get_response(request)
        remember(request, response)
        return response

    return answer
