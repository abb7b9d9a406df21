"""The statements among captured queries."""

from __future__ import annotations

STATEMENTS = ("SELECT", "INSERT", "UPDATE", "DELETE")


def statements(queries):
    """Return the SQL of the captured queries that read or write rows; transactions don't count."""
    return [query["sql"] for query in queries if query["sql"].startswith(STATEMENTS)]
