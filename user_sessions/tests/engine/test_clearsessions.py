"""``clearsessions`` deletes expired sessions in batches, and nothing else."""

from __future__ import annotations

import io
from collections import Counter
from datetime import timedelta

import pytest
from django.contrib.sessions.backends.base import SessionBase
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.db.models.signals import pre_delete
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from user_sessions.backends.expiry import BATCH, remove_expired
from user_sessions.keys import RawKey
from user_sessions.models import Session
from user_sessions.tests.support.documentation import sections, text_of
from user_sessions.tests.support.signals import listening
from user_sessions.upgrade import raw_keys


@pytest.fixture
def make_sessions(db, session_model, sessions_connection, clock):
    """Make sessions that expired some seconds ago; a negative number is in the future."""
    # PostgreSQL keeps the pages of rows that other tests made.
    if sessions_connection.vendor == "postgresql":  # pragma: no cover (PostgreSQL only)
        table = sessions_connection.ops.quote_name(session_model._meta.db_table)
        with sessions_connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {table} CASCADE")

    def make_sessions(*seconds_ago):
        for number, seconds in enumerate(seconds_ago):
            date = clock.now - timedelta(seconds=seconds)
            session_model.objects.create(session_key=f"{seconds}-{number}", expire_date=date)

    return make_sessions


@pytest.fixture
def batches(session_model):
    return lambda size: [n for n in remove_expired(session_model.objects.all(), size) if n]


def run(*arguments, output=None):
    output = output or io.StringIO()
    call_command("clearsessions", *arguments, stdout=output, no_color=True)
    return output.getvalue()


def test_the_output_states_how_many_sessions_were_removed(make_sessions, session_model):
    make_sessions(3, 2, 1, -1)
    assert run() == "3 expired sessions removed.\n"
    assert session_model.objects.count() == 1


@pytest.mark.parametrize(
    ("seconds_ago", "said"),
    [((), "0 expired sessions removed.\n"), ((1,), "1 expired session removed.\n")],
)
def test_the_output_for_zero_and_one_sessions_is_correct(make_sessions, seconds_ago, said):
    make_sessions(*seconds_ago)
    assert run() == said


def test_verbosity_0_writes_nothing(make_sessions, session_model):
    make_sessions(1)
    assert run("--verbosity", "0") == ""
    assert not session_model.objects.exists()


def test_a_terminal_shows_progress(make_sessions):
    make_sessions(5, 4, 3, 2, 1)
    terminal = io.StringIO()
    terminal.isatty = lambda: True
    assert run("--batch-size", "2", output=terminal) == (
        "\r2 \r4 \r5 5 expired sessions removed.\n"
    )


def test_the_documentation_states_the_batch_size():
    assert f"{BATCH:,} by default" in sections(text_of("reference/commands.md"))["`clearsessions`"]


def test_a_batch_size_of_zero_is_refused(make_sessions):
    with pytest.raises(CommandError, match="at least 1"):
        run("--batch-size", "0")


@pytest.mark.parametrize(
    ("seconds_ago", "size", "sizes"),
    [
        ((5, 4, 3, 2, 1), 2, [2, 2, 1]),
        ((4, 3, 2, 1), 2, [2, 2]),
        ((3, 2, 1), 10, [3]),
        ((2, 1), 1, [1, 1]),
        ((7, 7, 7, 7, 7), 2, [2, 2, 1]),
        ((9, 7, 7, 7, 7, 7, 5, 4), 2, [1, 2, 2, 1, 2]),
        ((7, 7, 5, 5), 2, [2, 2]),
        ((), 2, []),
    ],
    ids=["odd", "even", "one batch", "single", "one instant", "among others", "in pairs", "empty"],
)
def test_no_batch_exceeds_its_size(make_sessions, batches, session_model, seconds_ago, size, sizes):
    make_sessions(*seconds_ago, -1, -1, -1)
    assert batches(size) == sizes
    assert session_model.objects.count() == 3


def test_a_batch_is_one_statement_and_fetches_no_data(make_sessions, batches, sessions_connection):
    make_sessions(*range(1, 7))
    with CaptureQueriesContext(connection) as captured:
        assert batches(3) == [3, 3]
    sql = [query["sql"] for query in captured]
    assert len([text for text in sql if text.startswith("DELETE")]) == 3  # the last finds no row
    assert not any("session_data" in text for text in sql)


@pytest.fixture
def partitioned(db, session_model, sessions_connection):
    """Divide the table of sessions into partitions, on PostgreSQL."""
    if sessions_connection.vendor == "postgresql":  # pragma: no cover (PostgreSQL only)
        table = session_model._meta.db_table
        with sessions_connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE {table} RENAME TO whole")
            cursor.execute(
                f"CREATE TABLE {table} (LIKE whole INCLUDING DEFAULTS) PARTITION BY HASH (session_key)"
            )
            cursor.execute(
                f"CREATE TABLE part PARTITION OF {table} FOR VALUES WITH (MODULUS 1, REMAINDER 0)"
            )


def test_expired_sessions_of_a_partitioned_table_are_removed(
    partitioned, make_sessions, batches, session_model
):
    make_sessions(*range(1, 51), -1)
    assert sum(batches(30)) == 50  # a batch of a page at least
    assert session_model.objects.count() == 1


