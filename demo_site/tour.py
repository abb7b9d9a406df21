"""The tour of the home page: its stops, and which of them a visitor has completed.

The completed stops are in a cookie and not in the session, because signing out ends the session.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.decorators import sync_and_async_middleware
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from demo_site.conf import demo_mode, tour_cookie_name

COOKIE_AGE = 30 * 24 * 60 * 60  # seconds


@dataclass(frozen=True)
class Stop:
    """A stop of the tour: its texts, and the view that its link opens or its button posts to."""

    name: str
    title: str | Promise
    text: str | Promise
    action: str | Promise
    view: str
    is_post: bool = False


STOPS = (
    Stop(
        "sign_in",
        _("Sign in"),
        _("Use an account that you have, or sign up with a name and a password of your own."),
        _("Sign in"),
        "account_login",
    ),
    Stop(
        "look",
        _("See where you are signed in"),
        _(
            "Each browser that you are signed in with is a session. The session that you use now is marked."
        ),
        _("See your sessions"),
        "user_sessions:session_list",
    ),
    Stop(
        "add",
        _("Open one more session"),
        _("It is a real session of yours, but the device and its place are made up."),
        _("Sign in from another device"),
        "another_device",
        is_post=True,
    ),
    Stop(
        "end",
        _("End a session"),
        _(
            "Pick a session that you don't recognise. Its browser shows at once that the session has ended, and has to sign in again."
        ),
        _("Pick a session"),
        "user_sessions:session_list",
    ),
    Stop(
        "end_others",
        _("End all other sessions"),
        _("You stay signed in here, and nowhere else."),
        _("End all other sessions"),
        "user_sessions:session_delete_other",
    ),
    Stop(
        "sign_out",
        _("Sign out"),
        _("You sign out on this device. The cookie of the session is then useless."),
        _("Sign out now"),
        "account_logout",
        is_post=True,
    ),
)

# The stop that a successful request to each of these views completes.
STOP_BY_REQUEST = {
    ("GET", "user_sessions:session_list"): "look",
    ("POST", "another_device"): "add",
    ("POST", "user_sessions:session_delete"): "end",
    ("POST", "user_sessions:session_delete_other"): "end_others",
    ("POST", "account_logout"): "sign_out",
    ("POST", "admin:logout"): "sign_out",
}


@dataclass(frozen=True)
class Step:
    """A stop as one visitor sees it; `url` is None if it isn't available now."""

    stop: Stop
    state: str  # "done", "current" or "later"
    url: str | None


def stops() -> tuple[Stop, ...]:
    """Return the stops of this site. Without demo mode, there is no stop for made-up devices."""
    return tuple(stop for stop in STOPS if demo_mode() or stop.name != "add")


def steps(done: Collection[str], *, signed_in: bool) -> list[Step]:
    """Return the tour for a visitor with these completed stops.

    The first remaining stop is the current one. Visitors who aren't signed in must sign in first,
    unless they have completed the tour.
    """
    left = [stop.name for stop in stops() if stop.name not in done]
    if left and not signed_in:
        left = ["sign_in", *(name for name in left if name != "sign_in")]
    return [_step(stop, left, signed_in=signed_in) for stop in stops()]


def _step(stop: Stop, left: list[str], *, signed_in: bool) -> Step:
    state = "done" if stop.name not in left else "current" if stop.name == left[0] else "later"
    possible = signed_in != (stop.name == "sign_in")
    return Step(stop, state, reverse(stop.view) if possible else None)


def stops_done_before(request: HttpRequest) -> set[str]:
    """Return the completed stops in the visitor's cookie, without unknown names."""
    known = {stop.name for stop in stops()}
    return known.intersection(request.COOKIES.get(tour_cookie_name(), "").split("."))


def stops_done_after(
    request: HttpRequest, response: HttpResponseBase, *, signed_in: bool
) -> set[str]:
    """Return the completed stops after this request.

    Signing in again restarts a completed tour and continues an incomplete one.
    """
    done = stops_done_before(request)
    if signed_in and "sign_out" in done:
        done = set() if len(done) == len(stops()) else done - {"sign_out"}
    if signed_in:
        done.add("sign_in")
    if stop := _stop_of(request, response, signed_in=signed_in):
        done.add(stop)
    return done


def _stop_of(request: HttpRequest, response: HttpResponseBase, *, signed_in: bool) -> str | None:
    """Return the stop that a request completed, or None. Ending the current session is signing out."""
    if request.resolver_match is None or response.status_code >= 400:
        return None
    stop = STOP_BY_REQUEST.get((request.method or "", request.resolver_match.view_name))
    if stop in {"end", "sign_out"}:
        return "end" if signed_in else "sign_out"
    return stop if signed_in else None


def set_tour_cookie(request: HttpRequest, response: HttpResponseBase, *, signed_in: bool) -> None:
    """Set the cookie if this request completed a stop."""
    done = stops_done_after(request, response, signed_in=signed_in)
    if done != stops_done_before(request):
        response.set_cookie(
            tour_cookie_name(),
            ".".join(sorted(done)),
            max_age=COOKIE_AGE,
            httponly=True,
            samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )


@sync_and_async_middleware
def tour_middleware(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Record the completed stop after the view has run. Put it last in MIDDLEWARE."""
    if iscoroutinefunction(get_response):

        async def follow_async(request: HttpRequest) -> HttpResponseBase:
            response: HttpResponseBase = await get_response(request)
            set_tour_cookie(request, response, signed_in=(await request.auser()).is_authenticated)
            return response

        return follow_async

    def follow(request: HttpRequest) -> HttpResponseBase:
        response: HttpResponseBase = get_response(request)
        set_tour_cookie(request, response, signed_in=request.user.is_authenticated)
        return response

    return follow
