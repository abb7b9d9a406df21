"""The model, its manager and its key."""

from __future__ import annotations

import inspect
from datetime import timedelta
from itertools import count

import pytest
from django.contrib.auth import SESSION_KEY
from django.core import serializers
from django.db import OperationalError, connection
from django.db.models import Count
from django.db.models.signals import post_delete
from django.template import Context, Template
from django.utils import timezone

from user_sessions.backends.db import SessionStore
from user_sessions.engine import get_session_model
from user_sessions.keys import DIGEST_LENGTH, digest_of, is_digest
from user_sessions.models import AbstractSession, Session, SessionQuerySet

KEY = "0123456789abcdefghijklmnopqrstuv"


@pytest.fixture
def make_session(session_model, db):
    def make_session(session_key=KEY, *, days_left=1, **columns):
        expire_date = timezone.now() + timedelta(days=days_left)
        return session_model.objects.create(
            session_key=session_key, expire_date=expire_date, **columns
        )

    return make_session


class TestKey:
    def test_an_instance_never_holds_a_key(self, session_model):
        assert session_model(session_key=KEY).session_key == digest_of(KEY)

    def test_a_row_is_found_by_key_and_by_digest(self, make_session, session_model):
        session = make_session()
        assert (
            session_model.objects.get(pk=KEY)
            == session_model.objects.get(pk=digest_of(KEY))
            == session
        )

    def test_in_bulk_finds_rows_by_key(self, make_session, session_model):
        session = make_session()
        assert session_model.objects.in_bulk([KEY]) == {digest_of(KEY): session}

    def test_a_session_shows_its_digest(self, make_session):
        assert str(make_session()) == digest_of(KEY)

    def test_str_of_a_deleted_session_raises_nothing(self, make_session):
        session = make_session()
        session.delete()
        assert str(session) == f"{type(session).__name__} object (None)"

    def test_a_saved_instance_equals_the_one_that_is_read(self, session_model, db):
        session = session_model(session_key=KEY, expire_date=timezone.now())
        session.save()
        assert {session} == set(session_model.objects.all())

    def test_a_dump_holds_no_key(self, make_session, session_model):
        make_session()
        dump = serializers.serialize("json", session_model.objects.all())
        assert KEY not in dump
        assert digest_of(KEY) in dump

    def test_an_empty_key_is_not_hashed(self, session_model):
        assert session_model(session_key="").session_key == ""

    def test_bulk_created_rows_hold_digests(self, session_model, db):
        session_model.objects.bulk_create(
            [session_model(session_key=KEY, expire_date=timezone.now())]
        )
        assert list(session_model.objects.values_list("pk", flat=True)) == [digest_of(KEY)]

    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            (digest_of(KEY), True),
            (digest_of("\udcff\x00"), True),
            (KEY, False),
            (digest_of(KEY) + "\n", False),
            (digest_of(KEY)[:-1], False),
            ("sha256$" + "!" * 43, False),
            (None, False),
        ],
        ids=["digest", "of a hostile key", "key", "with line feed", "cut", "other letters", "none"],
    )
    def test_is_digest_distinguishes_digests_from_keys(self, value, expected):
        assert is_digest(value) is expected

    def test_a_digest_fits_its_column(self, session_model):
        assert len(digest_of(KEY)) == DIGEST_LENGTH == session_model._meta.pk.max_length


class TestQuerySet:
    @pytest.fixture
    def sessions(self, make_session):
        return make_session("active-session", days_left=1), make_session(
            "expired-session", days_left=-1
        )

    def test_active_returns_sessions_that_have_not_expired(self, sessions, session_model):
        assert list(session_model.objects.active()) == [sessions[0]]

    def test_expired_returns_sessions_that_have_expired(self, sessions, session_model):
        assert list(session_model.objects.expired()) == [sessions[1]]

    def test_end_deletes_all_sessions_and_returns_their_number(self, sessions, session_model, call):
        assert call(session_model.objects.all(), "end") == 2
        assert not session_model.objects.exists()

    def test_end_keeps_sessions_outside_the_queryset(self, sessions, session_model, call):
        call(session_model.objects.expired(), "end")
        assert list(session_model.objects.all()) == [sessions[0]]

    def test_end_finds_a_session_whose_key_changes_during_the_call(
        self, make_session, session_model
    ):
        """If another process changes a session's key during the call, its row is a new one."""
        make_session("old-key-of-a-session")

        def cycle(**kwargs):
            post_delete.disconnect(cycle, sender=session_model)
            make_session("new-key-of-a-session")

        post_delete.connect(cycle, sender=session_model)
        assert session_model.objects.all().end() == 2
        assert not session_model.objects.exists()

    def test_end_keeps_a_session_that_begins_after_the_call(self, user, session_model, store_class):
        """A user signs in during the DELETE, as on a busy site."""
        before = store_class()
        before[SESSION_KEY] = str(user.pk)
        before.save()

        def sign_in(**kwargs):
            post_delete.disconnect(sign_in, sender=session_model)
            store = store_class()
            store[SESSION_KEY] = str(user.pk)
            store.save()

        post_delete.connect(sign_in, sender=session_model)
        assert session_model.objects.filter(user=user).end() == 1
        assert session_model.objects.filter(user=user).count() == 1

    def test_end_raises_if_keys_change_in_each_round(self, make_session, session_model):
        make_session("key-number-0-of-a-session")
        numbers = count(1)

        def cycle(**kwargs):
            make_session(f"key-number-{next(numbers)}-of-a-session")

        post_delete.connect(cycle, sender=session_model)
        try:
            with pytest.raises(OperationalError, match=r"Call end\(\) again"):
                session_model.objects.all().end()
        finally:
            post_delete.disconnect(cycle, sender=session_model)

    @pytest.mark.parametrize(
        "narrow",
        [
            lambda sessions: sessions.distinct(),
            lambda sessions: sessions.annotate(groups=Count("user__groups")).filter(groups=0),
            lambda sessions: sessions.select_related("user").order_by("user__pk"),
            lambda sessions: sessions.filter(user__password__contains="$"),
        ],
        ids=["distinct", "grouped", "joined", "filtered by user"],
    )
    def test_end_works_on_any_queryset(self, laptop, session_model, narrow):
        assert narrow(session_model.objects.all()).end() == 1

    def test_end_finds_a_session_by_its_former_key(self, user, laptop, make_browser, store_class):
        """Its key changes between the SELECT and the DELETE."""
        phone, store = make_browser(user), store_class(laptop.key)
        sessions = type(phone.row).objects.filter(pk=laptop.key)

        def change_key_before_the_delete(execute, sql, params, many, context):
            if sql.startswith("DELETE") and not changed:
                changed.append(True)
                store.cycle_key()
            return execute(sql, params, many, context)

        changed = []
        with connection.execute_wrapper(change_key_before_the_delete):
            assert sessions.end() == 1
        assert not store_class(store.session_key)._session
        assert phone.row

    def test_end_raises_for_what_django_cannot_delete(self, session_model):
        for sessions in (session_model.objects.all()[:1], session_model.objects.values("pk")):
            with pytest.raises(TypeError, match="delete"):
                sessions.end()

    def test_end_takes_three_queries_for_any_number_of_sessions(
        self, make_session, session_model, assert_queries
    ):
        """SELECT the keys, DELETE them, and SELECT again."""
        for number in range(100):
            make_session(f"session-number-{number}")
        with assert_queries(3):
            session_model.objects.all().end()

    def test_a_user_has_a_relation_to_their_sessions(self, make_session, user, session_model):
        session = make_session(user=user)
        related = getattr(user, f"{session_model._meta.model_name}_set")
        assert list(related.active()) == [session]

    def test_deleting_a_user_ends_their_sessions(self, make_session, user, session_model):
        make_session(user=user)
        user.delete()
        assert not session_model.objects.exists()


