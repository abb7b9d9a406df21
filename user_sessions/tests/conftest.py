"""Fixtures for all tests: users, their browsers, and sessions."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from asgiref.sync import async_to_sync
from django.conf import settings
from django.db import connections, router
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from user_sessions import rows
from user_sessions.engine import get_session_model
from user_sessions.tests.support import caches
from user_sessions.tests.support.people import make_person
from user_sessions.tests.support.queries import statements
from user_sessions.tests.support.user_agents import FIREFOX_ON_LINUX
from user_sessions.upgrade import raw_keys
from user_sessions.utils.tests import Client

TESTS = Path(__file__).parent


def pytest_ignore_collect(collection_path):
    """Return True for a folder of tests that the settings don't name in TEST_FOLDERS."""
    is_folder = collection_path.parent == TESTS and collection_path.is_dir()
    return True if is_folder and collection_path.name not in settings.TEST_FOLDERS else None


def pytest_collection_modifyitems(items):
    """Let tests use each database if the settings have several."""
    if len(settings.DATABASES) > 1:
        for item in items:
            item.add_marker(pytest.mark.django_db(databases="__all__"))


class Browser(Client):
    """A browser with a user agent and an address of its own, perhaps signed in."""

    def __init__(self, user=None, user_agent=FIREFOX_ON_LINUX, ip="192.0.2.1", **kwargs):
        super().__init__(user_agent=user_agent, ip=ip, **kwargs)
        if user is not None:
            self.force_login(user)

    @property
    def key(self):
        return self.cookies["sessionid"].value

    @property
    def row(self):
        return get_session_model().objects.get(pk=self.key)

    def who(self):
        """Return the name of the signed-in user, or "nobody" for a visitor."""
        return self.get("/who/").content.decode()


@pytest.fixture(autouse=True)
def english():
    """Begin each test in English, even if the last one activated another language."""
    with translation.override("en"):
        yield


@pytest.fixture(autouse=True)
def _empty_cache():
    caches.state.reset()


@pytest.fixture
def session_model():
    return get_session_model()


@pytest.fixture
def sessions_connection(session_model):
    return connections[router.db_for_write(session_model)]


@pytest.fixture
def store_class(session_model):
    return session_model.get_session_store_class()


@pytest.fixture
def user(db):
    return make_person("ada")


@pytest.fixture
def other_user(db):
    return make_person("grace")


@pytest.fixture
def laptop(user):
    return Browser(user)


@pytest.fixture
def make_browser(db):
    return Browser


@pytest.fixture(params=["sync", "async"])
def call(request):
    """Call a store's method by name, or its asynchronous twin."""

    def call(target, name, *args, **kwargs):
        if request.param == "sync":
            return getattr(target, name)(*args, **kwargs)
        return async_to_sync(getattr(target, f"a{name}"))(*args, **kwargs)

    call.mode = request.param
    return call


@pytest.fixture
def cached(session_model):
    """Whether the engine reads sessions from a cache: 1 or 0, for sums of queries."""
    return int(rows.is_cached(session_model))


@pytest.fixture
def assert_queries():
    """Assert how many queries are made: SELECT, INSERT, UPDATE, DELETE; transactions don't count."""

    @contextmanager
    def assert_queries(*allowed):
        raw_keys.may_be_left(get_session_model(), "default")  # one query per process
        with ExitStack() as stack:
            captured = [
                stack.enter_context(CaptureQueriesContext(each)) for each in connections.all()
            ]
            yield
        sql = [each for queries in captured for each in statements(queries)]
        assert len(sql) in allowed, "\n".join(sql)

    return assert_queries


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still until it is moved: ``clock.move(minutes=5)``."""
    return Clock(monkeypatch)


class Clock:
    def __init__(self, monkeypatch):
        self.now = timezone.now()
        monkeypatch.setattr("django.utils.timezone.now", lambda: self.now)

    def move(self, **amount):
        self.now += timedelta(**amount)
