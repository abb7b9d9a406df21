"""A site in a process of its own; the demo is started as people start it: `manage.py demo`."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

REPOSITORY = Path(__file__).resolve().parent.parent
SETTINGS = "demo_site.settings_e2e"

START_SECONDS = 120  # a machine that is busy with other things needs some of it
STOP_SECONDS = 10
POLL_SECONDS = 0.05

Found = TypeVar("Found")


@dataclass(frozen=True)
class Server:
    """A running demo: where it answers, what it logs, and the folder where each mail is a file."""

    url: str  # without a slash at its end
    log: Path
    mail: Path
    environment: dict[str, str]


@contextmanager
def running_server(folder: Path, **variables: str) -> Iterator[Server]:
    """Run the demo with a database of its own in a folder, unless DATABASE_URL names another.

    Further variables go into its environment. The kernel picks the port, and the log says which.
    """
    log, mail = folder / "server.log", folder / "mail"
    environment = {
        "DATABASE_URL": f"sqlite:///{folder / 'e2e.sqlite3'}",
        **os.environ,
        "DJANGO_SETTINGS_MODULE": SETTINGS,
        "MAIL_DIR": str(mail),
        **variables,
    }
    command = [str(REPOSITORY / "demo_site" / "manage.py"), "demo", "--port", "0"]
    with listening(command, environment, log) as url:
        yield Server(url, log, mail, environment)


@contextmanager
def listening(command: list[str], environment: dict[str, str], log: Path) -> Iterator[str]:
    """Run a server, which is Python's to run, and return the address that it says in its log."""
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(  # noqa: S603 (every word of the command is ours)
            [sys.executable, *command],
            cwd=REPOSITORY,
            env={**environment, "PYTHONUNBUFFERED": "1"},  # the log is read while it grows
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield wait_for("its address", lambda: address_in(log), process, log)
    finally:
        stop(process)


def address_in(log: Path) -> str | None:
    """Return the address that a server prints once it listens."""
    found = re.search(r"Open (http://\S+?)/\s", log.read_text(encoding="utf-8"))
    return found.group(1) if found else None


def wait_for(
    what: str, probe: Callable[[], Found | None], process: subprocess.Popen[Any], log: Path
) -> Found:
    """Ask until there is an answer. Raises AssertionError at the deadline or if the process ends."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if (found := probe()) is not None:
            return found
        try:
            status = process.wait(POLL_SECONDS)
        except subprocess.TimeoutExpired:
            continue
        raise AssertionError(f"It ended with status {status} before {what} came:\n{tail(log)}")
    raise AssertionError(f"Waited {START_SECONDS} seconds for {what}:\n{tail(log)}")


def tail(log: Path, start: int = 0) -> str:
    """Return what a log holds from a place in it on, in bytes; its last lines if that is a lot."""
    with log.open("rb") as file:
        file.seek(start)
        lines = file.read().decode(errors="replace").splitlines()
    return "\n".join(lines[-80:])


def stop(process: subprocess.Popen[Any]) -> None:
    """End a process, by force if it doesn't do so when asked."""
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
