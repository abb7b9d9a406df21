"""Move sessions from the table of another app: of Django, django-qsessions or any other.

The table is read through a model that is made here. If the other app is no longer in INSTALLED_APPS, its
own model can't be imported.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, cast

from django.apps.registry import Apps
from django.conf import settings
from django.contrib.auth import SESSION_KEY, get_user_model
from django.contrib.sessions.base_session import AbstractBaseSession
from django.core.exceptions import ImproperlyConfigured
from django.db import connections, models, router, transaction
from django.utils import timezone

from user_sessions.client import clean_user_agent, parse_address
from user_sessions.engine import get_session_model
from user_sessions.models import AbstractSession

if TYPE_CHECKING:
    from user_sessions.backends.db import SessionStore

DJANGO = "django.contrib.sessions.models.Session"

# Tables that aren't named "<app>_<model>".
_TABLES = {DJANGO: "django_session"}
_COLUMNS = {"session_key", "session_data", "expire_date"}
# Additional columns that another app's table may have.
_MORE_COLUMNS = {
    "ip": models.GenericIPAddressField,
    "user_agent": models.TextField,
    "created_at": models.DateTimeField,
    "updated_at": models.DateTimeField,
}
# django-qsessions also stores the client in the session data, under keys with this prefix.
_QSESSIONS_PREFIX = "_qsessions_"

MOVED = "moved"
EXPIRED = "expired"
UNREADABLE = "the data can't be read: another SECRET_KEY or serializer, or it was tampered with"
NO_USER = "the user no longer exists"


class NothingToMove(ImproperlyConfigured):
    """The table of Django's own session app doesn't exist, so the site never used that app."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """The plan for an old row: the new row and MOVED, or the reason why it isn't moved."""

    reason: str
    row: AbstractSession | None = None


class OldSessions:
    """The sessions in another app's table, given by the dotted path of its model.

    Raise NothingToMove if the path is that of Django's model and it has no table in the database of the
    session model. Raise ImproperlyConfigured if another model has no table there.
    """

    def __init__(self, path: str) -> None:
        self.using = router.db_for_write(get_session_model())
        self.model = _unmanaged(path, self.using)
        if self.model._meta.db_table == get_session_model()._meta.db_table:
            raise ImproperlyConfigured(
                f"{path!r} is the current session model. Use the path of the model that held the sessions before."
            )

    @cached_property
    def _rows(self) -> models.QuerySet[Any]:
        return models.QuerySet(model=self.model, using=self.using)

    def count(self) -> int:
        return self._rows.count()

    def batches(self, size: int) -> Iterator[list[str]]:
        """Yield the keys of all old sessions, in batches."""
        last = ""
        while keys := list(
            self._rows.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:size]
        ):
            yield keys
            last = keys[-1]

    def plan(self, keys: list[str]) -> Counter[str]:
        """Return the counts that ``move`` would return, without writing."""
        return Counter(plan.reason for plan in self._plans(self._rows, keys).values())

    def move(self, keys: list[str]) -> Counter[str]:
        """Move sessions in one transaction. Return how many were moved, or not moved for which reason.

        The old rows are locked first. If a session ends at the same time, either its row is deleted
        before the copy, or the end waits and finds no row. An ended session is therefore never copied.
        """
        with transaction.atomic(using=self.using):
            plans = self._plans(self._rows.select_for_update(), keys)
            rows = {key: plan.row for key, plan in plans.items() if plan.row}
            get_session_model().objects.using(self.using).bulk_create(rows.values())
            _total, deleted = self._rows.filter(pk__in=rows).delete()
            if sum(deleted.values()) != len(rows):
                raise transaction.TransactionManagementError(
                    "Old sessions ended while they were being moved, so nothing was written. Run it again."
                )
        return Counter(plan.reason for plan in plans.values())

    def _plans(self, rows: models.QuerySet[Any], keys: list[str]) -> dict[str, _Plan]:
        found = list(rows.filter(pk__in=keys))
        stores = {old.pk: _store(old) for old in found}
        wanted = {store.user_id_of(store._session) for store in stores.values()} - {None}
        user_model = get_user_model()
        users = user_model._base_manager.using(router.db_for_write(user_model)).filter(
            pk__in=wanted
        )
        known = set(users.values_list("pk", flat=True))
        return {old.pk: _plan_of(old, stores[old.pk], known) for old in found}


@lru_cache
def old_sessions(path: str) -> OldSessions:
    """Return the OldSessions of a path, cached per process."""
    return OldSessions(path)


def _store(old: Any) -> SessionStore:
    """Return a session store with the data of an old session."""
    store = get_session_model().get_session_store_class()(old.pk)
    data = store.decode(old.session_data)
    store._session_cache = {k: v for k, v in data.items() if not k.startswith(_QSESSIONS_PREFIX)}
    return store


def _plan_of(old: Any, store: SessionStore, known_users: set[Any]) -> _Plan:
    data = store._session
    if old.expire_date <= timezone.now():
        return _Plan(EXPIRED)
    if not data:
        return _Plan(UNREADABLE)
    if data.get(SESSION_KEY) is not None and store.user_id_of(data) not in known_users:
        return _Plan(NO_USER)
    row = store.create_model_instance(data)
    row.expire_date = old.expire_date
    row.ip = parse_address(getattr(old, "ip", None))
    user_agent = getattr(old, "user_agent", None) or ""
    max_length = cast("int", row._meta.get_field("user_agent").max_length)
    row.user_agent = clean_user_agent(user_agent, max_length)
    row.created_at = getattr(old, "created_at", None)
    row.last_activity = getattr(old, "updated_at", None) or _last_saved(old.expire_date)
    return _Plan(MOVED, row)


def _last_saved(expire_date: datetime) -> datetime:
    """Return when a session was last saved: SESSION_COOKIE_AGE before it expires."""
    return min(timezone.now(), expire_date - timedelta(seconds=settings.SESSION_COOKIE_AGE))


def _unmanaged(path: str, using: str) -> type[models.Model]:
    """Return a new model for the table of an app that may not be installed."""
    app, _dot, name = path.replace(".models.", ".").rpartition(".")
    table = _TABLES.get(path, f"{app.rpartition('.')[2]}_{name}".lower())
    connection = connections[using]
    with connection.cursor() as cursor:
        there = bool(app) and table in connection.introspection.table_names(cursor)
        described = connection.introspection.get_table_description(cursor, table) if there else []
        columns = {column.name for column in described}
        if not columns >= _COLUMNS:
            if path == DJANGO:
                raise NothingToMove(f"There is no table {table!r} in the database {using!r}.")
            raise ImproperlyConfigured(
                f"{path!r} is not the path of a session model whose table, {table!r}, is in the "
                f"database {using!r}. Use one such as {DJANGO!r}."
            )
    fields = {n: field(null=True) for n, field in _MORE_COLUMNS.items() if n in columns}
    # A separate app registry, so the model can't conflict with another model.
    meta = type(
        "Meta", (), {"apps": Apps(), "app_label": "old", "db_table": table, "managed": False}
    )
    return type(
        "OldSession", (AbstractBaseSession,), {"__module__": __name__, "Meta": meta, **fields}
    )
