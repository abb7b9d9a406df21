"""Look up the place of an address in the site's GeoIP database, if it has one."""

from __future__ import annotations

import logging
import os.path
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from geoip2.models import City, Country

logger = logging.getLogger("user_sessions")

_UNREADABLE = "The GeoIP database %s can't be read, so no place is shown."
_MISSING = "GEOIP_PATH is %s, which has no GeoIP database, so no place is shown."

# Django's language codes, and MaxMind's if they differ.
_DATABASE_LANGUAGES = {"pt": "pt-BR", "pt-br": "pt-BR", "zh-hans": "zh-CN"}
# The kinds of databases that have places, and the method of geoip2's Reader for each.
_LOOK_UPS = {"City": "city", "Country": "country", "Enterprise": "enterprise"}


def location_name(ip: str | None) -> str | None:
    """Return "Zwolle, Netherlands", or "Netherlands", in the active language; None if unknown."""
    place = _place(ip)
    if place is None:
        return None
    city, country = _city_name(place), _name(place.country.names)
    if city and country:
        return _("%(city)s, %(country)s") % {"city": city, "country": country}
    return country or city


def city_name(ip: str | None) -> str | None:
    """Return "Zwolle" in the active language; None if unknown."""
    place = _place(ip)
    return _city_name(place) if place else None


def country_name(ip: str | None) -> str | None:
    """Return "Netherlands" in the active language; None if unknown."""
    place = _place(ip)
    return _name(place.country.names) if place else None


def database_path() -> Path | None:
    """Return the path of the database, or None if there is no such file.

    GEOIP_PATH is the file, or the folder that has GEOIP_CITY or GEOIP_COUNTRY
    (django/contrib/gis/geoip2.py).
    """
    path = getattr(settings, "GEOIP_PATH", None)
    if not path:
        return None
    try:
        candidates = (Path(path), Path(path) / city_file(), Path(path) / country_file())
    except TypeError:  # the setting isn't a path; a system check reports it
        return None
    # Not Path.is_file, which raises an error for a folder without permission.
    return next((candidate for candidate in candidates if os.path.isfile(candidate)), None)


def city_file() -> str:
    """Return the file name of the database of cities in the folder GEOIP_PATH."""
    name: str = getattr(settings, "GEOIP_CITY", "GeoLite2-City.mmdb")
    return name


def country_file() -> str:
    """Return the file name of the database of countries in the folder GEOIP_PATH."""
    name: str = getattr(settings, "GEOIP_COUNTRY", "GeoLite2-Country.mmdb")
    return name


def _place(ip: str | None) -> City | Country | None:
    database = _database() if ip else None
    return database.place(ip) if ip and database else None


def _database() -> Database | None:
    database, path = None, database_path()
    if path is None:
        _warn_missing(str(getattr(settings, "GEOIP_PATH", None) or ""))
        return None
    with suppress(FileNotFoundError):  # the file is being replaced at this moment
        database = _open(path, path.stat().st_mtime_ns)
    return database


@lru_cache
def _warn_missing(path: str) -> None:
    """Log, once per process and path, that there is no file. An empty path means that GEOIP_PATH isn't set."""
    if path:
        logger.warning(_MISSING, path)


@lru_cache(maxsize=1)
def _open(path: Path, modified_ns: int) -> Database | None:
    """Open a database once per process, and again when the file was replaced.

    If that fails, log the error once and return None, so that pages still work.
    """
    try:
        return Database(path)
    except ImportError:
        logger.warning("GEOIP_PATH is set, but the package geoip2 is not installed.")
    except Exception:
        logger.exception(_UNREADABLE, path)
    return None


class Database:
    """An open database. Raise ImportError without geoip2, and any exception for an invalid file."""

    def __init__(self, path: Path) -> None:
        from geoip2.database import Reader
        from geoip2.errors import AddressNotFoundError

        reader = Reader(path)
        self.edition = reader.metadata().database_type
        method = next((_LOOK_UPS[kind] for kind in _LOOK_UPS if kind in self.edition), None)
        if method is None:
            reader.close()
            raise ValueError(f"A database of the type {self.edition} has no places.")
        self.close = reader.close
        self.has_cities = method != _LOOK_UPS["Country"]
        self._path = path
        self._look_up: Callable[[str], City | Country] = getattr(reader, method)
        self._not_found = (AddressNotFoundError, ValueError)  # ValueError: not an address
        self._failed = False

    def place(self, ip: str) -> City | Country | None:
        """Return the place of an address, or None. Log once if the file is damaged."""
        try:
            return self._look_up(ip)
        except self._not_found:
            return None
        except Exception:
            if not self._failed:
                logger.exception(_UNREADABLE, self._path)
            self._failed = True
            return None


def _city_name(place: City | Country) -> str | None:
    return _name(place.city.names) if hasattr(place, "city") else None


def _name(names: dict[str, str]) -> str | None:
    language = get_language() or "en"
    wanted = (_DATABASE_LANGUAGES.get(language, language), language.partition("-")[0], "en")
    return next((names[key] for key in wanted if key in names), None)
