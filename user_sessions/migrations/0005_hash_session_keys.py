from __future__ import annotations

import sys
from typing import Any

from django.db import migrations
from django.db.migrations.exceptions import IrreversibleError

from user_sessions.upgrade import hash_keys


def hash_session_keys(apps: Any, schema_editor: Any) -> None:
    model = apps.get_model("user_sessions", "Session")
    total = hash_keys.count(model, schema_editor.connection.alias)

    def report(done: int) -> None:
        if sys.stdout.isatty():
            sys.stdout.write(f"\r    {done:,} of {max(done, total):,} session keys hashed ")
            sys.stdout.flush()

    hash_keys.hash_all(model, schema_editor.connection, report)


def refuse(apps: Any, schema_editor: Any) -> None:
    """Raise IrreversibleError, unless the table is empty."""
    model = apps.get_model("user_sessions", "Session")
    if not model._base_manager.using(schema_editor.connection.alias).exists():
        return
    raise IrreversibleError(
        "Session keys are now stored as digests, and a digest can't be converted back into a key. "
        "To go back, first delete all sessions. All users then have to sign in again."
    )


class Migration(migrations.Migration):
    # Each batch has its own transaction: a long one would block the requests of signed-in users.
    atomic = False

    dependencies = [("user_sessions", "0004_digests_and_sign_in_times")]

    operations = [migrations.RunPython(hash_session_keys, refuse)]
