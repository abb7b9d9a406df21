"""Filters that put a session into words: ``{% load user_sessions %}``."""

from __future__ import annotations

from datetime import datetime, timedelta

from django import template
from django.forms import BoundField
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext_lazy

from user_sessions.device import device_name, parse
from user_sessions.location import city_name, country_name, location_name

register = template.Library()

# Whole sentences for each unit: "ago" asks for another case of the noun in many languages.
_UNITS = (
    (timedelta(days=365), ngettext_lazy("%(count)d year ago", "%(count)d years ago", "count")),
    (timedelta(days=30), ngettext_lazy("%(count)d month ago", "%(count)d months ago", "count")),
    (timedelta(weeks=1), ngettext_lazy("%(count)d week ago", "%(count)d weeks ago", "count")),
    (timedelta(days=1), ngettext_lazy("%(count)d day ago", "%(count)d days ago", "count")),
    (timedelta(hours=1), ngettext_lazy("%(count)d hour ago", "%(count)d hours ago", "count")),
    (timedelta(minutes=1), ngettext_lazy("%(count)d minute ago", "%(count)d minutes ago", "count")),
)


@register.filter
def device(user_agent: str | None) -> str | None:
    """The device of a user agent: "Firefox on Linux"; None where it can't be told."""
    return device_name(user_agent)


@register.filter
def browser(user_agent: str | None) -> str | None:
    """The browser of a user agent: "Firefox"; None where it can't be told."""
    return parse(user_agent or "").browser


@register.filter
def platform(user_agent: str | None) -> str | None:
    """The system or device of a user agent: "Linux", "iPhone"; None where it can't be told."""
    return parse(user_agent or "").platform


@register.filter
def location(ip: str | None) -> str | None:
    """The place of an address: "Zwolle, Netherlands"; None where it can't be told."""
    return location_name(ip)


@register.filter
def city(ip: str | None) -> str | None:
    """The city of an address: "Zwolle"; None where it can't be told."""
    return city_name(ip)


@register.filter
def country(ip: str | None) -> str | None:
    """The country of an address: "Netherlands"; None where it can't be told."""
    return country_name(ip)


@register.filter
def ago(moment: datetime) -> str:
    """How long ago a moment was, in its largest unit: "just now", "3 minutes ago".

    A moment that hasn't come, by the clock of another server, is just now too.
    """
    passed = timezone.now() - moment
    for unit, words in _UNITS:
        if passed >= unit:
            return words % {"count": passed // unit}
    return _("just now")


@register.filter
def with_class(field: BoundField, names: str) -> str:
    """The widget of a form's field, with these classes besides its own: "form-control"."""
    own = field.field.widget.attrs.get("class", "")
    return field.as_widget(attrs={"class": f"{own} {names}".strip()})
