"""The demo for an ASGI server: `uvicorn demo_site.asgi:application` or another."""

from __future__ import annotations

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "demo_site.settings_production")

pages = get_asgi_application()  # first: what follows needs the apps to be loaded

from channels.auth import AuthMiddlewareStack  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.security.websocket import AllowedHostsOriginValidator  # noqa: E402

from user_sessions.channels.routing import websocket_urlpatterns  # noqa: E402

# Only pages of this site may open one, since a browser sends the cookie along with any.
websockets = AllowedHostsOriginValidator(AuthMiddlewareStack(URLRouter(websocket_urlpatterns)))
application = ProtocolTypeRouter({"http": pages, "websocket": websockets})
