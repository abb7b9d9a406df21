"""Both this app's sessions and Django's, side by side: see ``user_sessions.tests.tools.bench``."""

from __future__ import annotations

import os

from user_sessions.tests.settings.base import *  # noqa: F403
from user_sessions.tests.settings.base import INSTALLED_APPS
from user_sessions.tests.settings.cached_db import CACHES  # noqa: F401

INSTALLED_APPS = [*INSTALLED_APPS, "django.contrib.sessions"]
ALLOWED_HOSTS = ["127.0.0.1", "testserver"]
if "BENCH_ENGINE" in os.environ:  # in a server of ``user_sessions.tests.tools.bench_asgi``
    SESSION_ENGINE = os.environ["BENCH_ENGINE"]
    MIDDLEWARE = [
        f"{SESSION_ENGINE.partition('.backends')[0]}.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ]
