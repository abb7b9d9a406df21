from __future__ import annotations

from django.apps import AppConfig


class Bootstrap5ThemeConfig(AppConfig):
    name = "user_sessions_themes.bootstrap5"
    label = "user_sessions_bootstrap5"
    verbose_name = "Account pages in the look of Bootstrap 5"
