"""DATABASE_URL, the languages, and the settings for a server."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from demo_site import conf
from demo_site.database import database_from_environment, database_from_url
from demo_site.settings import BASE_DIR

REDIS = "redis://127.0.0.1:6379/0"
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
        timeout=240,  # seconds; a demo that should have refused would run on
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


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("sqlite://demo.sqlite3", "three slashes"),
        ("sqlite:demo.sqlite3", "three slashes"),
        ("sqlite:/demo.sqlite3", "three slashes"),
        ("sqlite:///no-such-folder/demo.sqlite3", "folder isn't there"),
    ],
)
def test_an_address_of_no_sqlite_file_is_said_to_be_none(url, said):
    with pytest.raises(ImproperlyConfigured, match=r"^DATABASE_URL is not .*SQLite") as caught:
        database_from_url(url)
    assert said in str(caught.value)


def test_a_redis_is_chosen_by_its_address(monkeypatch):
    monkeypatch.setenv("CACHE_URL", REDIS)
    chosen = runpy.run_path(str(BASE_DIR / "settings.py"))
    assert chosen["SESSION_ENGINE"] == "user_sessions.backends.cached_db"
    assert chosen["CACHES"][chosen["SESSION_CACHE_ALIAS"]]["LOCATION"] == REDIS
    (host,) = chosen["CHANNEL_LAYERS"]["default"]["CONFIG"]["hosts"]
    assert host["address"] == REDIS


def test_people_can_sign_in_when_the_redis_is_down(monkeypatch):
    """allauth, which counts attempts in the default cache, answers 500 where that one is down."""
    monkeypatch.setenv("CACHE_URL", REDIS)
    caches = runpy.run_path(str(BASE_DIR / "settings.py"))["CACHES"]
    assert caches["default"]["BACKEND"].endswith("LocMemCache")


def test_processes_in_production_count_attempts_to_sign_in_together():
    code = "from django.conf import settings; print(settings.CACHES['default']['LOCATION'])"
    result = manage("shell", "--no-imports", "-c", code, **PRODUCTION, CACHE_URL=REDIS)
    assert result.stdout.split() == [REDIS], result.stderr


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("localhost:6379", "CACHE_URL is not the address of a Redis"),
        ("redis://:hush@127.0.0.1:port/0", "CACHE_URL is not the address of a Redis"),
        ("redis://:hush@127.0.0.1:9/0", "No cache answers at CACHE_URL"),
    ],
)
def test_the_demo_does_not_start_without_the_redis_that_it_was_given(url, said):
    result = manage("demo", "--port=0", CACHE_URL=url, DATABASE_URL="sqlite:///:memory:")
    assert result.returncode == 1
    assert [line.startswith(f"CommandError: {said}") for line in result.stderr.splitlines()] == [
        True
    ], result.stderr
    assert "hush" not in result.stderr


def test_the_file_by_default_gets_its_folder(tmp_path, monkeypatch):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    file = tmp_path / "new" / "demo.sqlite3"
    assert database_from_environment(default=file)["NAME"] == str(file)
    assert file.parent.is_dir()


@pytest.mark.parametrize("cache", ["", REDIS])
def test_django_has_nothing_to_say_about_the_production_settings(cache):
    environment = PRODUCTION | {"CACHE_URL": cache}
    result = manage("check", "--deploy", "--fail-level", "WARNING", **environment)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("name", ["SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_URL"])
def test_production_says_what_is_missing(name, monkeypatch):
    monkeypatch.delenv(name, raising=False)
    result = manage("check", **{key: value for key, value in PRODUCTION.items() if key != name})
    assert result.returncode == 1
    assert name in result.stderr
    assert "Traceback" not in result.stderr


def test_a_theme_that_does_not_exist_is_said_in_one_sentence_with_those_that_do():
    result = manage("demo", THEME="nonsense")
    assert result.returncode == 1
    assert result.stderr.splitlines() == [
        "THEME is 'nonsense', and there is no such theme. "
        f"Choose one of: {', '.join(conf.themes())}."
    ]


@pytest.mark.parametrize("theme", conf.themes())
def test_each_theme_can_be_the_first(theme, tmp_path):
    environment = PRODUCTION | {"THEME": theme, "STATIC_ROOT": str(tmp_path)}
    result = manage("collectstatic", "--no-input", "--verbosity=2", **environment)
    assert result.returncode == 0, result.stderr
    assert "Found another file" not in result.stdout
    assert (tmp_path / "user_sessions_bulma").is_dir()


def test_every_language_has_every_text():
    catalogs = [
        Path(BASE_DIR, "locale", code, "LC_MESSAGES", "django.po").read_text(encoding="utf-8")
        for code, _name in settings.LANGUAGES
        if code != settings.LANGUAGE_CODE
    ]
    texts = [[line for line in po.splitlines() if line.startswith("msgid")] for po in catalogs]
    assert all(found == texts[0] for found in texts)
    assert all('\nmsgstr ""\n' not in po.partition("\n\n")[2] for po in catalogs)
