"""System checks for incomplete installations.

These checks accept any value of any setting without raising an exception, and don't use the database.
"""

from __future__ import annotations

from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware as DjangoSessionMiddleware
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.urls import NoReverseMatch, reverse
from django.utils.module_loading import import_string

from user_sessions.backends.base import SessionStore
from user_sessions.checks.themes import APP
from user_sessions.location import Database, database_path
from user_sessions.middleware import SessionMiddleware

MIDDLEWARE = "user_sessions.middleware.SessionMiddleware"
ENGINE = "user_sessions.backends.db"


@register
def check_middleware(**kwargs: Any) -> list[CheckMessage]:
    if any(issubclass(kind, DjangoSessionMiddleware) for _, kind in _middleware()):
        return []
    needing = _needing_sessions(_middleware())
    place = f"above {needing[0]!r}" if needing else "at the top"
    return [
        Error(
            f"MIDDLEWARE is {settings.MIDDLEWARE!r}, which has no session middleware.",
            hint=f"Insert {MIDDLEWARE!r} into MIDDLEWARE, {place}.",
            id="user_sessions.E010",
        )
    ]


@register
def check_other_middleware(**kwargs: Any) -> list[CheckMessage]:
    session = [
        (path, kind) for path, kind in _middleware() if issubclass(kind, DjangoSessionMiddleware)
    ]
    others = [path for path, kind in session if not issubclass(kind, SessionMiddleware)]
    action = "Replace it with" if len(others) == len(session) else "Remove it, and keep"
    return [
        Error(
            f"MIDDLEWARE has {path!r}, whose sessions store neither address nor user agent.",
            hint=f"{action} {MIDDLEWARE!r}.",
            id="user_sessions.E011",
        )
        for path in others
    ]


@register
def check_engine(**kwargs: Any) -> list[CheckMessage]:
    engine = settings.SESSION_ENGINE
    try:
        is_ours = issubclass(import_module(engine).SessionStore, SessionStore)
    except Exception as error:  # noqa: BLE001  # a site's own module may raise anything
        return [_engine_error(engine, f"which can't be used: {error}")]
    return [] if is_ours else [_engine_error(engine, "which doesn't store the user of a session.")]


def _engine_error(engine: object, why: str) -> Error:
    return Error(
        f"SESSION_ENGINE is {engine!r}, {why}",
        hint=f"Use SESSION_ENGINE = {ENGINE!r}, or an engine that is derived from it.",
        id="user_sessions.E012",
    )


@register
def check_engines_app(**kwargs: Any) -> list[CheckMessage]:
    """Report an engine whose model has no table, because its app isn't installed.

    If a site uses this app's engine without this app, none of these checks run: Django then refuses to
    import the model.
    """
    model = None
    with suppress(Exception):  # E012 reports a broken engine
        model = import_module(settings.SESSION_ENGINE).SessionStore.get_model_class()
    if model is None or model._meta.app_config is not None:
        return []
    return [
        Error(
            f"SESSION_ENGINE is {settings.SESSION_ENGINE!r}, but the app of its model "
            f"{model._meta.label} is not in INSTALLED_APPS.",
            hint=f"Add {model.__module__.partition('.models')[0]!r} to INSTALLED_APPS.",
            id="user_sessions.E013",
        )
    ]


@register
def check_middleware_order(**kwargs: Any) -> list[CheckMessage]:
    entries = _middleware()
    ours = next(
        (n for n, (_, kind) in enumerate(entries) if issubclass(kind, SessionMiddleware)), 0
    )
    return [
        Error(
            f"MIDDLEWARE has {path!r} above {entries[ours][0]!r}, so its requests have no session yet.",
            hint=f"Move {entries[ours][0]!r} above {path!r}.",
            id="user_sessions.E014",
        )
        for path in _needing_sessions(entries[:ours])
    ]


def _middleware() -> list[tuple[str, type]]:
    """Return path and class of each middleware in MIDDLEWARE that is a class and can be imported."""
    paths = settings.MIDDLEWARE if isinstance(settings.MIDDLEWARE, (list, tuple)) else ()
    found = [(path, _imported(path)) for path in paths]
    return [(path, kind) for path, kind in found if isinstance(kind, type)]


