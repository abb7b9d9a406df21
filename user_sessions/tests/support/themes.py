"""All themes, and a template loader that switches between them."""

from __future__ import annotations

import shutil
import sys
from contextlib import contextmanager
from contextvars import ContextVar
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from django.template.loaders import cached
from django.template.loaders.base import Loader as BaseLoader
from django.template.utils import get_app_template_dirs

import user_sessions

PACKAGE = "user_sessions_themes"
FOLDER = Path(user_sessions.__file__).parents[1] / "themes"
THEMES = sorted(path.parent.name for path in FOLDER.glob("*/apps.py"))
# These have the elements and layouts of allauth too; the others only the session pages.
WHOLE_THEMES = sorted(path.parents[2].name for path in FOLDER.glob("*/templates/allauth/elements"))
SESSION_THEMES = [name for name in THEMES if name not in WHOLE_THEMES]

_current: ContextVar[str] = ContextVar("theme", default="default")


@contextmanager
def dressed_in(theme):
    """Load all templates from a theme inside the block."""
    token = _current.set(theme)
    try:
        yield
    finally:
        _current.reset(token)


@contextmanager
def only_in_git(theme, name=None):
    """Install a theme without the files of `make assets` inside the block, perhaps by another name.

    Yield its folder.
    """
    name = name or theme
    without = [key for key in sys.modules if key.startswith(f"{PACKAGE}.{name}")]
    with TemporaryDirectory() as folder, patch.dict(sys.modules):
        copy = Path(folder) / name
        shutil.copytree(FOLDER / theme, copy, ignore=shutil.ignore_patterns("vendor"))
        config = copy / "apps.py"
        config.write_text(config.read_text().replace(f".{theme}", f".{name}"))
        for key in without:
            del sys.modules[key]
        package = import_module(PACKAGE)
        with patch.object(package, "__path__", [folder, *package.__path__]):
            yield copy


def templates_of(theme):
    return FOLDER / theme / "templates"


def uses_elements(theme):
    pages = templates_of(theme).glob("user_sessions/*.html")
    return any("{% element " in page.read_text() for page in pages)


def folders_of(theme):
    """Return the folders in which a site with this theme looks for templates.

    `allauth` builds its pages from elements but has none of its own, so it uses the default theme's.
    """
    themes = [theme, "default"] if theme in SESSION_THEMES and uses_elements(theme) else [theme]
    apps = [path for path in get_app_template_dirs("templates") if not path.is_relative_to(FOLDER)]
    return [*map(templates_of, themes), *apps]


class Loader(BaseLoader):
    """Asks the loader of the current theme; each keeps the templates that it has read."""

    def __init__(self, engine):
        super().__init__(engine)
        from_folders = "django.template.loaders.filesystem.Loader"
        self.of = {
            theme: cached.Loader(engine, [(from_folders, folders_of(theme))]) for theme in THEMES
        }

    def get_template(self, template_name, skip=None):
        return self.of[_current.get()].get_template(template_name, skip)
