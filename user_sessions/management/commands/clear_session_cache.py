"""``clear_session_cache``: for after the table of sessions was changed in a way that no cache sees."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.cache import caches
from django.core.management.base import BaseCommand, CommandError

from user_sessions import rows
from user_sessions.engine import get_session_model


class Command(BaseCommand):
    help = (
        "Empties the cache of the sessions, with whatever else it holds, so that each session is read from "
        "the database again. Run it after raw SQL on the table of sessions, or after a backup of it was "
        "restored. Nobody is signed out."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        if not rows.is_cached(get_session_model()):
            raise CommandError(f"The engine {settings.SESSION_ENGINE!r} caches no sessions.")
        alias = settings.SESSION_CACHE_ALIAS
        try:
            caches[alias].clear()
        except Exception as error:
            raise CommandError(f"The cache {alias!r} can't be emptied: {error}") from error
        self.stdout.write(f"The cache {alias!r} is empty.", self.style.SUCCESS)
