from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from unittest.mock import Mock

import pytest
from django.apps import AppConfig, apps
from django.conf import settings as site
from django.contrib.sessions.middleware import SessionMiddleware as DjangoSessionMiddleware
from django.core.checks import Tags, run_checks
from django.core.management import call_command
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import override_settings

from user_sessions.backends.db import SessionStore as DatabaseStore
from user_sessions.checks import installation as installation_checks
from user_sessions.checks import settings as settings_checks
from user_sessions.checks import themes
from user_sessions.middleware import SessionMiddleware
from user_sessions.models import Session
from user_sessions.tests.support import geoip
from user_sessions.tests.support.themes import FOLDER, THEMES, only_in_git

OURS = "user_sessions.middleware.SessionMiddleware"
DJANGOS = "django.contrib.sessions.middleware.SessionMiddleware"
AUTHENTICATION = "django.contrib.auth.middleware.AuthenticationMiddleware"
MESSAGES = "django.contrib.messages.middleware.MessageMiddleware"
DEFAULT_THEME = "user_sessions_themes.default"


class NoModels(AppConfig):
    """An app without its models: the checks only see that it is installed."""

    def import_models(self):
        self.models = {}

    def ready(self):
        """Connect nothing."""


class AllauthsSessions(NoModels):
    name, label = "allauth.usersessions", "usersessions"


class DjangosSessions(NoModels):
    name, label = "django.contrib.sessions", "sessions"


class OwnMiddleware(SessionMiddleware):
    """A site's subclass of our middleware."""


class OldMiddleware(DjangoSessionMiddleware):
    """Another app's subclass of Django's middleware."""


def function_middleware(get_response):
    """A function that the checks see and don't call."""


class OwnStore(DatabaseStore):
    """A site's own engine, in a module that the tests make."""


class StoreWithoutApp(DatabaseStore):
    """A site's own engine; the app of its model is not installed."""

    @classmethod
    def get_model_class(cls):
        return type("Model", (), {"__module__": "labels.models", "_meta": NoApp})


class NoApp:
    app_config, label, label_lower = None, "labels.LabelledSession", "labels.labelledsession"


WITH_FRAMEWORK = sorted(path.parents[2].name for path in FOLDER.glob("*/static/*/vendor"))

HERE = __name__
OWN, OLD, FUNCTION = f"{HERE}.OwnMiddleware", f"{HERE}.OldMiddleware", f"{HERE}.function_middleware"
DJANGOS_APP, ALLAUTHS_APP = f"{HERE}.DjangosSessions", f"{HERE}.AllauthsSessions"
INSTALLED, STACK = site.INSTALLED_APPS, site.MIDDLEWARE
WITHOUT_THEME = [name for name in INSTALLED if name != DEFAULT_THEME]
PICO, ALLAUTH_THEME, ADMIN_THEME = (
    f"user_sessions_themes.{name}" for name in ("pico", "allauth", "admin")
)


def messages():
    """Return the messages of our checks; some of Django's own would query a database."""
    found = run_checks(databases=[])
    return [message for message in found if message.id.startswith("user_sessions.")]


def ids():
    return [message.id.removeprefix("user_sessions.") for message in messages()]


def stack(*first, without=(OURS,)):
    """Return the tests' middleware with other entries at the top, and without some entries."""
    return [*first, *(path for path in STACK if path not in without)]


def moved(path, below):
    """Return the tests' middleware with an entry below another."""
    rest = [entry for entry in STACK if entry != path]
    place = rest.index(below) + 1
    return [*rest[:place], path, *rest[place:]]


def theme_below():
    return [*WITHOUT_THEME, DEFAULT_THEME]


def with_themes(*themes, without=()):
    """Return the tests' apps with other themes in the place of theirs, and without some apps."""
    return [*themes, *(name for name in WITHOUT_THEME if name not in without)]


