"""Rows that still stand under the session key itself, as django-user-sessions 2.0 stored them.

The migration hashes them. Until it is done, a process finds a session by its key under both forms;
afterwards only digests are accepted, so that a raw key in an old backup is worth nothing here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.db import connections, transaction
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Model, QuerySet
from django.db.models.functions import Length

from user_sessions.keys import DIGEST_LENGTH, RawKey, digest_of, is_digest

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

MIGRATION = ("user_sessions", "0005_hash_session_keys")
BATCH = 2000  # rows a transaction: short enough for a live site, and about a megabyte of memory


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


def hash_rows(sessions: QuerySet[Any]) -> None:
    """Give those of a queryset that stand under their key the digest."""
    rows = sessions.model._default_manager.using(sessions.db)
    for key in sessions.values_list("pk", flat=True):
        if not is_digest(key):
            rows.filter(pk=RawKey(key)).update(session_key=digest_of(key))


def hash_all(
    model: type[Model], connection: BaseDatabaseWrapper, report: Callable[[int], None]
) -> None:
    """Give every row its digest, batch by batch, and say after each how many are done.

    It can be stopped at any moment and run again. It goes over the table until a whole pass finds
    nothing, since a process of the old version may have written behind it.
    """
    done = 0
    while True:
        before = done
        for keys in _batches(model, connection.alias):
            with transaction.atomic(using=connection.alias):
                _name_users(model, connection.alias, keys)
                _hash(model, connection, keys)
            done += len(keys)
            report(done)
        if done == before:
            return


def count(model: type[Model], using: str) -> int:
    """Return how many rows stand under their key."""
    return int(_raw(model, using).count())


def _raw(model: type[Model], using: str) -> Any:
    rows = model._default_manager.using(using).annotate(key_length=Length("session_key"))
    return rows.filter(key_length__lt=DIGEST_LENGTH)


def _batches(model: type[Model], using: str) -> Iterator[list[str]]:
    last = ""
    while True:
        rows = _raw(model, using).filter(pk__gt=RawKey(last)).order_by("pk")
        keys = list(rows.values_list("pk", flat=True)[:BATCH])
        if not keys:
            return
        yield keys
        last = keys[-1]


def _hash(model: type[Model], connection: BaseDatabaseWrapper, keys: list[str]) -> None:
    table = connection.ops.quote_name(model._meta.db_table)
    with connection.cursor() as cursor:
        cursor.executemany(
            f"UPDATE {table} SET session_key = %s WHERE session_key = %s",  # noqa: S608  # our own table
            [(digest_of(key), key) for key in keys],
        )


def _name_users(model: type[Model], using: str, keys: list[str]) -> None:
    """Write the user of each session that has one in its data only.

    django-user-sessions lost it on an asynchronous sign-in, and here a session whose row doesn't
    name the user of its data is signed in as nobody.
    """
    from user_sessions.backends.db import SessionStore

    store = SessionStore()
    rows = model._default_manager.using(using).filter(
        pk__in=[RawKey(key) for key in keys], user__isnull=True
    )
    named = {}
    for key, data in rows.values_list("pk", "session_data"):
        user_id = store.user_id_of(store.decode(data))
        if user_id is not None:
            named[key] = user_id
    users = get_user_model()._base_manager.using(using).filter(pk__in=set(named.values()))
    known = set(users.values_list("pk", flat=True))
    for key, user_id in named.items():
        if user_id in known:
            rows.filter(pk=RawKey(key)).update(user_id=user_id)
