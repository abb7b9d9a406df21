"""The suite with sessions in a database of their own, which has a replica, and users in another."""

from __future__ import annotations

from user_sessions.tests.settings.base import *  # noqa: F403
from user_sessions.tests.settings.base import DATABASES, INSTALLED_APPS
from user_sessions.tests.settings.cached_db import CACHES  # noqa: F401  # a setting

TEST_FOLDERS = ["own_database", "across_databases"]
default = DATABASES["default"]
in_memory = default["NAME"] == ":memory:"  # of each alias another, by themselves
# No mirror: a replica that lags, whose rows are what a test puts there.
DATABASES = DATABASES | {
    alias: default | {"NAME": default["NAME"] if in_memory else f"{default['NAME']}_{alias}"}
    for alias in ("sessions", "replica")
}
DATABASE_ROUTERS = [
    "user_sessions.tests.support.apps.own_database.router.OldSessionsRouter",
    "user_sessions.tests.support.apps.own_database.router.SessionsRouter",
]
INSTALLED_APPS = ["user_sessions.tests.support.apps.own_database", *INSTALLED_APPS]
SESSION_ENGINE = "user_sessions.tests.support.apps.own_database.engine"
