"""System checks. Each message has the actual value of a setting, and a hint that fixes the problem.

Importing this package registers all of them.
"""

from __future__ import annotations

from user_sessions.checks import cache, channels, installation, settings, themes

__all__ = ["cache", "channels", "installation", "settings", "themes"]
