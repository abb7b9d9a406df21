"""The parser of ``themes/README.md``, which is the contract of the themes, and of the templates' tags."""

from __future__ import annotations

import re
from itertools import dropwhile, takewhile
from pathlib import Path

import user_sessions

APP = Path(user_sessions.__file__).parent
TEMPLATES = APP / "templates"
README = (APP.parent / "themes" / "README.md").read_text()


def section(title):
    """Return the text below a heading of README."""
    return re.split(r"^## ", README.split(f"\n## {title}\n")[1], flags=re.MULTILINE)[0]


def rows(title, first=""):
    """Return the rows of the first table below a heading, or of that whose first head is given.

    Each row is a dict of its cells.
    """
    begins = f"| {first}" if first else "|"
    lines = dropwhile(lambda line: not line.startswith(begins), section(title).splitlines())
    heads, _, *body = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in takewhile(lambda line: line.startswith("|"), lines)
    ]
    return [dict(zip(heads, cells, strict=True)) for cells in body]


def codes(text):
    """Return the words that are marked as `code`."""
    return re.findall(r"`([^`]+)`", text)


def column(title, head):
    return [codes(row[head])[0] for row in rows(title, head)]


def parent_of(path):
    found = re.search(r'{%\s*extends "([^"]+)"', path.read_text())
    return found and found[1]


def blocks_of(path):
    return re.findall(r"{% block (\w+)", path.read_text())


# Elements that a theme may have no template for.
LEFT_TO_ALLAUTH = set(
    codes(
        section("allauth's elements")
        .partition("A theme needs no template for ")[2]
        .partition(":")[0]
    )
)
