"""The default settings, which also run the tests of what depends on no setting."""

from __future__ import annotations

from user_sessions.tests.settings.base import *  # noqa: F403
from user_sessions.tests.settings.base import TEST_FOLDERS

TEST_FOLDERS = [*TEST_FOLDERS, "unit", "docs"]
