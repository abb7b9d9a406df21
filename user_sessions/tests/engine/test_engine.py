"""The database engine: what it stores, and what it refuses. Each claim holds sync and async."""

from __future__ import annotations

import inspect
from datetime import timedelta

import pytest
from asgiref.sync import async_to_sync
from django.contrib import auth
from django.contrib.auth import SESSION_KEY, alogin, login
from django.contrib.sessions.backends.base import CreateError, UpdateError
from django.db import DatabaseError, IntegrityError
from django.http import HttpRequest

from user_sessions.backends.base import SessionStore as BaseStore
from user_sessions.exceptions import SessionEnded
from user_sessions.keys import digest_of
from user_sessions.tests.support.people import make_person

BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def new_store(store_class, db):
    """Make a store, as the middleware does for each request."""

    def new_store(session_key=None, user_agent="Agent/1", ip="192.0.2.1"):
        return store_class(session_key, user_agent=user_agent, ip=ip)

    return new_store


@pytest.fixture
def sign_in(call):
    """Sign a user in on a store, with login() or alogin()."""

    def sign_in(store, user):
        request = HttpRequest()
        request.session = store
        login_or_alogin = login if call.mode == "sync" else async_to_sync(alogin)
        login_or_alogin(request, user, backend=BACKEND)
        call(store, "save")
        return store

    return sign_in


@pytest.fixture
def row_of(session_model):
    def row_of(store):
        return session_model.objects.get(pk=store.session_key)

    return row_of


def test_a_sign_in_stores_user_client_and_times(new_store, sign_in, row_of, user, clock):
    row = row_of(sign_in(new_store(), user))
    assert (row.user, row.user_agent, row.ip) == (user, "Agent/1", "192.0.2.1")
    assert row.created_at == row.last_activity == clock.now


def test_a_store_knows_the_user_of_its_session(new_store, sign_in, user):
    assert new_store().user_id is None
    assert new_store(sign_in(new_store(), user).session_key).user_id == user.pk


def test_an_anonymous_session_has_no_user(new_store, call, row_of):
    store = new_store()
    store["basket"] = [1]
    call(store, "save")
    assert row_of(store).user_id is None


def test_a_user_id_that_is_set_asynchronously_signs_the_user_in(new_store, call, row_of, user):
    store = new_store()
    async_to_sync(store.aset)(auth.SESSION_KEY, user._meta.pk.value_to_string(user))
    call(store, "save")
    assert row_of(store).user == user


def test_the_row_holds_the_digest_and_never_the_key(new_store, call, session_model):
    store = new_store()
    call(store, "save")
    values = session_model.objects.values().get()
    assert values["session_key"] == digest_of(store.session_key)
    assert all(store.session_key not in str(value) for value in values.values())


def test_a_digest_is_not_accepted_as_a_key(new_store, sign_in, call, user):
    digest = digest_of(sign_in(new_store(), user).session_key)
    thief = new_store(digest)
    assert thief.session_key is None
    assert call(thief, "get", auth.SESSION_KEY) is None
    assert not call(thief, "exists", digest)


def test_signing_out_clears_the_user(new_store, sign_in, call, user, session_model):
    store = sign_in(new_store(), user)
    call(store, "flush")
    store["next"] = 1
    call(store, "save")
    assert session_model.objects.get().user_id is None


def test_removing_the_user_from_the_data_clears_the_column(new_store, sign_in, call, row_of, user):
    store = sign_in(new_store(), user)
    call(store, "pop", auth.SESSION_KEY)
    call(store, "save")
    assert row_of(store).user_id is None


@pytest.mark.parametrize("owner", ["no user", "another user"])
def test_a_row_with_another_user_than_its_data_signs_no_user_in(
    new_store, sign_in, call, user, other_user, session_model, owner
):
    key = sign_in(new_store(), user).session_key
    session_model.objects.update(user=other_user if owner == "another user" else None)
    store = new_store(key)
    assert call(store, "get", auth.SESSION_KEY) is None
    assert store.session_key is None


def test_data_with_an_invalid_user_id_signs_no_user_in(new_store, call, row_of, user):
    store = new_store()
    store[auth.SESSION_KEY] = "no such key" if user.pk != str(user.pk) else None
    call(store, "save")
    assert row_of(store).user_id is None


