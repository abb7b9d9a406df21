"""Rows that still stand under the session key itself, as django-user-sessions 2.0 stored them.

The migration hashes them. Until it is done, a process finds a session by its key under both forms;
afterwards only digests are accepted, so that a raw key in an old backup is worth nothing here.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from django.db import connections
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Model, QuerySet

from user_sessions.keys import RawKey, digest_of, is_digest

MIGRATION = ("user_sessions", "0005_hash_session_keys")


def may_be_left(model: type[Model], using: str) -> bool:
    """Tell whether a database may hold raw keys: whether the migration has yet to finish there.

    Asked once a process. A site's own model never held any.
    """
    return model._meta.label == "user_sessions.Session" and not _migrated(using)


@lru_cache
def _migrated(using: str) -> bool:
    return MIGRATION in MigrationRecorder(connections[using]).applied_migrations()


def lookup(session_key: str, model: type[Model], using: str) -> dict[str, Any]:
    """Return the condition that finds the row of a session key, under either form where needed."""
    if may_be_left(model, using) and not is_digest(session_key):
        return {"pk__in": [digest_of(session_key), RawKey(session_key)]}
    return {"pk": session_key}


def forms_of(keys: Iterable[RawKey]) -> list[RawKey]:
    """Return keys as they are in their rows, and the digests that unhashed ones may get meanwhile."""
    found = list(keys)
    return [*found, *(RawKey(digest_of(key)) for key in found if not is_digest(key))]


def hash_rows(sessions: QuerySet[Any]) -> None:
    """Give those of a queryset that stand under their key the digest."""
    rows = sessions.model._default_manager.using(sessions.db)
    for key in sessions.values_list("pk", flat=True):
        if not is_digest(key):
            rows.filter(pk=RawKey(key)).update(session_key=digest_of(key))
