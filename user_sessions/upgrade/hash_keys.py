"""What migration 0005 does: replace the session keys of django-user-sessions 2.0 by their digests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Model
from django.db.models.functions import Length

from user_sessions.backends.db import SessionStore
from user_sessions.keys import DIGEST_LENGTH, RawKey, digest_of

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

BATCH = 2000  # rows a transaction: short enough for a live site, and about a megabyte of memory


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
