"""The session: one signed-in browser, or an anonymous visitor."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.sessions.base_session import AbstractBaseSession, BaseSessionManager
from django.db import OperationalError, connections, models, router
from django.db.models.deletion import Collector
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from user_sessions import rows
from user_sessions.django_private import gives_values, is_in_callers_transaction
from user_sessions.engine import store_of
from user_sessions.fields import SessionKeyField
from user_sessions.keys import RawKey, is_digest
from user_sessions.upgrade import raw_keys  # 4.0: remove

if TYPE_CHECKING:
    from user_sessions.backends.db import SessionStore

# A dotted path, like a lazy foreign key, because the engines import this module.
_DEFAULT_STORE = "user_sessions.backends.db.SessionStore"

END_ATTEMPTS = 100  # of end(), if keys change each time

# The user and the sign-in time of a session, and these by the session's key.
SignIn = tuple[Any, datetime | None]
SignIns = dict[RawKey, SignIn]

AnySession = TypeVar("AnySession", bound="AbstractSession")
AnyFunction = TypeVar("AnyFunction", bound=Callable[..., Any])


def _marked(**marks: bool) -> Callable[[AnyFunction], AnyFunction]:
    """Set the attributes by which Django keeps templates and managers from calling a method."""

    def decorate(function: AnyFunction) -> AnyFunction:
        vars(function).update(marks)
        return function

    return decorate


class SessionQuerySet(models.QuerySet[AnySession]):
    """A queryset of sessions that can end them."""

    def active(self) -> SessionQuerySet[AnySession]:
        """Return the sessions that haven't expired."""
        return self.filter(expire_date__gt=timezone.now())

    def expired(self) -> SessionQuerySet[AnySession]:
        """Return the expired sessions, which ``clearsessions`` deletes."""
        return self.filter(expire_date__lte=timezone.now())

    @_marked(alters_data=True)
    def hashed(self) -> SessionQuerySet[AnySession]:  # 4.0: remove
        """Replace each raw key by its digest, and return the same sessions."""
        if raw_keys.may_be_left(self.model, self.db):
            raw_keys.hash_rows(self)
        return self

    def update(self, **kwargs: Any) -> int:
        if rows.is_cached(self.model) and not self._is_sliced_or_combined():
            return rows.update(self, kwargs)
        return super().update(**kwargs)

    @_marked(alters_data=True, queryset_only=True)
    def delete(self) -> tuple[int, dict[str, int]]:
        refused = self._is_sliced_or_combined() or gives_values(self)
        announced = rows.is_announced(self.model) and not refused
        if announced and rows.can_delete_at_once(self):
            deleted = rows.delete(self)
            return deleted, {self.model._meta.label: deleted} if deleted else {}
        if not Collector(using=self.db, origin=self).can_fast_delete(self):
            # Django then deletes by the primary keys of instances, which are digests.
            self.hashed()  # 4.0: remove
        return super().delete()

    @staticmethod
    def _sign_ins(sessions: SessionQuerySet[Any]) -> SignIns:
        """Return the user and the sign-in time of each session, by its key as stored."""
        values = sessions.order_by().values_list("pk", "user_id", "created_at")
        return {RawKey(key): (user_id, created_at) for key, user_id, created_at in values}

    def _latest(self) -> SessionQuerySet[AnySession]:
        """Return a queryset of the same sessions that reads the latest committed rows.

        In a transaction of MariaDB or MySQL, a plain read may return an older snapshot (REPEATABLE READ),
        and a locking read doesn't. On PostgreSQL, a DELETE fails if its row changed after the snapshot.
        """
        connection = connections[self.db]
        is_snapshot = connection.vendor == "mysql" and is_in_callers_transaction(connection)
        return self.select_for_update() if is_snapshot else self

    def _successors(self, found: SignIns) -> SignIns:
        """Return signed-in sessions that had one of these keys and have another one now."""
        signed_in = [sign_in for sign_in in found.values() if None not in sign_in]
        successors: SignIns = {}
        for start in range(0, len(signed_in), rows.BATCH):
            users, times = zip(*signed_in[start : start + rows.BATCH], strict=True)
            sessions = self.filter(user_id__in=set(users), created_at__in=set(times))
            successors |= self._sign_ins(sessions._latest())
        sign_ins = set(found.values())
        new = successors.keys() - found.keys()
        return {key: successors[key] for key in new if successors[key] in sign_ins}

    def _delete_by_keys(self, keys: list[RawKey]) -> int:
        """Delete the sessions of this queryset with these stored keys, and return how many."""
        if rows.is_announced(self.model) and rows.can_delete_at_once(self):
            return rows.delete(self, keys)
        deleted = 0
        for start in range(0, len(keys), rows.BATCH):
            forms = raw_keys.forms_of(keys[start : start + rows.BATCH])  # 4.0: remove
            _total, labels = self.filter(pk__in=forms).delete()
            deleted += labels.get(self.model._meta.label, 0)
        return deleted

    def _is_sliced_or_combined(self) -> bool:
        """Return whether this is a slice or a union, which Django refuses to change."""
        return self.query.is_sliced or bool(self.query.combinator)

    @_marked(alters_data=True)
    def end(self) -> int:
        """End the sessions that match now, and return how many.

        Changing a key deletes the session's row and inserts another with the same user and sign-in time. A
        DELETE that waited for the old row doesn't see the new one, so search again. A later sign-in has
        another time and is kept. If a session has no sign-in time, its new row is found only if it matches.

        Raise OperationalError if keys changed during each of END_ATTEMPTS attempts, and TypeError for a
        queryset that Django can't delete, such as a slice. What was deleted before an error stays deleted.
        """
        if self._is_sliced_or_combined() or gives_values(self) or self.query.distinct_fields:
            super().delete()  # raises
        latest, all_sessions = self._latest(), type(self)(self.model, using=self.db)
        found = self._sign_ins(self)
        if latest is not self:  # pragma: no cover (MariaDB and MySQL only)
            found |= self._sign_ins(latest)
        if not found:
            return 0
        sign_ins = set(found.values())
        sessions, ended = self, 0
        seen: SignIns = {}
        for _attempt in range(END_ATTEMPTS):
            deleted = sessions._delete_by_keys(list(found))
            ended += deleted
            seen |= found
            left = self._sign_ins(self._latest())
            if deleted < len(found):
                left |= all_sessions._successors(seen)
            found = {key: sign_in for key, sign_in in left.items() if sign_in in sign_ins}
            if not found:
                return ended
            sessions = all_sessions
        raise OperationalError(
            f"The keys of some sessions changed during each of {END_ATTEMPTS} attempts. Call end() again."
        )

    @_marked(alters_data=True)
    async def aend(self) -> int:
        return await sync_to_async(self.end)()


