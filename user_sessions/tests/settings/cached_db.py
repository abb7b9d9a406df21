"""The suite with the engine that caches, in the cache of CACHE_URL or in this process."""

from __future__ import annotations

import os

from user_sessions.tests.settings.base import *  # noqa: F403
from user_sessions.tests.settings.base import TEST_FOLDERS

TEST_FOLDERS = [*TEST_FOLDERS, "cached"]
SESSION_ENGINE = "user_sessions.backends.cached_db"
CACHE_URL = os.environ.get("CACHE_URL", "")
CACHES = {
    "default": {
        "BACKEND": f"user_sessions.tests.support.caches.{'Redis' if CACHE_URL else 'Memory'}",
        "LOCATION": CACHE_URL,
        "KEY_FUNCTION": "user_sessions.tests.support.caches.key_of_this_test",
    }
}
