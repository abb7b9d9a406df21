from __future__ import annotations

from user_sessions.tests.settings.base import *  # noqa: F403