def test_a_session_with_tampered_data_is_empty(new_store, sign_in, call, user, session_model):
    key = sign_in(new_store(), user).session_key
    session_model.objects.update(session_data="tampered")
    assert call(new_store(key), "load") == {}


def test_an_expired_session_is_not_loaded(new_store, sign_in, call, user, clock, settings):
    key = sign_in(new_store(), user).session_key
    clock.move(seconds=settings.SESSION_COOKIE_AGE)
    store = new_store(key)
    assert call(store, "load") == {}
    assert store.session_key is None


class TestSignInTime:
    """``created_at`` is when this sign-in began."""

    def test_cycling_the_key_keeps_created_at(self, new_store, sign_in, call, row_of, user, clock):
        began = clock.now
        store = new_store(sign_in(new_store(), user).session_key)
        clock.move(days=1)
        call(store, "cycle_key")
        assert row_of(store).created_at == began

    def test_a_later_save_keeps_created_at(self, new_store, sign_in, call, row_of, user, clock):
        began = clock.now
        store = new_store(sign_in(new_store(), user).session_key)
        clock.move(days=1)
        call(store, "get", "anything")
        store["value"] = 1
        call(store, "save")
        assert row_of(store).created_at == began

    def test_a_save_without_a_load_keeps_created_at(
        self, new_store, sign_in, call, row_of, user, clock
    ):
        began = clock.now
        store = new_store(sign_in(new_store(), user).session_key)
        clock.move(days=1)
        store.clear()
        call(store, "save")
        assert row_of(store).created_at == began

    def test_a_sign_in_on_an_anonymous_session_sets_created_at(
        self, new_store, sign_in, call, row_of, user, clock
    ):
        store = new_store()
        store["basket"] = [1]
        call(store, "save")
        clock.move(days=1)
        row = row_of(sign_in(new_store(store.session_key), user))
        assert row.created_at == clock.now
        assert row.get_decoded()["basket"] == [1]

    def test_a_second_sign_in_sets_created_at_again(self, new_store, sign_in, row_of, user, clock):
        key = sign_in(new_store(), user).session_key
        clock.move(days=1)
        assert row_of(sign_in(new_store(key), user)).created_at == clock.now

    def test_an_unknown_created_at_stays_unknown(
        self, new_store, sign_in, call, row_of, user, session_model
    ):
        key = sign_in(new_store(), user).session_key
        session_model.objects.update(created_at=None)
        store = new_store(key)
        call(store, "cycle_key")
        assert row_of(store).created_at is None


class TestEndedMeanwhile:
    """If a session ends while a request uses it, the request does not bring it back."""

    @pytest.fixture
    def ended(self, new_store, sign_in, call, user, session_model):
        """A store that loaded its session just before the session ended."""
        store = new_store(sign_in(new_store(), user).session_key)
        call(store, "get", auth.SESSION_KEY)
        session_model.objects.get().end()
        return store

    @pytest.mark.parametrize("method", ["save", "cycle_key"])
    def test_saving_or_cycling_an_ended_session_raises_and_writes_nothing(
        self, ended, call, session_model, method
    ):
        key = ended.session_key
        ended["value"] = 1
        with pytest.raises(SessionEnded):
            call(ended, method)
        assert not session_model.objects.exists()
        assert ended.session_key == key

    def test_touching_an_ended_session_writes_nothing(self, ended, call, session_model):
        call(ended, "touch")
        assert not session_model.objects.exists()

    def test_session_ended_is_a_subclass_of_both_django_errors(self):
        from django.contrib.sessions.exceptions import SessionInterrupted

        assert issubclass(SessionEnded, UpdateError)
        assert issubclass(SessionEnded, SessionInterrupted)

    def test_cycling_the_key_of_an_ended_anonymous_session_creates_a_new_one(
        self, new_store, call, session_model
    ):
        store = new_store()
        store["basket"] = [1]
        call(store, "save")
        session_model.objects.all().end()
        call(store, "cycle_key")
        assert session_model.objects.get().get_decoded() == {"basket": [1]}


def test_cycling_moves_the_row_to_another_key(new_store, sign_in, call, user, session_model):
    store = new_store(sign_in(new_store(), user).session_key)
    old = store.session_key
    call(store, "cycle_key")
    assert store.session_key != old
    assert [row.session_key for row in session_model.objects.all()] == [
        digest_of(store.session_key)
    ]