# An incomplete installation: the settings, the id, a part of the message, a part of the hint, and
# the settings after the hint was followed literally.
HALF_DONE = {
    "no middleware": (
        {"MIDDLEWARE": stack()},
        "E010",
        f"MIDDLEWARE is {stack()!r}",
        f"Insert {OURS!r} into MIDDLEWARE, above {AUTHENTICATION!r}.",
        {"MIDDLEWARE": stack(OURS)},
    ),
    "no middleware that uses sessions": (
        {"MIDDLEWARE": [FUNCTION]},
        "E010",
        f"MIDDLEWARE is {[FUNCTION]!r}",
        f"Insert {OURS!r} into MIDDLEWARE, at the top.",
        {"MIDDLEWARE": [OURS, FUNCTION]},
    ),
    "Django's middleware": (
        {"MIDDLEWARE": stack(DJANGOS)},
        "E011",
        f"MIDDLEWARE has {DJANGOS!r}",
        f"Replace it with {OURS!r}.",
        {"MIDDLEWARE": stack(OURS)},
    ),
    "Django's middleware too": (
        {"MIDDLEWARE": [*STACK, DJANGOS]},
        "E011",
        f"MIDDLEWARE has {DJANGOS!r}",
        f"Remove it, and keep {OURS!r}.",
        {"MIDDLEWARE": STACK},
    ),
    "another app's middleware": (
        {"MIDDLEWARE": stack(OLD)},
        "E011",
        f"MIDDLEWARE has {OLD!r}",
        f"Replace it with {OURS!r}.",
        {"MIDDLEWARE": stack(OURS)},
    ),
    "Django's engine": (
        {"SESSION_ENGINE": "django.contrib.sessions.backends.cached_db"},
        "E012",
        "SESSION_ENGINE is 'django.contrib.sessions.backends.cached_db', which doesn't store",
        "Use SESSION_ENGINE = 'user_sessions.backends.db'",
        {"SESSION_ENGINE": "user_sessions.backends.db"},
    ),
    "no such engine": (
        {"SESSION_ENGINE": "no.such.engine"},
        "E012",
        "SESSION_ENGINE is 'no.such.engine', which can't be used: No module named 'no'",
        "Use SESSION_ENGINE = 'user_sessions.backends.db'",
        {"SESSION_ENGINE": "user_sessions.backends.db"},
    ),
    "below AuthenticationMiddleware": (
        {"MIDDLEWARE": moved(OURS, below=AUTHENTICATION)},
        "E014",
        f"MIDDLEWARE has {AUTHENTICATION!r} above {OURS!r}",
        f"Move {OURS!r} above {AUTHENTICATION!r}.",
        {"MIDDLEWARE": STACK},
    ),
    "below MessageMiddleware": (
        {"MIDDLEWARE": [MESSAGES, *(path for path in STACK if path != MESSAGES)]},
        "E014",
        f"MIDDLEWARE has {MESSAGES!r} above {OURS!r}",
        f"Move {OURS!r} above {MESSAGES!r}.",
        {"MIDDLEWARE": STACK},
    ),
    "Django's app": (
        {"INSTALLED_APPS": [*INSTALLED, DJANGOS_APP]},
        "W010",
        "INSTALLED_APPS has both 'django.contrib.sessions' and 'user_sessions'",
        "remove 'django.contrib.sessions' from INSTALLED_APPS.",
        {"INSTALLED_APPS": INSTALLED},
    ),
    "LOGOUT_REDIRECT_URL": (
        {"LOGOUT_REDIRECT_URL": None, "LOGIN_URL": "/sign-in/"},
        "W011",
        "LOGOUT_REDIRECT_URL is None, so a user who signs out on the session pages is "
        "redirected to LOGIN_URL, '/sign-in/', to sign in again.",
        'e.g. LOGOUT_REDIRECT_URL = "/".',
        {"LOGOUT_REDIRECT_URL": "/"},
    ),
    "theme below": (
        {"INSTALLED_APPS": theme_below()},
        "W012",
        f"INSTALLED_APPS has the theme {DEFAULT_THEME!r} below 'user_sessions'",
        f"Move {DEFAULT_THEME!r} above 'user_sessions'.",
        {"INSTALLED_APPS": INSTALLED},
    ),
    "theme below another": (
        {"INSTALLED_APPS": [*INSTALLED, PICO]},
        "W012",
        f"INSTALLED_APPS has the theme {PICO!r} below 'user_sessions'",
        f"Remove {PICO!r}, because {DEFAULT_THEME!r} is in use.",
        {"INSTALLED_APPS": INSTALLED},
    ),
    "two themes": (
        {"INSTALLED_APPS": with_themes(DEFAULT_THEME, PICO)},
        "W019",
        f"INSTALLED_APPS has the theme {PICO!r} below the theme {DEFAULT_THEME!r}",
        f"Remove {PICO!r}, or {DEFAULT_THEME!r}.",
        {"INSTALLED_APPS": INSTALLED},
    ),
    "two themes below allauth": (
        {"INSTALLED_APPS": with_themes(ALLAUTH_THEME, DEFAULT_THEME, PICO, "allauth")},
        "W019",
        f"INSTALLED_APPS has the theme {PICO!r} below the theme {DEFAULT_THEME!r}",
        f"Remove {PICO!r}, or {DEFAULT_THEME!r}.",
        {"INSTALLED_APPS": with_themes(ALLAUTH_THEME, DEFAULT_THEME, "allauth")},
    ),
    "allauth below another theme": (
        {"INSTALLED_APPS": with_themes(PICO, ALLAUTH_THEME, "allauth")},
        "W019",
        f"INSTALLED_APPS has the theme {ALLAUTH_THEME!r} below the theme {PICO!r}",
        f"Remove {ALLAUTH_THEME!r}, or {PICO!r}.",
        {"INSTALLED_APPS": with_themes(PICO)},
    ),
    "the theme allauth without allauth": (
        {"INSTALLED_APPS": with_themes(ALLAUTH_THEME)},
        "E016",
        f"INSTALLED_APPS has the theme {ALLAUTH_THEME!r} but not 'allauth'",
        f"Add 'allauth' to INSTALLED_APPS, or remove {ALLAUTH_THEME!r}.",
        {"INSTALLED_APPS": with_themes(ALLAUTH_THEME, "allauth")},
    ),
    "the theme admin without the admin": (
        {"INSTALLED_APPS": with_themes(ADMIN_THEME, without=["django.contrib.admin"])},
        "E016",
        f"INSTALLED_APPS has the theme {ADMIN_THEME!r} but not 'django.contrib.admin'",
        f"Add 'django.contrib.admin' to INSTALLED_APPS, or remove {ADMIN_THEME!r}.",
        {"INSTALLED_APPS": with_themes(ADMIN_THEME)},
    ),
    "no database": (
        {"GEOIP_PATH": "no/such/folder"},
        "W013",
        "GEOIP_PATH is 'no/such/folder', which has no database.",
        "or remove GEOIP_PATH.",
        {"GEOIP_PATH": None},
    ),
    "no path": (
        {"GEOIP_PATH": 5},
        "W013",
        "GEOIP_PATH is '5', which has no database.",
        "or remove GEOIP_PATH.",
        {"GEOIP_PATH": None},
    ),
    "damaged database": (
        {"GEOIP_PATH": __file__},
        "W013",
        f"GEOIP_PATH is {__file__!r}, and the database {__file__} can't be used: ",
        "or remove GEOIP_PATH.",
        {"GEOIP_PATH": None},
    ),
    "allauth's app": (
        {"INSTALLED_APPS": [*INSTALLED, ALLAUTHS_APP]},
        "W016",
        "INSTALLED_APPS has both 'allauth.usersessions' and 'user_sessions'",
        "remove 'allauth.usersessions' from INSTALLED_APPS, its middleware from MIDDLEWARE",
        {"INSTALLED_APPS": INSTALLED},
    ),
    "no pages": (
        {"ROOT_URLCONF": f"{HERE}.no_pages"},
        "W017",
        f"ROOT_URLCONF is '{HERE}.no_pages', which has no page",
        'Add `path("", include("user_sessions.urls"))` to its urlpatterns.',
        {"ROOT_URLCONF": site.ROOT_URLCONF},
    ),
    "no pages, and the check silenced": (
        {"ROOT_URLCONF": f"{HERE}.no_pages"},
        "W017",
        f"ROOT_URLCONF is '{HERE}.no_pages', which has no page",
        'add "user_sessions.W017" to SILENCED_SYSTEM_CHECKS.',
        {"SILENCED_SYSTEM_CHECKS": ["user_sessions.W017"]},
    ),
}


