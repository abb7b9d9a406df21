"""Django's own session tests: see ``user_sessions.tests.tools.djangos_own``."""

from __future__ import annotations

from user_sessions.tests.settings.base import *  # noqa: F403

# Django's settings for its own tests leave these two at their defaults.
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "user_sessions",
    "sessions_tests",
]
USE_TZ = False
LOGIN_URL = "/accounts/login/"
# They touch no page, and without one the admin needs not be installed.
ROOT_URLCONF = "user_sessions.urls"
# Django's test app has no migrations, and what has none can't point to what has.
MIGRATION_MODULES = dict.fromkeys(["auth", "contenttypes", "user_sessions"])