def test_a_failed_key_change_leaves_the_session_unchanged(
    new_store, sign_in, call, user, session_model
):
    key = sign_in(new_store(), user).session_key
    store = new_store(key)
    call(store, "get", "anything")
    store["unserializable"] = object()
    with pytest.raises(TypeError):
        call(store, "cycle_key")
    assert store.session_key == key
    assert session_model.objects.filter(pk=key).exists()


def test_a_store_without_a_client_keeps_the_client_of_the_row(
    new_store, sign_in, call, row_of, user
):
    key = sign_in(new_store(), user).session_key
    store = new_store(key, user_agent=None, ip=None)
    store["value"] = call(store, "get", "anything")
    call(store, "save")
    call(store, "touch")
    call(store, "cycle_key")
    row = row_of(store)
    assert (row.user_agent, row.ip) == ("Agent/1", "192.0.2.1")


def test_a_request_without_client_details_stores_null(new_store, sign_in, call, row_of, user):
    key = sign_in(new_store(), user).session_key
    store = new_store(key, user_agent="", ip="")
    store["value"] = call(store, "get", "anything")
    call(store, "save")
    row = row_of(store)
    assert (row.user_agent, row.ip) == (None, None)


@pytest.mark.parametrize(
    ("setting", "column"),
    [("STORE_IP", "ip"), ("STORE_USER_AGENT", "user_agent")],
    ids=["address", "user agent"],
)
@pytest.mark.parametrize("method", ["save", "touch"])
def test_a_write_clears_the_columns_that_the_settings_disable(
    new_store, sign_in, call, row_of, user, settings, setting, column, method
):
    key = sign_in(new_store(), user).session_key
    setattr(settings, f"USER_SESSIONS_{setting}", False)
    store = new_store(key)
    store["value"] = call(store, "get", "anything")
    call(store, method)
    assert getattr(row_of(store), column) is None


class TestTouch:
    """Recording a visit: one UPDATE of times and client."""

    @pytest.fixture
    def visited(self, new_store, sign_in, call, user, clock):
        """A session that is read five minutes after the sign-in, from another network."""
        key = sign_in(new_store(), user).session_key
        clock.move(minutes=5)
        store = new_store(key, ip="198.51.100.7")
        call(store, "get", "anything")
        return store

    def test_a_touch_writes_time_and_client(self, visited, call, row_of, clock, assert_queries):
        with assert_queries(1):
            call(visited, "touch")
        row = row_of(visited)
        assert (row.last_activity, row.ip) == (clock.now, "198.51.100.7")

    def test_a_touch_changes_neither_expiry_nor_data(self, visited, call, row_of):
        before = row_of(visited)
        visited["value"] = 1
        call(visited, "touch")
        after = row_of(visited)
        assert (after.expire_date, after.session_data) == (before.expire_date, before.session_data)

    def test_a_touch_of_a_read_only_database_is_logged_and_raises_nothing(
        self, visited, call, session_model, caplog, monkeypatch
    ):
        def refuse(self, **values):
            raise DatabaseError("cannot execute UPDATE in a read-only transaction")

        monkeypatch.setattr("django.db.models.QuerySet.update", refuse)
        call(visited, "touch")
        assert "could not be recorded" in caplog.text

    @pytest.mark.parametrize(
        ("interval", "minutes", "due"),
        [
            (timedelta(minutes=1), 0.9, False),
            (timedelta(minutes=1), 1, True),
            (timedelta(0), 0, True),
            (None, 9999, False),
        ],
        ids=["not yet", "just now", "every request", "never"],
    )
    def test_a_touch_is_due_after_the_interval(
        self, new_store, sign_in, call, user, clock, settings, interval, minutes, due
    ):
        settings.USER_SESSIONS_ACTIVITY_INTERVAL = interval
        store = new_store(sign_in(new_store(), user).session_key)
        clock.move(minutes=minutes)
        call(store, "get", "anything")
        assert store.touch_due() is due

    def test_a_touch_is_not_due_for_a_session_that_was_not_read(
        self, new_store, sign_in, user, clock
    ):
        store = new_store(sign_in(new_store(), user).session_key)
        clock.move(days=1)
        assert not store.touch_due()


def test_a_save_records_no_activity_if_the_interval_is_none(
    new_store, sign_in, call, row_of, user, clock, settings
):
    settings.USER_SESSIONS_ACTIVITY_INTERVAL = None
    began = clock.now
    store = new_store(sign_in(new_store(), user).session_key)
    clock.move(days=1)
    store["value"] = call(store, "get", "anything")
    call(store, "save")
    assert row_of(store).last_activity == began


