"""User agents as browsers send them."""

from __future__ import annotations

import csv
from pathlib import Path

FIREFOX_ON_LINUX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
CHROME_ON_WINDOWS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/141.0.0.0 Safari/537.36"
)
SAFARI_ON_IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1"
)

# Real user agents. The source is a public page, or a repository on GitHub and a file in it; how a
# user agent must read is this project's own view: would the person recognise the device?
TABLE = Path(__file__).with_name("user_agents.csv")


def table_rows():
    """Return the rows of the table, each a dict by its heads."""
    with TABLE.open(newline="", encoding="utf-8") as table:
        return list(csv.DictReader(table))
