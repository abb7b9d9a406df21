"""The engine that caches as a site has it, for ``user_sessions.tests.tools.stress``."""

from __future__ import annotations

import os

from user_sessions.tests.settings.base import *  # noqa: F403
from user_sessions.tests.settings.base import DATABASES

SESSION_ENGINE = "user_sessions.backends.cached_db"
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": os.environ.get("CACHE_URL", "redis://127.0.0.1:6379/0"),
    }
}
if "STRESS_DATABASE" in os.environ:  # in a worker: the one that the first process made
    DATABASES["default"]["NAME"] = os.environ["STRESS_DATABASE"]
# Redis is restarted on purpose; the table at the end says what that led to.
LOGGING = {
    "version": 1,
    "loggers": {"user_sessions": {"propagate": False, "handlers": ["none"]}},
    "handlers": {"none": {"class": "logging.NullHandler"}},
}