def test_a_save_records_activity_once_per_interval(new_store, sign_in, call, row_of, user, clock):
    store = new_store(sign_in(new_store(), user).session_key)
    for seconds, recorded in ((59, False), (1, True)):
        clock.move(seconds=seconds)
        store["value"] = call(store, "get", "anything")
        call(store, "save")
        assert (row_of(store).last_activity == clock.now) is recorded


def test_the_later_of_two_concurrent_saves_wins(new_store, call, session_model):
    store = new_store()
    call(store, "save")
    first, second = new_store(store.session_key), new_store(store.session_key)
    for number, tab in enumerate((first, second)):
        tab["tab"] = call(tab, "get", "anything") or number
        call(tab, "save")
    assert session_model.objects.get().get_decoded() == {"tab": 1}


def test_creating_a_session_with_a_used_key_raises_create_error(new_store, call):
    store = new_store()
    call(store, "save")
    with pytest.raises(CreateError):
        call(new_store(store.session_key), "save", must_create=True)


def test_create_tries_another_key_if_one_is_in_use(new_store, call, monkeypatch, session_model):
    store = new_store()
    call(store, "save")
    keys = iter([store.session_key, "another-key-that-is-free"])
    monkeypatch.setattr("user_sessions.backends.base.get_random_string", lambda *_: next(keys))
    another = new_store()
    call(another, "create")
    assert another.session_key == "another-key-that-is-free"
    assert session_model.objects.count() == 2


def test_create_does_not_retry_if_the_user_is_missing(new_store, call, monkeypatch):
    def refuse(self, **kwargs):
        raise IntegrityError("violates foreign key constraint")

    monkeypatch.setattr("django.db.models.Model.save", refuse)
    with pytest.raises(IntegrityError):
        call(new_store(), "create")


def test_a_user_named_none_is_not_mistaken_for_no_user(store_class, sign_in, session_model, db):
    """If users choose their own primary key, it may be the text "None"."""
    store = sign_in(store_class(), make_person("None"))
    session_model.objects.update(user=None)
    assert SESSION_KEY not in store_class(store.session_key)


def test_deleting_a_missing_session_raises_nothing(new_store, call):
    store = new_store()
    call(store, "delete")
    call(store, "save")
    call(store, "delete")
    call(store, "delete")


def test_deleting_by_key_ends_that_session(new_store, call, session_model):
    store = new_store()
    call(store, "save")
    call(new_store(), "delete", store.session_key)
    assert not session_model.objects.exists()


def test_expired_sessions_are_cleared_and_others_kept(new_store, call, session_model, store_class):
    for seconds in (-1, 3600):
        store = new_store()
        store.set_expiry(seconds)
        call(store, "save")
    call(store_class, "clear_expired")
    assert session_model.objects.get().session_key == digest_of(store.session_key)


@pytest.mark.parametrize("name", ["touch", "get_model_class"])
def test_the_base_store_leaves_storage_to_its_subclasses(name):
    with pytest.raises(NotImplementedError, match=rf"{name}\(\)"):
        getattr(BaseStore(), name)()


def test_each_public_method_has_an_asynchronous_twin_with_its_signature(store_class):
    io = {
        "load",
        "exists",
        "create",
        "save",
        "delete",
        "flush",
        "cycle_key",
        "touch",
        "clear_expired",
    }
    for name in io:
        sync, twin = getattr(store_class, name), getattr(store_class, f"a{name}")
        assert inspect.iscoroutinefunction(twin), name
        assert list(inspect.signature(sync).parameters) == list(
            inspect.signature(twin).parameters
        ), name


def test_sessions_are_read_from_the_database_they_are_written_to(
    session_model, store_class, settings, db
):
    """Otherwise, a session would still be accepted if a lagging replica holds it."""
    settings.DATABASE_ROUTERS = [ReplicaRouter()]
    assert store_class._sessions().db == "default"
    assert session_model.objects.all().db == "default"
    assert session_model.objects.using("replica").db == "replica"
    assert session_model._base_manager.all().db == "replica"  # as Django would


class ReplicaRouter:
    def db_for_read(self, model, **hints):
        return "replica"

    def db_for_write(self, model, **hints):
        return "default"
