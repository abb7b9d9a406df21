"""The demo's own settings: the last block of settings.py, CACHE_URL, and the folder of GEOIP_PATH."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings


def demo_mode() -> bool:
    """Tell whether accounts with known passwords and made-up devices are to be had here."""
    return bool(getattr(settings, "DEMO_MODE", False))


def tour_cookie_name() -> str:
    """Return the name of the cookie that keeps how far a visitor has come."""
    return str(getattr(settings, "TOUR_COOKIE_NAME", "tour"))


def cache_url() -> str:
    """Return the address of the Redis of the sessions, which may hold a password; empty without one."""
    return str(getattr(settings, "CACHE_URL", ""))


def geoip_folder() -> Path:
    """Return the folder for the demo's GeoIP database; only with DEMO_MODE is it sure to be set."""
    return Path(getattr(settings, "GEOIP_PATH", ""))


def themes() -> tuple[str, ...]:
    """Return the names of all themes there are, in alphabetical order."""
    return tuple(getattr(settings, "THEMES", ()))


def first_theme() -> str:
    """Return the name of the theme for whoever has chosen none: the one in INSTALLED_APPS."""
    return str(getattr(settings, "THEME", "default"))


def theme_templates(theme: str) -> Path:
    """Return the folder of a theme's templates, whether there are any or not."""
    return Path(getattr(settings, "THEMES_DIR", ""), theme, "templates")


def theme_cookie_name() -> str:
    """Return the name of the cookie that keeps which theme a visitor has chosen."""
    return str(getattr(settings, "THEME_COOKIE_NAME", "theme"))


def mode_cookie_name() -> str:
    """Return the name of the cookie that keeps whether a visitor has chosen light or dark."""
    return str(getattr(settings, "MODE_COOKIE_NAME", "mode"))