def _imported(path: str) -> object:
    """Return what a path names, or None if the import fails. Django reports that when it starts."""
    with suppress(Exception):
        return import_string(path)
    return None


def _needing_sessions(entries: list[tuple[str, type]]) -> list[str]:
    needing = (AuthenticationMiddleware, MessageMiddleware)
    return [path for path, kind in entries if issubclass(kind, needing)]


@register
def check_djangos_app(**kwargs: Any) -> list[CheckMessage]:
    if not apps.is_installed("django.contrib.sessions"):
        return []
    return [
        Warning(
            f"INSTALLED_APPS has both 'django.contrib.sessions' and {APP!r}, "
            "so there is a second table of sessions, which nothing uses.",
            hint="Run `manage.py migratesessions` to move its sessions, so that no one is "
            "signed out. Then remove 'django.contrib.sessions' from INSTALLED_APPS.",
            id="user_sessions.W010",
        )
    ]


@register
def check_logout_redirect_url(**kwargs: Any) -> list[CheckMessage]:
    value = settings.LOGOUT_REDIRECT_URL
    if value:
        return []
    return [
        Warning(
            f"LOGOUT_REDIRECT_URL is {value!r}, so a user who signs out on the session pages is redirected "
            f"to LOGIN_URL, {settings.LOGIN_URL!r}, to sign in again.",
            hint='Set it to the page for users who have signed out, e.g. LOGOUT_REDIRECT_URL = "/".',
            id="user_sessions.W011",
        )
    ]


@register
def check_geoip_database(**kwargs: Any) -> list[CheckMessage]:
    value = getattr(settings, "GEOIP_PATH", None)
    problem = _geoip_problem() if value else None
    if problem is None:
        return []
    return [
        Warning(
            f"GEOIP_PATH is {str(value)!r}, {problem}",
            hint="Run `manage.py download_geoip`, put a database of cities or countries in MaxMind's "
            "format there, or remove GEOIP_PATH.",
            id="user_sessions.W013",
        )
    ]


def _geoip_problem() -> str | None:
    path = database_path()
    if path is None:
        return "which has no database."
    try:
        Database(path).close()
    except ImportError:  # W014 reports it
        return None
    except Exception as error:  # noqa: BLE001  # what geoip2 raises depends on the damage
        return f"and the database {path} can't be used: {error}"
    return None


@register
def check_geoip2(**kwargs: Any) -> list[CheckMessage]:
    value = getattr(settings, "GEOIP_PATH", None)
    if not value or find_spec("geoip2"):
        return []
    return [
        Warning(
            f"GEOIP_PATH is {str(value)!r}, but the package geoip2, which reads the database, is not installed.",
            hint="Run `python -m pip install geoip2`, or remove GEOIP_PATH.",
            id="user_sessions.W014",
        )
    ]


@register(Tags.security)
def check_allauths_app(**kwargs: Any) -> list[CheckMessage]:
    if not apps.is_installed("allauth.usersessions"):
        return []
    return [
        Warning(
            f"INSTALLED_APPS has both 'allauth.usersessions' and {APP!r}. The former stores raw session "
            "keys, so anyone who reads its table can act as any signed-in user.",
            hint="Run `manage.py migrate usersessions zero` to drop that table. Then remove "
            "'allauth.usersessions' from INSTALLED_APPS, its middleware from MIDDLEWARE, and its URLs.",
            id="user_sessions.W016",
        )
    ]


@register
def check_pages(**kwargs: Any) -> list[CheckMessage]:
    try:
        reverse("user_sessions:session_list")
    except NoReverseMatch:
        return [_pages_warning()]
    except Exception:  # noqa: BLE001  # Django's own checks report a URLconf that can't be imported
        return []
    return []


def _pages_warning() -> Warning:
    return Warning(
        f"ROOT_URLCONF is {settings.ROOT_URLCONF!r}, which has no page that shows users their sessions.",
        hint='Add `path("", include("user_sessions.urls"))` to its urlpatterns. If you want no such page, '
        'add "user_sessions.W017" to SILENCED_SYSTEM_CHECKS.',
        id="user_sessions.W017",
    )
