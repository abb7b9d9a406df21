"""The demo as a Django app: it brings the commands, the pages and the looks of the site around."""

from __future__ import annotations

from django.apps import AppConfig


class DemoSiteConfig(AppConfig):
    """It has no models: everything that the demo stores is a user or a session."""

    name = "demo_site"
    verbose_name = "user_sessions demo"
