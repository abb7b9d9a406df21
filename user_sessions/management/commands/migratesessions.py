"""``migratesessions``: move sessions from another app, so that no one has to sign in again."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser

from user_sessions.upgrade.old_sessions import (  # 4.0: remove
    DJANGO,
    MOVED,
    NothingToMove,
    OldSessions,
)


class Command(BaseCommand):
    help = (
        "Moves the sessions of django.contrib.sessions, or of another app's session model, to the table "
        "of user_sessions. No one is signed out. The other app needn't be in INSTALLED_APPS any more. "
        "You can stop the command at any time and run it again, also on a live site."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--oldmodel",
            default=DJANGO,
            help="Dotted path of the model to move sessions from, e.g. qsessions.models.Session. "
            f"Default: {DJANGO}.",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="Only print how many sessions would be moved."
        )
        parser.add_argument(
            "--batch-size", type=int, default=1000, help="Sessions per transaction. Default: 1000."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["batch_size"] < 1:
            raise CommandError("--batch-size must be at least 1.")
        try:
            old = OldSessions(options["oldmodel"])
        except NothingToMove as nothing:
            self.stdout.write(f"{nothing} There is nothing to move.")
            return
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from None
        counts = self._move(old, **options)
        verb = "would be moved" if options["dry_run"] else "moved"
        self.stdout.write(f"{counts.pop(MOVED, 0):,} sessions {verb}.", self.style.SUCCESS)
        for reason, number in sorted(counts.items()):
            self.stdout.write(f"{number:,} not moved: {reason}.")

    def _move(
        self, old: OldSessions, *, dry_run: bool, batch_size: int, **options: Any
    ) -> Counter[str]:
        counts: Counter[str] = Counter()
        total = old.count()
        for keys in old.batches(batch_size):
            counts += old.plan(keys) if dry_run else old.move(keys)
            self._report(counts.total(), total)
        return counts

    def _report(self, done: int, total: int) -> None:
        if self.stdout.isatty():
            self.stdout.write(f"\r{done:,} of {max(done, total):,} ", ending="")
            self.stdout.flush()
