from __future__ import annotations

from django.apps import AppConfig


class AdminThemeConfig(AppConfig):
    name = "user_sessions_themes.admin"
    label = "user_sessions_admin"
    verbose_name = "Account pages in the look of Django's admin"
