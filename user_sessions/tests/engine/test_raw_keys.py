"""Rows of django-user-sessions 2.0: stored under the key itself, until the migration hashes it."""

from __future__ import annotations

import importlib
import io

import pytest
from django.apps import apps
from django.contrib.auth import SESSION_KEY
from django.db import connection
from django.db.migrations.exceptions import IrreversibleError
from django.db.migrations.recorder import MigrationRecorder
from django.db.models.signals import post_delete
from django.urls import reverse

from user_sessions.backends.db import SessionStore
from user_sessions.exceptions import SessionEnded
from user_sessions.keys import RawKey, digest_of
from user_sessions.models import Session
from user_sessions.upgrade import hash_keys, raw_keys

migration = importlib.import_module("user_sessions.migrations.0005_hash_session_keys")


@pytest.fixture(autouse=True)
def engine(settings):
    """The engine whose table may hold raw keys."""
    settings.SESSION_ENGINE = "user_sessions.backends.db"


@pytest.fixture
def unmigrated(db):
    """A database whose raw keys are not all hashed yet, as a process finds it when it starts."""
    MigrationRecorder(connection).record_unapplied(*raw_keys.MIGRATION)
    raw_keys._migrated.cache_clear()
    raw_keys.may_be_left(Session, "default")
    yield
    raw_keys._migrated.cache_clear()


def stored_keys():
    with connection.cursor() as cursor:
        cursor.execute("SELECT session_key FROM user_sessions_session")
        return {row[0] for row in cursor.fetchall()}


def make_raw(session_key):
    """Put the row of a session back under its key."""
    Session.objects.filter(pk=session_key).update(session_key=RawKey(session_key))
    assert session_key in stored_keys()


@pytest.fixture
def raw(laptop):
    """A signed-in browser whose row is stored under the key."""
    make_raw(laptop.key)
    return laptop


@pytest.mark.usefixtures("unmigrated")
class TestBothKinds:
    """Until the migration is done, a session is found under key or digest, without an extra query."""

    @pytest.fixture(params=["raw", "digest"])
    def key(self, request, laptop):
        if request.param == "raw":
            make_raw(laptop.key)
        return laptop.key

    @pytest.fixture
    def loaded(self, key):
        store = SessionStore(key, user_agent="Agent/2", ip="198.51.100.7")
        assert store[SESSION_KEY]
        return store

    def test_a_session_is_loaded(self, key, call, assert_queries):
        with assert_queries(1):
            assert call(SessionStore(key), "get", SESSION_KEY)
        assert call(SessionStore(key), "exists", key)

    def test_a_save_hashes_the_key_in_the_same_query(self, loaded, call, assert_queries):
        loaded["value"] = 1
        with assert_queries(1):
            call(loaded, "save")
        assert stored_keys() == {digest_of(loaded.session_key)}
        assert SessionStore(loaded.session_key)["value"] == 1

    def test_activity_is_recorded(self, loaded, call, assert_queries):
        with assert_queries(1):
            call(loaded, "touch")
        with connection.cursor() as cursor:
            cursor.execute("SELECT ip FROM user_sessions_session")
            assert cursor.fetchone()[0].startswith("198.51.100.7")

    def test_cycling_the_key_stores_a_digest(self, loaded, call, assert_queries):
        with assert_queries(2):
            call(loaded, "cycle_key")
        assert stored_keys() == {digest_of(loaded.session_key)}

    def test_a_sign_out_deletes_the_row(self, loaded, call, assert_queries):
        with assert_queries(1):
            call(loaded, "flush")
        assert stored_keys() == set()

    def test_a_save_does_not_revive_an_ended_session(self, loaded, call):
        Session.objects.all().end()
        with pytest.raises(SessionEnded):
            call(loaded, "save")
        assert stored_keys() == set()


@pytest.mark.usefixtures("unmigrated")
class TestInstances:
    """An instance holds the digest, and finds its row under the key."""

    @pytest.fixture
    def session(self, raw):
        session = Session.objects.get()
        assert session.session_key == digest_of(raw.key)
        return session

    def test_end_deletes_the_row(self, session, assert_queries):
        with assert_queries(1):
            assert session.end()
        assert stored_keys() == set()

    def test_delete_deletes_the_row(self, session):
        session.delete()
        assert stored_keys() == set()

    def test_save_updates_the_row_and_adds_no_second(self, session):
        session.ip = "203.0.113.9"
        session.save()
        assert stored_keys() == {session.session_key}
        assert Session.objects.get().ip == "203.0.113.9"

    def test_a_deletion_with_signals_deletes_each_row(self, session):
        received = []

        def receive(instance, **kwargs):
            received.append(instance)

        post_delete.connect(receive, sender=Session)
        try:
            Session.objects.all().delete()
        finally:
            post_delete.disconnect(receive, sender=Session)
        assert (stored_keys(), len(received)) == (set(), 1)