class SessionManager(BaseSessionManager.from_queryset(SessionQuerySet)):  # type: ignore[misc]  # a class made at run time
    """A manager that reads from the write database, since a replica may lag and still have ended sessions."""

    use_in_migrations = True

    def get_queryset(self) -> SessionQuerySet[Any]:
        queryset: SessionQuerySet[Any] = super().get_queryset()
        return queryset if self._db else queryset.using(router.db_for_write(self.model))

    def save(
        self, session_key: str, session_dict: dict[str, Any], expire_date: datetime
    ) -> AbstractSession:
        """Save a session by its key, as Django's manager does. With empty data, delete it."""
        store = self.model.get_session_store_class()()
        values = {
            "session_data": store.encode(session_dict),
            "expire_date": expire_date,
            "user_id": store.user_id_of(session_dict),
        }
        session: AbstractSession
        if session_dict:
            session, _created = self.update_or_create(session_key=session_key, defaults=values)
        else:
            session = self.model(session_key=session_key, **values)
            session.delete()
        return session


class AbstractSession(AbstractBaseSession):
    """The base of session models. Subclass it to add columns (docs/how-to/own-model)."""

    session_key = SessionKeyField(_("session key"), primary_key=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("user"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
    )
    user_agent = models.CharField(_("user agent"), null=True, blank=True, max_length=512)  # noqa: DJ001  # NULL: unknown
    ip = models.GenericIPAddressField(_("IP address"), null=True, blank=True, db_index=True)
    created_at = models.DateTimeField(
        _("signed in"),
        null=True,
        blank=True,
        editable=False,
        help_text=_("When this sign-in began. Empty if unknown."),
    )
    last_activity = models.DateTimeField(_("last activity"), default=timezone.now, db_index=True)

    objects: ClassVar[SessionManager] = SessionManager()

    raw_key: RawKey | None = None  # of a row that is not hashed yet; 4.0: remove
    saved_by_engine = False  # if True, the engine updates the cache itself

    class Meta(AbstractBaseSession.Meta):
        abstract = True

    def __str__(self) -> str:
        """Return the digest, or Django's default text after ``delete()``, which clears it."""
        return self.session_key or models.Model.__str__(self)

    @classmethod
    def get_session_store_class(cls) -> type[SessionStore]:
        """Return the configured engine's store if this is its model; otherwise the ``db`` store."""
        return cast("type[SessionStore]", store_of(cls) or import_string(_DEFAULT_STORE))

    def refresh_from_db(self, using: str | None = None, *args: Any, **kwargs: Any) -> None:
        """Reload from the database of the instance; for deferred fields Django would ask the router."""
        super().refresh_from_db(using or self._state.db, *args, **kwargs)

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.saved_by_engine or not rows.is_cached(type(self)):
            super().save(*args, **kwargs)
            return
        using = kwargs.get("using") or router.db_for_write(type(self), instance=self)
        with rows.saving(self, using):
            super().save(*args, **kwargs)

    @_marked(alters_data=True)
    def end(self) -> bool:
        """End this session, even if its key has changed. Return False if it had already ended.

        A changed key is found only if user and sign-in time are known: it isn't for an anonymous session or
        one of django-user-sessions 2.0.
        """
        using = router.db_for_write(type(self), instance=self)
        sessions = type(self).objects.using(using)
        keys = raw_keys.forms_of([self.raw_key or RawKey(self.pk)])  # 4.0: remove
        _total, deleted = sessions.filter(pk__in=keys).delete()
        if deleted.get(self._meta.label):
            return True
        sign_in = {name: self.__dict__.get(name) for name in ("user_id", "created_at")}
        return None not in sign_in.values() and bool(sessions.filter(**sign_in).end())

    @_marked(alters_data=True)
    async def aend(self) -> bool:
        return await sync_to_async(self.end)()


class Session(AbstractSession):
    """The model of the engines in ``user_sessions.backends``."""

    @classmethod
    def from_db(
        cls, db: str | None, field_names: Collection[str], values: Collection[Any], **kwargs: Any
    ) -> Session:
        session = super().from_db(db, field_names, values, **kwargs)
        key = dict(zip(field_names, values, strict=False)).get("session_key")
        if key and not is_digest(key):
            session.raw_key = RawKey(key)  # 4.0: remove
        return session

    def save(self, *args: Any, **kwargs: Any) -> None:
        self._hash()  # 4.0: remove
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        self._hash()  # 4.0: remove
        return super().delete(*args, **kwargs)

    def _hash(self) -> None:  # 4.0: remove
        """Replace the raw key in the row by the digest that the instance holds."""
        if self.raw_key:
            Session.objects.filter(pk=self.raw_key).update(session_key=self.pk)
            self.raw_key = None


# backends.statements may replace these by one UPDATE, and no save() that a site has overridden.
OWN_SAVES = (AbstractSession.save, Session.save)
