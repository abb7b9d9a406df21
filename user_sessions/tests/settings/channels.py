"""Channels on a site: see ``user_sessions.tests.channels.test_channels``, which takes both engines in turn."""

from __future__ import annotations

from user_sessions.tests.settings.base import *  # noqa: F403
from user_sessions.tests.settings.base import INSTALLED_APPS
from user_sessions.tests.settings.cached_db import CACHE_URL, CACHES  # noqa: F401

TEST_FOLDERS = ["channels"]
ALLOWED_HOSTS = ["127.0.0.1", "testserver"]
INSTALLED_APPS = [*INSTALLED_APPS, "user_sessions.channels"]
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.core.RedisChannelLayer",
        "CONFIG": {"hosts": [{"address": CACHE_URL, "socket_timeout": 30}]},
    }
    if CACHE_URL
    else {"BACKEND": "channels.layers.InMemoryChannelLayer"}
}
