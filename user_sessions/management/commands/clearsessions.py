"""``clearsessions``: like Django's command, but in batches and without ``django.contrib.sessions``."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser

from user_sessions.backends.expiry import BATCH, remove_expired
from user_sessions.engine import get_session_model
from user_sessions.models import SessionQuerySet


class Command(BaseCommand):
    help = "Removes expired sessions. You can stop it at any time, and run it on a live site."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--batch-size", type=int, default=BATCH, help=f"Sessions per batch. Default: {BATCH}."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["batch_size"] < 1:
            raise CommandError("--batch-size must be at least 1.")
        try:
            model = get_session_model()
        except ImproperlyConfigured:
            _clear_with_engine()
            return
        removed = self._remove(model.objects.all(), options["batch_size"])
        if options["verbosity"]:
            noun = "session" if removed == 1 else "sessions"
            self.stdout.write(f"{removed:,} expired {noun} removed.", self.style.SUCCESS)

    def _remove(self, sessions: SessionQuerySet[Any], batch_size: int) -> int:
        removed = 0
        for number in remove_expired(sessions, batch_size):
            removed += number
            if self.stdout.isatty():
                self.stdout.write(f"\r{removed:,} ", ending="")
                self.stdout.flush()
        return removed


def _clear_with_engine() -> None:
    """Do the same as Django's command, for a session engine of another app."""
    try:
        import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
    except NotImplementedError:
        raise CommandError(
            f"The session engine {settings.SESSION_ENGINE!r} can't remove expired sessions."
        ) from None
