"""A site's own session model, with a column for the tenant that the visitor uses."""

from __future__ import annotations

from django.db import models

from user_sessions.models import AbstractSession


class TenantSession(AbstractSession):
    tenant = models.CharField(max_length=60, blank=True)
