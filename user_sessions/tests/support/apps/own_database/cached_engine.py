"""The engine of sessions in a database of their own, with a cache."""

from __future__ import annotations

from user_sessions.backends.cached_db import SessionStore as CachedStore
from user_sessions.tests.support.apps.own_database.engine import SessionStore as DatabaseStore


class SessionStore(CachedStore):
    get_model_class = DatabaseStore.get_model_class
