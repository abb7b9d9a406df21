"""The UPDATE with which a save ends, in a statement that is built once and not for each save.

Building it is most of what ``row.save()`` takes. What the ORM does besides is left to the ORM.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from django.db import connections
from django.db.models.signals import post_save, pre_save

if TYPE_CHECKING:
    from django.db.models import Field

    from user_sessions.models import AbstractSession


class _Statement(NamedTuple):
    sql: str
    written: list[Field[Any, Any]]
    compared: list[Field[Any, Any]]


def update_row(
    row: AbstractSession, names: Collection[str], known: Mapping[str, Any], using: str
) -> bool:
    """Write columns of a row that still holds all that is known of it; return whether that was done.

    ``names`` are those of the columns to write, ``known`` maps names to values; both as attributes of the
    row. It is not done either where only ``row.save()`` does all that a site expects of it: somebody listens
    to its signals, the model has a ``save`` of its own, or a column or a value needs more than a parameter.
    """
    model = type(row)
    listened_to = pre_save.has_listeners(model) or post_save.has_listeners(model)
    if listened_to or not _is_plain(model):
        return False
    connection = connections[using]
    nulls = frozenset([name for name, value in known.items() if value is None])
    sql, written, compared = _statement(model, tuple(names), tuple(known), nulls, using)
    values = [(field, field.pre_save(row, add=False)) for field in written]
    values += [(row._meta.pk, row.pk), *((field, known[field.attname]) for field in compared)]
    if any(hasattr(value, "resolve_expression") for _field, value in values):
        return False
    parameters = [field.get_db_prep_save(value, connection) for field, value in values]
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return bool(cursor.rowcount)


@lru_cache
def _is_plain(model: type[AbstractSession]) -> bool:
    """Tell whether each column of a model is set by a parameter alone, and nobody else saves it."""
    fields = model._meta.concrete_fields
    more = ("get_placeholder", "get_placeholder_sql")  # Django before 6.1, and since
    return (
        model.save.__module__ == "user_sessions.models"
        and not model._meta.parents
        and not any(field.generated for field in fields)
        and not any(hasattr(field, name) for field in fields for name in more)
    )


@lru_cache
def _statement(
    model: type[AbstractSession],
    names: tuple[str, ...],
    known: tuple[str, ...],
    nulls: frozenset[str],
    using: str,
) -> _Statement:
    quote = connections[using].ops.quote_name
    columns = {field.attname: field for field in model._meta.concrete_fields}

    def quoted(field: Field[Any, Any]) -> str:
        return quote(cast("str", field.column))  # only what has no column has none

    written = [columns[name] for name in names]
    compared = [columns[name] for name in known if name not in nulls]
    conditions = [f"{quoted(field)} = %s" for field in (model._meta.pk, *compared)]
    conditions += [f"{quoted(columns[name])} IS NULL" for name in known if name in nulls]
    sql = (
        f"UPDATE {quote(model._meta.db_table)}"  # noqa: S608  # names of the model
        f" SET {', '.join(f'{quoted(field)} = %s' for field in written)}"
        f" WHERE {' AND '.join(conditions)}"
    )
    return _Statement(sql, written, compared)
