"""``eject_theme``: copy a theme's templates into a project, and compare them after an upgrade."""

from __future__ import annotations

import os
import shutil
import sys
from argparse import ArgumentTypeError
from collections.abc import Iterable, Iterator, Mapping
from difflib import unified_diff
from fnmatch import fnmatchcase
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

import user_sessions
from user_sessions.checks.themes import APP, THEMES

# The session pages of the theme `default` are the app's own templates in this list. All themes share the
# app's other templates, and include or extend them without a copy.
DEFAULT = "default"
PAGES_OF_DEFAULT = [
    "_base.html",
    "_empty.html",
    "_facts.html",
    "_menu.html",
    "_messages.html",
    "_pagination.html",
    "_session.html",
    "session_confirm_end.html",
    "session_confirm_end_other.html",
    "session_list.html",
]


class Command(BaseCommand):
    help = (
        "Copies a theme's templates into a folder of your project, so that you can change them, and "
        "prints which settings Django needs to find them there. It writes either all files or none. "
        "Static files are not copied, so keep the theme in INSTALLED_APPS. With --diff, it shows how "
        "your copies differ from the installed version, e.g. after an upgrade."
    )
    requires_system_checks = ()  # only files are needed, and the project may be incomplete

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="NAME", help="A theme, e.g. pico.")
        parser.add_argument(
            "dest",
            metavar="DEST",
            type=_folder,
            help="The folder for the templates. It is created if it doesn't exist.",
        )
        parser.add_argument(
            "--only",
            metavar="PATTERN",
            action="append",
            help="Only templates whose name matches, e.g. 'user_sessions/*'. * also matches slashes. "
            "Can be given more than once.",
        )
        mode = parser.add_mutually_exclusive_group()
        mode.add_argument("--force", action="store_true", help="Overwrite existing files.")
        mode.add_argument(
            "--diff",
            action="store_true",
            help="Write nothing, and show the differences between the theme (-) and DEST (+). The exit "
            "status is 0 without differences, 1 with differences, and 2 for an error.",
        )

    def handle(
        self,
        *args: Any,
        name: str,
        dest: Path,
        only: list[str] | None,
        force: bool,
        diff: bool,
        **options: Any,
    ) -> None:
        name = name.removeprefix(f"{THEMES}.")  # accept the entry in INSTALLED_APPS, too
        templates = _templates_of(name)
        if diff:
            self._compare(name, templates, dest, only)
            return
        chosen = {each: templates[each] for each in _matching(only, templates, name)}
        _write(chosen, dest, force=force)
        if options["verbosity"]:
            noun = "template" if len(chosen) == 1 else "templates"
            self.stdout.write(
                f"{len(chosen)} {noun} of {name!r} written to {str(dest)!r}.\n"
                "Add this folder to DIRS in the setting TEMPLATES, after folders with your own templates.\n"
                f"Keep '{THEMES}.{name}' in INSTALLED_APPS, above 'user_sessions' and 'allauth'."
            )

    def _compare(
        self, theme: str, templates: dict[str, Path], dest: Path, only: list[str] | None
    ) -> None:
        """Show how the templates in a folder differ from a theme's; exit with 1 if they do."""
        copies = _copies(templates, dest)
        if not copies.keys() & templates.keys():
            raise _error(f"{dest} has no template of {theme!r}. First copy some, without --diff.")
        names = _matching(only, copies | templates, theme)
        lines = [line for name in names for line in _differences(name, theme, templates, dest)]
        for line in lines:
            self.stdout.write(line)
        if lines:
            sys.exit(1)


def _error(text: str) -> CommandError:
    return CommandError(text, returncode=2)  # as `diff` does: 1 means that there are differences


def _folder(text: str) -> Path:
    """Return a path. Refuse an empty text: it is usually an unset shell variable."""
    if not text:
        raise ArgumentTypeError("it is empty; use the path of a folder, or . for the current one.")
    return Path(text)


