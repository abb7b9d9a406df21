"""The unit tests' site for a real ASGI server, with the app's own websocket."""

from __future__ import annotations

from django.core.asgi import get_asgi_application

pages = get_asgi_application()  # first: it loads the apps

from channels.auth import AuthMiddlewareStack  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402

from user_sessions.channels.routing import websocket_urlpatterns  # noqa: E402

application = ProtocolTypeRouter(
    {"http": pages, "websocket": AuthMiddlewareStack(URLRouter(websocket_urlpatterns))}
)
