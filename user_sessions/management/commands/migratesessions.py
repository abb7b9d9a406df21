"""``migratesessions``: move another app's sessions into ours, so that nobody has to sign in again."""

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
        "Moves the sessions of django.contrib.sessions, or of another app's session model, into "
        "the table of user_sessions. Nobody is signed out. The other app needs not be installed any "
        "more. Can be stopped and run again at any time, on a live site too."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--oldmodel",
            default=DJANGO,
            help=f"Dotted path of the model to move from, e.g. qsessions.models.Session ({DJANGO}).",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="Only say what would be moved, and what not."
        )
        parser.add_argument(
            "--batch-size", type=int, default=1000, help="Sessions in one transaction (1000)."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["batch_size"] < 1:
            raise CommandError("--batch-size must be at least 1.")
        try:
            old = OldSessions(options["oldmodel"])
        except NothingToMove as nothing:
            self.stdout.write(f"{nothing} So there is nothing to move.")
            return
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from None
        counts = self._go_through(old, **options)
        verb = "would be moved" if options["dry_run"] else "moved"
        self.stdout.write(f"{counts.pop(MOVED, 0):,} sessions {verb}.", self.style.SUCCESS)
        for reason, number in sorted(counts.items()):
            self.stdout.write(f"{number:,} left where they are: {reason}.")

    def _go_through(
        self, old: OldSessions, *, dry_run: bool, batch_size: int, **options: Any
    ) -> Counter[str]:
        counts: Counter[str] = Counter()
        total = old.count()
        for keys in old.batches(batch_size):
            counts += old.judge(keys) if dry_run else old.move(keys)
            self._report(counts.total(), total)
        return counts

    def _report(self, done: int, total: int) -> None:
        if self.stdout.isatty():
            self.stdout.write(f"\r{done:,} of {max(done, total):,} ", ending="")
            self.stdout.flush()
