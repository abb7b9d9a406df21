"""The page of each check, and what the checks say on a site that does what the page shows.

``python -m user_sessions.tests.support.check_pages PART`` prints that for one part of all pages, as JSON, in
a process of its own: the apps that pages install would stay in another's.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import nullcontext
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

CHECK_PAGES = {
    path.stem: path.read_text() for path in sorted((DOCS / "reference" / "checks").glob("*.md"))
}
EXAMPLE, MEND, SILENCE = "Example", "Mend it", "Silence it"
# The project's folder, as pages write it.
FOLDER = "/srv/mysite"
# What else is so on the site of a page, beside its settings.
CIRCUMSTANCES = {
    "W014": lambda: patch.dict(sys.modules, {"geoip2": None, "geoip2.database": None}),
    "W018": lambda: only_in_git("bulma"),
}


class Part(NamedTuple):
    """What sites do that follow a page so far: path and text of files, and the settings of each site.

    Where a page shows several ways, there are several sites.
    """

    files: list[tuple[str, str]]
    sites: list[list[Block]]


def part_of(page: str, name: str) -> Part:
    """Return a part of a page, by its heading. Example is what stands above the first one."""
    above, own = page.partition("\n## ")[0], sections(page).get(name, "")
    example, shown = settings_in(above), settings_in(own)
    files = _files(own)
    sites = {
        EXAMPLE: [example],
        # A file mends it for the example's settings.
        MEND: [*([block] for block in shown), *([example] if files else [])],
        SILENCE: [[*example, *shown]] if own else [],
    }
    return Part(_files(above) + files, sites[name])


def _files(text: str) -> list[tuple[str, str]]:
    return [(block.file, block.text) for block in blocks(text, "python") if block.file]


def printed(page: str) -> str:
    """Return what the page says that ``manage.py check`` prints."""
    [console] = blocks(page.partition("\n## ")[0], "console")
    command, output = console.text.split("\n", 1)
    assert command == "$ python manage.py check"
    return output


def said(part: str) -> dict[str, list[str]]:
    """Return what the checks print for each of the sites of a part of each page."""
    from user_sessions.tests.support import geoip

    parts = {check: part_of(page, part) for check, page in CHECK_PAGES.items()}
    with TemporaryDirectory() as folder, patch.object(sys, "path", [folder, *sys.path]):
        (Path(folder) / "geoip").mkdir()
        geoip.write_database(Path(folder) / "geoip" / "GeoLite2-City.mmdb", geoip.CITIES)
        for file, text in (written for each in parts.values() for written in each.files):
            path = Path(folder) / file
            path.parent.mkdir(exist_ok=True)
            with path.open("a") as opened:
                opened.write(text)
        return {
            check: [
                _said_of(check, executed(site, BASE_DIR=Path(folder))).replace(folder, FOLDER)
                for site in each.sites
            ]
            for check, each in parts.items()
        }


def _said_of(check, names):
    from django.core.checks import run_checks
    from django.test import override_settings

    values = {name: value for name, value in names.items() if name.isupper()}
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


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "user_sessions.tests.settings.plain"
    django.setup()
    json.dump(said(sys.argv[1]), sys.stdout)
