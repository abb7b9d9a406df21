"""System checks: each says what is wrong, with the actual value, and how to fix it.

Importing this package registers them all.
"""

from __future__ import annotations

from user_sessions.checks import cache, channels, installation, settings, themes

__all__ = ["cache", "channels", "installation", "settings", "themes"]
