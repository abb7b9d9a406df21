"""The demo's own settings: the last block of settings.py, CACHE_URL, and the folder of GEOIP_PATH."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings


def demo_mode() -> bool:
    """Return whether the site offers demo accounts and made-up devices."""
    return bool(getattr(settings, "DEMO_MODE", False))


def tour_cookie_name() -> str:
    """Return the name of the cookie that stores the completed stops of the tour."""
    return str(getattr(settings, "TOUR_COOKIE_NAME", "tour"))


def cache_url() -> str:
    """Return the URL of the Redis that caches sessions, or an empty string. It may hold a password."""
    return str(getattr(settings, "CACHE_URL", ""))


def geoip_folder() -> Path:
    """Return the folder of the demo's GeoIP database. Only DEMO_MODE guarantees that it is set."""
    return Path(getattr(settings, "GEOIP_PATH", ""))


def themes() -> tuple[str, ...]:
    """Return the names of all themes, in alphabetical order."""
    return tuple(getattr(settings, "THEMES", ()))


def configured_theme() -> str:
    """Return the name of the theme in INSTALLED_APPS, which applies if the visitor chose no theme."""
    return str(getattr(settings, "THEME", "default"))


def theme_templates(theme: str) -> Path:
    """Return the folder of a theme's templates. It may not exist."""
    return Path(getattr(settings, "THEMES_DIR", ""), theme, "templates")


def theme_cookie_name() -> str:
    """Return the name of the cookie that stores the theme that a visitor chose."""
    return str(getattr(settings, "THEME_COOKIE_NAME", "theme"))


def mode_cookie_name() -> str:
    """Return the name of the cookie that stores the colour mode that a visitor chose."""
    return str(getattr(settings, "MODE_COOKIE_NAME", "mode"))
