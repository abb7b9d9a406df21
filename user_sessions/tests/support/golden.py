"""Golden HTML: what each theme made of a page when somebody last read and approved it.

`make goldens` writes the files anew; the diff is then read like any other.
"""

from __future__ import annotations

import os
import re
from html import escape
from pathlib import Path

from user_sessions.tests.support.markup import VOID, Element, read

FOLDER = Path(__file__).parents[1] / "goldens"
WRITE = os.environ.get("WRITE_GOLDENS") == "1"

# What differs from run to run, and what stands in its place.
RANDOM = [
    (re.compile(r"sha256(\$|%24)[\w-]{43}"), r"sha256\1DIGEST"),
    (re.compile(r"(/confirm-email/)[\w:-]{20,}/"), r"\1KEY/"),
    (re.compile(r"(/password/reset/key/)[\w-]+/"), r"\1KEY/"),
]
# A page with this stylesheet stands in the frame of Django's admin.
ADMINS = "/static/admin/css/base.css"
RANDOM_VALUES = {"csrfmiddlewaretoken": "TOKEN"}
RANDOM_FIELDS = {"authenticator_secret": "SECRET", "recovery_codes": "CODES"}


def differs(theme: str, name: str, html: str) -> bool:
    """Tell whether a page isn't the approved one; with WRITE_GOLDENS=1 it is approved."""
    path, text = path_of(theme, name), formatted(html)
    if WRITE:  # pragma: no cover (only by make goldens)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return not path.exists() or path.read_text() != text


def path_of(theme: str, name: str) -> Path:
    return FOLDER / theme / f"{name.replace(', ', '-').replace(' ', '_')}.html"


def formatted(html: str) -> str:
    """Return a page with a line for each tag and each text, and nothing in it by chance."""
    page = read(html)
    if page.all("link", href=ADMINS):
        _take_from_frame(page)
    _settle(page)
    return without_chance("\n".join(["<!DOCTYPE html>", *_lines(page, 0), ""]))


def without_chance(text: str) -> str:
    """Return a text without the keys in its addresses, which are others each time."""
    for pattern, replacement in RANDOM:
        text = pattern.sub(replacement, text)
    return text


def _take_from_frame(page: Element) -> None:
    """Leave only what the theme put into Django's frame, which differs with Django's version."""
    head, body, main = page.one("head"), page.one("body"), page.one("main")
    head.children = [
        child for child in head if child.name == "title" or "user_sessions" in str(child)
    ]
    main.children = [*main.all(role="status"), *main.all(class_="us-admin")]
    body.children = [main]
    body.attributes, main.attributes = {}, {}


def _settle(page: Element) -> None:
    """Put a word in the place of each secret."""
    for field in page.all("input", "textarea"):
        fixed = RANDOM_VALUES.get(field.get("name")) or RANDOM_FIELDS.get(field.get("id"))
        if fixed and field.name == "textarea":
            field.children = [fixed]
        elif fixed:
            field.attributes["value"] = fixed
    for picture in page.all(role="img"):
        picture.attributes["aria-label"] = "SECRET"
        picture.one("svg").children = []
    for data in page.all("script", type="application/json"):
        data.children = ["{}"]


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
