"""A site in a process of its own. The demo starts by `manage.py demo`, as for its users."""

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

START_SECONDS = 120  # enough for a busy machine
STOP_SECONDS = 10
POLL_SECONDS = 0.05

Found = TypeVar("Found")


@dataclass(frozen=True)
class Server:
    """A running demo: its URL, its log, and the folder with one file per e-mail."""

    url: str  # without a slash at its end
    log: Path
    mail: Path
    environment: dict[str, str]


@contextmanager
def running_server(folder: Path, **variables: str) -> Iterator[Server]:
    """Run the demo with a new database in a folder, unless DATABASE_URL is set.

    `variables` are added to its environment. The kernel picks the port, and the log contains it.
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
    """Run a Python program that serves a site, and yield the URL that it writes to its log."""
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(  # noqa: S603 (a fixed command)
            [sys.executable, *command],
            cwd=REPOSITORY,
            env={**environment, "PYTHONUNBUFFERED": "1"},  # wait_for() reads the log meanwhile
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield wait_for("its URL", lambda: url_in(log), process, log)
    finally:
        stop(process)


def url_in(log: Path) -> str | None:
    """Return the URL that a server writes to its log when it listens, or None."""
    found = re.search(r"Open (http://\S+?)/\s", log.read_text(encoding="utf-8"))
    return found.group(1) if found else None


def wait_for(
    what: str, probe: Callable[[], Found | None], process: subprocess.Popen[Any], log: Path
) -> Found:
    """Call `probe` until it returns a value.

    Raises AssertionError at the deadline, or if the process ends.
    """
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if (found := probe()) is not None:
            return found
        try:
            status = process.wait(POLL_SECONDS)
        except subprocess.TimeoutExpired:
            continue
        raise AssertionError(
            f"The process ended with status {status} before {what} appeared:\n{tail(log)}"
        )
    raise AssertionError(f"Waited {START_SECONDS} seconds for {what}:\n{tail(log)}")


def tail(log: Path, start: int = 0) -> str:
    """Return the last 80 lines of a log, at most from byte `start` on."""
    with log.open("rb") as file:
        file.seek(start)
        lines = file.read().decode(errors="replace").splitlines()
    return "\n".join(lines[-80:])


def stop(process: subprocess.Popen[Any]) -> None:
    """Terminate a process, and kill it after STOP_SECONDS."""
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
