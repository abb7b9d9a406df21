from __future__ import annotations

from django.apps import AppConfig


class AllauthThemeConfig(AppConfig):
    name = "user_sessions_themes.allauth"
    label = "user_sessions_allauth"
    verbose_name = "Account pages in the look of allauth's elements"