def _templates_of(theme: str) -> dict[str, Path]:
    """Return the templates of an installed theme, as a dict of Django's template name to file."""
    folders = {
        path.parent.name: path for root in _theme_folders() for path in root.glob("*/templates")
    }
    if theme not in folders:
        raise _error(f"There is no theme {theme!r}. There are {', '.join(sorted(folders))}.")
    found = _files_in(folders[theme])
    pages = Path(user_sessions.__file__).parent / "templates" / APP
    own = {f"{APP}/{page}": pages / page for page in PAGES_OF_DEFAULT if theme == DEFAULT}
    return own | found


def _theme_folders() -> list[Path]:
    """Return the folders of the namespace package of themes: usually one."""
    spec = find_spec(THEMES)
    if spec is None:
        raise _error(f"There is no package {THEMES}; install django-user-sessions again.")
    return [Path(folder) for folder in spec.submodule_search_locations or ()]


def _files_in(folder: Path) -> dict[str, Path]:
    return {
        path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()
    }


def _matching(patterns: list[str] | None, names: Iterable[str], theme: str) -> list[str]:
    wanted = patterns or ["*"]
    found = sorted(name for name in names if any(fnmatchcase(name, each) for each in wanted))
    if not found:
        folders = sorted({f"{name.rpartition('/')[0]}/*" for name in names})
        raise _error(
            f"No template of {theme!r} matches {' or '.join(map(repr, wanted))}. "
            f"Use a template's name, or one of {', '.join(map(repr, folders))}."
        )
    return found


def _write(templates: Mapping[str, Path], dest: Path, *, force: bool) -> None:
    """Write all templates, or raise CommandError without writing any."""
    packages = [Path(user_sessions.__file__).parent, *_theme_folders()]
    if any(dest.resolve().is_relative_to(package.resolve()) for package in packages):
        raise _error(
            f"{dest} belongs to the installed package, so an upgrade would replace it. "
            "Use a folder of your project."
        )
    blocking = {path for name in templates for path in _blocking(dest / name, force=force)}
    if blocking:
        listed = "".join(f"\n  {path}" for path in sorted(blocking))
        stays = any(True for name in templates for _path in _blocking(dest / name, force=True))
        action = "Move it away." if stays else "Move it away, or overwrite files with --force."
        raise _error(f"Nothing was written, because this already exists:{listed}\n{action}")
    try:
        _copy(templates, dest)
    except OSError as error:
        raise _error(f"{dest} can't be written to: {error.strerror}.") from error


def _blocking(target: Path, *, force: bool) -> Iterator[Path]:
    """Yield paths that prevent a file from being written: itself, or a file instead of a folder."""
    yield from (path for path in target.parents if path.exists() and not path.is_dir())
    if os.path.lexists(target) and (target.is_dir() or not force):
        yield target


def _copy(templates: Mapping[str, Path], dest: Path) -> None:
    """Copy to a temporary folder first, so that a full disk doesn't leave some of the files."""
    dest.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=dest, prefix=".eject_theme-") as temporary:
        for name, path in templates.items():
            copy = Path(temporary, name)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
        for name in templates:
            (dest / name).parent.mkdir(parents=True, exist_ok=True)
            Path(temporary, name).replace(dest / name)


def _copies(templates: Mapping[str, Path], dest: Path) -> dict[str, Path]:
    """Return the files in a folder that are copies of a theme's templates, or may have been once."""
    folders = {name.partition("/")[0] for name in templates}
    return {
        f"{folder}/{name}": path
        for folder in folders
        for name, path in _files_in(dest / folder).items()
    }


def _differences(name: str, theme: str, templates: Mapping[str, Path], dest: Path) -> Iterator[str]:
    copy = dest / name
    if name not in templates:
        yield f"Only in {dest}: {name}"
    elif not copy.is_file():
        yield f"Only in {theme}: {name}"
    else:
        yield from unified_diff(
            _lines(templates[name]), _lines(copy), f"{theme}/{name}", str(copy), lineterm=""
        )


def _lines(path: Path) -> list[str]:
    return path.read_text("utf-8", errors="replace").splitlines()
