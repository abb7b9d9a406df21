"""Both this app's sessions and Django's, side by side: see ``user_sessions.tests.bench``."""

from __future__ import annotations

from user_sessions.tests.settings.base import *  # noqa: F403
from user_sessions.tests.settings.base import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "django.contrib.sessions"]