@pytest.mark.usefixtures("unmigrated")
def test_the_pages_end_an_unhashed_session_by_its_digest(raw, make_browser, user):
    other = make_browser(user)
    other.post(reverse("user_sessions:session_delete", args=[digest_of(raw.key)]))
    assert raw.who() == "nobody"


@pytest.mark.usefixtures("unmigrated")
def test_a_digest_is_not_accepted_as_a_key_before_the_migration(raw, make_browser):
    thief = make_browser()
    thief.cookies["sessionid"] = digest_of(raw.key)
    assert thief.who() == "nobody"


def test_a_row_with_a_raw_key_is_not_accepted_after_the_migration(raw):
    """A restored backup may hold such a row."""
    assert raw.who() == "nobody"


def test_a_model_of_a_site_holds_no_raw_keys(unmigrated):
    from django.contrib.auth.models import Group

    assert not raw_keys.may_be_left(Group, "default")


class TestMigration:
    @pytest.fixture
    def schema_editor(self, transactional_db):
        return connection.schema_editor()

    def migrate(self, schema_editor):
        migration.hash_session_keys(apps, schema_editor)

    def test_the_migration_hashes_every_key_and_all_users_stay_signed_in(
        self, make_browser, user, schema_editor, monkeypatch
    ):
        monkeypatch.setattr(hash_keys, "BATCH", 2)
        browsers = [make_browser(user) for _number in range(5)]
        for browser in browsers:
            make_raw(browser.key)
        before = [browser_row(browser) for browser in browsers]
        self.migrate(schema_editor)
        assert stored_keys() == {digest_of(browser.key) for browser in browsers}
        assert [browser_row(browser) for browser in browsers] == before
        assert {browser.who() for browser in browsers} == {user.get_username()}

    def test_the_migration_can_be_killed_and_run_again(
        self, make_browser, user, schema_editor, monkeypatch
    ):
        monkeypatch.setattr(hash_keys, "BATCH", 2)
        keys = [make_browser(user).key for _number in range(5)]
        for key in keys:
            make_raw(key)

        def kill(done):
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            hash_keys.hash_all(Session, connection, kill)
        assert hash_keys.count(Session, "default") == 3
        self.migrate(schema_editor)
        assert stored_keys() == {digest_of(key) for key in keys}

    def test_the_migration_hashes_keys_that_are_written_during_its_run(
        self, make_browser, user, schema_editor
    ):
        first, late = make_browser(user), make_browser(user)
        make_raw(first.key)

        def write_during_the_run(done):
            if done == 1:
                make_raw(late.key)

        hash_keys.hash_all(Session, connection, write_during_the_run)
        assert stored_keys() == {digest_of(first.key), digest_of(late.key)}

    def test_the_migration_sets_a_user_who_is_only_in_the_data(
        self, raw, user, other_user, schema_editor, make_browser
    ):
        """django-user-sessions 2.0 didn't store the user of an asynchronous sign-in."""
        gone, visitor = make_browser(other_user), make_browser()
        visitor.get("/set/")
        for browser in (gone, visitor):
            make_raw(browser.key)
        Session.objects.filter(pk__in=[RawKey(raw.key), RawKey(gone.key)]).update(user=None)
        other_user.delete()
        self.migrate(schema_editor)
        assert (raw.who(), gone.who()) == (user.get_username(), "nobody")
        assert visitor.row.get_decoded() == {"value": "1"}

    def test_the_migration_writes_its_progress_to_a_terminal(self, raw, schema_editor, monkeypatch):
        terminal = io.StringIO()
        terminal.isatty = lambda: True
        monkeypatch.setattr("sys.stdout", terminal)
        self.migrate(schema_editor)
        assert "1 of 1 session keys hashed" in terminal.getvalue()

    def test_an_empty_table_can_be_migrated_backwards(self, schema_editor):
        migration.refuse(apps, schema_editor)

    @pytest.mark.usefixtures("laptop")
    def test_migrating_backwards_is_refused_with_the_reason(self, schema_editor):
        with pytest.raises(IrreversibleError, match="can't be converted back into a key"):
            migration.refuse(apps, schema_editor)

    def test_the_migration_has_the_name_that_raw_keys_looks_up(self, db):
        assert raw_keys.MIGRATION in MigrationRecorder(connection).applied_migrations()


def browser_row(browser):
    """Return all columns of a browser's row but the key, whether it is hashed or not."""
    forms = [digest_of(browser.key), RawKey(browser.key)]
    row = Session.objects.filter(pk__in=forms).values().get()
    return {name: value for name, value in row.items() if name != "session_key"}
