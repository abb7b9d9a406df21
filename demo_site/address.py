"""The URL of the current page, for the switches of theme, colour mode and language."""

from __future__ import annotations

from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, QueryDict

from demo_site.look import mode_choice, theme_choice


def current_url(request: HttpRequest) -> str:
    """Return the path and query of the current page."""
    query = current_query(request).urlencode()
    return f"{request.path}?{query}" if query else request.path


def other_parameters(request: HttpRequest) -> list[tuple[str, str]]:
    """Return the query parameters except theme and mode, which a form adds again."""
    looks = {theme_choice().name, mode_choice().name}
    return [
        (name, value)
        for name, values in current_query(request).lists()
        if name not in looks
        for value in values
    ]


def current_query(request: HttpRequest) -> QueryDict:
    """Return the query of the current page, with the `next` of a rejected form.

    A sign-in form that fails has `next` among its fields only, not in its URL. If no view matches the
    URL, don't read the body: it may be too large or malformed, and reading it would raise.
    """
    query = request.GET.copy()
    if request.method == "POST" and request.resolver_match:
        destinations = request.POST.getlist(REDIRECT_FIELD_NAME)
        query.setlist(REDIRECT_FIELD_NAME, destinations or query.getlist(REDIRECT_FIELD_NAME))
    return query
