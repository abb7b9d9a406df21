"""The websocket that pages watch their session by, for a site's URLRouter."""

from __future__ import annotations

from django.urls import path

from user_sessions.channels.consumers import ClosesWithSession

websocket_urlpatterns = [
    path("account/sessions/watch/", ClosesWithSession.as_asgi(), name="session_watch")
]
