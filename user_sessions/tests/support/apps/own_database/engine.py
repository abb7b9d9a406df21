"""The engine of sessions in a database of their own."""

from __future__ import annotations

from user_sessions.backends.db import SessionStore as DatabaseStore


class SessionStore(DatabaseStore):
    @classmethod
    def get_model_class(cls):
        from user_sessions.tests.support.apps.own_database.models import SessionElsewhere

        return SessionElsewhere
