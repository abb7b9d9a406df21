"""The session: one signed-in browser, or an anonymous visitor."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.sessions.base_session import AbstractBaseSession, BaseSessionManager
from django.db import models, router
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from user_sessions.fields import SessionKeyField

if TYPE_CHECKING:
    from user_sessions.backends.base import SessionStore

AnySession = TypeVar("AnySession", bound="AbstractSession")


class SessionQuerySet(models.QuerySet[AnySession]):
    """Sessions, to be found and ended."""

    def active(self) -> SessionQuerySet[AnySession]:
        """Those that haven't expired."""
        return self.filter(expire_date__gt=timezone.now())

    def expired(self) -> SessionQuerySet[AnySession]:
        """Those that are of no use any more; ``clearsessions`` removes them."""
        return self.filter(expire_date__lte=timezone.now())

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
    ip = models.GenericIPAddressField(_("IP address"), null=True, blank=True)
    created_at = models.DateTimeField(
        _("signed in"),
        null=True,
        blank=True,
        editable=False,
        help_text=_("When this sign-in began; empty where that isn't known."),
    )
    last_activity = models.DateTimeField(_("last activity"), default=timezone.now)

    objects: ClassVar[SessionManager] = SessionManager()

    class Meta(AbstractBaseSession.Meta):
        abstract = True

    @classmethod
    def get_session_store_class(cls) -> type[SessionStore]:
        from user_sessions.backends.db import SessionStore

        return SessionStore

    def end(self) -> bool:
        """End this session; return whether it was this call that did so."""
        _total, deleted = type(self).objects.filter(pk=self.pk).delete()
        return bool(deleted.get(self._meta.label))

    async def aend(self) -> bool:
        return await sync_to_async(self.end)()


class Session(AbstractSession):
    """The model of the engines in ``user_sessions.backends``."""
