"""The pages in every theme, in one process: a loader of the tests takes the theme from a variable."""

from __future__ import annotations

from user_sessions.tests.markup import with_marker
from user_sessions.tests.settings.allauth import *  # noqa: F403
from user_sessions.tests.settings.allauth import TEMPLATES

TEMPLATES = with_marker(TEMPLATES)
TEMPLATES[0]["APP_DIRS"] = False
TEMPLATES[0]["OPTIONS"]["loaders"] = ["user_sessions.tests.themes.Loader"]
