"""Sessions in Django's admin, registered here unless the site has done so in its own way."""

from __future__ import annotations

from contextlib import suppress

from django.contrib import admin
from django.core.exceptions import ImproperlyConfigured

from user_sessions.admin.sessions import SessionAdmin
from user_sessions.engine import get_session_model

__all__ = ["SessionAdmin"]


def _register() -> None:
    """Register the configured engine's model; a system check reports an engine without one."""
    with suppress(ImproperlyConfigured, ImportError):
        model = get_session_model()
        if not admin.site.is_registered(model):
            admin.site.register(model, SessionAdmin)


_register()
