"""The demo's own settings: DEMO_MODE, TOUR_COOKIE_NAME, and the folder that GEOIP_PATH names."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings


def demo_mode() -> bool:
    """Tell whether accounts with known passwords and made-up devices are to be had here."""
    return bool(getattr(settings, "DEMO_MODE", False))


def tour_cookie_name() -> str:
    """Return the name of the cookie that keeps how far a visitor has come."""
    return str(getattr(settings, "TOUR_COOKIE_NAME", "tour"))


def geoip_folder() -> Path:
    """Return the folder for the demo's GeoIP database; only with DEMO_MODE is it sure to be set."""
    return Path(getattr(settings, "GEOIP_PATH", ""))
