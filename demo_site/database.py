"""The database settings: from DATABASE_URL in the environment, or an SQLite file."""

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

# If a transaction reads first and another one writes before it does, SQLite raises at once and ignores
# the timeout. IMMEDIATE takes the write lock at BEGIN, and BEGIN waits for the timeout. With WAL,
# readers never wait for writers.
SQLITE_OPTIONS = {
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    "timeout": 20,  # seconds
    "transaction_mode": "IMMEDIATE",
}


def database_from_environment(default: Path | None) -> dict[str, Any]:
    """Return the DATABASES entry for DATABASE_URL, or for the default SQLite file if it is unset.

    Raises ImproperlyConfigured if the URL is invalid, or if both the URL and the default are missing.
    """
    url = os.environ.get("DATABASE_URL", "")
    if not url and default is None:
        raise ImproperlyConfigured("Set DATABASE_URL to the URL of your database.")
    if default and not url:
        default.parent.mkdir(parents=True, exist_ok=True)  # SQLite creates the file, not its folder
    return database_from_url(url or f"sqlite:///{default}")


def database_from_url(url: str) -> dict[str, Any]:
    """Return the DATABASES entry for a URL.

    Raises ImproperlyConfigured if the URL is invalid. The message omits the URL: it may hold a password.
    """
    try:
        database: dict[str, Any] = {**dj_database_url.parse(url)}
    except ValueError:
        database = {}
    if database.get("ENGINE") not in ENGINES or not database.get("NAME"):
        raise ImproperlyConfigured(
            "DATABASE_URL is not the URL of a database that this site supports. Use a URL such as "
            "sqlite:///demo.sqlite3, postgres://user:password@127.0.0.1:5432/name "
            "or mysql://user:password@127.0.0.1:3306/name."
        )
    if database["ENGINE"].endswith("sqlite3"):
        _check_sqlite_url(url, database)
        database["OPTIONS"] = {**SQLITE_OPTIONS, **database.get("OPTIONS", {})}
    return database


def _check_sqlite_url(url: str, database: dict[str, Any]) -> None:
    """Raise ImproperlyConfigured for too few slashes, or if the folder of the file is missing."""
    if not url.startswith("sqlite://") or database.get("HOST"):
        raise ImproperlyConfigured(
            "DATABASE_URL is not the URL of an SQLite file. Use three slashes for a relative path, such "
            "as sqlite:///demo.sqlite3, and four for an absolute path, such as "
            "sqlite:////srv/demo.sqlite3."
        )
    if not Path(database["NAME"]).parent.is_dir():
        raise ImproperlyConfigured(
            "DATABASE_URL names an SQLite file in a folder that doesn't exist. Create the folder first."
        )
