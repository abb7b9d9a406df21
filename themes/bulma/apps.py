from __future__ import annotations

from django.apps import AppConfig


class BulmaThemeConfig(AppConfig):
    name = "user_sessions_themes.bulma"
    label = "user_sessions_bulma"
    verbose_name = "Account pages in the look of Bulma"
