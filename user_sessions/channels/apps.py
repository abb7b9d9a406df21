"""The configuration of the app that a site with Channels installs beside ``user_sessions``."""

from __future__ import annotations

from django.apps import AppConfig
from django.conf import settings
from django.db.models.signals import post_save


class ChannelsConfig(AppConfig):
    """It has no models. That it is installed is what makes ``rows`` announce each end."""

    name = "user_sessions.channels"
    label = "user_sessions_channels"

    def ready(self) -> None:
        from user_sessions import rows
        from user_sessions.channels import layer

        rows.connect()  # again, for it may have been asked before this app was there
        post_save.connect(layer.user_saved, sender=settings.AUTH_USER_MODEL)
