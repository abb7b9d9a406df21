"""Which database the site uses: DATABASE_URL in the environment, or a file of SQLite."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

ENGINES = {
    "django.db.backends.sqlite3",
    "django.db.backends.postgresql",
    "django.db.backends.mysql",
}

# A write that comes after a read in one transaction fails at once in SQLite when somebody else wrote
# in between, whatever the timeout. IMMEDIATE takes the lock at the start, where it can be waited for;
# with WAL, readers don't wait for writers at all.
SQLITE_OPTIONS = {
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    "timeout": 20,  # seconds
    "transaction_mode": "IMMEDIATE",
}


def database_from_environment(default: Path | None) -> dict[str, Any]:
    """Return the entry for DATABASES that DATABASE_URL describes, or an SQLite file if it is unset.

    Raises ImproperlyConfigured, in one sentence, for an address that can't be understood, and where
    there is neither an address nor a file to fall back on.
    """
    url = os.environ.get("DATABASE_URL", "")
    if not url and default is None:
        raise ImproperlyConfigured("Set DATABASE_URL to the address of your database.")
    if default and not url:
        default.parent.mkdir(parents=True, exist_ok=True)  # SQLite makes the file, not its folder
    return database_from_url(url or f"sqlite:///{default}")


def database_from_url(url: str) -> dict[str, Any]:
    """Return the entry for DATABASES that an address describes; the address may hold a password.

    Raises ImproperlyConfigured without repeating the address.
    """
    try:
        database: dict[str, Any] = {**dj_database_url.parse(url)}
    except ValueError:
        database = {}
    if database.get("ENGINE") not in ENGINES or not database.get("NAME"):
        raise ImproperlyConfigured(
            "DATABASE_URL is not the address of a database that this site can use. Write it like "
            "sqlite:///demo.sqlite3, postgres://user:password@127.0.0.1:5432/name "
            "or mysql://user:password@127.0.0.1:3306/name."
        )
    if database["ENGINE"].endswith("sqlite3"):
        _refuse_what_is_no_file(url, database)
        database["OPTIONS"] = {**SQLITE_OPTIONS, **database.get("OPTIONS", {})}
    return database


def _refuse_what_is_no_file(url: str, database: dict[str, Any]) -> None:
    """Refuse the address of an SQLite file with too few slashes, which would be read as another one."""
    if not url.startswith("sqlite://") or database.get("HOST"):
        raise ImproperlyConfigured(
            "DATABASE_URL is not the address of an SQLite file. Write it with three slashes, like "
            "sqlite:///demo.sqlite3, and with four where the path begins at the root, like "
            "sqlite:////srv/demo.sqlite3."
        )
    if not Path(database["NAME"]).parent.is_dir():
        raise ImproperlyConfigured(
            "DATABASE_URL is not the address of an SQLite file: its folder isn't there. Make it first."
        )
