"""Sessions in Django's admin. Staff can view and end them, but not edit them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from pprint import pformat
from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.admin.options import ModelAdmin
from django.contrib.admin.utils import quote
from django.contrib.admin.views.main import PAGE_VAR, ChangeList
from django.contrib.auth import get_user_model, logout
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.text import smart_split
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from user_sessions.admin.networks import in_network, network_of
from user_sessions.admin.paginator import BoundedPaginator
from user_sessions.admin.user_names import has_user_named, name_columns, users_database
from user_sessions.device import device_name
from user_sessions.location import location_name
from user_sessions.models import AbstractSession, SessionQuerySet

USERS_PER_QUERY = 500  # databases limit the number of values in a statement

# Names of session data that may be secret, e.g. tokens of other sites, or codes that were sent.
_SECRET = re.compile(
    "challenge|code|credential|hash|key|nonce|otp|pass|secret|signature|state|token|verifier",
    re.IGNORECASE,
)
_HIDDEN = "********"


class ValidityFilter(admin.SimpleListFilter):
    title = gettext_lazy("validity")
    parameter_name = "active"
    ACTIVE, EXPIRED = "1", "0"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(self.ACTIVE, _("Active")), (self.EXPIRED, _("Expired"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[Any]:
        chosen = {self.ACTIVE: queryset.active, self.EXPIRED: queryset.expired}
        sessions: QuerySet[Any] = chosen.get(self.value() or "", queryset.all)()
        return sessions


class OwnerFilter(admin.SimpleListFilter):
    title = gettext_lazy("owner")
    parameter_name = "owner"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("my", _("Self"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(user=request.user.pk) if self.value() == "my" else queryset


class SessionChangeList(ChangeList):
    def get_results(self, request: HttpRequest) -> None:
        """Get the sessions of a page. Links and actions refer to each by its digest."""
        super().get_results(request)
        cast("SessionQuerySet[Any]", self.result_list).hashed()  # 4.0: remove


class SessionAdmin(ModelAdmin):  # type: ignore[type-arg]  # no generic at run time
    list_display = ("ip", "user", "valid", "location", "device", "created_at", "last_activity")
    list_filter = (ValidityFilter, OwnerFilter)
    list_select_related = ("user",)
    list_per_page = 50
    ordering = ("-last_activity",)
    paginator = BoundedPaginator
    show_full_result_count = False
    search_help_text = gettext_lazy(
        "An address, the beginning of one such as 192.0.2., a network such as 192.0.2.0/24, or part "
        "of a user's name or e-mail address"
    )
    fields = (
        "user",
        "valid",
        "device",
        "location",
        "ip",
        "created_at",
        "last_activity",
        "expire_date",
        "user_agent",
    )
    actions = ("delete_selected", "end_sessions_of_users")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Refuse filters on session data in the URL: with them, staff could guess data they may not see."""
        return not lookup.startswith("session_data") and super().lookup_allowed(
            lookup, value, request
        )

    # The list

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        sessions = super().get_queryset(request).defer("session_data")
        return sessions if self._may_join_users(sessions) else sessions.prefetch_related("user")

    def get_list_select_related(self, request: HttpRequest) -> Any:
        asked = super().get_list_select_related(request)
        return asked if self._may_join_users(super().get_queryset(request)) else ()

    def _may_join_users(self, sessions: QuerySet[Any]) -> bool:
        """Return whether users and sessions are in the same database. A join needs that."""
        return users_database() == sessions.db

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return SessionChangeList

    def get_paginator(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        paginator: Any = super().get_paginator(request, *args, **kwargs)
        with suppress(ValueError):
            paginator.page_shown = int(request.GET.get(PAGE_VAR, 1))
        return paginator

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        return self._shown(request, super().get_list_display(request))

    def get_ordering(self, request: HttpRequest) -> Any:
        """Return the latest activity first. For the filter "expired", return the latest expiry first.

        Expired sessions have the oldest activity. Ordered by activity, a database would scan all others
        before them.
        """
        if request.GET.get(ValidityFilter.parameter_name) == ValidityFilter.EXPIRED:
            return ("-expire_date",)
        return super().get_ordering(request)

    # Searching

    def get_search_fields(self, request: HttpRequest) -> Any:
        return self.search_fields or ["ip", *(f"user__{name}" for name in name_columns())]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Find sessions that match each word: as an address or network, or else in the search fields."""
        others = []
        for word in smart_split(search_term):
            if network := network_of(word):
                queryset = queryset.filter(in_network("ip", network))
            else:
                others.append(word)
        if self.search_fields:  # set by the site
            return super().get_search_results(request, queryset, " ".join(others))
        return (queryset.filter(has_user_named(others, queryset.db)) if others else queryset), False

    # One session

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        data = ["data"] if getattr(request.user, "is_superuser", False) else []
        return [*self._shown(request, super().get_fields(request, obj)), *data]

    def delete_model(self, request: HttpRequest, obj: AbstractSession) -> None:
        super().delete_model(request, obj)
        _sign_out_if_ended(request)

    # Columns

    def _shown(self, request: HttpRequest, names: Any) -> list[Any]:
        """Return names of columns. The user is a link if the request's user may view users."""
        user = "linked_user" if self._may_view_users(request) else "named_user"
        return [user if name == "user" else name for name in names]

    def _may_view_users(self, request: HttpRequest) -> bool:
        if not self.admin_site.is_registered(get_user_model()):
            return False
        return self.admin_site.get_model_admin(get_user_model()).has_view_permission(request)

    @admin.display(description=gettext_lazy("user"), ordering="user_id")
    def named_user(self, session: AbstractSession) -> str | None:
        return str(session.user) if session.user else None

    @admin.display(description=gettext_lazy("user"), ordering="user_id")
    def linked_user(self, session: AbstractSession) -> str | None:
        if session.user is None:
            return None
        user = session.user._meta
        name = f"{self.admin_site.name}:{user.app_label}_{user.model_name}_change"
        return format_html(
            '<a href="{}">{}</a>', reverse(name, args=[quote(session.user.pk)]), session.user
        )

    @admin.display(description=gettext_lazy("valid"), boolean=True, ordering="expire_date")
    def valid(self, session: AbstractSession) -> bool:
        return session.expire_date > timezone.now()

    @admin.display(description=gettext_lazy("device"))
    def device(self, session: AbstractSession) -> str:
        return device_name(session.user_agent) or _("Unknown device")

    @admin.display(description=gettext_lazy("location"))
    def location(self, session: AbstractSession) -> str | None:
        return location_name(session.ip)

    @admin.display(description=gettext_lazy("data"))
    def data(self, session: AbstractSession) -> str:
        """Return the session data, with values that may be secret replaced by asterisks."""
        shown = pformat(_without_secrets(session.get_decoded()), width=100)
        return format_html("<pre>{}</pre>", shown)

    # Actions

    @admin.action(description=gettext_lazy("End selected sessions"), permissions=["delete"])
    def delete_selected(self, request: HttpRequest, queryset: SessionQuerySet[Any]) -> None:
        """End sessions. The name replaces Django's own action, which would be a second way to end them."""
        self._report_ended(request, queryset.end())
        _sign_out_if_ended(request)

    @admin.action(
        description=gettext_lazy("End all sessions of these users"), permissions=["delete"]
    )
    def end_sessions_of_users(self, request: HttpRequest, queryset: SessionQuerySet[Any]) -> None:
        users = list(
            queryset.order_by().exclude(user=None).values_list("user", flat=True).distinct()
        )
        if not users:
            self.message_user(
                request, _("No selected session belongs to a user."), messages.WARNING
            )
            return
        sessions: Any = self.get_queryset(request)
        self._report_ended(
            request, sum(sessions.filter(user__in=some).end() for some in _batches(users))
        )
        sentence = ngettext(
            "Ended all sessions of %(count)d user.",
            "Ended all sessions of %(count)d users.",
            len(users),
        )
        self.message_user(request, sentence % {"count": len(users)}, messages.SUCCESS)
        _sign_out_if_ended(request)

    def _report_ended(self, request: HttpRequest, ended: int) -> None:
        sentence = ngettext("Ended %(count)d session.", "Ended %(count)d sessions.", ended)
        self.message_user(request, sentence % {"count": ended}, messages.SUCCESS)


def _sign_out_if_ended(request: HttpRequest) -> None:
    """Sign out a user who has just ended their own session, so that the request gets a new session.

    Saving the ended session at the end of the request would raise SessionEnded.
    """
    if not request.session.exists(request.session.session_key or ""):
        logout(request)


def _without_secrets(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: _HIDDEN if _SECRET.search(str(key)) else _without_secrets(held)
            for key, held in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [_without_secrets(held) for held in value]
    return value


def _batches(users: list[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(users), USERS_PER_QUERY):
        yield users[start : start + USERS_PER_QUERY]
