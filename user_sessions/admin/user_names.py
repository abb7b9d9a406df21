"""Finding sessions by a part of their user's name, whatever the site's users are called by."""

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

FEW = 1000  # users, whose keys a database takes well in one statement


def name_columns() -> Iterator[str]:
    """Give the columns by which a site knows its users: the name to sign in with, and e-mail."""
    model = get_user_model()
    for name in dict.fromkeys([model.USERNAME_FIELD, model.get_email_field_name()]):
        with suppress(FieldDoesNotExist):
            if not model._meta.get_field(name).is_relation:
                yield name


def users_database() -> str:
    """Return the database that users are written to, which knows each of them."""
    return router.db_for_write(get_user_model())


def has_user_named(words: list[str], using: str) -> Q:
    """Return the condition that a session has a user whose names contain all of some words.

    Their keys, where they aren't many: no database knows how many of its users a word fits, and it
    chooses a way that takes a second for the wrong number. However many they are, where ``using``, the
    database of the sessions, knows no users.
    """
    words = [_unquoted(word) for word in words]
    users = get_user_model()._base_manager.using(users_database())
    users = users.filter(*(_named("", word) for word in words))
    known = users.db == using
    keys = list(users.values_list("pk", flat=True)[: FEW + 1 if known else None])
    if len(keys) <= FEW or not known:
        return Q(user__in=keys)
    return reduce(and_, (_named("user__", word) for word in words))


def _unquoted(word: str) -> str:
    quoted = len(word) > 1 and word[0] in {'"', "'"} and word[0] == word[-1]
    return unescape_string_literal(word) if quoted else word


def _named(path: str, word: str) -> Q:
    """Return the condition that a user has a word in a name, whatever its case.

    Written as a position, of which databases expect that it often fits; of LIKE they expect that it
    hardly ever does.
    """
    columns = (Upper(Cast(F(f"{path}{name}"), TextField())) for name in name_columns())
    positions = (StrIndex(column, Upper(Value(word))) for column in columns)
    return reduce(or_, (Q(GreaterThan(position, 0)) for position in positions), Q(pk__in=[]))
