from __future__ import annotations

import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("user_sessions", "0005_hash_session_keys")]

    operations = [
        # For the admin, which orders by activity and searches by address.
        migrations.AlterField(
            model_name="session",
            name="last_activity",
            field=models.DateTimeField(
                db_index=True, default=django.utils.timezone.now, verbose_name="last activity"
            ),
        ),
        migrations.AlterField(
            model_name="session",
            name="ip",
            field=models.GenericIPAddressField(
                blank=True, db_index=True, null=True, verbose_name="IP address"
            ),
        ),
    ]
