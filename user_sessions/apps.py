"""The app's configuration."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class UserSessionsConfig(AppConfig):
    name = "user_sessions"
    label = "user_sessions"
    verbose_name = _("Sessions")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from user_sessions import (
            cache_checks,  # noqa: F401  # to register them
            cached_rows,
            channel_checks,  # noqa: F401
            checks,  # noqa: F401
            installation_checks,  # noqa: F401
        )

        cached_rows.connect()
