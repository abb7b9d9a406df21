"""Sessions in the table of another app, to be moved into ours: Django's, django-qsessions', any other.

The table is read through a model of our own, since the app may be gone from INSTALLED_APPS, and its
model can't be imported then.
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

# What Django calls its own tables; any other is "<app>_<model>".
_TABLES = {DJANGO: "django_session"}
_COLUMNS = {"session_key", "session_data", "expire_date"}
# Columns that another app may have beside Django's three.
_MORE_COLUMNS = {
    "ip": models.GenericIPAddressField,
    "user_agent": models.TextField,
    "created_at": models.DateTimeField,
    "updated_at": models.DateTimeField,
}
# django-qsessions keeps the client in the data too.
_LEFT_OUT = "_qsessions_"

MOVED = "moved"
EXPIRED = "expired"
UNREADABLE = "data that can't be read: another SECRET_KEY or serializer, or tampered with"
NO_USER = "the user is gone"


class NothingToMove(ImproperlyConfigured):
    """The site never had the sessions that are looked for."""


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What becomes of an old row: the new one, or why there is none."""

    reason: str
    row: AbstractSession | None = None


class OldSessions:
    """The sessions in another app's table, by the dotted path of its model.

    ImproperlyConfigured where there is no such table in the database that holds our sessions, and
    NothingToMove where that is the table of Django's own.
    """

    def __init__(self, path: str) -> None:
        self.using = router.db_for_write(get_session_model())
        self.model = _unmanaged(path, self.using)
        if self.model._meta.db_table == get_session_model()._meta.db_table:
            raise ImproperlyConfigured(
                f"{path!r} is where the sessions are now. Use the path of the model that they were in before."
            )

    @cached_property
    def _rows(self) -> models.QuerySet[Any]:
        return models.QuerySet(model=self.model, using=self.using)

    def count(self) -> int:
        return self._rows.count()

    def batches(self, size: int) -> Iterator[list[str]]:
        """Give the keys of all old sessions, a number at a time."""
        last = ""
        while keys := list(
            self._rows.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:size]
        ):
            yield keys
            last = keys[-1]

    def judge(self, keys: list[str]) -> Counter[str]:
        """Count what ``move`` would do, and do nothing."""
        return Counter(verdict.reason for verdict in self._verdicts(self._rows, keys).values())

    def move(self, keys: list[str]) -> Counter[str]:
        """Move sessions into our table, in one transaction; count those moved, and why others not.

        The old rows are locked first, so one that is ended at this moment is either gone before it
        is copied, or its end waits and finds nothing: no copy of an ended session is ever made.
        """
        with transaction.atomic(using=self.using):
            verdicts = self._verdicts(self._rows.select_for_update(), keys)
            rows = {key: verdict.row for key, verdict in verdicts.items() if verdict.row}
            get_session_model().objects.using(self.using).bulk_create(rows.values())
            _total, deleted = self._rows.filter(pk__in=rows).delete()
            if sum(deleted.values()) != len(rows):
                raise transaction.TransactionManagementError(
                    "Old sessions were ended while they were moved; nothing was written. Run it again."
                )
        return Counter(verdict.reason for verdict in verdicts.values())

    def _verdicts(self, rows: models.QuerySet[Any], keys: list[str]) -> dict[str, _Verdict]:
        found = list(rows.filter(pk__in=keys))
        stores = {old.pk: _store(old) for old in found}
        wanted = {store.user_id_of(store._session) for store in stores.values()} - {None}
        user_model = get_user_model()
        users = user_model._base_manager.using(router.db_for_write(user_model)).filter(
            pk__in=wanted
        )
        known = set(users.values_list("pk", flat=True))
        return {old.pk: _verdict(old, stores[old.pk], known) for old in found}


@lru_cache
def old_sessions(path: str) -> OldSessions:
    """Return the table of a path, which is looked up once a process."""
    return OldSessions(path)


def _store(old: Any) -> SessionStore:
    """Return a store of ours that holds an old session's data."""
    store = get_session_model().get_session_store_class()(old.pk)
    data = store.decode(old.session_data)
    store._session_cache = {k: v for k, v in data.items() if not k.startswith(_LEFT_OUT)}
    return store


def _verdict(old: Any, store: SessionStore, known_users: set[Any]) -> _Verdict:
    data = store._session
    if old.expire_date <= timezone.now():
        return _Verdict(EXPIRED)
    if not data:
        return _Verdict(UNREADABLE)
    if data.get(SESSION_KEY) is not None and store.user_id_of(data) not in known_users:
        return _Verdict(NO_USER)
    row = store.create_model_instance(data)
    row.expire_date = old.expire_date
    row.ip = parse_address(getattr(old, "ip", None))
    user_agent = getattr(old, "user_agent", None) or ""
    max_length = cast("int", row._meta.get_field("user_agent").max_length)
    row.user_agent = clean_user_agent(user_agent, max_length)
    row.created_at = getattr(old, "created_at", None)
    row.last_activity = getattr(old, "updated_at", None) or _last_saved(old.expire_date)
    return _Verdict(MOVED, row)


def _last_saved(expire_date: datetime) -> datetime:
    """Return when a session was last saved, going by the life that each save gives it."""
    return min(timezone.now(), expire_date - timedelta(seconds=settings.SESSION_COOKIE_AGE))


def _unmanaged(path: str, using: str) -> type[models.Model]:
    """Make a model for the table of an app that may not be installed."""
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
    # A registry of its own: the model is nobody else's, and clashes with none of theirs.
    meta = type(
        "Meta", (), {"apps": Apps(), "app_label": "old", "db_table": table, "managed": False}
    )
    return type(
        "OldSession", (AbstractBaseSession,), {"__module__": __name__, "Meta": meta, **fields}
    )
