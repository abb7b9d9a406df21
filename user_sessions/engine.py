"""The configured session engine, SESSION_ENGINE, and its model."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from user_sessions.backends.base import SessionStore

if TYPE_CHECKING:
    from django.db import models

    from user_sessions.models import AbstractSession


def get_session_model() -> type[AbstractSession]:
    """Return the session model of the configured engine.

    Raise ImproperlyConfigured if the engine isn't derived from an engine of this app, and ImportError
    if it can't be imported.
    """
    store = _configured_store()
    if store is None:
        raise ImproperlyConfigured(
            f"SESSION_ENGINE is {settings.SESSION_ENGINE!r}, which doesn't store the user of a session. "
            "Use 'user_sessions.backends.db' or an engine that is derived from it."
        )
    return store.get_model_class()


def store_of(model: type[models.Model]) -> type[SessionStore] | None:
    """Return the configured engine's store class if it stores its sessions in this model; otherwise None.

    Errors from the import of the engine or its model propagate. Without the store class, ending a
    session must fail, because a cache might still hold the session.
    """
    store = _configured_store()
    if store and store.get_model_class()._meta.concrete_model is model._meta.concrete_model:
        return store
    return None


def _configured_store() -> type[SessionStore] | None:
    """Return the configured engine's store class if it is derived from this app's; otherwise None."""
    store: type = import_module(settings.SESSION_ENGINE).SessionStore
    return store if issubclass(store, SessionStore) else None
