from __future__ import annotations

from django.apps import AppConfig


class TailwindThemeConfig(AppConfig):
    name = "user_sessions_themes.tailwind"
    label = "user_sessions_tailwind"
    verbose_name = "Account pages in the look of Tailwind CSS"
