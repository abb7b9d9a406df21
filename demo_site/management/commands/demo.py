"""`manage.py demo`: from nothing to a running site, told line by line."""

from __future__ import annotations

import errno
import os
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import uvicorn
from django.conf import settings
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.core.cache import caches
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error as DatabaseError
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from redis import RedisError

from demo_site import asgi, geoip
from demo_site.conf import cache_url, geoip_folder, themes
from demo_site.people import PEOPLE, seed

MISSING_DATABASE = ("does not exist", "Unknown database")  # PostgreSQL, MariaDB

BANNER = """
The demo is running. Open {home}

{people}

  Your sessions   {sessions}
  Admin           {admin}   (sign in as grace)
  Themes          {home}?theme=bulma, and so on: {themes}
  Patterns        {patterns}   (all that a theme dresses)
  Mail            is printed here, e.g. for a password reset
  Start afresh    {reset}

Stop it with Ctrl+C.
"""


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens. Raises CommandError, saying what to do, where it can't."""
    try:
        return socket.create_server((host, port))
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


def check_cache() -> None:
    """Raise CommandError, saying what to do, where CACHE_URL is no Redis or one that doesn't answer.

    What Redis and Python say of an address may hold a piece of its password: it isn't repeated.
    """
    if not cache_url():
        return
    try:
        caches[settings.SESSION_CACHE_ALIAS].get("demo")
    except ValueError:
        raise CommandError(
            "CACHE_URL is not the address of a Redis: write it like redis://127.0.0.1:6379/0, "
            "or leave it out."
        ) from None
    except RedisError:
        raise CommandError(
            "No cache answers at CACHE_URL: start Redis (make services), see that address and "
            "password are right, or leave CACHE_URL out."
        ) from None


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
        themes=", ".join(themes()),
        patterns=f"{site}{reverse('patterns')}",
        people="\n".join(["  Username and password:", *people]),
    )


def reset_command() -> str:
    """Return what to type to start afresh; of addresses, which may hold a password, only the names."""
    python = Path(sys.executable)
    if python.is_relative_to(Path.cwd()):
        python = python.relative_to(Path.cwd())
    given = [f"{name}=... " for name in ("DATABASE_URL", "CACHE_URL") if os.environ.get(name)]
    return f"{''.join(given)}{python} {sys.argv[0]} seed --reset"


class Server(uvicorn.Server):
    """An ASGI server for the pages, the websockets and the static files; it says when it serves."""

    def __init__(self, on_start: Callable[[], None]) -> None:
        super().__init__(
            uvicorn.Config(
                _with_static_files, log_config=None, lifespan="off", timeout_graceful_shutdown=3
            )
        )
        self.on_start = on_start

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.on_start()


async def _with_static_files(scope: Any, receive: Any, send: Any) -> None:
    """Serve the site and, also without DEBUG, its stylesheets."""
    if scope["type"] == "http":
        await ASGIStaticFilesHandler(asgi.pages)(scope, receive, send)
    else:
        await asgi.application(scope, receive, send)


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
        with listen(host, port) as listener:
            self._serve(host, listener)

    def _serve(self, host: str, listener: socket.socket) -> None:
        check_database()
        check_cache()
        self._make_places()  # first, since a check says where GEOIP_PATH holds no database
        self.check()
        self._prepare()
        said = banner(host, listener.getsockname()[1])
        server = Server(lambda: self.stdout.write(self.style.SUCCESS(said)))
        with suppress(KeyboardInterrupt):  # which uvicorn passes on when it has stopped
            server.run(sockets=[listener])

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
