"""The suite with a session model of the site's own: see ``user_sessions.tests.support.apps.custom_session``."""

from __future__ import annotations

from user_sessions.tests.settings.base import *  # noqa: F403
from user_sessions.tests.settings.base import INSTALLED_APPS

INSTALLED_APPS = ["user_sessions.tests.support.apps.custom_session", *INSTALLED_APPS]
SESSION_ENGINE = "user_sessions.tests.support.apps.custom_session.engine"
