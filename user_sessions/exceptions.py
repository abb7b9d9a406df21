"""Exceptions of this app."""

from __future__ import annotations

from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.exceptions import SessionInterrupted


class SessionEnded(UpdateError, SessionInterrupted):
    """The session ended while a request still used it. Nothing was written.

    It is an UpdateError, because ``save()`` of a session store raises that. It is also a
    SessionInterrupted, which Django answers with 400, so no view needs to convert it.
    """

    def __init__(self) -> None:
        super().__init__(
            "The request's session was deleted before the request completed. "
            "The user may have logged out in a concurrent request, for example."
        )


class CacheUnavailable(Exception):
    """The session cache can't be reached, so ending a session could not be final. Nothing was changed.

    The middleware answers it with 503 if a view raises it.
    """

    def __init__(self) -> None:
        super().__init__("The session cache can't be reached, so nothing was changed.")