@pytest.mark.parametrize("seconds_ago", [range(1, 201), [7] * 200], ids=["dates", "one instant"])
def test_a_large_batch_takes_few_queries_and_has_a_limit(
    make_sessions, batches, session_model, seconds_ago
):
    """On PostgreSQL, a batch is a range of pages, which may hold up to twice as many rows."""
    make_sessions(*seconds_ago, -1, -1, -1)
    with CaptureQueriesContext(connection) as captured:
        sizes = batches(50)
    assert sum(sizes) == 200
    assert session_model.objects.count() == 3
    assert max(sizes) <= (100 if connection.vendor == "postgresql" else 50)
    statements = [q["sql"] for q in captured if q["sql"].startswith(("SELECT", "DELETE"))]
    assert len(statements) <= 2 * len(sizes) + 6
    assert any("ctid" in sql for sql in statements) == (connection.vendor == "postgresql")


@pytest.mark.parametrize("size", [2, 50], ids=["by date", "by page on PostgreSQL"])
def test_each_batch_is_a_transaction_of_its_own(
    transactional_db, make_sessions, session_model, size
):
    """On PostgreSQL, these commits don't wait for the disk; those of other transactions do."""
    make_sessions(*range(1, 101))
    with CaptureQueriesContext(connection) as captured:
        for _removed in remove_expired(session_model.objects.all(), size):
            assert not connection.in_atomic_block
    assert not session_model.objects.exists()
    starts = Counter(query["sql"].partition(" ")[0] for query in captured)
    assert starts["SET"] == (starts["DELETE"] if connection.vendor == "postgresql" else 0)


def test_a_session_prolonged_during_the_run_is_kept(make_sessions, session_model):
    make_sessions(4, 3, 2, 1)
    removing = remove_expired(session_model.objects.all(), 2)
    next(removing)
    kept = session_model.objects.earliest("expire_date")
    kept.expire_date = timezone.now() + timedelta(days=1)
    kept.save()
    assert sum(removing) == 1
    assert session_model.objects.get().pk == kept.pk


@pytest.mark.parametrize("size", [2, 50], ids=["by date", "by page on PostgreSQL"])
def test_two_concurrent_runs_remove_each_expired_session_once(make_sessions, session_model, size):
    make_sessions(*range(1, 201))
    ours, theirs = (remove_expired(session_model.objects.all(), size) for _ in range(2))
    removed = next(ours) + next(theirs) + next(ours) + sum(theirs) + sum(ours)
    assert removed == 200
    assert not session_model.objects.exists()


@pytest.mark.parametrize("size", [2, 50], ids=["by date", "by page on PostgreSQL"])
def test_a_signal_receiver_gets_each_removed_session(make_sessions, batches, session_model, size):
    """If a receiver or a related row needs the instances, Django deletes them."""
    make_sessions(*range(1, 101))
    with (
        listening(pre_delete, session_model) as received,
        CaptureQueriesContext(connection) as captured,
    ):
        assert sum(batches(size)) == 100
    assert len({each["pk"] for each in received}) == 100
    assert not any("ctid" in query["sql"] for query in captured)  # by date: a row may move


@pytest.fixture
def unhashed(db, settings):
    """Sessions of django-user-sessions 2.0; every other one is still stored under its key."""
    settings.SESSION_ENGINE = "user_sessions.backends.db"
    MigrationRecorder(connection).record_unapplied(*raw_keys.MIGRATION)
    raw_keys._migrated.cache_clear()
    for number in range(100):
        date = timezone.now() - timedelta(days=1, seconds=number)
        session = Session.objects.create(session_key=f"key-{number}", expire_date=date)
        if number % 2:
            Session.objects.filter(pk=session.pk).update(session_key=RawKey(f"key-{number}"))
    yield
    raw_keys._migrated.cache_clear()


@pytest.mark.usefixtures("unhashed")
@pytest.mark.parametrize("size", [3, 50])
def test_expired_rows_with_raw_keys_are_removed(size):
    assert sum(remove_expired(Session.objects.all(), size)) == 100
    assert not Session.objects.exists()


@pytest.mark.usefixtures("unhashed")
@pytest.mark.parametrize("size", [3, 50])
def test_expired_rows_with_raw_keys_are_removed_with_a_signal_receiver(size):
    """They are hashed first, and PostgreSQL moves a changed row to another place."""
    with listening(pre_delete, Session) as received:
        assert sum(remove_expired(Session.objects.all(), size)) == 100
    assert len({each["pk"] for each in received}) == 100
    assert not Session.objects.exists()


class TestAnotherEngine:
    """The command replaces Django's, so it must do the same for other engines."""

    def test_the_command_calls_clear_expired_of_another_engine(self, settings, monkeypatch):
        from django.contrib.sessions.backends.signed_cookies import SessionStore

        settings.SESSION_ENGINE = SessionStore.__module__
        asked = []
        monkeypatch.setattr(SessionStore, "clear_expired", lambda: asked.append(True))
        assert run() == ""
        assert asked

    def test_an_engine_without_clear_expired_is_an_error(self, settings):
        settings.SESSION_ENGINE = __name__
        with pytest.raises(CommandError, match="can't remove expired sessions"):
            run()


class SessionStore(SessionBase):
    """The store of an engine (this module) that can't remove expired sessions."""
