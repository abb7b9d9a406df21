"""The suite with a user model of the site's own: see ``user_sessions.tests.support.apps.custom_user``."""

from __future__ import annotations

from user_sessions.tests.settings.base import *  # noqa: F403
from user_sessions.tests.settings.base import INSTALLED_APPS

INSTALLED_APPS = ["user_sessions.tests.support.apps.custom_user", *INSTALLED_APPS]
AUTH_USER_MODEL = "custom_user.Person"
