"""The demo for an ASGI server: `uvicorn demo_site.asgi:application` or another."""

from __future__ import annotations

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "demo_site.settings_production")

application = get_asgi_application()