@pytest.fixture(autouse=True)
def modules(monkeypatch):
    """Add the modules that the settings above name."""
    empty = type(sys)(f"{HERE}.no_pages")
    empty.urlpatterns = []
    monkeypatch.setitem(sys.modules, empty.__name__, empty)
    for name, store in {"own": OwnStore, "without_app": StoreWithoutApp}.items():
        module = type(sys)(f"{HERE}.{name}")
        module.SessionStore = store
        monkeypatch.setitem(sys.modules, module.__name__, module)


@pytest.mark.parametrize(
    ("half_done", "check_id", "shown", "hint", "fixed"), HALF_DONE.values(), ids=HALF_DONE
)
class TestHalfDone:
    def test_incomplete_installation_is_reported_once_with_its_setting(
        self, half_done, check_id, shown, hint, fixed
    ):
        with override_settings(**half_done):
            [message] = messages()
        assert message.id == f"user_sessions.{check_id}"
        assert shown in message.msg

    def test_following_the_hint_removes_the_message(self, half_done, check_id, shown, hint, fixed):
        with override_settings(**half_done):
            assert hint in messages()[0].hint
            with override_settings(**fixed):
                assert [message for message in messages() if not message.is_silenced()] == []


COMPLETE = {
    "the site's own middleware": {"MIDDLEWARE": stack(OWN)},
    "middleware that is a function": {"MIDDLEWARE": [FUNCTION, *STACK]},
    "middleware that doesn't exist": {"MIDDLEWARE": [*STACK, "no.such.Middleware"]},
    "the site's own engine": {"SESSION_ENGINE": f"{HERE}.own"},
    "a theme by its class": {
        "INSTALLED_APPS": [
            "user_sessions_themes.default.apps.DefaultThemeConfig",
            *(name for name in INSTALLED if name != DEFAULT_THEME),
        ]
    },
    "the theme allauth alone": {"INSTALLED_APPS": with_themes(ALLAUTH_THEME, "allauth")},
    "a theme below allauth": {"INSTALLED_APPS": with_themes(ALLAUTH_THEME, PICO, "allauth")},
    "no theme": {"INSTALLED_APPS": WITHOUT_THEME},
    "a theme without staticfiles": {
        "INSTALLED_APPS": with_themes(PICO, without=["django.contrib.staticfiles"])
    },
    "no places": {"GEOIP_PATH": ""},
}


