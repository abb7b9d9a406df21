"""The section of each check, and the output of the checks on a site that follows the section.

``python -m user_sessions.tests.support.check_pages PART`` prints that for one part of all sections, as JSON. It
is a process of its own, because the apps that a section installs stay loaded.
"""

from __future__ import annotations

import json
import os
import re
import sys
from contextlib import nullcontext
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple
from unittest.mock import patch

import django

from user_sessions.tests.support.documentation import (
    DOCS,
    Block,
    blocks,
    executed,
    sections,
    settings_in,
)
from user_sessions.tests.support.themes import only_in_git

CHECK_PAGES = sorted((DOCS / "reference" / "checks").glob("*.md"))
# The section of each check, by id.
CHECKS = {
    check: section for page in CHECK_PAGES for check, section in sections(page.read_text()).items()
}
EXAMPLE, FIX, SILENCE = "example", "How to fix it", "How to silence it"
# The settings that the sections abbreviate as ``...``.
OTHERS = {
    "INSTALLED_APPS": ["django.contrib.auth", "django.contrib.contenttypes"],
    "MIDDLEWARE": [
        "user_sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ],
}
# The project's folder, as the sections write it.
FOLDER = "/srv/mysite"
# What else is true on the site of a section, besides its settings.
CIRCUMSTANCES = {
    "W014": lambda: patch.dict(sys.modules, {"geoip2": None, "geoip2.database": None}),
    "W018": lambda: only_in_git("bulma"),
}


class Part(NamedTuple):
    """What sites have that follow a section so far: path and text of files, and each site's settings.

    If a section shows several ways, there are several sites.
    """

    files: list[tuple[str, str]]
    sites: list[list[Block]]


def parts(section: str) -> dict[str, str]:
    """Return the text of a check's section, by part; the first one, without a name, is the example."""
    texts = re.split(r"^\*\*(.+)\.\*\*", section, flags=re.MULTILINE)
    return dict(zip([EXAMPLE, *texts[1::2]], texts[::2], strict=True))


def part_of(section: str, name: str) -> Part:
    """Return what the sites have that follow one part of a check's section."""
    above, own = parts(section)[EXAMPLE], parts(section).get(name, "")
    example, shown = settings_in(above), settings_in(own)
    files = _files(own) if name != EXAMPLE else []
    sites = {
        EXAMPLE: [example],
        # A file is the fix for the example's settings.
        FIX: [*([block] for block in shown), *([example] if files else [])],
        SILENCE: [[*example, *shown]] if own else [],
    }
    return Part(_files(above) + files, sites[name])


def _files(text: str) -> list[tuple[str, str]]:
    return [(block.file, block.text) for block in blocks(text, "python") if block.file]


def printed(section: str) -> str:
    """Return the output of ``manage.py check`` that the section shows."""
    [output] = blocks(parts(section)[EXAMPLE], "text")
    return output.text


def said(part: str) -> dict[str, list[str]]:
    """Return the output of the checks for each site of a part, by check."""
    from user_sessions.tests.support import geoip

    followed = {check: part_of(section, part) for check, section in CHECKS.items()}
    with TemporaryDirectory() as folder, patch.object(sys, "path", [folder, *sys.path]):
        (Path(folder) / "geoip").mkdir()
        geoip.write_database(Path(folder) / "geoip" / "GeoLite2-City.mmdb", geoip.CITIES)
        for file, text in (written for each in followed.values() for written in each.files):
            path = Path(folder) / file
            path.parent.mkdir(exist_ok=True)
            with path.open("a") as opened:
                opened.write(text)
        return {
            check: [
                _said_of(check, executed(site, BASE_DIR=Path(folder))).replace(folder, FOLDER)
                for site in each.sites
            ]
            for check, each in followed.items()
        }


def _said_of(check, names):
    from django.core.checks import run_checks
    from django.test import override_settings

    values = {name: _completed(name, value) for name, value in names.items() if name.isupper()}
    # The last, since an app may look at the other settings as it is loaded.
    apps = {name: values.pop(name) for name in ("INSTALLED_APPS",) if name in values}
    circumstances = CIRCUMSTANCES.get(check, nullcontext)()
    with circumstances, override_settings(**values), override_settings(**apps):
        found = [
            message
            for message in run_checks(databases=[])
            if message.id.startswith("user_sessions.") and not message.is_silenced()
        ]
    return "".join(f"{message}\n".replace("\t", "    ") for message in found)


def _completed(name, value):
    """Put the other apps or middleware in the place of ``...``."""
    if name not in OTHERS:
        return value
    return [*chain.from_iterable(OTHERS[name] if item is ... else [item] for item in value)]


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "user_sessions.tests.settings.plain"
    django.setup()
    json.dump(said(sys.argv[1]), sys.stdout)
