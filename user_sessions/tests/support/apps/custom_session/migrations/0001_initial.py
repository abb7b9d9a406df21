from __future__ import annotations

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import user_sessions.fields
import user_sessions.models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="TenantSession",
            fields=[
                ("session_data", models.TextField(verbose_name="session data")),
                ("expire_date", models.DateTimeField(db_index=True, verbose_name="expire date")),
                (
                    "session_key",
                    user_sessions.fields.SessionKeyField(
                        max_length=50, primary_key=True, serialize=False, verbose_name="session key"
                    ),
                ),
                (
                    "user_agent",
                    models.CharField(
                        blank=True, max_length=512, null=True, verbose_name="user agent"
                    ),
                ),
                (
                    "ip",
                    models.GenericIPAddressField(
                        blank=True, db_index=True, null=True, verbose_name="IP address"
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        blank=True,
                        editable=False,
                        help_text="When this sign-in began. Empty if unknown.",
                        null=True,
                        verbose_name="signed in",
                    ),
                ),
                (
                    "last_activity",
                    models.DateTimeField(
                        db_index=True,
                        default=django.utils.timezone.now,
                        verbose_name="last activity",
                    ),
                ),
                ("tenant", models.CharField(blank=True, max_length=60)),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
            ],
            options={
                "verbose_name": "session",
                "verbose_name_plural": "sessions",
                "abstract": False,
            },
            managers=[
                ("objects", user_sessions.models.SessionManager()),
            ],
        ),
    ]
