"""The tour: which stops are done, and which is the current one."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from demo_site.conf import tour_cookie_name
from demo_site.tour import STOPS, set_tour_cookie, steps

ALL_STOPS = {stop.name for stop in STOPS}


@pytest.mark.parametrize(
    ("done", "signed_in", "current"),
    [
        (set(), False, "sign_in"),
        ({"sign_in"}, True, "look"),
        ({"sign_in", "look"}, True, "add"),
        ({"sign_in", "end"}, True, "look"),
        ({"sign_in", "look", "add"}, False, "sign_in"),
        (ALL_STOPS - {"sign_out"}, True, "sign_out"),
        (ALL_STOPS, False, None),
    ],
)
def test_current_stop_is_the_first_that_is_not_done(done, signed_in, current):
    found = [step.stop.name for step in steps(done, signed_in=signed_in) if step.state == "current"]
    assert found == ([current] if current else [])


def test_signed_out_visitor_can_only_sign_in():
    assert [step.stop.name for step in steps(set(), signed_in=False) if step.url] == ["sign_in"]


def test_tour_without_demo_mode_has_no_stop_for_made_up_devices(settings):
    settings.DEMO_MODE = False
    assert "add" not in [step.stop.name for step in steps(set(), signed_in=True)]


@pytest.mark.parametrize(
    ("before", "method", "view", "status", "signed_in", "after"),
    [
        ("", "GET", "home", 200, False, None),
        ("", "POST", "account_login", 302, True, "sign_in"),
        ("sign_in", "GET", "user_sessions:session_list", 200, True, "look.sign_in"),
        ("sign_in", "POST", "another_device", 302, True, "add.sign_in"),
        ("sign_in", "POST", "user_sessions:session_delete", 302, True, "end.sign_in"),
        ("sign_in", "POST", "user_sessions:session_delete", 404, True, None),
        ("sign_in", "GET", "user_sessions:session_delete", 200, True, None),
        ("sign_in", "POST", "user_sessions:session_delete", 302, False, "sign_in.sign_out"),
        ("sign_in", "POST", "account_logout", 302, False, "sign_in.sign_out"),
        ("sign_in.sign_out", "POST", "account_login", 302, True, "sign_in"),
        (".".join(sorted(ALL_STOPS)), "POST", "account_login", 302, True, "sign_in"),
        ("nonsense", "GET", "home", 200, False, None),
    ],
)
def test_request_adds_the_stop_that_it_completes(before, method, view, status, signed_in, after):
    request = RequestFactory(headers={"cookie": f"{tour_cookie_name()}={before}"}).generic(
        method, "/"
    )
    request.resolver_match = SimpleNamespace(view_name=view)
    response = HttpResponse(status=status)

    set_tour_cookie(request, response, signed_in=signed_in)

    cookie = response.cookies.get(tour_cookie_name())
    assert (cookie.value if cookie else None) == after
