"""`manage.py demo`: from nothing to a running site, told line by line."""

from __future__ import annotations

import errno
import os
import socket
import sys
from pathlib import Path
from typing import Any

from django.contrib.staticfiles.management.commands.runserver import Command as RunServer
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error as DatabaseError
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from demo_site import geoip
from demo_site.conf import geoip_folder
from demo_site.people import PEOPLE, seed

MISSING_DATABASE = ("does not exist", "Unknown database")  # PostgreSQL, MariaDB

BANNER = """
The demo is running. Open {home}

{people}

  Your sessions   {sessions}
  Admin           {admin}   (sign in as grace)
  Mail            is printed here, e.g. for a password reset
  Start afresh    {reset}

Stop it with Ctrl+C.
"""


def check_port(host: str, port: int) -> None:
    """Raise CommandError, saying what to do, where the server could not listen."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the server does
        try:
            probe.bind((host, port))
            probe.listen()
        except (OSError, OverflowError) as error:
            raise CommandError(_why_not(host, port, error)) from error


def _why_not(host: str, port: int, error: OSError | OverflowError) -> str:
    code = getattr(error, "errno", None)
    if code == errno.EADDRINUSE:
        return f"Port {port} is in use: choose another, e.g. make demo PORT={port + 1}."
    if code == errno.EACCES:
        return f"You may not use port {port}: choose one above 1023, e.g. make demo PORT=8000."
    return f"The demo can't listen on {host}:{port} ({error})."


def check_database() -> None:
    """Raise CommandError, saying what to do, where the database can't be reached."""
    try:
        connection.ensure_connection()
    except DatabaseError as error:
        raise CommandError(_unreachable(str(error))) from error


def _unreachable(reason: str) -> str:
    """Return one sentence on a database; the driver's reason names no password."""
    name = connection.settings_dict["NAME"]
    if any(text in reason for text in MISSING_DATABASE):
        return f"There is no database {name} yet: create it with CREATE DATABASE {name};"
    first_line = reason.partition("\n")[0]
    return f"The database can't be reached; is its server running, and is DATABASE_URL right? ({first_line})"


def banner(host: str, port: int) -> str:
    """Return the addresses and the accounts, as they are printed once the server listens."""
    site = f"http://{host}:{port}"
    width = max(len(person.username) for person in PEOPLE)
    people = [f"  {p.username:{width}} / {p.password:{width}}   {p.purpose}" for p in PEOPLE]
    return BANNER.format(
        home=f"{site}{reverse('home')}",
        sessions=f"{site}{reverse('user_sessions:session_list')}",
        reset=reset_command(),
        admin=f"{site}{reverse('admin:index')}",
        people="\n".join(["  Username and password:", *people]),
    )


def reset_command() -> str:
    """Return what to type to start afresh; of DATABASE_URL, which may hold a password, only the name."""
    python = Path(sys.executable)
    if python.is_relative_to(Path.cwd()):
        python = python.relative_to(Path.cwd())
    database = "DATABASE_URL=... " if os.environ.get("DATABASE_URL") else ""
    return f"{database}{python} {sys.argv[0]} seed --reset"


class Server(RunServer):
    """Django's development server with the static files; it says more once it listens."""

    host = "127.0.0.1"

    def on_bind(self, server_port: int) -> None:
        self.stdout.write(self.style.SUCCESS(banner(self.host, server_port)))


class Command(BaseCommand):
    """A second run finds everything in place and keeps what is there."""

    help = (
        "Runs the demo: creates its tables, a GeoIP database and the demo accounts where they are "
        "missing, then serves the site. DATABASE_URL chooses the database; an SQLite file by default."
    )

    # Those of MariaDB ask the server: they come after the sentence on one that can't be reached.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="default: 8000")
        parser.add_argument(
            "--host",
            default="127.0.0.1",
            help="the address to listen on; default: 127.0.0.1, so nobody but you can visit",
        )

    def handle(self, *args: Any, host: str, port: int, **options: Any) -> None:
        check_port(host, port)
        check_database()
        self._make_places()  # first, since a check says where GEOIP_PATH holds no database
        self.check()
        self._prepare()
        server = Server(stdout=options.get("stdout"))
        server.host = host
        call_command(
            server,
            f"{host}:{port}",
            use_reloader=False,
            skip_checks=True,
            insecure_serving=True,  # the stylesheets, also without DEBUG
        )

    def _make_places(self) -> None:
        made = geoip.ensure_database(geoip_folder())
        self._say(f"GeoIP: {'made' if made else 'in place'}, for the documentation networks")

    def _prepare(self) -> None:
        self._say(f"Database: {connection.display_name}, {connection.settings_dict['NAME']}")
        call_command("migrate", verbosity=0, interactive=False)
        self._say("Tables: up to date")
        created = [person.username for person in seed(timezone.now())]
        self._say(f"Accounts: {'created ' + ', '.join(created) if created else 'kept as they are'}")

    def _say(self, line: str) -> None:
        self.stdout.write(f"  {line}")
        self.stdout.flush()
