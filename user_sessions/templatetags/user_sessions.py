"""Template filters that describe a session: ``{% load user_sessions %}``."""

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

# A whole phrase for each unit, because "ago" changes the case of the noun in many languages.
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
    """Return the device of a user agent: "Firefox on Linux"; None if unknown."""
    return device_name(user_agent)


@register.filter
def browser(user_agent: str | None) -> str | None:
    """Return the browser of a user agent: "Firefox"; None if unknown."""
    return parse(user_agent or "").browser


@register.filter
def platform(user_agent: str | None) -> str | None:
    """Return the system or device of a user agent: "Linux", "iPhone"; None if unknown."""
    return parse(user_agent or "").platform


@register.filter
def location(ip: str | None) -> str | None:
    """Return the place of an address: "Zwolle, Netherlands"; None if unknown."""
    return location_name(ip)


@register.filter
def city(ip: str | None) -> str | None:
    """Return the city of an address: "Zwolle"; None if unknown."""
    return city_name(ip)


@register.filter
def country(ip: str | None) -> str | None:
    """Return the country of an address: "Netherlands"; None if unknown."""
    return country_name(ip)


@register.filter
def ago(moment: datetime) -> str:
    """Return how long ago a moment was, in the largest unit: "just now", "3 minutes ago".

    If the clocks of servers differ and the moment is in the future, return "just now".
    """
    passed = timezone.now() - moment
    for unit, words in _UNITS:
        if passed >= unit:
            return words % {"count": passed // unit}
    return _("just now")


@register.filter
def with_class(field: BoundField, names: str) -> str:
    """Render a form field's widget with additional CSS classes, for example "form-control"."""
    own = field.field.widget.attrs.get("class", "")
    return field.as_widget(attrs={"class": f"{own} {names}".strip()})
