"""`manage.py demo`: prepare the demo, print each step, and serve the site."""

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
  Patterns        {patterns}   (everything that a theme styles)
  E-mail          is printed here, e.g. for a password reset
  Reset the data  {reset}

Stop it with Ctrl+C.
"""


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket. Raises CommandError if the port can't be used."""
    try:
        return socket.create_server((host, port))
    except (OSError, OverflowError) as error:
        raise CommandError(_listen_error(host, port, error)) from error


def _listen_error(host: str, port: int, error: OSError | OverflowError) -> str:
    code = getattr(error, "errno", None)
    if code == errno.EADDRINUSE:
        return f"Port {port} is in use: choose another, e.g. make demo PORT={port + 1}."
    if code == errno.EACCES:
        return f"You may not use port {port}: choose one above 1023, e.g. make demo PORT=8000."
    return f"The demo can't listen on {host}:{port} ({error})."


def check_database() -> None:
    """Raise CommandError if the database can't be reached."""
    try:
        connection.ensure_connection()
    except DatabaseError as error:
        raise CommandError(_database_error(str(error))) from error


def _database_error(reason: str) -> str:
    """Return the error message for a database. The driver's reason never contains the password."""
    name = connection.settings_dict["NAME"]
    if any(text in reason for text in MISSING_DATABASE):
        return f"The database {name} doesn't exist. Create it with CREATE DATABASE {name};"
    first_line = reason.partition("\n")[0]
    return f"The database can't be reached. Check that its server runs and that DATABASE_URL is right. ({first_line})"


def check_cache() -> None:
    """Raise CommandError if CACHE_URL is invalid or no Redis answers there.

    The message omits the reason: errors of redis-py and Python may contain a part of the password.
    """
    if not cache_url():
        return
    try:
        caches[settings.SESSION_CACHE_ALIAS].get("demo")
    except ValueError:
        raise CommandError(
            "CACHE_URL is not the URL of a Redis. Use a URL such as redis://127.0.0.1:6379/0, "
            "or leave it unset."
        ) from None
    except RedisError:
        raise CommandError(
            "No Redis answers at CACHE_URL. Start Redis (make services), check host, port and "
            "password, or leave CACHE_URL unset."
        ) from None


def banner(host: str, port: int) -> str:
    """Return the text to print when the server listens: URLs, accounts and themes."""
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
    """Return the command that resets the data, without the values of URLs: they may hold a password."""
    python = Path(sys.executable)
    if python.is_relative_to(Path.cwd()):
        python = python.relative_to(Path.cwd())
    given = [f"{name}=... " for name in ("DATABASE_URL", "CACHE_URL") if os.environ.get(name)]
    return f"{''.join(given)}{python} {sys.argv[0]} seed --reset"


class Server(uvicorn.Server):
    """An ASGI server for pages, websockets and static files, which calls `on_start` when it listens."""

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
    """Serve the site with its static files, with and without DEBUG."""
    if scope["type"] == "http":
        await ASGIStaticFilesHandler(asgi.pages)(scope, receive, send)
    else:
        await asgi.application(scope, receive, send)


class Command(BaseCommand):
    """Run the demo. A second run keeps the existing data."""

    help = (
        "Creates the tables, a GeoIP database and the demo accounts if they are missing, then serves "
        "the site. DATABASE_URL selects the database; the default is an SQLite file."
    )

    # MariaDB's checks query the server, so run them after check_database().
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="default: 8000")
        parser.add_argument(
            "--host",
            default="127.0.0.1",
            help="the address to listen on; default: 127.0.0.1, for this computer only",
        )

    def handle(self, *args: Any, host: str, port: int, **options: Any) -> None:
        with listen(host, port) as listener:
            self._serve(host, listener)

    def _serve(self, host: str, listener: socket.socket) -> None:
        check_database()
        check_cache()
        self._make_places()  # first: a system check reports a missing database in GEOIP_PATH
        self.check()
        self._prepare()
        text = banner(host, listener.getsockname()[1])
        server = Server(lambda: self.stdout.write(self.style.SUCCESS(text)))
        with suppress(KeyboardInterrupt):  # uvicorn raises it again after it stopped
            server.run(sockets=[listener])

    def _make_places(self) -> None:
        created = geoip.ensure_database(geoip_folder())
        self._say(f"GeoIP: {'created' if created else 'kept'}, for the documentation networks")

    def _prepare(self) -> None:
        self._say(f"Database: {connection.display_name}, {connection.settings_dict['NAME']}")
        call_command("migrate", verbosity=0, interactive=False)
        self._say("Tables: up to date")
        created = [person.username for person in seed(timezone.now())]
        self._say(f"Accounts: {'created ' + ', '.join(created) if created else 'kept as they are'}")

    def _say(self, line: str) -> None:
        self.stdout.write(f"  {line}")
        self.stdout.flush()