@pytest.mark.parametrize("settings", COMPLETE.values(), ids=COMPLETE)
def test_complete_installation_is_not_reported(settings):
    with override_settings(**settings):
        assert messages() == []


class TestThemes:
    """Checks of a theme, whatever its name."""

    @pytest.mark.parametrize("theme", THEMES)
    def test_theme_below_the_app_is_reported(self, theme):
        with override_settings(INSTALLED_APPS=[*WITHOUT_THEME, f"user_sessions_themes.{theme}"]):
            assert "W012" in ids()

    @pytest.mark.parametrize("source", WITH_FRAMEWORK)
    @pytest.mark.parametrize("name", [None, "my_look"])
    def test_theme_without_its_built_stylesheet_is_reported(self, source, name):
        with only_in_git(source, name) as folder:
            made = f"user_sessions_themes.{folder.name}"
            with override_settings(INSTALLED_APPS=with_themes(made)):
                [message] = messages()
        assert message.id == "user_sessions.W018"
        assert message.msg.startswith(
            f"The theme {made!r} has no static file 'user_sessions_{source}/vendor/"
        )
        assert message.hint.startswith("Run `make assets` in the clone of django-user-sessions")

    def test_theme_with_its_built_stylesheet_is_not_reported(self):
        with (
            only_in_git("bulma") as folder,
            override_settings(INSTALLED_APPS=with_themes("user_sessions_themes.bulma")),
        ):
            [message] = messages()
            static = folder / "static" / re.findall("'([^']+css)'", message.msg)[0]
            static.parent.mkdir()
            static.write_text("")
            assert messages() == []

    @pytest.mark.parametrize("theme", sorted({*THEMES} - {*WITH_FRAMEWORK}))
    def test_theme_without_a_framework_needs_no_build(self, theme):
        apps = with_themes(f"user_sessions_themes.{theme}", "allauth")
        with only_in_git(theme), override_settings(INSTALLED_APPS=apps):
            assert messages() == []

    def test_unknown_theme_raises_djangos_error(self):
        nope = override_settings(INSTALLED_APPS=with_themes("user_sessions_themes.nope"))
        with pytest.raises(ModuleNotFoundError, match=r"'user_sessions_themes\.nope'"):
            nope.enable()

    def test_theme_that_is_not_installed_is_not_imported(self):
        settings = "user_sessions.tests.settings.plain"
        code = (
            "import sys, django; from django.conf import settings;"
            "settings.INSTALLED_APPS = [a for a in settings.INSTALLED_APPS if 'themes' not in a];"
            "django.setup(); from django.core.checks import run_checks; run_checks(databases=[]);"
            "print([name for name in sys.modules if 'user_sessions_themes' in name])"
        )
        done = subprocess.run(  # noqa: S603  # our own words
            [sys.executable, "-c", code],
            env=os.environ | {"DJANGO_SETTINGS_MODULE": settings},
            check=True,
            capture_output=True,
            text=True,
        )
        assert done.stdout == "[]\n"


