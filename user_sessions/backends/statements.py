"""The UPDATE of a save, compiled once and not for each save.

Compiling it is most of the time that ``row.save()`` takes. If a model's ``save()`` does more than this
UPDATE, the engine calls ``save()``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from django.db import connections
from django.db.models import Manager, Model
from django.db.models.signals import post_save, pre_save

from user_sessions.models import OWN_SAVES

if TYPE_CHECKING:
    from django.db.models import Field

    from user_sessions.models import AbstractSession


class _Statement(NamedTuple):
    sql: str
    written: list[Field[Any, Any]]
    compared: list[Field[Any, Any]]


def update_row(
    row: AbstractSession, names: Collection[str], expected: Mapping[str, Any], using: str
) -> int | None:
    """Update columns of a row if other columns hold expected values; return 1, or 0 if they don't.

    ``names`` are the columns to write and ``expected`` maps columns to values, all by attribute name.
    Return None and write nothing if the model needs ``row.save()``.
    """
    if not _is_plain(type(row)) or _is_listened_to(type(row)):
        return None
    connection = connections[using]
    nulls = frozenset([name for name, value in expected.items() if value is None])
    sql, written, compared = _statement(type(row), tuple(names), tuple(expected), nulls, using)
    values = [field.pre_save(row, add=False) for field in written]
    if any(hasattr(value, "resolve_expression") for value in values):
        return None
    values += [row.pk, *[expected[field.attname] for field in compared]]
    fields = [*written, row._meta.pk, *compared]
    parameters = [
        field.get_db_prep_save(value, connection)
        for field, value in zip(fields, values, strict=True)
    ]
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return max(int(cursor.rowcount), 0)  # a driver that doesn't know returns -1


def _is_listened_to(model: type[AbstractSession]) -> bool:
    return pre_save.has_listeners(model) or post_save.has_listeners(model)


def _is_plain(model: type[AbstractSession]) -> bool:
    """Return whether saving a model does no more than set columns, each to one parameter."""
    return model.save in OWN_SAVES and _has_plain_columns(model)


@lru_cache
def _has_plain_columns(model: type[AbstractSession]) -> bool:
    return (
        model.save_base is Model.save_base
        and type(model._base_manager) is Manager
        and not model._meta.parents
        and all(_is_plain_column(field) for field in model._meta.concrete_fields)
    )


def _is_plain_column(field: Field[Any, Any]) -> bool:
    """Return whether Django would set a column to one parameter, and do nothing else.

    A relation may read its value from an instance, and a generated column has none. Some columns wrap their
    parameter in SQL: ``get_placeholder`` before Django 6.0, ``get_placeholder_sql`` since. A custom field
    may return an expression, or another value at each call.
    """
    names = ("pre_save", "get_db_prep_save", "get_db_prep_value")
    methods = [getattr(type(field), name) for name in names]
    return (
        (not field.is_relation or field.name == "user")
        and not field.generated
        and not hasattr(field, "get_placeholder")
        and not hasattr(field, "get_placeholder_sql")
        and all(method.__module__.startswith("django.") for method in methods)
    )


@lru_cache
def _statement(
    model: type[AbstractSession],
    names: tuple[str, ...],
    expected: tuple[str, ...],
    nulls: frozenset[str],
    using: str,
) -> _Statement:
    quote = connections[using].ops.quote_name
    columns = {field.attname: field for field in model._meta.concrete_fields}

    def quoted(field: Field[Any, Any]) -> str:
        return quote(cast("str", field.column))  # it is None only for a field without a column

    written = [columns[name] for name in names]
    compared = [columns[name] for name in expected if name not in nulls]
    conditions = [f"{quoted(field)} = %s" for field in (model._meta.pk, *compared)]
    conditions += [f"{quoted(columns[name])} IS NULL" for name in nulls]
    sql = (
        f"UPDATE {quote(model._meta.db_table)}"  # noqa: S608  # names of the model
        f" SET {', '.join(f'{quoted(field)} = %s' for field in written)}"
        f" WHERE {' AND '.join(conditions)}"
    )
    return _Statement(sql, written, compared)
