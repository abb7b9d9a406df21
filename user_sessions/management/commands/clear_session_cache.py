"""``clear_session_cache``: empty the session cache after SQL has changed the table directly."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.cache import caches
from django.core.management.base import BaseCommand, CommandError

from user_sessions import rows
from user_sessions.engine import get_session_model


class Command(BaseCommand):
    help = (
        "Empties the session cache, including all other entries in it, so that each session is read from "
        "the database again. Run it after manual SQL has changed the table of sessions, or after the "
        "table was restored from a backup. No one is signed out."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        if not rows.is_cached(get_session_model()):
            raise CommandError(f"The engine {settings.SESSION_ENGINE!r} doesn't cache sessions.")
        alias = settings.SESSION_CACHE_ALIAS
        try:
            caches[alias].clear()
        except Exception as error:
            raise CommandError(f"The cache {alias!r} can't be emptied: {error}") from error
        self.stdout.write(f"The cache {alias!r} is empty.", self.style.SUCCESS)
