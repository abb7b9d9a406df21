"""The pages on which users see where they are signed in, and end sessions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.db import connections, transaction
from django.db.models import Case, Value, When
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, resolve_url
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.generic import DetailView, ListView, TemplateView, View

from user_sessions.device import device_name
from user_sessions.engine import get_session_model
from user_sessions.keys import digest_of, is_digest
from user_sessions.models import AbstractSession, SessionQuerySet
from user_sessions.summary import summary_of

AnyView = TypeVar("AnyView", bound=Callable[..., Any])


@method_decorator([never_cache, csrf_protect, login_required], name="dispatch")
class OwnSessionsView(View):
    """Base view: the active sessions of the current user."""

    @cached_property
    def current(self) -> str:
        """The digest of the request's own session."""
        return digest_of(self.request.session.session_key or "")

    def get_queryset(self) -> SessionQuerySet[Any]:
        sessions: SessionQuerySet[Any] = (
            get_session_model().objects.active().filter(user=self.request.user)
        )
        return sessions.hashed()  # 4.0: remove hashed()

    def others(self) -> SessionQuerySet[Any]:
        return self.get_queryset().exclude(pk=self.current)


def without_atomic_requests(view: AnyView) -> AnyView:
    """Exempt a view from ATOMIC_REQUESTS, so that an end is committed before the response is made.

    Otherwise a later failure would roll the end back, but not the tombstone in the cache.
    """
    for alias in connections:
        view = transaction.non_atomic_requests(alias)(view)
    return view


class SessionListView(OwnSessionsView, ListView):  # type: ignore[type-arg]  # no generic at run time
    """The list of sessions: the current one first, then the others by last activity."""

    template_name = "user_sessions/session_list.html"
    paginate_by = 25

    def get_queryset(self) -> SessionQuerySet[Any]:
        this_one_first = Case(When(pk=self.current, then=Value(0)), default=Value(1))
        return (
            super()
            .get_queryset()
            .defer("session_data")
            .order_by(this_one_first, "-last_activity", "pk")
        )

    def paginate_queryset(self, queryset: Any, page_size: int) -> Any:
        """Return the last page if the requested one no longer exists, because its sessions ended."""
        paginator = self.get_paginator(queryset, page_size)
        page = paginator.get_page(self.request.GET.get(self.page_kwarg))
        return paginator, page, page.object_list, page.has_other_pages()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        for session in context["object_list"]:
            session.summary = summary_of(session, current=self.current)
        # The count includes the current session.
        return context | {
            "session_key": self.current,
            "other_count": context["paginator"].count - 1,
        }


@method_decorator(without_atomic_requests, name="dispatch")
class SessionDeleteView(OwnSessionsView, DetailView):  # type: ignore[type-arg]  # no generic at run time
    """End one session: GET asks for confirmation, POST ends it."""

    template_name = "user_sessions/session_confirm_end.html"

    def get_object(self, queryset: Any = None) -> AbstractSession:
        """Return the session with the digest in the URL. Raise Http404 for a session key in its place."""
        if not is_digest(self.kwargs["pk"]):
            raise Http404(_("There is no such session."))
        session: AbstractSession = super().get_object(queryset)
        return session

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        self.object.summary = summary_of(self.object, current=self.current)
        return super().get_context_data(**kwargs) | {"session_key": self.current}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseRedirect:
        """End the session. If it has already ended, for example in another tab, that is no error."""
        try:
            session = self.get_object()
        except Http404:
            if not is_digest(self.kwargs["pk"]):
                raise
            messages.info(request, _("That session has already ended."), fail_silently=True)
            return redirect(self._list_url())
        if session.session_key == self.current:
            logout(request)
            _show_success(request, _("You have signed out."))
            return redirect(resolve_url(settings.LOGOUT_REDIRECT_URL or settings.LOGIN_URL))
        session.end()
        _show_success(request, _ended_message(session))
        return redirect(self._list_url())

    def _list_url(self) -> str:
        """Return the URL of the list, at the page that the user came from."""
        url, page = reverse("user_sessions:session_list"), self.request.POST.get("page", "")
        return f"{url}?page={page}" if page.isascii() and page.isdigit() else url


@method_decorator(without_atomic_requests, name="dispatch")
class SessionDeleteOtherView(OwnSessionsView, TemplateView):
    """End all other sessions: GET shows how many and asks for confirmation, POST ends them."""

    template_name = "user_sessions/session_confirm_end_other.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"other_count": self.others().count()}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        ended = self.others().end()
        _show_success(
            request,
            ngettext("Ended %(count)d other session.", "Ended %(count)d other sessions.", ended)
            % {"count": ended}
            if ended
            else _("There was no other session to end."),
        )
        return redirect("user_sessions:session_list")


def _ended_message(session: AbstractSession) -> str:
    if device := device_name(session.user_agent):
        return _("Session ended: %(device)s.") % {"device": device}
    return _("Session ended: unknown device.")


def _show_success(request: HttpRequest, sentence: str) -> None:
    """Show a message on the next page if the site uses ``django.contrib.messages``."""
    messages.success(request, sentence, fail_silently=True)