def test_app_without_the_other_settings_is_reported():
    begun = {
        "MIDDLEWARE": stack(DJANGOS),
        "SESSION_ENGINE": "django.contrib.sessions.backends.db",
        "LOGOUT_REDIRECT_URL": None,
        "ROOT_URLCONF": f"{HERE}.no_pages",
    }
    with override_settings(**begun):
        assert sorted(ids()) == ["E011", "E012", "W011", "W017"]


@pytest.mark.usefixtures("uninstalled")
class TestEngineWithoutItsApp:
    @pytest.fixture
    def uninstalled(self, settings):
        settings.SESSION_ENGINE = f"{HERE}.without_app"

    def test_engine_without_its_app_is_reported(self):
        [message] = messages()
        assert message.id == "user_sessions.E013"
        assert "labels.LabelledSession is not in INSTALLED_APPS." in message.msg
        assert message.hint == "Add 'labels' to INSTALLED_APPS."

    def test_engine_with_its_app_is_not_reported(self, monkeypatch):
        monkeypatch.setattr(NoApp, "app_config", apps.get_app_config("user_sessions"))
        assert messages() == []


def test_our_engine_without_our_app_is_reported(settings, monkeypatch):
    """A registered check also runs if its app is no longer installed."""
    settings.SESSION_ENGINE = "user_sessions.backends.db"
    monkeypatch.setattr(apps, "app_configs", {**apps.app_configs})
    del apps.app_configs[Session._meta.app_label]
    [message] = installation_checks.check_engines_app()
    assert message.id == "user_sessions.E013"
    assert message.hint == "Add 'user_sessions' to INSTALLED_APPS."


