from __future__ import annotations

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import user_sessions.fields


class Migration(migrations.Migration):
    dependencies = [
        ("user_sessions", "0003_auto_20161205_1516"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="session",
            name="created_at",
            field=models.DateTimeField(
                blank=True,
                editable=False,
                help_text="When this sign-in began. Empty if unknown.",
                null=True,
                verbose_name="signed in",
            ),
        ),
        migrations.AlterField(
            model_name="session",
            name="expire_date",
            field=models.DateTimeField(db_index=True, verbose_name="expire date"),
        ),
        migrations.AlterField(
            model_name="session",
            name="ip",
            field=models.GenericIPAddressField(blank=True, null=True, verbose_name="IP address"),
        ),
        migrations.AlterField(
            model_name="session",
            name="last_activity",
            field=models.DateTimeField(
                default=django.utils.timezone.now, verbose_name="last activity"
            ),
        ),
        migrations.AlterField(
            model_name="session",
            name="session_key",
            field=user_sessions.fields.SessionKeyField(
                max_length=50, primary_key=True, serialize=False, verbose_name="session key"
            ),
        ),
        migrations.AlterField(
            model_name="session",
            name="user",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                to=settings.AUTH_USER_MODEL,
                verbose_name="user",
            ),
        ),
        migrations.AlterField(
            model_name="session",
            name="user_agent",
            field=models.CharField(
                blank=True, max_length=512, null=True, verbose_name="user agent"
            ),
        ),
    ]
