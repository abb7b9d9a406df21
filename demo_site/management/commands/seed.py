"""`manage.py seed`: create the demo's people and their sessions."""

from __future__ import annotations

from argparse import ArgumentTypeError
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from demo_site import geoip, people
from demo_site.conf import geoip_folder


def parse_time(text: str) -> datetime:
    """Return the time of an ISO 8601 text, in UTC if it has no offset.

    Raises ArgumentTypeError if the text is no time.
    """
    try:
        value = parse_datetime(text)
    except ValueError:
        value = None
    if value is None:
        raise ArgumentTypeError(f"{text!r} is not a time. Use ISO 8601, e.g. 2026-01-31T12:00:00Z.")
    return value if timezone.is_aware(value) else value.replace(tzinfo=UTC)


class Command(BaseCommand):
    """Create the missing demo accounts. Existing accounts stay unchanged."""

    help = (
        "Creates the missing demo accounts, each with sessions on several devices. "
        "The password of each account is its name."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--reset",
            action="store_true",
            help="delete the demo accounts with all their sessions first",
        )
        parser.add_argument(
            "--now",
            type=parse_time,
            metavar="TIME",
            help="date the sessions back from this time, e.g. 2026-01-31T12:00:00Z; "
            "the default is the current time",
        )

    def handle(self, *args: Any, reset: bool, now: datetime | None, **options: Any) -> None:
        if geoip.ensure_database(geoip_folder()):
            self.stdout.write("Created a GeoIP database for the documentation networks.")
        if reset:
            people.remove()
            self.stdout.write("Deleted the demo accounts with their sessions.")
        for person in people.seed(now or timezone.now()):
            self.stdout.write(
                f"Created {person.username} with {len(person.sample_sessions)} sessions."
            )