class TestGeoIP:
    @pytest.fixture
    def database(self, tmp_path, settings):
        path = tmp_path / "GeoLite2-City.mmdb"
        settings.GEOIP_PATH = tmp_path
        return geoip.write_database(path, geoip.CITIES)

    def test_usable_database_is_not_reported(self, database):
        assert messages() == []

    def test_database_without_places_is_reported(self, database):
        record = {"192.0.2.0/24": {"autonomous_system_number": 64496}}
        geoip.write_database(database, record, "GeoLite2-ASN")
        [message] = messages()
        assert message.id == "user_sessions.W013"
        assert message.msg.endswith("A database of the type GeoLite2-ASN has no places.")

    @pytest.mark.usefixtures("database")
    def test_missing_geoip2_is_reported(self, monkeypatch, tmp_path):
        for name in ("geoip2", "geoip2.database", "geoip2.errors"):
            monkeypatch.setitem(sys.modules, name, None)
        [message] = messages()
        assert message.id == "user_sessions.W014"
        assert message.msg.startswith(f"GEOIP_PATH is {str(tmp_path)!r}, but the package geoip2")
        assert message.hint == "Run `python -m pip install geoip2`, or remove GEOIP_PATH."
        monkeypatch.undo()
        assert messages() == []

    def test_missing_geoip2_is_not_reported_without_a_path(self, monkeypatch):
        monkeypatch.setitem(sys.modules, "geoip2", None)
        assert messages() == []


def test_commands_named_in_hints_exist():
    code = Path(installation_checks.__file__).read_text()
    named = set(re.findall(r"`manage\.py (\w+)", code))
    assert named == {"migratesessions", "download_geoip", "migrate"}
    for name in named:
        with pytest.raises(SystemExit, match=r"^0$"):
            call_command(name, "--help")


GARBAGE: list[object] = [None, 0, 5, "", "no.such", [None], [5, "x", ["y"]], {}, Ellipsis, b"x"]
NAMES = [
    "GEOIP_PATH",
    "GEOIP_CITY",
    "LOGOUT_REDIRECT_URL",
    "LOGIN_URL",
    "MIDDLEWARE",
    "ROOT_URLCONF",
    "SESSION_ENGINE",
    "USER_SESSIONS_MOVE_FROM",
    "USER_SESSIONS_TRUSTED_PROXIES",
]


@pytest.mark.parametrize("value", GARBAGE, ids=repr)
@pytest.mark.parametrize("name", NAMES)
def test_no_check_raises_whatever_the_settings(settings, name, value):
    """Some of Django's own checks raise for these values, so only ours run here."""
    if name == "GEOIP_CITY":
        settings.GEOIP_PATH = "somewhere"
    setattr(settings, name, value)
    assert [check for check in our_checks() if not isinstance(check(app_configs=None), list)] == []


def our_checks():
    modules = (settings_checks, installation_checks, themes)
    names = [value for module in modules for value in vars(module).values()]
    return [value for value in names if getattr(value, "__name__", "").startswith("check_")]


def test_urls_that_cannot_be_imported_are_left_to_djangos_checks(settings):
    settings.ROOT_URLCONF = "no.such.urls"
    assert installation_checks.check_pages() == []


def test_no_check_queries_a_database(monkeypatch):
    asked = Mock()
    monkeypatch.setattr(BaseDatabaseWrapper, "ensure_connection", asked)
    for half_done, *_ in HALF_DONE.values():
        with override_settings(**half_done):
            assert any(check(app_configs=None) for check in our_checks())
    asked.assert_not_called()


def test_checks_about_security_have_the_tag_security():
    with override_settings(
        INSTALLED_APPS=[*INSTALLED, ALLAUTHS_APP], USER_SESSIONS_TRUSTED_PROXIES=["::/0"]
    ):
        found = {message.id for message in run_checks(tags=[Tags.security])}
    assert {"user_sessions.W015", "user_sessions.W016"} <= found


def test_each_id_is_used_once_and_is_tested():
    code = "".join(Path(each.__file__).read_text() for each in (installation_checks, themes))
    used = re.findall(r'id="user_sessions\.([EW]\d+)"', code)
    tested = {case[1] for case in HALF_DONE.values()} | {"E013", "W014", "W018"}
    assert sorted(used) == sorted(tested)


@pytest.mark.parametrize(
    "module", ["plain", "allauth", "uuid_user", "string_user", "custom_session"]
)
def test_settings_of_the_tests_pass_every_check(module):
    command = [sys.executable, "-W", "error", "-m", "django", "check", "--fail-level", "INFO"]
    done = subprocess.run(  # noqa: S603  # our own words
        [*command, "--settings", f"user_sessions.tests.settings.{module}"],
        env=os.environ | {"DATABASE_URL": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
