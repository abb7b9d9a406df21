"""Test clients with a user agent and an address that a test chooses."""

from __future__ import annotations

from typing import Any

from django import test
from django.conf import settings
from django.contrib.auth import alogin, login
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest

from user_sessions.engine import get_session_model


def _request(client: Client | AsyncClient) -> HttpRequest:
    """Return a request for signing in. Receivers of ``user_logged_in`` may read its ``user``."""
    cookie = client.cookies.get(settings.SESSION_COOKIE_NAME)
    store_class = get_session_model().get_session_store_class()
    request = HttpRequest()
    request.user = AnonymousUser()
    request.session = store_class(cookie.value if cookie else None, client.user_agent, client.ip)
    return request


class Client(test.Client):
    """Django's test client with a user agent and an address, which its sessions store at sign-in.

    ``Client(user_agent="Mozilla/5.0 …", ip="192.0.2.1").force_login(user)``
    """

    def __init__(
        self, *args: Any, user_agent: str = "", ip: str = "127.0.0.1", **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.user_agent = user_agent
        self.ip = ip
        self.defaults |= {"REMOTE_ADDR": ip, "HTTP_USER_AGENT": user_agent}

    def _login(self, user: Any, backend: str | None = None) -> None:
        request = _request(self)
        login(request, user, backend)
        request.session.save()
        self._set_login_cookies(request)  # type: ignore[attr-defined]  # not in the stubs


class AsyncClient(test.AsyncClient):
    """Django's asynchronous test client with a user agent and an address."""

    def __init__(
        self, *args: Any, user_agent: str = "", ip: str = "127.0.0.1", **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.user_agent = user_agent
        self.ip = ip
        self.defaults["user-agent"] = user_agent  # type: ignore[typeddict-unknown-key]  # any header may be

    def _base_scope(self, **request: Any) -> dict[str, Any]:
        scope: dict[str, Any] = super()._base_scope(**request)  # type: ignore[misc]  # not in the stubs
        return scope | {"client": [self.ip, 0]}

    async def _alogin(self, user: Any, backend: str | None = None) -> None:
        request = _request(self)
        await alogin(request, user, backend)
        await request.session.asave()
        self._set_login_cookies(request)  # type: ignore[attr-defined]  # not in the stubs
