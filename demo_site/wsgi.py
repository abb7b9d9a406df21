"""The WSGI application of the demo with the production settings, e.g. for `gunicorn demo_site.wsgi`."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "demo_site.settings_production")

application = get_wsgi_application()
