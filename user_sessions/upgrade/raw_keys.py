"""Rows whose primary key is still the raw session key, as django-user-sessions 2.0 stored it.

Migration 0005 hashes them. Until a database has it applied, sessions are looked up by raw key and by
digest. Afterwards, only by digest.

A raw key in a backup from before the migration still is a session key. Anyone who reads it can use the
session until the session ends, expires or changes its key.
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
    """Return whether a database may hold raw keys: it doesn't have the migration applied yet.

    The answer is cached per process. A site's own session model never has raw keys.
    """
    return model._meta.label == "user_sessions.Session" and not _migrated(using)


@lru_cache
def _migrated(using: str) -> bool:
    return MIGRATION in MigrationRecorder(connections[using]).applied_migrations()


def lookup(session_key: str, model: type[Model], using: str) -> dict[str, Any]:
    """Return the lookup for the row of a session key: by digest, and by raw key if any may be left."""
    if may_be_left(model, using) and not is_digest(session_key):
        return {"pk__in": [digest_of(session_key), RawKey(session_key)]}
    return {"pk": session_key}


def forms_of(keys: Iterable[RawKey]) -> list[RawKey]:
    """Return primary keys, and for raw keys also the digest, to which the migration may change them."""
    found = list(keys)
    return [*found, *(RawKey(digest_of(key)) for key in found if not is_digest(key))]


def hash_rows(sessions: QuerySet[Any]) -> None:
    """Replace the raw keys in a queryset's rows by their digests."""
    rows = sessions.model._default_manager.using(sessions.db)
    for key in sessions.values_list("pk", flat=True):
        if not is_digest(key):
            rows.filter(pk=RawKey(key)).update(session_key=digest_of(key))
