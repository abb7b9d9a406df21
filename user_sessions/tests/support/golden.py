"""Golden HTML: the approved output of each theme's session pages and allauth elements.

`make goldens` writes the files; read the diff like any other. Pages of allauth are not among them: they
change with each release of allauth.
"""

from __future__ import annotations

import os
import re
from html import escape
from pathlib import Path

from user_sessions.tests.support.markup import VOID, Element, read

FOLDER = Path(__file__).parents[1] / "goldens"
WRITE = os.environ.get("WRITE_GOLDENS") == "1"
# The folder in which `make lint` validates the HTML of all pages, if it asked for them.
PAGES = os.environ.get("WRITE_PAGES")

DIGEST = re.compile(r"sha256(\$|%24)[\w-]{43}")
# A page with this stylesheet is inside the frame of Django's admin.
ADMINS = "/static/admin/css/base.css"


def differs(theme: str, name: str, html: str) -> bool:
    """Return True if a page isn't the approved one; with WRITE_GOLDENS=1, approve it."""
    path, text = FOLDER / theme / file_name(name), formatted(html)
    if WRITE:  # pragma: no cover (only by make goldens)
        _write(path, text)
    return not path.exists() or path.read_text() != text


def write_for_lint(theme: str, name: str, html: str) -> None:
    """Write a page whose HTML `make lint` validates; do nothing in a usual run."""
    if PAGES:  # pragma: no cover (only by make lint)
        _write(Path(PAGES, theme, file_name(name)), formatted(html))


def file_name(name: str) -> str:
    return f"{name.replace(', ', '-').replace(' ', '_')}.html"


def _write(path: Path, text: str) -> None:  # pragma: no cover (only by make goldens, make lint)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def formatted(html: str) -> str:
    """Return a page with a line for each tag and each text, without digests and tokens."""
    page = read(html)
    if page.all("link", href=ADMINS):
        _remove_frame(page)
    for token in page.all("input", name="csrfmiddlewaretoken"):
        token.attributes["value"] = "TOKEN"
    text = "\n".join(["<!DOCTYPE html>", *_lines(page, 0), ""])
    return DIGEST.sub(r"sha256\1DIGEST", text)


def _remove_frame(page: Element) -> None:
    """Remove the frame of Django's admin, which differs between Django's versions."""
    head, body, main = page.one("head"), page.one("body"), page.one("main")
    head.children = [
        child for child in head if child.name == "title" or "user_sessions" in str(child)
    ]
    main.children = [*main.all(role="status"), *main.all(class_="us-admin")]
    body.children = [main]
    body.attributes, main.attributes = {}, {}


def _lines(element: Element, depth: int):
    for child in element.children:
        if isinstance(child, str):
            if text := " ".join(child.split()):
                yield "  " * depth + escape(text, quote=False)
        else:
            yield from _element(child, depth)


def _element(element: Element, depth: int):
    indent = "  " * depth
    attributes = "".join(_attribute(*pair) for pair in element.attributes.items())
    start, end = f"{indent}<{element.name}{attributes}>", f"</{element.name}>"
    inside = list(_lines(element, depth + 1))
    if element.name in VOID:
        yield start
    elif len(inside) <= 1 and not element.all():
        yield start + "".join(line.strip() for line in inside) + end
    else:
        yield from [start, *inside, indent + end]


def _attribute(name: str, value: str) -> str:
    return f' {name}="{escape(" ".join(value.split()))}"' if value else f" {name}"
