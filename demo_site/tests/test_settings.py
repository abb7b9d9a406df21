"""DATABASE_URL, CACHE_URL, THEME, the languages, and the production settings."""

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
    return subprocess.run(  # noqa: S603 (a fixed command)
        [sys.executable, str(BASE_DIR / "manage.py"), *arguments],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,  # seconds; a demo that starts by mistake would run forever
    )


@pytest.mark.parametrize(
    ("url", "engine", "name"),
    [
        ("postgres://somebody@127.0.0.1:5432/demo", "postgresql", "demo"),
        ("mysql://somebody@127.0.0.1:3306/demo", "mysql", "demo"),
        ("sqlite:///demo.sqlite3", "sqlite3", "demo.sqlite3"),
    ],
)
def test_database_url_selects_the_engine(url, engine, name):
    database = database_from_url(url)
    assert (database["ENGINE"], database["NAME"]) == (f"django.db.backends.{engine}", name)


@pytest.mark.parametrize(
    "url",
    ["nonsense", "postgres://", "oracle://x/y", "postgres://somebody:hush@127.0.0.1:port/demo"],
)
def test_invalid_database_url_raises_without_its_password(url):
    with pytest.raises(ImproperlyConfigured, match=r"^DATABASE_URL is not") as caught:
        database_from_url(url)
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("sqlite://demo.sqlite3", "three slashes"),
        ("sqlite:demo.sqlite3", "three slashes"),
        ("sqlite:/demo.sqlite3", "three slashes"),
        ("sqlite:///no-such-folder/demo.sqlite3", "folder that doesn't exist"),
    ],
)
def test_invalid_sqlite_url_raises_with_the_reason(url, message):
    with pytest.raises(ImproperlyConfigured, match=r"^DATABASE_URL .*SQLite") as caught:
        database_from_url(url)
    assert message in str(caught.value)


def test_cache_url_selects_redis_for_sessions_and_websockets(monkeypatch):
    monkeypatch.setenv("CACHE_URL", REDIS)
    chosen = runpy.run_path(str(BASE_DIR / "settings.py"))
    assert chosen["SESSION_ENGINE"] == "user_sessions.backends.cached_db"
    assert chosen["CACHES"][chosen["SESSION_CACHE_ALIAS"]]["LOCATION"] == REDIS
    (host,) = chosen["CHANNEL_LAYERS"]["default"]["CONFIG"]["hosts"]
    assert host["address"] == REDIS


def test_default_cache_does_not_use_redis(monkeypatch):
    """allauth counts sign-in attempts in the default cache and returns 500 if it is down."""
    monkeypatch.setenv("CACHE_URL", REDIS)
    caches = runpy.run_path(str(BASE_DIR / "settings.py"))["CACHES"]
    assert caches["default"]["BACKEND"].endswith("LocMemCache")


def test_default_cache_in_production_is_redis():
    code = "from django.conf import settings; print(settings.CACHES['default']['LOCATION'])"
    result = manage("shell", "--no-imports", "-c", code, **PRODUCTION, CACHE_URL=REDIS)
    assert result.stdout.split() == [REDIS], result.stderr


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("localhost:6379", "CACHE_URL is not the URL of a Redis"),
        ("redis://:hush@127.0.0.1:port/0", "CACHE_URL is not the URL of a Redis"),
        ("redis://:hush@127.0.0.1:9/0", "No Redis answers at CACHE_URL"),
    ],
)
def test_demo_does_not_start_without_the_redis_of_cache_url(url, message):
    result = manage("demo", "--port=0", CACHE_URL=url, DATABASE_URL="sqlite:///:memory:")
    assert result.returncode == 1
    assert [line.startswith(f"CommandError: {message}") for line in result.stderr.splitlines()] == [
        True
    ], result.stderr
    assert "hush" not in result.stderr


def test_folder_of_the_default_sqlite_file_is_created(tmp_path, monkeypatch):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    file = tmp_path / "new" / "demo.sqlite3"
    assert database_from_environment(default=file)["NAME"] == str(file)
    assert file.parent.is_dir()


@pytest.mark.parametrize("cache", ["", REDIS])
def test_deployment_check_of_the_production_settings_reports_nothing(cache):
    environment = PRODUCTION | {"CACHE_URL": cache}
    result = manage("check", "--deploy", "--fail-level", "WARNING", **environment)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("name", ["SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_URL"])
def test_production_settings_name_a_missing_variable(name, monkeypatch):
    monkeypatch.delenv(name, raising=False)
    result = manage("check", **{key: value for key, value in PRODUCTION.items() if key != name})
    assert result.returncode == 1
    assert name in result.stderr
    assert "Traceback" not in result.stderr


def test_unknown_theme_exits_with_the_list_of_themes():
    result = manage("demo", THEME="nonsense")
    assert result.returncode == 1
    assert result.stderr.splitlines() == [
        f"THEME is 'nonsense', but there is no such theme. Use one of: {', '.join(conf.themes())}."
    ]


@pytest.mark.parametrize("theme", conf.themes())
def test_collectstatic_works_with_each_theme(theme, tmp_path):
    environment = PRODUCTION | {"THEME": theme, "STATIC_ROOT": str(tmp_path)}
    result = manage("collectstatic", "--no-input", "--verbosity=2", **environment)
    assert result.returncode == 0, result.stderr
    assert "Found another file" not in result.stdout
    assert (tmp_path / "user_sessions_bulma").is_dir()


def test_catalogues_of_all_languages_have_the_same_texts():
    catalogs = [
        Path(BASE_DIR, "locale", code, "LC_MESSAGES", "django.po").read_text(encoding="utf-8")
        for code, _name in settings.LANGUAGES
        if code != settings.LANGUAGE_CODE
    ]
    texts = [[line for line in po.splitlines() if line.startswith("msgid")] for po in catalogs]
    assert all(found == texts[0] for found in texts)
    assert all('\nmsgstr ""\n' not in po.partition("\n\n")[2] for po in catalogs)
