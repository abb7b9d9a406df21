"""The views of the demo itself; the other pages belong to allauth and user_sessions."""

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
from demo_site.patterns import patterns_context
from demo_site.people import PEOPLE
from demo_site.tour import steps, stops_done_before
from user_sessions.templatetags.user_sessions import device as device_name
from user_sessions.templatetags.user_sessions import location as location_name


@require_safe
@never_cache
def home(request: HttpRequest) -> HttpResponse:
    """Show the tour with the visitor's completed stops, and the demo accounts."""
    signed_in = request.user.is_authenticated
    tour = steps(stops_done_before(request), signed_in=signed_in)
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
    """Show everything that a theme styles. A POST is ignored and redirects to this page."""
    if request.method == "POST":
        return redirect("patterns")
    return render(request, "demo_site/patterns.html", patterns_context(request))


@login_required
def another_device(request: HttpRequest) -> HttpResponseRedirect:
    """Start one more session of the current user, on the next made-up device.

    Outside demo mode, return a 404. A GET starts no session: it is the redirect after sign-in of a
    visitor who pressed the button while signed out.
    """
    if not demo_mode():
        raise Http404
    if request.method != "POST":
        return redirect("user_sessions:session_list")
    user = cast(User, request.user)  # login_required guarantees it
    device = next_device(user)
    sign_in(user, device)
    messages.success(request, _signed_in_message(device))
    return redirect("user_sessions:session_list")


@require_safe
def favicon(request: HttpRequest) -> HttpResponseRedirect:
    """Redirect to the icon: browsers request this URL on pages without one, such as the admin's."""
    return HttpResponseRedirect(static("demo_site/icon.svg"))


def _signed_in_message(device: Device) -> str:
    name = device_name(device.user_agent) or _("an unknown device")
    if place := location_name(device.ip):
        return _("You are now also signed in with %(device)s, from %(place)s.") % {
            "device": name,
            "place": place,
        }
    return _("You are now also signed in with %(device)s.") % {"device": name}
