"""A site's own session model in a database without users, as in docs/how-to/databases.md."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.signals import post_delete
from django.dispatch import receiver

from user_sessions.models import AbstractSession


class SessionElsewhere(AbstractSession):
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
    )


@receiver(post_delete, sender=settings.AUTH_USER_MODEL)
def end_sessions(instance, **kwargs):
    SessionElsewhere.objects.filter(user=instance.pk).end()
