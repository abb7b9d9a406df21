"""The Chromium that the tests use, and its launch options."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Any

SYSTEM_NAMES = ("chromium", "chromium-browser", "google-chrome")

ARGUMENTS = [
    # No update requests, and no graphics card
    "--disable-background-networking",
    "--disable-gpu",
    # One process for all tabs: starting more takes a fifth of the time.
    "--renderer-process-limit=1",
]


class NoChromium(Exception):
    """No Chromium was found."""

    def __init__(self) -> None:
        super().__init__(
            "No Chromium was found. Run "
            f"`{sys.executable} -m playwright install --with-deps chromium`, or install your "
            f"system's, so that one of {', '.join(SYSTEM_NAMES)} is on PATH."
        )


def launch_options(bundled: Path) -> dict[str, Any]:
    """Return the launch options of Playwright's own Chromium, or of the system's if there is none.

    Raises NoChromium.
    """
    if bundled.exists():
        return {"args": ARGUMENTS}
    system = next(filter(None, map(shutil.which, SYSTEM_NAMES)), None)
    if system is None:
        raise NoChromium
    # Playwright turns the sandbox off. The system's Chromium can use it, but not as root.
    return {
        "args": ARGUMENTS,
        "executable_path": system,
        "chromium_sandbox": os.geteuid() != 0,
    }
