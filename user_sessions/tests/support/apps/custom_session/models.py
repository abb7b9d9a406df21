"""A site's own session, with a column of its own: which tenant the visitor looks at."""

from __future__ import annotations

from django.db import models

from user_sessions.models import AbstractSession


class TenantSession(AbstractSession):
    tenant = models.CharField(max_length=60, blank=True)
