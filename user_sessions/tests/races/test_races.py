"""Two connections that use one session at the same time.

These need a database that locks rows, so they are collected on PostgreSQL and MariaDB only.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from time import monotonic

import pytest
from django.contrib.auth import SESSION_KEY
from django.db import OperationalError, connection, transaction

from user_sessions.exceptions import SessionEnded
from user_sessions.keys import digest_of

DEADLINE = 10  # seconds
LOOK_EVERY = 0.2  # seconds; InnoDB doesn't update innodb_trx if it is read again within 0.1

# How each database shows that a statement waits for a row that another transaction has locked.
WAITING = {
    "postgresql": "SELECT count(*) FROM pg_locks WHERE NOT granted",
    "mysql": "SELECT count(*) FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'",
}


def wait_until_blocked(future: Future[object]) -> Future[object]:
    """Return the future once the other connection waits for a lock; fail after DEADLINE."""
    give_up = monotonic() + DEADLINE
    while monotonic() < give_up and not wait([future], LOOK_EVERY).done:
        with connection.cursor() as cursor:
            cursor.execute(WAITING[connection.vendor])
            if cursor.fetchone()[0]:
                return future
    raise AssertionError(f"nothing waited for a lock within {DEADLINE} seconds: {future}")


@contextmanager
def elsewhere(function):
    """Yield a callable that starts the function in a thread with its own connection."""

    def run():
        try:
            return function()
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=1) as pool:
        yield lambda: pool.submit(run)


@contextmanager
def repeatable_read():
    """Set the isolation level of the transactions that follow on this connection."""
    statements = {
        "postgresql": "SET default_transaction_isolation = 'repeatable read'",
        "mysql": "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
    }
    with connection.cursor() as cursor:
        cursor.execute(statements[connection.vendor])
    try:
        yield
    finally:
        connection.close()


@pytest.fixture
def key(transactional_db, laptop):
    return laptop.key


@pytest.fixture
def store(store_class, key):
    """A request that has loaded its session."""
    store = store_class(key, user_agent="Agent/2", ip="198.51.100.7")
    assert store[SESSION_KEY]
    store["value"] = 1
    return store


@pytest.mark.parametrize("method", ["save", "cycle_key"])
def test_a_write_that_waits_for_an_end_raises_session_ended(key, store, session_model, method):
    with elsewhere(getattr(store, method)) as start:
        with transaction.atomic():
            assert session_model.objects.get(pk=key).end()
            other = wait_until_blocked(start())
        with pytest.raises(SessionEnded):
            other.result(DEADLINE)
    assert not session_model.objects.exists()


def test_a_touch_that_waits_for_an_end_writes_nothing(key, store, session_model):
    with elsewhere(store.touch) as start:
        with transaction.atomic():
            session_model.objects.get(pk=key).end()
            other = wait_until_blocked(start())
        other.result(DEADLINE)
    assert not session_model.objects.exists()


def test_end_returns_if_the_snapshot_still_shows_ended_sessions(
    session_model, key, make_browser, user
):
    """With REPEATABLE READ, the caller's transaction still shows rows that others have deleted."""
    make_browser(user)
    ending = elsewhere(lambda: session_model.objects.get(pk=key).end())
    with ending as start, repeatable_read(), transaction.atomic():
        assert session_model.objects.count() == 2
        assert start().result(DEADLINE)
        if connection.vendor == "postgresql":  # it refuses to change what a snapshot doesn't show
            with pytest.raises(OperationalError, match="serialize"), transaction.atomic():
                session_model.objects.all().end()
        else:
            assert session_model.objects.all().end() == 1


CHOICES = {
    "all": lambda sessions, key: sessions.all(),
    "its old key": lambda sessions, key: sessions.filter(pk=key),
    "its old address": lambda sessions, key: sessions.filter(ip="192.0.2.1"),
}


@pytest.mark.parametrize("choice", CHOICES.values(), ids=CHOICES)
def test_ending_a_queryset_includes_a_session_whose_key_changes_meanwhile(
    store, session_model, key, choice, make_browser
):
    """Its new row, with another key and address, may not match the queryset."""
    stays = make_browser(session_model.objects.get(pk=key).user, ip="203.0.113.9").row.pk
    chosen = choice(session_model.objects, key)
    with elsewhere(chosen.end) as start:
        with transaction.atomic():
            store.cycle_key()
            other = wait_until_blocked(start())
        assert other.result(DEADLINE) == (2 if choice is CHOICES["all"] else 1)
    assert not session_model.objects.filter(pk=digest_of(store.session_key)).exists()
    assert session_model.objects.filter(pk=stays).exists() == (choice is not CHOICES["all"])


def test_ending_a_session_ends_it_if_its_key_changes_meanwhile(store, session_model, key):
    session = session_model.objects.get(pk=key)
    with elsewhere(session.end) as start:
        with transaction.atomic():
            store.cycle_key()
            other = wait_until_blocked(start())
        assert other.result(DEADLINE) is True
    assert not session_model.objects.exists()


def test_ending_a_queryset_leaves_a_session_that_stops_to_match(store, session_model, key):
    with elsewhere(session_model.objects.filter(ip="192.0.2.1").end) as start:
        with transaction.atomic():
            store.touch()
            other = wait_until_blocked(start())
        assert other.result(DEADLINE) == 0
    assert session_model.objects.get(pk=key).ip == "198.51.100.7"
