"""URL patterns for a site's URLRouter: the websocket through which a page watches its session."""

from __future__ import annotations

from django.urls import path

from user_sessions.channels.consumers import CloseOnSessionEndMixin

websocket_urlpatterns = [
    path("account/sessions/watch/", CloseOnSessionEndMixin.as_asgi(), name="session_watch")
]
