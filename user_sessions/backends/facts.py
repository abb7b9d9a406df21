"""What a store remembers of the row that it loaded or wrote."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from user_sessions.models import AbstractSession


class StoredFacts(NamedTuple):
    """The columns, by their names, that a request may change without changing the data."""

    user_id: Any
    user_agent: str | None
    ip: str | None
    created_at: datetime | None
    last_activity: datetime


def facts_of(row: AbstractSession) -> StoredFacts:
    return StoredFacts(row.user_id, row.user_agent, row.ip, row.created_at, row.last_activity)
