"""What can go wrong with a session."""

from __future__ import annotations

from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.exceptions import SessionInterrupted


class SessionEnded(UpdateError, SessionInterrupted):
    """The session was ended while a request still used it; nothing was written.

    It is Django's UpdateError, which ``save()`` raises by contract, and its SessionInterrupted,
    which Django answers with 400: so it needs no translation, wherever in a view it is raised.
    """

    def __init__(self) -> None:
        super().__init__(
            "The request's session was deleted before the request completed. "
            "The user may have logged out in a concurrent request, for example."
        )


class CacheUnavailable(Exception):
    """The cache of the sessions doesn't answer, so an end could not be final; nothing was changed.

    The middleware answers it with 503 where a view raises it.
    """

    def __init__(self) -> None:
        super().__init__("The cache of the sessions does not answer, so nothing was changed.")
