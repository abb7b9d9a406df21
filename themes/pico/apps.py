from __future__ import annotations

from django.apps import AppConfig


class PicoThemeConfig(AppConfig):
    name = "user_sessions_themes.pico"
    label = "user_sessions_pico"
    verbose_name = "Account pages in the look of Pico CSS"
