"""The site's views. Each user name in `FAULTS` causes one fault."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.views import LoginView
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from user_sessions.models import Session
from user_sessions.views import SessionDeleteOtherView, SessionDeleteView, SessionListView

FAULTS = {
    "eva": "no fault",
    "code": "asks for a second factor",
    "wait": "reports too many attempts",
    "inactive": "accepts the password without signing in",
    "one": "ends all other sessions at sign-in",
    "unknown": "has no page for a session",
    "kept": "ends nothing",
    "all": "ends all sessions instead of the others",
    "stale": "shows an outdated list",
    "copied": "deletes the cookie but not the session",
}


class SignIn(LoginView):
    def form_valid(self, form: Any) -> HttpResponse:
        user = form.get_user()
        answers: dict[str, Callable[[], HttpResponse]] = {
            "code": lambda: redirect("code"),
            "wait": lambda: HttpResponse("Bitte warten!", status=429),
            "inactive": lambda: redirect("start"),
        }
        if answer := answers.get(user.username):
            return answer()
        if user.username == "one":
            Session.objects.filter(user=user).end()
        return super().form_valid(form)


class OpenList(SessionListView):
    shown: ClassVar[dict[str, HttpResponse]] = {}

    def get(self, request, *args, **kwargs):
        response = super().get(request, *args, **kwargs)
        if request.user.get_username() != "stale":
            return response
        if response.context_data["other_count"]:
            self.shown[self.current] = response
        return self.shown.get(self.current, response)


class Faulty:
    def get(self, request, *args, **kwargs):
        if request.user.get_username() == "unknown":
            raise Http404
        return super().get(request, *args, **kwargs)

    def post(self, request, *args, **kwargs):
        username = request.user.get_username()
        answer = redirect("user_sessions:session_list")
        if username == "all":
            Session.objects.filter(user=request.user).end()
        elif username == "copied":
            answer.delete_cookie(settings.SESSION_COOKIE_NAME)
        elif username != "kept":
            return super().post(request, *args, **kwargs)
        return answer


class EndOne(Faulty, SessionDeleteView):
    pass


class EndOthers(Faulty, SessionDeleteOtherView):
    pass


def start(request: HttpRequest) -> HttpResponse:
    return render(request, "start.html")


def code(request: HttpRequest) -> HttpResponse:
    return render(request, "code.html")


def redirect_to_another_host(request: HttpRequest) -> HttpResponse:
    return redirect(f"http://localhost:{request.get_port()}/")


def redirect_to(address: str) -> Callable[[HttpRequest], HttpResponse]:
    return lambda request: redirect(address)


def server_error(request: HttpRequest) -> HttpResponse:
    return HttpResponse("Kaputt", status=500)


def empty_server_error(request: HttpRequest) -> HttpResponse:
    return HttpResponse(status=500)
