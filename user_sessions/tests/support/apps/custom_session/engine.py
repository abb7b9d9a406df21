"""An engine that fills the site's own column, as in Django's documentation of custom engines."""

from __future__ import annotations

from user_sessions.backends.db import SessionStore as DatabaseStore


class SessionStore(DatabaseStore):
    @classmethod
    def get_model_class(cls):
        from user_sessions.tests.support.apps.custom_session.models import TenantSession

        return TenantSession

    def create_model_instance(self, data):
        row = super().create_model_instance(data)
        row.tenant = data.get("tenant", "")
        return row
