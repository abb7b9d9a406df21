"""The middleware that adds the session, with the client's address and user agent, to each request."""

from __future__ import annotations

import enum
import time
from typing import TYPE_CHECKING, Any, cast

from django.conf import settings
from django.contrib.sessions.middleware import SessionMiddleware as DjangoSessionMiddleware
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers, patch_vary_headers
from django.utils.http import http_date

from user_sessions.backends.base import SessionStore
from user_sessions.client import client_address
from user_sessions.exceptions import CacheUnavailable

RETRY_AFTER = 60  # seconds


class SessionAction(enum.Enum):
    """What the middleware does with the session when it sends a response."""

    NOTHING = "nothing"
    DROP_COOKIE = "drop the cookie"
    SAVE = "save the session and set the cookie"
    TOUCH = "record the visit"


def response_action(session: SessionStore, *, cookie_sent: bool, status: int) -> SessionAction:
    """Return what to do with a session when the response has this status.

    This function does no I/O, so one table of cases tests it for WSGI and ASGI alike. A status of 500
    or above saves nothing: the view may have stopped half-way (the same rule as in
    django/contrib/sessions/middleware.py, ``process_response``).
    """
    if session.is_empty():
        return SessionAction.DROP_COOKIE if cookie_sent else SessionAction.NOTHING
    if status >= 500:
        return SessionAction.NOTHING
    if session.modified or settings.SESSION_SAVE_EVERY_REQUEST:
        return SessionAction.SAVE
    return (
        SessionAction.TOUCH if session.accessed and session.touch_due() else SessionAction.NOTHING
    )


class SessionMiddleware(DjangoSessionMiddleware):
    """Django's session middleware, for sessions that store their client. Supports WSGI and ASGI.

    It overrides ``__call__`` and ``__acall__``. Django's versions switch to a thread twice for each
    asynchronous request, even if the request doesn't access its session.
    """

    if TYPE_CHECKING:
        # The stubs know synchronous responses and Django's own stores only.
        SessionStore: Any
        get_response: Any

    def __call__(self, request: HttpRequest) -> Any:
        if self.async_mode:
            return self.__acall__(request)
        self.process_request(request)
        response: HttpResponseBase = self.get_response(request)
        return self.process_response(request, response)

    async def __acall__(self, request: HttpRequest) -> HttpResponseBase:
        self.process_request(request)
        response: HttpResponseBase = await self.get_response(request)
        return await self.aprocess_response(request, response)

    def process_request(self, request: HttpRequest) -> None:
        """Create the session object. It loads its data on first access."""
        request.session = self.SessionStore(
            request.COOKIES.get(settings.SESSION_COOKIE_NAME),
            user_agent=request.META.get("HTTP_USER_AGENT", ""),
            ip=client_address(request) or "",
        )

    def process_exception(
        self, request: HttpRequest, exception: Exception
    ) -> HttpResponseBase | None:
        """Return a response with status 503 if a view raised CacheUnavailable; otherwise None.

        Django calls this after it has rolled back the view's transaction, if there is one. Because of
        the status, ``process_response`` doesn't save the session.
        """
        if not isinstance(exception, CacheUnavailable):
            return None
        response = render(request, "user_sessions/errors/cache_unavailable.html", status=503)
        response["Retry-After"] = str(RETRY_AFTER)
        add_never_cache_headers(response)
        return response

    def process_response(  # type: ignore[override]  # any response passes, a streaming one too
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Save or touch the session, and set the response's headers.

        Raise SessionEnded, which Django answers with 400, if the request changed the session and the
        session ended in the meantime.
        """
        action = _action(request, response)
        if action is SessionAction.SAVE:
            request.session.save()
        elif action is SessionAction.TOUCH:
            _session(request).touch()
        return _with_headers(request, response, action)

    async def aprocess_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        action = _action(request, response)
        if action is SessionAction.SAVE:
            await request.session.asave()
        elif action is SessionAction.TOUCH:
            await _session(request).atouch()
        return _with_headers(request, response, action)


def _session(request: HttpRequest) -> SessionStore:
    return cast("SessionStore", request.session)


def _action(request: HttpRequest, response: HttpResponseBase) -> SessionAction:
    if not hasattr(request, "session"):
        return SessionAction.NOTHING
    return response_action(
        _session(request),
        cookie_sent=settings.SESSION_COOKIE_NAME in request.COOKIES,
        status=response.status_code,
    )


def _with_headers(
    request: HttpRequest, response: HttpResponseBase, action: SessionAction
) -> HttpResponseBase:
    """Set or delete the cookie, and add ``Vary: Cookie`` if the response depends on the session."""
    if action is SessionAction.SAVE:
        _set_cookie(response, _session(request))
    elif action is SessionAction.DROP_COOKIE:
        response.delete_cookie(
            settings.SESSION_COOKIE_NAME,
            path=settings.SESSION_COOKIE_PATH,
            domain=settings.SESSION_COOKIE_DOMAIN,
            samesite=settings.SESSION_COOKIE_SAMESITE,
        )
    session = getattr(request, "session", None)
    if (
        action is SessionAction.SAVE
        or action is SessionAction.DROP_COOKIE
        or (session is not None and session.accessed)
    ):
        patch_vary_headers(response, ("Cookie",))
    return response


def _set_cookie(response: HttpResponseBase, session: SessionStore) -> None:
    max_age = expires = None
    if not session.get_expire_at_browser_close():
        max_age = session.get_expiry_age()
        expires = http_date(time.time() + max_age)
    response.set_cookie(
        settings.SESSION_COOKIE_NAME,
        session.session_key or "",
        max_age=max_age,
        expires=expires,
        domain=settings.SESSION_COOKIE_DOMAIN,
        path=settings.SESSION_COOKIE_PATH,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=settings.SESSION_COOKIE_HTTPONLY,
        samesite=settings.SESSION_COOKIE_SAMESITE,
    )