class TestEnd:
    @pytest.mark.parametrize("name", ["end", "aend", "delete", "update"])
    def test_a_template_cannot_call_a_method_that_ends_sessions(self, laptop, session_model, name):
        for target in (session_model.objects.all(), session_model.objects, laptop.row):
            Template(f"{{{{ target.{name} }}}}").render(Context({"target": target}))
        assert session_model.objects.count() == 1

    def test_end_ends_a_session_that_has_another_key_by_now(
        self, laptop, user, make_browser, store_class, call
    ):
        phone, session = make_browser(user), laptop.row
        store = store_class(laptop.key)
        store.cycle_key()
        assert call(session, "end") is True
        assert not store_class(store.session_key)._session
        assert call(session, "end") is False
        assert phone.row

    def test_end_of_a_deferred_instance_returns_whether_this_call_ended_it(self, laptop, call):
        session = type(laptop.row).objects.only("pk").get(pk=laptop.key)
        assert call(session, "end") is True
        assert call(session, "end") is False

    def test_end_returns_whether_this_call_ended_the_session(self, make_session, call):
        session = make_session()
        assert call(session, "end") is True
        assert call(session, "end") is False

    def test_an_ended_instance_keeps_its_digest(self, make_session):
        session = make_session()
        session.end()
        assert session.session_key == digest_of(KEY)

    @pytest.mark.parametrize("owner", [AbstractSession, SessionQuerySet])
    def test_the_asynchronous_twin_has_the_same_signature(self, owner):
        assert (
            inspect.signature(owner.end).parameters.keys()
            == inspect.signature(owner.aend).parameters.keys()
        )


class TestManagerSave:
    """``Session.objects.save()``, which Django's manager has."""

    def test_save_writes_data_and_user_by_key(self, session_model, user):
        data = {"_auth_user_id": user._meta.pk.value_to_string(user)}
        session_model.objects.save(KEY, data, timezone.now())
        row = session_model.objects.get(pk=KEY)
        assert (row.get_decoded(), row.user) == (data, user)

    def test_save_keeps_the_other_columns(self, make_session, session_model):
        make_session(ip="192.0.2.1")
        session_model.objects.save(KEY, {"value": 1}, timezone.now())
        assert session_model.objects.get().ip == "192.0.2.1"

    def test_save_without_data_deletes_the_session(self, make_session, session_model):
        make_session()
        session_model.objects.save(KEY, {}, timezone.now())
        assert not session_model.objects.exists()


def test_get_session_model_returns_the_model_of_the_engine(session_model, settings):
    settings.SESSION_ENGINE = "user_sessions.backends.db"
    assert get_session_model()._meta.label == "user_sessions.Session"


def test_get_session_model_raises_an_error_that_names_another_engine(settings):
    from django.core.exceptions import ImproperlyConfigured

    settings.SESSION_ENGINE = "django.contrib.sessions.backends.cache"
    with pytest.raises(ImproperlyConfigured, match=r"django\.contrib\.sessions\.backends\.cache"):
        get_session_model()


def test_a_sites_own_column_is_filled_by_its_engine(store_class, session_model, db, settings):
    settings.SESSION_ENGINE = "user_sessions.backends.db"
    store = store_class()
    store["tenant"] = "north"
    store.save()
    assert getattr(session_model.objects.get(), "tenant", "north") == "north"


def test_migrations_are_complete(db):
    from django.core.management import call_command

    call_command("makemigrations", "user_sessions", check=True, dry_run=True, verbosity=0)


def test_a_model_that_the_engine_does_not_use_has_the_database_store(settings):
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.cache"
    assert Session.get_session_store_class() is SessionStore
