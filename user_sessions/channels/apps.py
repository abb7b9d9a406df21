"""App configuration of ``user_sessions.channels``."""

from __future__ import annotations

from django.apps import AppConfig
from django.conf import settings
from django.db.models.signals import post_save


class ChannelsConfig(AppConfig):
    """Connect the channel layer to the signals of sessions and users. The app has no models."""

    name = "user_sessions.channels"
    label = "user_sessions_channels"

    def ready(self) -> None:
        from user_sessions import rows
        from user_sessions.channels import layer

        rows.sessions_deleted.connect(layer.sessions_deleted)
        rows.connect()
        post_save.connect(layer.user_saved, sender=settings.AUTH_USER_MODEL)
