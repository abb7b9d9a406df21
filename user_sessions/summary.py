"""Session data prepared for display, so that templates don't compute anything."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from user_sessions.conf import conf
from user_sessions.device import device_name, parse
from user_sessions.location import location_name
from user_sessions.models import AbstractSession


@dataclass(frozen=True, slots=True)
class SessionSummary:
    """A session as the pages show it. A value is None if it is unknown or not stored."""

    session_key: str
    is_current: bool
    device: str
    kind: str
    location: str | None
    ip: str | None
    signed_in_at: datetime | None
    last_activity: datetime
    user_agent: str | None
    end_url: str


def summary_of(session: AbstractSession, *, current: str | None) -> SessionSummary:
    """Return the summary of a session. ``current`` is the digest of the request's own session."""
    ip = session.ip if conf.STORE_IP else None
    user_agent = session.user_agent if conf.STORE_USER_AGENT else None
    return SessionSummary(
        session_key=session.session_key,
        is_current=session.session_key == current,
        device=device_name(user_agent) or _("Unknown device"),
        kind=parse(user_agent or "").kind,
        location=location_name(ip),
        ip=ip,
        signed_in_at=session.created_at,
        last_activity=session.last_activity,
        user_agent=user_agent,
        end_url=reverse("user_sessions:session_delete", args=[session.session_key]),
    )
