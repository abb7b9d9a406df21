"""The pages in every theme, in one process: a loader of the tests takes the theme from a variable."""

from __future__ import annotations

from user_sessions.tests.settings.allauth import *  # noqa: F403
from user_sessions.tests.settings.allauth import TEMPLATES
from user_sessions.tests.support.markup import with_marker

TEST_FOLDERS = ["themes"]
TEMPLATES = with_marker(TEMPLATES)
TEMPLATES[0]["APP_DIRS"] = False
TEMPLATES[0]["OPTIONS"]["loaders"] = ["user_sessions.tests.support.themes.Loader"]
