"""Views of the unit tests' site: each with an asynchronous twin that does the same."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model, login
from django.http import HttpRequest, HttpResponse

from user_sessions.views import SessionDeleteOtherView


def plain(request: HttpRequest) -> HttpResponse:
    """Use no session."""
    return HttpResponse("plain")


async def aplain(request: HttpRequest) -> HttpResponse:
    return HttpResponse("plain")


def who(request: HttpRequest) -> HttpResponse:
    """Return the name of the signed-in user."""
    return HttpResponse(request.user.get_username() or "nobody")


async def awho(request: HttpRequest) -> HttpResponse:
    user = await request.auser()
    return HttpResponse(user.get_username() or "nobody")


def set_value(request: HttpRequest) -> HttpResponse:
    """Change the session."""
    request.session["value"] = request.GET.get("value", "1")
    return HttpResponse("set")


async def aset_value(request: HttpRequest) -> HttpResponse:
    await request.session.aset("value", request.GET.get("value", "1"))
    return HttpResponse("set")


def sign_in_and_fail(request: HttpRequest) -> HttpResponse:
    """Sign a user in, then fail."""
    user = get_user_model()._default_manager.get()
    login(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])
    raise RuntimeError("after the sign-in")


class EndOthersAndFail(SessionDeleteOtherView):
    """End all other sessions, then fail."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        super().post(request, *args, **kwargs)
        raise RuntimeError("after the end")


def remember(request: HttpRequest) -> HttpResponse:
    """Let the session expire after some seconds, or with 0 when the browser closes."""
    request.session.set_expiry(int(request.GET["seconds"]))
    return HttpResponse("remembered")


def fail(request: HttpRequest) -> HttpResponse:
    """Change the session, then return a server error."""
    request.session["value"] = "half-way"
    return HttpResponse("failed", status=503)
