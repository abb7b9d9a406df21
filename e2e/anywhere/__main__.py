"""`python -m e2e.anywhere`: the five journeys on the site that BASE_URL names.

The exit status is 0 if all journeys passed, 1 if one failed, and 2 if none could start.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from e2e.anywhere.account import Account, InvalidEnvironment, account_from
from e2e.anywhere.journeys import run
from e2e.chromium import NoChromium, launch_options

ANNOUNCEMENT = """The five journeys on {site}, as {username}.
This ends all sessions of {username} on that site.
"""
REQUIREMENTS = "Requirements for a site, whatever its templates: docs/how-to/end-to-end-tests.md"


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def journeys_pass(account: Account) -> bool:
    """Run the journeys in a new Chromium, and return whether all passed. Raises NoChromium."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium
        browser = chromium.launch(**launch_options(Path(chromium.executable_path)))
        return run(browser, account, say)


def main() -> int:
    try:
        account = account_from(os.environ)
        say(ANNOUNCEMENT.format(site=account.site, username=account.username))
        passed = journeys_pass(account)
    except (InvalidEnvironment, NoChromium) as error:
        say(str(error))
        return 2
    if not passed:
        say(f"\n{REQUIREMENTS}")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
