"""These tests are for sites with django-allauth; elsewhere there is nothing to collect."""

from __future__ import annotations

from django.conf import settings

collect_ignore_glob = [] if "allauth" in settings.INSTALLED_APPS else ["test_*.py"]
