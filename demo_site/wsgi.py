"""The demo for a WSGI server: `gunicorn demo_site.wsgi` or another, with the production settings."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "demo_site.settings_production")

application = get_wsgi_application()
