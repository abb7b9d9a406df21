"""`manage.py seed`: the demo's people and their sessions."""

from __future__ import annotations

from argparse import ArgumentTypeError
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from demo_site import geoip, people
from demo_site.conf import geoip_folder


def moment(text: str) -> datetime:
    """Read a time in ISO 8601; one without an offset is in UTC."""
    try:
        value = parse_datetime(text)
    except ValueError:
        value = None
    if value is None:
        raise ArgumentTypeError(f"{text!r} is not a time; write it like 2026-01-31T12:00:00Z.")
    return value if timezone.is_aware(value) else value.replace(tzinfo=UTC)


class Command(BaseCommand):
    """Run it as often as you like: accounts that are there stay as they are."""

    help = (
        "Creates the demo accounts that are missing, each with sessions on several devices. "
        "The password of each is its name."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--reset",
            action="store_true",
            help="first remove the demo accounts with all their sessions, so that you start afresh",
        )
        parser.add_argument(
            "--now",
            type=moment,
            metavar="TIME",
            help="the time from which the sessions are dated back, e.g. 2026-01-31T12:00:00Z; "
            "the present if you leave it out",
        )

    def handle(self, *args: Any, reset: bool, now: datetime | None, **options: Any) -> None:
        if geoip.ensure_database(geoip_folder()):
            self.stdout.write("Made a GeoIP database for the documentation networks.")
        if reset:
            people.remove()
            self.stdout.write("Removed the demo accounts with their sessions.")
        for person in people.seed(now or timezone.now()):
            self.stdout.write(f"Created {person.username} with {len(person.visits)} sessions.")
