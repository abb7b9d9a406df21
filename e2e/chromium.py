"""Which Chromium the tests drive, and how it is started."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Any

SYSTEM_NAMES = ("chromium", "chromium-browser", "google-chrome")

ARGUMENTS = [
    # What else a browser does of its own accord: asking for updates, drawing on a graphics card
    "--disable-background-networking",
    "--disable-gpu",
    # A tab stays in one process; starting others would take a fifth of the time.
    "--renderer-process-limit=1",
]


class NoChromium(Exception):
    """There is no browser to run the tests in."""

    def __init__(self) -> None:
        super().__init__(
            "No Chromium was found. Run "
            f"`{sys.executable} -m playwright install --with-deps chromium`, or install your "
            f"system's, so that one of {', '.join(SYSTEM_NAMES)} is on PATH."
        )


def launch_options(playwrights_own: Path) -> dict[str, Any]:
    """Return what starts Playwright's own Chromium, or the system's where it has none.

    Raises NoChromium.
    """
    if playwrights_own.exists():
        return {"args": ARGUMENTS}
    system = next(filter(None, map(shutil.which, SYSTEM_NAMES)), None)
    if system is None:
        raise NoChromium
    # The system's comes with what its sandbox needs; no Chromium runs as root inside of one.
    return {
        "args": ARGUMENTS,
        "executable_path": system,
        "chromium_sandbox": os.geteuid() != 0,
    }
