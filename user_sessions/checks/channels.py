"""System checks: whether messages about ended sessions reach the websockets of ``user_sessions.channels``."""

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
            f"INSTALLED_APPS has {WEBSOCKETS!r}, and CHANNEL_LAYERS is {layers!r}, without the layer "
            "'default', so a websocket stays open until USER_SESSIONS_HEARTBEAT after its session's end.",
            hint=f"Add a layer 'default' that processes share, e.g. {REDIS!r}, to CHANNEL_LAYERS.",
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
            f"CHANNEL_LAYERS['default'] is {backend!r}, which processes don't share: what another one ends "
            "leaves a websocket open for USER_SESSIONS_HEARTBEAT.",
            hint=f"Use a layer that processes share, e.g. {REDIS!r}.",
            id="user_sessions.W031",
        )
    ]
