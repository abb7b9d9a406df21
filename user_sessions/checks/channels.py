"""System checks of the channel layer, for sites with ``user_sessions.channels``."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Warning, register

WEBSOCKETS = "user_sessions.channels"

IN_MEMORY = "channels.layers.InMemoryChannelLayer"
REDIS = "channels_redis.core.RedisChannelLayer"


@register
def check_channel_layer(**kwargs: Any) -> list[CheckMessage]:
    layers = getattr(settings, "CHANNEL_LAYERS", {})
    if not apps.is_installed(WEBSOCKETS) or "default" in layers:
        return []
    return [
        Warning(
            f"INSTALLED_APPS has {WEBSOCKETS!r}, but CHANNEL_LAYERS is {layers!r}, without a layer "
            "'default'. When a session ends, its websockets stay open for up to USER_SESSIONS_HEARTBEAT.",
            hint=f"Add a layer 'default' that all processes share, e.g. {REDIS!r}, to CHANNEL_LAYERS.",
            id="user_sessions.W030",
        )
    ]


@register
def check_channel_layer_is_shared(**kwargs: Any) -> list[CheckMessage]:
    backend = getattr(settings, "CHANNEL_LAYERS", {}).get("default", {}).get("BACKEND")
    if not apps.is_installed(WEBSOCKETS) or backend != IN_MEMORY or settings.DEBUG:
        return []
    return [
        Warning(
            f"CHANNEL_LAYERS['default'] is {backend!r}, which processes don't share. When another process "
            "ends a session, its websockets stay open for up to USER_SESSIONS_HEARTBEAT.",
            hint=f"Use a layer that all processes share, e.g. {REDIS!r}.",
            id="user_sessions.W031",
        )
    ]
