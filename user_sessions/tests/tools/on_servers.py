"""A plugin of pytest for ``make test-services``: the plain settings leave out what queries no database.

A test that queries none has the same outcome on each database, and has passed on SQLite.
"""

from __future__ import annotations

from django.conf import settings


def pytest_collection_modifyitems(config, items):
    """Deselect the tests that query no database."""
    if settings.SETTINGS_MODULE == "user_sessions.tests.settings.plain":
        without = {item for item in items if not queries(item)}
        config.hook.pytest_deselected(items=list(without))
        items[:] = [item for item in items if item not in without]


def queries(item):
    """Return whether a test may query a database."""
    from django.test import TransactionTestCase

    return (
        {"db", "transactional_db"} & {*item.fixturenames}
        or item.get_closest_marker("django_db")
        or issubclass(item.cls or object, TransactionTestCase)
    )
