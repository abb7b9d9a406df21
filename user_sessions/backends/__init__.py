"""Session engines: one module each, named by SESSION_ENGINE."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, cast

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

if TYPE_CHECKING:
    from user_sessions.models import AbstractSession


def get_session_model() -> type[AbstractSession]:
    """Return the model that holds this site's sessions: the configured engine's.

    ImproperlyConfigured says so where the engine isn't one of this app or built on one.
    """
    from user_sessions.backends.base import SessionStore

    store = import_module(settings.SESSION_ENGINE).SessionStore
    if not issubclass(store, SessionStore):
        raise ImproperlyConfigured(
            f"SESSION_ENGINE is {settings.SESSION_ENGINE!r}, which doesn't know whose session is whose. "
            "Use 'user_sessions.backends.db' or an engine that is built on it."
        )
    return cast("type[AbstractSession]", store.get_model_class())
