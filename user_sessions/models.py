"""The session: one signed-in browser, or an anonymous visitor."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from datetime import datetime
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.sessions.base_session import AbstractBaseSession, BaseSessionManager
from django.db import models, router
from django.db.models.deletion import Collector
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from user_sessions import rows
from user_sessions.fields import SessionKeyField
from user_sessions.keys import RawKey, is_digest
from user_sessions.upgrade import raw_keys

if TYPE_CHECKING:
    from user_sessions.backends.db import SessionStore

AnySession = TypeVar("AnySession", bound="AbstractSession")


class SessionQuerySet(models.QuerySet[AnySession]):
    """Sessions, to be found and ended."""

    def active(self) -> SessionQuerySet[AnySession]:
        """Those that haven't expired."""
        return self.filter(expire_date__gt=timezone.now())

    def expired(self) -> SessionQuerySet[AnySession]:
        """Those that are of no use any more; ``clearsessions`` removes them."""
        return self.filter(expire_date__lte=timezone.now())

    def hashed(self) -> SessionQuerySet[AnySession]:
        """The same, once those among them that still stand under a raw key got their digest."""
        if raw_keys.may_be_left(self.model, self.db):
            raw_keys.hash_rows(self)
        return self

    def update(self, **kwargs: Any) -> int:
        if rows.is_cached(self.model) and not self._is_part_or_combination():
            return rows.update(self, kwargs)
        return super().update(**kwargs)

    update.alters_data = True  # type: ignore[attr-defined]  # as Django marks its own

    def delete(self) -> tuple[int, dict[str, int]]:
        refused = self._is_part_or_combination() or self._fields is not None  # type: ignore[attr-defined]  # not in the stubs
        announced = rows.is_announced(self.model) and not refused
        if announced and rows.deletes_at_once(self):
            return rows.delete(self)
        # What isn't deleted in one statement is deleted by the digests of the instances.
        if not Collector(using=self.db, origin=self).can_fast_delete(self):
            self.hashed()
        return super().delete()

    delete.alters_data = True  # type: ignore[attr-defined]  # as Django marks its own
    delete.queryset_only = True  # type: ignore[attr-defined]

    def _is_part_or_combination(self) -> bool:
        """Tell whether Django refuses to change these, and says why: a slice, or a union of others."""
        return self.query.is_sliced or bool(self.query.combinator)

    def end(self) -> int:
        """End all of them, and return how many.

        Looks once more afterwards, so that one whose key was changed just then doesn't slip through:
        a statement that waited for the old row can't see the new one.
        """
        ended = 0
        while True:
            _total, deleted = self.all().delete()
            ended += deleted.get(self.model._meta.label, 0)
            if not self.all().exists():
                return ended

    async def aend(self) -> int:
        return await sync_to_async(self.end)()


class SessionManager(BaseSessionManager.from_queryset(SessionQuerySet)):  # type: ignore[misc]  # a class made at run time
    """Finds sessions in the database that they are written to: a replica may lag behind an end."""

    use_in_migrations = True

    def get_queryset(self) -> SessionQuerySet[Any]:
        queryset: SessionQuerySet[Any] = super().get_queryset()
        return queryset if self._db else queryset.using(router.db_for_write(self.model))

    def save(
        self, session_key: str, session_dict: dict[str, Any], expire_date: datetime
    ) -> AbstractSession:
        """Write a session by its key, as Django's manager does; with no data, remove it."""
        store = self.model.get_session_store_class()()
        values = {
            "session_data": store.encode(session_dict),
            "expire_date": expire_date,
            "user_id": store.user_id_of(session_dict),
        }
        if session_dict:
            session, _created = self.update_or_create(session_key=session_key, defaults=values)
        else:
            session = self.model(session_key=session_key, **values)
            session.delete()
        return cast("AbstractSession", session)


class AbstractSession(AbstractBaseSession):
    """What every session has. Subclass it for columns of your own (docs/how-to/own-model)."""

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
        help_text=_("When this sign-in began; empty where that isn't known."),
    )
    last_activity = models.DateTimeField(_("last activity"), default=timezone.now, db_index=True)

    objects: ClassVar[SessionManager] = SessionManager()

    raw_key: RawKey | None = None  # of a row that still stands under it
    saved_by_engine = False  # which tells its cache itself

    class Meta(AbstractBaseSession.Meta):
        abstract = True

    @classmethod
    def get_session_store_class(cls) -> type[SessionStore]:
        """Return the configured engine's, where this is its model."""
        from user_sessions.backends.db import SessionStore

        with suppress(AttributeError, ImportError):  # the check E012 tells what is wrong with it
            engine = import_module(settings.SESSION_ENGINE).SessionStore
            if issubclass(engine, SessionStore) and engine.get_model_class() is cls:
                return cast("type[SessionStore]", engine)
        return SessionStore

    def refresh_from_db(self, using: str | None = None, *args: Any, **kwargs: Any) -> None:
        """Read, from where this instance was read: for what was deferred Django asks any replica."""
        super().refresh_from_db(using or self._state.db, *args, **kwargs)

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.saved_by_engine or not rows.is_cached(type(self)):
            super().save(*args, **kwargs)
            return
        using = kwargs.get("using") or router.db_for_write(type(self), instance=self)
        with rows.saving(self, using):
            super().save(*args, **kwargs)

    def end(self) -> bool:
        """End this session; return whether it was this call that did so."""
        forms = [self.pk, self.raw_key] if self.raw_key else [self.pk]
        _total, deleted = type(self).objects.filter(pk__in=forms).delete()
        return bool(deleted.get(self._meta.label))

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
            session.raw_key = RawKey(key)
        return session

    def save(self, *args: Any, **kwargs: Any) -> None:
        self._hash()
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        self._hash()
        return super().delete(*args, **kwargs)

    def _hash(self) -> None:
        """Give a row that stands under its key the digest by which the instance knows it."""
        if self.raw_key:
            Session.objects.filter(pk=self.raw_key).update(session_key=self.pk)
            self.raw_key = None


# What ``row_update`` may do without, as it is before anybody wraps it.
OWN_SAVES = (AbstractSession.save, Session.save)
