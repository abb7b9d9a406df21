"""The address that shows a page once more, in another look or language."""

from __future__ import annotations

from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, QueryDict

from demo_site.look import mode_choice, theme_choice


def address_again(request: HttpRequest) -> str:
    """Return the path and query of this page."""
    query = query_again(request).urlencode()
    return f"{request.path}?{query}" if query else request.path


def other_parameters(request: HttpRequest) -> list[tuple[str, str]]:
    """Return what the query says besides theme and mode, for a form that asks for these anew."""
    looks = {theme_choice().name, mode_choice().name}
    return [
        (name, value)
        for name, values in query_again(request).lists()
        if name not in looks
        for value in values
    ]


def query_again(request: HttpRequest) -> QueryDict:
    """Return the query of this page; of one that a rejected form shows, with where that would lead.

    A sign-in that fails has no `next` in its address any more, only among the fields. What is sent to
    an address that doesn't exist is left unread: nobody has checked that it can be.
    """
    query = request.GET.copy()
    if request.method == "POST" and request.resolver_match:
        destinations = request.POST.getlist(REDIRECT_FIELD_NAME)
        query.setlist(REDIRECT_FIELD_NAME, destinations or query.getlist(REDIRECT_FIELD_NAME))
    return query
