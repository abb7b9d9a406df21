"""Search for sessions by part of a user's name or e-mail address, for any user model."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from functools import reduce
from operator import and_, or_

from django.contrib.auth import get_user_model
from django.core.exceptions import FieldDoesNotExist
from django.db import router
from django.db.models import F, Q, TextField, Value
from django.db.models.functions import Cast, StrIndex, Upper
from django.db.models.lookups import GreaterThan
from django.utils.text import unescape_string_literal

MAX_KEYS = 1000  # primary keys of users that a statement may list


def name_columns() -> Iterator[str]:
    """Yield the names of the user model's columns to search in: USERNAME_FIELD and the e-mail field."""
    model = get_user_model()
    for name in dict.fromkeys([model.USERNAME_FIELD, model.get_email_field_name()]):
        with suppress(FieldDoesNotExist):
            if not model._meta.get_field(name).is_relation:
                yield name


def users_database() -> str:
    """Return the database that users are written to. It has all users, unlike a replica."""
    return router.db_for_write(get_user_model())


def has_user_named(words: list[str], using: str) -> Q:
    """Return the condition that the user of a session has all words in their names.

    Up to MAX_KEYS users, the condition lists their primary keys. A database can't estimate how many
    users a word matches, and may choose a plan that takes a second. If users are in another database
    than the sessions (``using``), the condition always lists all keys.
    """
    words = [_unquoted(word) for word in words]
    users = get_user_model()._base_manager.using(users_database())
    users = users.filter(*(_has_name_with("", word) for word in words))
    known = users.db == using
    keys = list(users.values_list("pk", flat=True)[: MAX_KEYS + 1 if known else None])
    if len(keys) <= MAX_KEYS or not known:
        return Q(user__in=keys)
    return reduce(and_, (_has_name_with("user__", word) for word in words))


def _unquoted(word: str) -> str:
    quoted = len(word) > 1 and word[0] in {'"', "'"} and word[0] == word[-1]
    return unescape_string_literal(word) if quoted else word


def _has_name_with(path: str, word: str) -> Q:
    """Return the condition that one of a user's names contains a word, ignoring case.

    It compares a position (STRPOS) instead of using LIKE. Databases estimate that LIKE matches almost no
    row, and that a comparison of a position matches many.
    """
    columns = (Upper(Cast(F(f"{path}{name}"), TextField())) for name in name_columns())
    positions = (StrIndex(column, Upper(Value(word))) for column in columns)
    return reduce(or_, (Q(GreaterThan(position, 0)) for position in positions), Q(pk__in=[]))
