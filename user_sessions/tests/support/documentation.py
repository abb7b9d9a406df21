"""The documentation as its tests read it: its pages, their code, and a project that follows them."""

from __future__ import annotations

import os
import re
import runpy
import shlex
import subprocess
import sys
import textwrap
import threading
from contextlib import contextmanager
from http.cookiejar import CookieJar
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

ROOT = Path(__file__).resolve().parents[3]
DOCS = ROOT / "docs"
README = ROOT / "README.md"
PAGES = [README, *sorted(path for path in DOCS.rglob("*.md") if "_build" not in path.parts)]

PASSWORD = "a password of the reader's"
# A server writes its address within a second; this is for a busy machine.
DEADLINE_SECONDS = 60

_FENCE = re.compile(r"^( *)```(\w+)\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)
_FILE = re.compile(r"(?:# |\{# |/\* )(\S+/\S+\.\w+)(?: #\}| \*/)?\n")
_LISTENS = re.compile(r"http://127\.0\.0\.1:\d+")


class Block(NamedTuple):
    """A fenced block; ``file`` is the path that its first line, a comment, names."""

    language: str
    text: str
    file: str | None


def text_of(page: str) -> str:
    return (DOCS / page).read_text()


def blocks(text: str, *languages: str) -> list[Block]:
    """Return the blocks of a page's text, in order; of some languages, or of all."""
    found = []
    for _indent, language, code in _FENCE.findall(text):
        code = textwrap.dedent(code)
        file = _FILE.match(code)
        found.append(Block(language, code, file[1] if file else None))
    return [block for block in found if not languages or block.language in languages]


def sections(text: str) -> dict[str, str]:
    """Return the text below each heading of the second level, by that heading."""
    parts = re.split(r"^## (.+)\n", text, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def table(text: str) -> list[list[str]]:
    """Return the rows of the first table in a text, without its head and without backticks."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    rows = [line.strip("|").split("|") for line in lines[2:]]
    return [[cell.strip().replace("`", "") for cell in row] for row in rows]


def terms(text: str) -> list[str]:
    """Return the terms of the definition lists in a text, without backticks."""
    return [line.replace("`", "") for line in re.findall(r"^(`.+`)\n: ", text, re.MULTILINE)]


def executed(python: list[Block], **names: object) -> dict[str, object]:
    """Run Python of the documentation, and return the names that it defines."""
    for block in python:
        exec(block.text, names)  # noqa: S102  # the documentation's own code
    return names


def settings_in(text: str) -> list[Block]:
    return [
        block
        for block in blocks(text, "python")
        if re.search(r"^[A-Z_]+ = ", block.text, re.MULTILINE)
    ]


def install_steps() -> str:
    _before, _begin, rest = README.read_text().partition("<!-- begin: install -->")
    return rest.partition("<!-- end: install -->")[0]


def configuration() -> dict[str, object]:
    """Return what docs/conf.py defines."""
    return runpy.run_path(str(DOCS / "conf.py"))


class Project:
    """A Django project that follows a page: it edits files and runs commands."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def follow(self, text: str, *, visit=None) -> None:
        """Follow the blocks of a text, and call ``visit(address)`` while its server runs."""
        for block in blocks(text):
            if block.language == "diff":
                self._edit(block.text)
            elif block.language == "console":
                self._type(block.text, visit)
            elif block.file:
                self._append(block.file, block.text)

    def run(self, *arguments: str, status: int = 0) -> str:
        """Run Python in the project, which has to end with a status; return what it printed."""
        done = subprocess.run(  # noqa: S603  # the documentation's own commands
            [sys.executable, *arguments],
            cwd=self.folder,
            env=self._environment,
            check=False,
            capture_output=True,
            text=True,
            timeout=DEADLINE_SECONDS,
        )
        assert done.returncode == status, f"{arguments}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def page(self) -> str:
        """Return the list of sessions as a user sees it, in a project without problems."""
        return self.run("-c", _SHOW_PAGE)

    @property
    def _environment(self) -> dict[str, str]:
        # Without PATH, since startproject formats what it writes with a black that it finds there.
        return {
            "DJANGO_SETTINGS_MODULE": "mysite.settings",
            "DJANGO_SUPERUSER_PASSWORD": PASSWORD,
            "PATH": "",
            "PYTHONPATH": os.pathsep.join([str(self.folder), str(ROOT)]),
            "PYTHONUNBUFFERED": "1",
            "PYTHONWARNINGS": "error",
        }

    def _edit(self, diff: str) -> None:
        path = self.folder / re.findall(r"^\+\+\+ (.+)$", diff, re.MULTILINE)[0]
        for hunk in re.split(r"^@@.*\n", diff, flags=re.MULTILINE)[1:]:
            old, new = _side(hunk, " -"), _side(hunk, " +")
            content = path.read_text()
            assert not old or content.count(old) == 1, f"Not once in {path}:\n{old}"
            path.write_text(content.replace(old, new) if old else f"{content}{new}")

    def _append(self, file: str, text: str) -> None:
        path = self.folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a") as opened:
            opened.write(text)

    def _type(self, session: str, visit) -> None:
        for command, output in re.findall(r"^\$ (.+)\n((?:[^$].*\n)*)", session, re.MULTILINE):
            python, *arguments = shlex.split(command)
            assert python == "python", f"The tests can't run: {command}"
            if arguments[:3] == ["-m", "pip", "install"]:
                continue  # a test of its own compares these
            if arguments == ["manage.py", "runserver"]:
                with self._server() as address:
                    visit(address)
                continue
            if arguments[:2] == ["manage.py", "createsuperuser"]:
                arguments.append("--no-input")  # the password is in the environment
            printed = self.run(*arguments)
            assert output in ("", printed), f"{command}\n{printed}"

    @contextmanager
    def _server(self):
        server = subprocess.Popen(
            [sys.executable, "manage.py", "runserver", "--noreload", "127.0.0.1:0"],
            cwd=self.folder,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        deadline = threading.Timer(DEADLINE_SECONDS, server.kill)
        deadline.start()
        try:
            printed = iter(server.stdout.readline, "")
            address = next(filter(None, map(_LISTENS.search, printed)), None)
            assert address, (
                f"The server ended, or said for {DEADLINE_SECONDS} s not where it listens."
            )
            yield address[0]
        finally:
            deadline.cancel()
            server.terminate()
            server.communicate()


def _side(hunk: str, marks: str) -> str:
    return "".join(f"{line[1:]}\n" for line in hunk.splitlines() if line[:1] in marks)


_SHOW_PAGE = """
import django
from django.core.management import call_command
from django.test import Client

django.setup()
call_command("check", fail_level="WARNING")
call_command("makemigrations", check_changes=True, dry_run=True, verbosity=0)

from django.contrib.auth import get_user_model

client = Client(headers={"host": "localhost"})
reader, _created = get_user_model().objects.get_or_create(username="reader")
client.force_login(reader)
response = client.get("/account/sessions/")
assert response.status_code == 200, response.status_code
print(response.content.decode())
"""


class Reader:
    """The reader's browser, which opens pages and submits forms on a running server."""

    def __init__(self, address: str, user_agent: str) -> None:
        self.address = address
        self.opener = build_opener(HTTPCookieProcessor(CookieJar()))
        self.opener.addheaders = [("User-Agent", user_agent)]

    def open(self, path: str, **fields: str) -> str:
        """GET a page, or POST a form to it, and return the HTML of the final page."""
        data = urlencode(fields).encode() if fields else None
        with self.opener.open(self.address + path, data, timeout=DEADLINE_SECONDS) as response:
            self.path = response.url.removeprefix(self.address)
            self.html = response.read().decode()
        return self.html

    def submit(self, path: str, **fields: str) -> str:
        """POST the form of the page that was opened last."""
        token = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', self.html)[0]
        return self.open(path, csrfmiddlewaretoken=token, **fields)

    def sign_in(self, path: str) -> str:
        """Request a page, and sign in at the page that it redirects to."""
        self.open(path)
        return self.submit(self.path, username="ada", password=PASSWORD, next=path)
