"""The session engine that SESSION_ENGINE names, and its model."""

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
    """Return the model that holds this site's sessions: the configured engine's.

    Raise ImproperlyConfigured if the engine isn't one of this app or built on one, and ImportError
    if it can't be imported.
    """
    store = _configured_store()
    if store is None:
        raise ImproperlyConfigured(
            f"SESSION_ENGINE is {settings.SESSION_ENGINE!r}, which doesn't know whose session is whose. "
            "Use 'user_sessions.backends.db' or an engine that is built on it."
        )
    return store.get_model_class()


def store_of(model: type[models.Model]) -> type[SessionStore] | None:
    """Return the configured engine's store class if it stores rows of a model; otherwise None.

    Raise what importing the engine or its model raises: without an answer, an end must not go on,
    since it might leave the session in a cache.
    """
    store = _configured_store()
    if store and store.get_model_class()._meta.concrete_model is model._meta.concrete_model:
        return store
    return None


def _configured_store() -> type[SessionStore] | None:
    """Return the configured engine's store class if it is built on this app's; otherwise None."""
    store: type = import_module(settings.SESSION_ENGINE).SessionStore
    return store if issubclass(store, SessionStore) else None
