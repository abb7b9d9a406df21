"""Test clients that are signed in from a device and an address of one's choice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from asgiref.sync import sync_to_async
from django import test
from django.conf import settings

from user_sessions.backends import get_session_model

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser


def _record_client(session_key: str, user_agent: str, ip: str) -> None:
    store = get_session_model().get_session_store_class()(session_key, user_agent, ip)
    store.load()
    store.touch()


class Client(test.Client):
    """Django's test client with a user agent and an address, which its sessions have from sign-in on.

    ``Client(user_agent="Mozilla/5.0 …", ip="192.0.2.1").force_login(user)``
    """

    def __init__(
        self, *args: Any, user_agent: str = "", ip: str = "127.0.0.1", **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.user_agent = user_agent
        self.ip = ip
        self.defaults |= {"REMOTE_ADDR": ip, "HTTP_USER_AGENT": user_agent}

    def _login(self, user: AbstractBaseUser, backend: str | None = None) -> None:
        super()._login(user, backend)  # type: ignore[misc]  # not in the stubs
        _record_client(self.cookies[settings.SESSION_COOKIE_NAME].value, self.user_agent, self.ip)


class AsyncClient(test.AsyncClient):
    """The same for Django's asynchronous test client."""

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

    async def _alogin(self, user: AbstractBaseUser, backend: str | None = None) -> None:
        await super()._alogin(user, backend)  # type: ignore[misc]  # not in the stubs
        key = self.cookies[settings.SESSION_COOKIE_NAME].value
        await sync_to_async(_record_client)(key, self.user_agent, self.ip)
