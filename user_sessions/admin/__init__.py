"""Sessions in Django's admin. The model is registered here unless the site has registered it already."""

from __future__ import annotations

from contextlib import suppress

from django.contrib import admin
from django.core.exceptions import ImproperlyConfigured

from user_sessions.admin.sessions import SessionAdmin
from user_sessions.engine import get_session_model

__all__ = ["SessionAdmin"]


def _register() -> None:
    """Register the configured engine's model. A system check reports an engine without a model."""
    with suppress(ImproperlyConfigured, ImportError):
        model = get_session_model()
        if not admin.site.is_registered(model):
            admin.site.register(model, SessionAdmin)


_register()
