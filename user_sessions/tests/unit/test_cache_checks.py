"""The checks on the cache of the sessions."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.core.checks.registry import registry

from user_sessions.checks import cache as cache_checks

APP = "user_sessions."
BACKENDS = "django.core.cache.backends"
REDIS = f"{BACKENDS}.redis.RedisCache"
DATABASE = f"{BACKENDS}.db.DatabaseCache"
PRIMARY = "redis://10.0.0.1:6379"
REPLICA = "redis://10.0.0.2:6379"

BAD = {
    "no such cache": (None, "E021"),
    "dummy": ({"BACKEND": f"{BACKENDS}.dummy.DummyCache"}, "W020"),
    "in this process": ({"BACKEND": f"{BACKENDS}.locmem.LocMemCache"}, "W020"),
    "files": ({"BACKEND": f"{BACKENDS}.filebased.FileBasedCache", "LOCATION": "/tmp"}, "W020"),  # noqa: S108  # nothing is written
    "replicas, a list": ({"BACKEND": REDIS, "LOCATION": [PRIMARY, REPLICA]}, "W021"),
    "replicas, a text": ({"BACKEND": REDIS, "LOCATION": f"{PRIMARY},{REPLICA}"}, "W021"),
    "replicas, semicolon": ({"BACKEND": REDIS, "LOCATION": f"{PRIMARY};{REPLICA}"}, "W021"),
    "small": ({"BACKEND": DATABASE, "LOCATION": "cache"}, "W022"),
    "still small": ({"BACKEND": DATABASE, "OPTIONS": {"MAX_ENTRIES": 9_999}}, "W022"),
}
GOOD = {
    "Redis": {"BACKEND": REDIS, "LOCATION": PRIMARY},
    "Redis, a list": {"BACKEND": REDIS, "LOCATION": [PRIMARY]},
    "Memcached": {"BACKEND": f"{BACKENDS}.memcached.PyMemcacheCache", "LOCATION": ["a:1", "b:1"]},
    "database": {"BACKEND": DATABASE, "OPTIONS": {"MAX_ENTRIES": 100_000}},
    "missing backend of another app": {"BACKEND": "no.such.Cache"},
    "not a class": {"BACKEND": f"{__name__}.GOOD"},
}


def found():
    """Return the messages of our checks; Django's own would import a client of each cache."""
    ours = (check for check in registry.get_checks() if check.__module__.startswith(APP))
    return [message for check in ours for message in check(app_configs=None)]


@pytest.fixture
def use(settings):
    """Configure the engine that caches, and its cache."""

    def use(cache, engine="user_sessions.backends.cached_db"):
        settings.SESSION_ENGINE = engine
        settings.SESSION_CACHE_ALIAS = "sessions"
        caches = {"default": {"BACKEND": f"{BACKENDS}.locmem.LocMemCache"}}
        settings.CACHES = caches | ({"sessions": cache} if cache else {})

    return use


@pytest.mark.parametrize(("cache", "check_id"), BAD.values(), ids=BAD)
class TestBad:
    def test_cache_is_reported_once_with_a_hint(self, use, cache, check_id):
        use(cache)
        [message] = found()
        assert message.id == f"user_sessions.{check_id}"
        assert "'sessions'" in message.msg
        assert re.fullmatch(r"(Use|Set|Add) .+\.", message.hint)

    def test_cache_is_not_reported_if_the_engine_does_not_use_it(self, use, cache, check_id):
        use(cache, engine="user_sessions.backends.db")
        assert found() == []


@pytest.mark.parametrize("cache", GOOD.values(), ids=GOOD)
def test_good_cache_is_not_reported(use, cache):
    use(cache)
    assert found() == []


def test_a_broken_engine_is_reported_by_its_own_check_only(use):
    use(None, engine="no.such.engine")
    assert [message.id for message in found()] == ["user_sessions.E012"]


def test_each_id_is_used_once_and_is_in_the_table():
    source = Path(cache_checks.__file__).read_text()
    ids = re.findall(r'id="user_sessions\.([EW]\d+)"', source)
    assert sorted(ids) == sorted({check_id for _cache, check_id in BAD.values()})
