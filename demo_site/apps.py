"""The demo as a Django app: its management commands, pages and templates."""

from __future__ import annotations

from django.apps import AppConfig


class DemoSiteConfig(AppConfig):
    """The demo has no models: it stores only users and sessions."""

    name = "demo_site"
    verbose_name = "user_sessions demo"
