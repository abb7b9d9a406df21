"""The context of the page /patterns/: everything that a theme styles, in every state."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

from django import forms
from django.contrib.messages import DEFAULT_LEVELS
from django.contrib.messages.storage.base import Message
from django.core.paginator import Page, Paginator
from django.http import HttpRequest
from django.template import Engine, RequestContext
from django.template.loader import render_to_string
from django.template.loader_tags import BlockNode
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from demo_site.devices import Device
from user_sessions.device import device_name, parse
from user_sessions.location import location_name
from user_sessions.summary import SessionSummary

BUTTON_TAGS = (
    "",
    "outline",
    "secondary",
    "link",
    "danger",
    "danger,outline",
    "prominent",
    "minor",
    "tool",
    "danger,tool",
)
BADGE_TAGS = ("", "primary", "success", "warning")
# Each type of field, with its autocomplete attribute.
FIELD_TYPES = {
    "text": "username",
    "email": "email",
    "tel": "tel",
    "password": "current-password",
    "number": "off",
    "url": "url",
    "textarea": "off",
}
CHOICES = (("light", gettext_lazy("Light")), ("dark", gettext_lazy("Dark")))

# One device of each kind, and the time since it signed in.
DEVICES = {
    Device("firefox-linux", "zwolle"): timedelta(minutes=5),
    Device("chrome-android", "tokyo"): timedelta(hours=2),
    Device("safari-ipad", "haifa"): timedelta(days=1),
    Device("television", "madrid"): timedelta(days=9),
    Device("curl", "switzerland"): timedelta(days=40),
    Device("instagram-iphone", "paris"): timedelta(days=400),
}
PAGES = 3


@dataclass(frozen=True)
class FieldState:
    """The attributes and slots of a field; `code` shows them as in a template."""

    code: str
    required: bool = False
    disabled: bool = False
    readonly: bool = False
    help_text: str = ""
    errors: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        return "state-" + self.code.replace(" ", "-")


@dataclass(frozen=True)
class Row:
    """Stands in for a session in the templates of the session pages."""

    summary: SessionSummary


def make_summary(device: Device, *, signed_in: timedelta, now: datetime) -> SessionSummary:
    """Return the summary of a made-up session. Its `end_url` is the page of patterns."""
    return SessionSummary(
        session_key="",
        is_current=False,
        device=device_name(device.user_agent) or _("Unknown device"),
        kind=parse(device.user_agent).kind,
        location=location_name(device.ip),
        ip=device.ip,
        signed_in_at=now - signed_in,
        last_activity=now - signed_in / 5,
        user_agent=device.user_agent,
        end_url=reverse("patterns"),
    )


def summaries(now: datetime) -> list[SessionSummary]:
    """Return one summary of each kind: first the current session, last one without any facts."""
    known = [make_summary(device, signed_in=ago, now=now) for device, ago in DEVICES.items()]
    unknown = replace(known[0], device=_("Unknown device"), kind="other")
    return [
        replace(known[0], is_current=True),
        *known[1:],
        replace(unknown, user_agent="Mozilla/5.0 " + "Gecko/20100101 " * 12),
        replace(unknown, user_agent=None, ip=None, location=None, signed_in_at=None),
    ]


def page_number(number: int) -> Page[int]:
    return Paginator(range(PAGES), 1).page(number)


def field_states() -> list[FieldState]:
    help_text, wrong = _("You stay signed in here, and nowhere else."), _("There is no such page")
    return [
        FieldState("required", required=True),
        FieldState("disabled", disabled=True),
        FieldState("readonly", readonly=True),
        FieldState("help_text", help_text=help_text),
        FieldState("errors", errors=(wrong,)),
        FieldState("help_text errors", help_text=help_text, errors=(wrong, wrong)),
    ]


class SampleForm(forms.Form):
    """One field of each kind, with and without a help text."""

    username = forms.CharField(
        label=gettext_lazy("Username"),
        help_text=gettext_lazy("You stay signed in here, and nowhere else."),
    )
    email = forms.EmailField(label=gettext_lazy("Email"), required=False)
    password = forms.CharField(
        label=gettext_lazy("Password"),
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    codes = forms.CharField(
        label=gettext_lazy("Recovery Codes"),
        widget=forms.Textarea(attrs={"rows": 3}),
        required=False,
    )
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=CHOICES)
    colours = forms.ChoiceField(
        label=gettext_lazy("Colours"), choices=CHOICES, widget=forms.RadioSelect
    )
    several = forms.MultipleChoiceField(
        label=gettext_lazy("Theme"), choices=CHOICES, widget=forms.CheckboxSelectMultiple
    )
    remember = forms.BooleanField(label=gettext_lazy("Remember Me"))
    fixed = forms.CharField(
        label=gettext_lazy("Account"), initial="ada", disabled=True, required=False
    )

    def clean(self) -> None:
        raise forms.ValidationError(_("This form has expired"))


def render_content_block(
    request: HttpRequest, template_name: str, facts: dict[str, Any]
) -> SafeString:
    """Return the block `content` of a page in the current theme, ready to embed in another page."""
    template = Engine.get_default().get_template(template_name)
    blocks = cast("list[BlockNode]", template.nodelist.get_nodes_by_type(BlockNode))
    content = next(block for block in blocks if block.name == "content")
    context = RequestContext(request, facts)
    with context.bind_template(template), context.render_context.push_state(template):
        return make_embeddable(content.render(context), "")


def make_embeddable(html: str, name: str) -> SafeString:
    """Return HTML of a page, changed so that several pages can be embedded in one.

    Replace h1 by h3, add a name to the label of each nav, and let the form that ends all other
    sessions post to the page of patterns, so that it ends no session of the visitor.
    """
    html = re.sub(r"(</?)h1\b", r"\1h3", html)
    html = re.sub(r'(<nav\b[^>]*aria-label="[^"]*)', rf"\1 {name}".rstrip(), html)
    end_others, here = reverse("user_sessions:session_delete_other"), reverse("patterns")
    html = html.replace(f'action="{end_others}"', f'action="{here}"')
    return mark_safe(html)  # noqa: S308 (rendered by templates)


def confirmations(request: HttpRequest, now: datetime) -> list[SafeString]:
    """Return the confirmation pages: another session, the current one, and 3, 1 or 0 others."""
    current, other, *_others = summaries(now)
    pages: list[tuple[str, dict[str, Any]]] = [
        *(("session_confirm_end", {"object": Row(summary)}) for summary in (other, current)),
        *(("session_confirm_end_other", {"other_count": count}) for count in (3, 1, 0)),
    ]
    return [
        render_content_block(request, f"user_sessions/{name}.html", facts) for name, facts in pages
    ]


def session_list(request: HttpRequest, now: datetime) -> SafeString:
    rows = [Row(summary) for summary in summaries(now)]
    page = page_number(2)
    facts = {
        "object_list": rows,
        "other_count": len(rows) - 1,
        "page_obj": page,
        "paginator": page.paginator,
        "is_paginated": True,
    }
    return render_content_block(request, "user_sessions/session_list.html", facts)


def pagination(number: int) -> SafeString:
    page = page_number(number)
    facts = {"page_obj": page, "paginator": page.paginator}
    html = render_to_string("user_sessions/_pagination.html", facts)
    return make_embeddable(html, str(number))


def patterns_context(request: HttpRequest) -> dict[str, Any]:
    """Return the context of the page."""
    now = timezone.now()
    return {
        "signed_in_user": SimpleNamespace(is_authenticated=True),
        "sample_messages": [Message(level, name) for name, level in DEFAULT_LEVELS.items()],
        "button_tags": BUTTON_TAGS,
        "badge_tags": BADGE_TAGS,
        "field_types": FIELD_TYPES.items(),
        "field_states": field_states(),
        "empty_form": SampleForm(auto_id="empty_%s"),
        "wrong_form": SampleForm({"email": "ada"}, auto_id="wrong_%s"),
        "session_list": session_list(request, now),
        "confirmations": confirmations(request, now),
        "paginations": [pagination(number) for number in (1, PAGES)],
    }
