"""The work of migration 0005: replace the session keys of django-user-sessions 2.0 by their digests."""

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

BATCH = 2000  # rows per transaction: short enough for a live site, with about a megabyte of memory


def hash_all(
    model: type[Model], connection: BaseDatabaseWrapper, report: Callable[[int], None]
) -> None:
    """Replace the raw key of every row by its digest, in batches. Report the number of rows after each.

    It can be interrupted at any time and run again. It repeats until a whole pass finds no raw key,
    because a process of the old version may add one behind the current position.
    """
    done = 0
    while True:
        before = done
        for keys in _batches(model, connection.alias):
            with transaction.atomic(using=connection.alias):
                _set_users(model, connection.alias, keys)
                _hash(model, connection, keys)
            done += len(keys)
            report(done)
        if done == before:
            return


def count(model: type[Model], using: str) -> int:
    """Return the number of rows that still have a raw key."""
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


def _set_users(model: type[Model], using: str, keys: list[str]) -> None:
    """Set the user of each row whose session data has a user, but whose column is empty.

    django-user-sessions didn't set the column on an asynchronous sign-in. In this version, a session
    whose row and data differ in the user is anonymous.
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
