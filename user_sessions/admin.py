"""Sessions in Django's admin: to be looked at and ended, never written."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from user_sessions.backends import get_session_model
from user_sessions.device import device_name
from user_sessions.location import location_name
from user_sessions.models import AbstractSession, SessionQuerySet


class ValidityFilter(admin.SimpleListFilter):
    title = _("validity")
    parameter_name = "active"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("1", _("Active")), ("0", _("Expired"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        sessions = cast("SessionQuerySet[Any]", queryset)
        chosen = {"1": sessions.active, "0": sessions.expired}
        return chosen.get(self.value() or "", sessions.all)()


class SessionAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # no generic at run time
    list_display = ("user", "device", "location", "ip", "is_active", "created_at", "last_activity")
    list_display_links = ("device",)
    list_filter = (ValidityFilter,)
    list_select_related = ("user",)
    ordering = ("-last_activity",)
    fields = (
        "user",
        "device",
        "location",
        "ip",
        "created_at",
        "last_activity",
        "expire_date",
        "user_agent",
    )
    actions = ("end_sessions",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("session_data")

    @admin.display(description=_("device"))
    def device(self, session: AbstractSession) -> str:
        return device_name(session.user_agent) or str(_("Unknown device"))

    @admin.display(description=_("location"))
    def location(self, session: AbstractSession) -> str | None:
        return location_name(session.ip)

    @admin.display(description=_("active"), boolean=True)
    def is_active(self, session: AbstractSession) -> bool:
        return session.expire_date > timezone.now()

    @admin.action(description=_("End selected sessions"), permissions=["delete"])
    def end_sessions(self, request: HttpRequest, queryset: SessionQuerySet[Any]) -> None:
        ended = queryset.end()
        sentence = ngettext("Ended %(count)d session.", "Ended %(count)d sessions.", ended) % {
            "count": ended
        }
        self.message_user(request, sentence, messages.SUCCESS)


admin.site.register(get_session_model(), SessionAdmin)
