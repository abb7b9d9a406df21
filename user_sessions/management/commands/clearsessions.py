"""``clearsessions``, as in Django, for sites without ``django.contrib.sessions``."""

from __future__ import annotations

from django.contrib.sessions.management.commands.clearsessions import Command

__all__ = ["Command"]
