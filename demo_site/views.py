"""The pages of the demo that aren't allauth's or user_sessions'."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from demo_site.conf import demo_mode
from demo_site.devices import Device, next_device, sign_in
from demo_site.patterns import everything
from demo_site.people import PEOPLE
from demo_site.tour import steps, tried_before
from user_sessions.templatetags.user_sessions import device as device_name
from user_sessions.templatetags.user_sessions import location as location_name


@require_safe
@never_cache
def home(request: HttpRequest) -> HttpResponse:
    """Show what this site is, and how far the visitor has come with trying it."""
    signed_in = request.user.is_authenticated
    tour = steps(tried_before(request), signed_in=signed_in)
    if all(step.state == "done" for step in tour):
        text = _("You have tried everything. Sign in again to take the tour once more.")
        messages.success(request, text)
    context = {
        "tour": tour,
        "people": PEOPLE if demo_mode() and not signed_in else (),
    }
    return render(request, "demo_site/home.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def patterns(request: HttpRequest) -> HttpResponse:
    """Show all that a theme dresses. What its forms send is forgotten, and leads back here."""
    if request.method == "POST":
        return redirect("patterns")
    return render(request, "demo_site/patterns.html", everything(request))


@login_required
def another_device(request: HttpRequest) -> HttpResponseRedirect:
    """Open one more session of the person who asks, on the next made-up device of the list.

    A 404 outside the demo: there, each session has a browser at its other end. A GET opens none; it
    comes from who pressed the button while signed out, and has signed in since.
    """
    if not demo_mode():
        raise Http404
    if request.method != "POST":
        return redirect("user_sessions:session_list")
    user = cast(User, request.user)  # login_required saw to that
    device = next_device(user)
    sign_in(user, device)
    messages.success(request, _signed_in_message(device))
    return redirect("user_sessions:session_list")


@require_safe
def favicon(request: HttpRequest) -> HttpResponseRedirect:
    """Lead to the icon: browsers ask here on pages that name none, such as the admin's."""
    return HttpResponseRedirect(static("demo_site/icon.svg"))


def _signed_in_message(device: Device) -> str:
    name = device_name(device.user_agent) or _("an unknown device")
    if place := location_name(device.ip):
        return _("You are now also signed in with %(device)s, from %(place)s.") % {
            "device": name,
            "place": place,
        }
    return _("You are now also signed in with %(device)s.") % {"device": name}
