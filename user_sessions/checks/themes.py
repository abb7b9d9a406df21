"""System checks of the themes in INSTALLED_APPS: their order, and what they require."""

from __future__ import annotations

import re
from itertools import dropwhile, takewhile
from pathlib import Path
from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error, Warning, register

APP = "user_sessions"
THEMES = "user_sessions_themes"
ALLAUTH_THEME = f"{THEMES}.allauth"
NEEDED_BY_THEMES = {ALLAUTH_THEME: "allauth", f"{THEMES}.admin": "django.contrib.admin"}

# How a theme's template refers to a stylesheet that `make assets` builds.
_BUILT = re.compile(r"{% static '(\w+/vendor/[^']+\.css)'")


@register
def check_themes(**kwargs: Any) -> list[CheckMessage]:
    others = [name for name in _themes_in_use() if name != ALLAUTH_THEME]
    return [
        Warning(
            f"INSTALLED_APPS has the theme {name!r} below {APP!r}, whose own templates take precedence.",
            hint=f"Remove {name!r}, because {others[0]!r} is in use."
            if others
            else f"Move {name!r} above {APP!r}.",
            id="user_sessions.W012",
        )
        for name in dropwhile(lambda name: name != APP, _app_names())
        if name.startswith(f"{THEMES}.")
    ]


@register
def check_one_theme(**kwargs: Any) -> list[CheckMessage]:
    themes = _themes_in_use()
    if themes[:1] == [ALLAUTH_THEME]:  # the next theme provides allauth's elements
        themes = themes[1:]
    return [
        Warning(
            f"INSTALLED_APPS has the theme {name!r} below the theme {themes[0]!r}, so pages mix the "
            "templates of both.",
            hint=f"Remove {name!r}, or {themes[0]!r}.",
            id="user_sessions.W019",
        )
        for name in themes[1:]
    ]


def _themes_in_use() -> list[str]:
    """Return the themes above this app, whose templates take precedence over its own, in order."""
    above = takewhile(lambda name: name != APP, _app_names())
    return [name for name in above if name.startswith(f"{THEMES}.")]


def _app_names() -> list[str]:
    return [config.name for config in apps.get_app_configs()]


@register
def check_themes_apps(**kwargs: Any) -> list[CheckMessage]:
    return [
        Error(
            f"INSTALLED_APPS has the theme {theme!r} but not {app!r}, whose templates the theme uses, so "
            "its pages can't be rendered.",
            hint=f"Add {app!r} to INSTALLED_APPS, or remove {theme!r}.",
            id="user_sessions.E016",
        )
        for theme, app in NEEDED_BY_THEMES.items()
        if apps.is_installed(theme) and not apps.is_installed(app)
    ]


@register
def check_themes_stylesheets(**kwargs: Any) -> list[CheckMessage]:
    """Report a theme that was installed from a clone in which its stylesheets were not built."""
    themes = [app for app in apps.get_app_configs() if app.name.startswith(f"{THEMES}.")]
    missing = {theme.name: _missing_stylesheets(Path(theme.path)) for theme in themes}
    return [
        Warning(
            f"The theme {theme!r} has no static file {names[0]!r}, so its pages have no styles.",
            hint="Run `make assets` in the clone of django-user-sessions from which it was installed, or "
            "install the package again.",
            id="user_sessions.W018",
        )
        for theme, names in missing.items()
        if names
    ]


def _missing_stylesheets(theme: Path) -> list[str]:
    parts = sorted((theme / "templates" / APP).glob("_*.html"))
    names = [name for path in parts for name in _BUILT.findall(path.read_text("utf-8"))]
    return [name for name in names if not (theme / "static" / name).is_file()]
