"""`python -m e2e.anywhere`: the five journeys on the site that the environment names.

The status is 0 if all went well, 1 if the site lacks something, 2 if nothing could be tried.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from e2e.anywhere.account import Account, Unusable, account_from
from e2e.anywhere.journeys import run
from e2e.chromium import NoChromium, launch_options

ANNOUNCEMENT = """The five journeys on {site}, as {username}.
This ends all sessions of {username} there. E2E_USER names that account, so it begins.
"""
WHAT_TO_KEEP = "What a site must keep, whatever its templates: docs/how-to/end-to-end-tests.md"


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def journeys_go_well(account: Account) -> bool:
    """Run them in a Chromium of their own. Raises NoChromium."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium
        browser = chromium.launch(**launch_options(Path(chromium.executable_path)))
        return run(browser, account, say)


def main() -> int:
    try:
        account = account_from(os.environ)
        say(ANNOUNCEMENT.format(site=account.site, username=account.username))
        well = journeys_go_well(account)
    except (Unusable, NoChromium) as error:
        say(str(error))
        return 2
    if not well:
        say(f"\n{WHAT_TO_KEEP}")
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
