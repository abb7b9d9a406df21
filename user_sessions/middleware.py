"""The middleware that gives each request its session, and tells the session whose request it is."""

from __future__ import annotations

import enum
import time
from collections.abc import Awaitable
from typing import cast

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


class Step(enum.Enum):
    """What a response needs to be done with its request's session."""

    NOTHING = "nothing"
    DROP_COOKIE = "drop the cookie"
    SAVE = "save the session and set the cookie"
    TOUCH = "record the visit"


def way_out(session: SessionStore, *, cookie_sent: bool, status: int) -> Step:
    """Decide what a response needs.

    No I/O here, so one table of cases tests it for WSGI and ASGI alike; the middleware only carries
    the step out. A 5xx writes nothing: the view may have stopped half-way (the same rule as in
    django/contrib/sessions/middleware.py, ``process_response``).
    """
    if session.is_empty():
        return Step.DROP_COOKIE if cookie_sent else Step.NOTHING
    if status >= 500:
        return Step.NOTHING
    if session.modified or settings.SESSION_SAVE_EVERY_REQUEST:
        return Step.SAVE
    return Step.TOUCH if session.accessed and session.touch_due() else Step.NOTHING


class SessionMiddleware(DjangoSessionMiddleware):
    """Django's session middleware for sessions that know their client, sync and async.

    It overrides both calls of Django's, which hop through a thread on the way in and out of an
    asynchronous request, even of one that touches no session.
    """

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if self.async_mode:
            return cast("HttpResponseBase", self.__acall__(request))
        self.process_request(request)
        response = cast("HttpResponseBase", self.get_response(request))
        return self.process_response(request, response)

    async def __acall__(self, request: HttpRequest) -> HttpResponseBase:
        self.process_request(request)
        response = await cast("Awaitable[HttpResponseBase]", self.get_response(request))
        return await self.aprocess_response(request, response)

    def process_request(self, request: HttpRequest) -> None:
        """Make the session; it isn't read before something asks for it."""
        request.session = cast("type[SessionStore]", self.SessionStore)(
            request.COOKIES.get(settings.SESSION_COOKIE_NAME),
            user_agent=request.META.get("HTTP_USER_AGENT", ""),
            ip=client_address(request) or "",
        )

    def process_exception(
        self, request: HttpRequest, exception: Exception
    ) -> HttpResponseBase | None:
        """Say that nothing was changed, where a view could not end a session.

        Django calls it once the view's transaction, if it has one, is rolled back. With 503 the
        session isn't saved on the way out, nor is the cookie dropped.
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
        """Do what the response needs, then tell the browser and the caches about it.

        ``save()`` raises SessionEnded, which Django answers with 400, for a request that changed a session
        which was ended meanwhile.
        """
        step = _step(request, response)
        if step is Step.SAVE:
            request.session.save()
        elif step is Step.TOUCH:
            _session(request).touch()
        return _with_headers(request, response, step)

    async def aprocess_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        step = _step(request, response)
        if step is Step.SAVE:
            await request.session.asave()
        elif step is Step.TOUCH:
            await _session(request).atouch()
        return _with_headers(request, response, step)


def _session(request: HttpRequest) -> SessionStore:
    return cast("SessionStore", request.session)


def _step(request: HttpRequest, response: HttpResponseBase) -> Step:
    if not hasattr(request, "session"):
        return Step.NOTHING
    return way_out(
        _session(request),
        cookie_sent=settings.SESSION_COOKIE_NAME in request.COOKIES,
        status=response.status_code,
    )


def _with_headers(request: HttpRequest, response: HttpResponseBase, step: Step) -> HttpResponseBase:
    """Set or drop the cookie, and say that the response depends on it where it does."""
    if step is Step.SAVE:
        _set_cookie(response, _session(request))
    elif step is Step.DROP_COOKIE:
        response.delete_cookie(
            settings.SESSION_COOKIE_NAME,
            path=settings.SESSION_COOKIE_PATH,
            domain=settings.SESSION_COOKIE_DOMAIN,
            samesite=settings.SESSION_COOKIE_SAMESITE,
        )
    session = getattr(request, "session", None)
    if step is Step.SAVE or step is Step.DROP_COOKIE or (session is not None and session.accessed):
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
