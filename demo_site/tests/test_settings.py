"""DATABASE_URL, the languages, and the settings for a server."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from demo_site.database import database_from_environment, database_from_url
from demo_site.settings import BASE_DIR

PRODUCTION = {
    "DJANGO_SETTINGS_MODULE": "demo_site.settings_production",
    "SECRET_KEY": "0123456789abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "ALLOWED_HOSTS": "example.org",
    "DATABASE_URL": "sqlite:///:memory:",
}


def manage(*arguments, **environment):
    return subprocess.run(  # noqa: S603 (our own command line)
        [sys.executable, str(BASE_DIR / "manage.py"), *arguments],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("url", "engine", "name"),
    [
        ("postgres://somebody@127.0.0.1:5432/demo", "postgresql", "demo"),
        ("mysql://somebody@127.0.0.1:3306/demo", "mysql", "demo"),
        ("sqlite:///demo.sqlite3", "sqlite3", "demo.sqlite3"),
    ],
)
def test_a_database_is_chosen_by_its_address(url, engine, name):
    database = database_from_url(url)
    assert (database["ENGINE"], database["NAME"]) == (f"django.db.backends.{engine}", name)


@pytest.mark.parametrize(
    "url",
    ["nonsense", "postgres://", "oracle://x/y", "postgres://somebody:hush@127.0.0.1:port/demo"],
)
def test_an_address_that_is_none_is_said_in_one_sentence_without_its_password(url):
    with pytest.raises(ImproperlyConfigured, match=r"^DATABASE_URL is not") as caught:
        database_from_url(url)
    assert "hush" not in str(caught.value)


def test_the_file_by_default_gets_its_folder(tmp_path, monkeypatch):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    file = tmp_path / "new" / "demo.sqlite3"
    assert database_from_environment(default=file)["NAME"] == str(file)
    assert file.parent.is_dir()


def test_django_has_nothing_to_say_about_the_production_settings():
    result = manage("check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("name", ["SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_URL"])
def test_production_says_what_is_missing(name, monkeypatch):
    monkeypatch.delenv(name, raising=False)
    result = manage("check", **{key: value for key, value in PRODUCTION.items() if key != name})
    assert result.returncode == 1
    assert name in result.stderr
    assert "Traceback" not in result.stderr


def test_every_language_has_every_text():
    catalogs = [
        Path(BASE_DIR, "locale", code, "LC_MESSAGES", "django.po").read_text(encoding="utf-8")
        for code, _name in settings.LANGUAGES
        if code != settings.LANGUAGE_CODE
    ]
    texts = [[line for line in po.splitlines() if line.startswith("msgid")] for po in catalogs]
    assert all(found == texts[0] for found in texts)
    assert all('\nmsgstr ""\n' not in po.partition("\n\n")[2] for po in catalogs)
