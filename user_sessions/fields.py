"""The model field for a session's digest."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models.query_utils import DeferredAttribute

from user_sessions.keys import DIGEST_LENGTH, RawKey, digest_of, is_digest


def _digested(value: Any) -> Any:
    return digest_of(value) if value and not is_digest(value) else value


class SessionKeyAttribute(DeferredAttribute):
    """Replace a session key by its digest on assignment, so no instance ever holds a key."""

    def __set__(self, instance: models.Model, value: Any) -> None:
        instance.__dict__[self.field.attname] = _digested(value)


class SessionKeyField(models.CharField):  # type: ignore[type-arg]  # its parameters can't be subscripted at run time
    """A primary key that accepts a session key or its digest, and stores only the digest.

    ``Session.objects.get(pk=session_key)`` and ``get(pk=digest)`` therefore find the same row.
    """

    descriptor_class = SessionKeyAttribute

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", DIGEST_LENGTH)
        super().__init__(*args, **kwargs)

    def get_prep_value(self, value: Any) -> Any:
        """Return the digest of a session key or digest; return a RawKey unchanged."""
        prepared = super().get_prep_value(value)
        return str(prepared) if isinstance(value, RawKey) else _digested(prepared)
