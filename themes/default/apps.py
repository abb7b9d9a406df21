from __future__ import annotations

from django.apps import AppConfig


class DefaultThemeConfig(AppConfig):
    name = "user_sessions_themes.default"
    label = "user_sessions_default"
    verbose_name = "Default look of the account pages"
