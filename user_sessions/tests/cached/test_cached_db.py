"""The engine that caches: what a request costs, what the cache knows, and what happens without it."""

from __future__ import annotations

import io
import pickle
from contextlib import contextmanager
from datetime import timedelta
from unittest import mock

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth import SESSION_KEY
from django.core.cache import caches as django_caches
from django.core.management import CommandError, call_command
from django.db import NotSupportedError, OperationalError, connection, transaction
from django.db.models.signals import post_delete, pre_delete
from django.http import HttpRequest
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from user_sessions import rows
from user_sessions.backends import cache as session_cache
from user_sessions.backends.cache import ASK, ENDED, OUTLIVES_ANY_OFFER, Entry
from user_sessions.conf import conf
from user_sessions.django_private import is_in_callers_transaction
from user_sessions.exceptions import CacheUnavailable, SessionEnded
from user_sessions.keys import digest_of
from user_sessions.middleware import RETRY_AFTER
from user_sessions.tests.support.caches import CalledInEventLoop, state
from user_sessions.tests.support.people import PASSWORD, make_superuser, name_of
from user_sessions.tests.support.queries import statements
from user_sessions.upgrade import raw_keys

LIST = reverse("user_sessions:session_list")
END_OTHERS = reverse("user_sessions:session_delete_other")


def held(key):
    """Return what the cache holds for a session."""
    return session_cache.look(digest_of(key))


def forget(key):
    """Let the cache lose what it holds for a session, as it may at any time."""
    django_caches["default"].delete(session_cache.PREFIX + digest_of(key))


def put(key, value):
    django_caches["default"].set(session_cache.PREFIX + digest_of(key), value)


@pytest.fixture
def remove_by_hand(session_model):
    """Delete all rows in SQL, behind the cache's back."""

    def remove_by_hand():
        with connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {session_model._meta.db_table}")  # noqa: S608  # our own table

    return remove_by_hand


@pytest.fixture
def accepts(store_class):
    """Return whether a request with this key is signed in."""
    return lambda key: SESSION_KEY in store_class(key)


@contextmanager
def rolled_back():
    """A transaction that is undone at its end."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@contextmanager
def costs(queries, *calls):
    """Assert the statements and the calls of the cache that something makes."""
    state.calls.clear()
    with CaptureQueriesContext(connection) as captured:
        yield
    made = statements(captured)
    assert (len(made), tuple(state.calls)) == (queries, calls), "\n".join(made)


class TestCosts:
    """What each kind of request asks of the database, and of the cache."""

    @pytest.mark.parametrize("path", ["/plain/", "/aplain/"])
    def test_a_page_that_touches_no_session(self, laptop, path):
        with costs(0):
            laptop.get(path)

    @pytest.mark.parametrize("path", ["/who/", "/awho/"])
    def test_an_anonymous_page(self, make_browser, path):
        with costs(0):
            make_browser().get(path)

    @pytest.mark.parametrize("path", ["/who/", "/awho/"])
    def test_an_authenticated_page(self, laptop, path):
        with costs(1, "get"):
            laptop.get(path)

    def test_an_authenticated_page_that_is_not_cached_yet(self, laptop):
        forget(laptop.key)
        with costs(2, "get", "add"):
            laptop.who()
        assert isinstance(held(laptop.key), Entry)

    def test_an_authenticated_page_whose_visit_is_recorded(self, laptop, clock):
        clock.move(minutes=1)
        with costs(2, "get", "get", "set"):
            laptop.who()

    @pytest.mark.parametrize("path", ["/set/", "/aset/"])
    def test_a_page_that_changes_the_session(self, laptop, path):
        with costs(1, "get", "set"):
            laptop.get(path)

    def test_a_page_that_changes_a_session_of_which_it_does_not_know_all(self, laptop, store_class):
        store = store_class(laptop.key)
        store["value"] = store.get("anything") or 1
        store_class(laptop.key, ip="198.51.100.7").touch()
        with costs(2, "get", "set"):
            store.save()

    def test_a_page_with_a_cookie_of_an_ended_session(self, laptop):
        laptop.row.end()
        with costs(0, "get"):
            assert laptop.who() == "nobody"

    def test_a_page_that_begins_a_session(self, make_browser):
        with costs(1, "add"):
            make_browser().get("/set/")

    def test_signing_out(self, laptop):
        with costs(3, "get", "set_many"):  # the user, the digest, the DELETE
            laptop.post("/sign-out/")

    @pytest.mark.parametrize("number", [2, 50])
    def test_ending_all_others(self, laptop, make_browser, user, number):
        for _number in range(number):
            make_browser(user)
        with costs(4, "get", "set_many"):  # the user, the digests, the DELETE, and another look
            laptop.post(END_OTHERS)


class TestEntries:
    def test_hold_no_key(self, laptop):
        entry = held(laptop.key)
        assert laptop.key not in repr(entry)
        assert laptop.key.encode() not in pickle.dumps(entry)

    def test_stand_under_a_digest_that_is_no_cookie(self, laptop, make_browser):
        thief = make_browser()
        thief.cookies["sessionid"] = digest_of(laptop.key)
        assert thief.who() == "nobody"

    def test_hold_what_recording_a_visit_needs(self, laptop, user):
        row, facts = laptop.row, held(laptop.key).facts
        assert facts == (user.pk, row.user_agent, row.ip, row.created_at, row.last_activity)

    def test_hold_data_as_the_database_would_give_it(self, store_class, db):
        store = store_class()
        store["numbers"] = (1, 2)
        store.save()
        assert store_class(store.session_key)["numbers"] == [1, 2]

    @pytest.mark.parametrize("method", ["read", "touch"])
    def test_live_no_longer_than_said_whatever_uses_them(self, laptop, clock, method):
        laptop.who()
        until = held(laptop.key).until
        for _minute in range(4):
            clock.move(minutes=1 if method == "touch" else 0.9)
            laptop.who()
        assert held(laptop.key).until == until
        clock.move(seconds=conf.CACHE_SECONDS)
        with costs(3, "get", "get"):  # the row, the user, and the visit, for which no entry is left
            laptop.who()

    def test_live_anew_once_the_row_is_written_as_a_whole(self, laptop, clock):
        clock.move(minutes=1)
        laptop.get("/set/")
        assert held(laptop.key).until == clock.now.timestamp() + conf.CACHE_SECONDS

    @pytest.mark.parametrize("seconds", [1, 300])
    def test_with_new_data_stay_until_nobody_offers_the_old(self, laptop, settings, seconds):
        settings.USER_SESSIONS_CACHE_SECONDS = seconds
        laptop.get("/set/")
        assert state.timeouts[-1] == max(seconds, OUTLIVES_ANY_OFFER)

    def test_of_a_session_that_soon_expires_do_too(self, laptop, clock, store_class):
        laptop.get("/remember/", {"seconds": 2})
        assert state.timeouts[-1] == OUTLIVES_ANY_OFFER
        clock.move(seconds=1)
        store = store_class(laptop.key, ip="198.51.100.7")
        store.get("anything")
        store.touch()
        assert state.timeouts[-1] == OUTLIVES_ANY_OFFER - 1

    def test_live_for_as_many_seconds_as_the_site_says(self, laptop, clock, settings):
        settings.USER_SESSIONS_CACHE_SECONDS = 10
        forget(laptop.key)
        laptop.who()
        assert held(laptop.key).until == clock.now.timestamp() + 10

    def test_are_not_believed_once_the_session_has_expired(self, laptop, clock, session_model):
        laptop.get("/remember/", {"seconds": 60})
        clock.move(seconds=60)
        assert laptop.who() == "nobody"

    def test_of_another_database_are_not_believed(self, laptop, remove_by_hand):
        put(laptop.key, session_cache._packed(held(laptop.key)._replace(database="tenant")))
        assert laptop.who() != "nobody"
        remove_by_hand()
        assert laptop.who() == "nobody"

    def test_of_another_user_than_the_datas_are_not_believed(
        self, laptop, other_user, session_model
    ):
        entry = held(laptop.key)
        facts = entry.facts._replace(user_id=other_user.pk)
        put(laptop.key, session_cache._packed(entry._replace(facts=facts)))
        with costs(2, "get"):
            assert laptop.who() != "nobody"

    @pytest.mark.parametrize("nonsense", ["?", 1, ("0", "of an old version"), {}], ids=repr)
    def test_that_are_not_understood_let_the_database_be_asked(self, laptop, nonsense):
        put(laptop.key, nonsense)
        with costs(2, "get"):
            assert laptop.who() != "nobody"

    def test_of_another_serializer_let_the_database_be_asked(self, laptop):
        entry = held(laptop.key)
        put(laptop.key, session_cache._packed(entry._replace(data=b"\x80 no JSON")))
        with costs(2, "get"):
            assert laptop.who() != "nobody"

    def test_that_a_later_load_finds_are_newer_than_its_row(self, laptop, store_class, monkeypatch):
        """Between the miss and the offer another request put one in."""
        entry = held(laptop.key)
        newer = entry._replace(data=entry.data.replace(b"{", b'{"value":"newer",', 1))
        forget(laptop.key)
        between(store_class, monkeypatch, lambda: put(laptop.key, session_cache._packed(newer)))
        assert store_class(laptop.key)["value"] == "newer"

    @pytest.mark.parametrize("word", [ENDED, ASK])
    def test_are_not_put_over_what_was_put_meanwhile(self, laptop, store_class, monkeypatch, word):
        forget(laptop.key)
        between(store_class, monkeypatch, lambda: put(laptop.key, word))
        assert (SESSION_KEY in store_class(laptop.key)) is (word == ASK)
        assert held(laptop.key) == word


def between(store_class, monkeypatch, function):
    """Call a function once a load has read its row, before it offers it to the cache."""
    original = store_class.decode

    def decode(self, data):
        function()
        return original(self, data)

    monkeypatch.setattr(store_class, "decode", decode)


WAYS_TO_GO = {
    "session.end()": lambda row, user: row.end(),
    "session.aend()": lambda row, user: async_to_sync(row.aend)(),
    "objects.end()": lambda row, user: type(row).objects.filter(user=user).end(),
    "session.delete()": lambda row, user: row.delete(),
    "queryset.delete()": lambda row, user: type(row).objects.all().delete(),
    "manager.save()": lambda row, user: type(row).objects.save(row.pk, {}, timezone.now()),
    "user.delete()": lambda row, user: user.delete(),
    "users.delete()": lambda row, user: type(user).objects.all().delete(),
}


@pytest.mark.parametrize("go", WAYS_TO_GO.values(), ids=WAYS_TO_GO)
def test_each_way_that_a_row_can_go_leaves_a_tombstone(laptop, user, go):
    key = laptop.key
    go(laptop.row, user)
    assert held(key) == ENDED
    with costs(0, "get"):
        assert laptop.who() == "nobody"


@pytest.mark.parametrize("method", ["flush", "cycle_key", "delete"])
def test_each_method_that_gives_up_a_key_leaves_a_tombstone(laptop, store_class, call, method):
    store = store_class(laptop.key)
    assert call(store, "get", SESSION_KEY)
    call(store, method)
    assert held(laptop.key) == ENDED


@pytest.mark.parametrize("action", ["delete_selected", "end_sessions_of_users", "one", "user"])
def test_each_way_of_the_admin_leaves_a_tombstone(
    laptop, make_browser, session_model, user, action
):
    staff = make_browser(make_superuser("root"))
    opts = (user if action == "user" else session_model)._meta
    name = f"admin:{opts.app_label}_{opts.model_name}_"
    if action in ("one", "user"):
        pk = user.pk if action == "user" else digest_of(laptop.key)
        staff.post(reverse(f"{name}delete", args=[pk]), {"post": "yes"})
    else:
        chosen = {"action": action, "_selected_action": [digest_of(laptop.key)]}
        staff.post(reverse(f"{name}changelist"), chosen)
    assert held(laptop.key) == ENDED


def test_a_receiver_of_a_sites_own_still_gets_each_session(laptop, session_model):
    gone = []

    def note(instance, **kwargs):
        gone.append(instance.pk)

    pre_delete.connect(note, sender=session_model)
    try:
        session_model.objects.all().end()
    finally:
        pre_delete.disconnect(note, sender=session_model)
    assert gone == [digest_of(laptop.key)]
    assert held(laptop.key) == ENDED


def test_only_the_model_of_an_engine_that_caches_is_listened_to(session_model, settings):
    for engine, listened in (("db", False), ("cached_db", True)):
        settings.SESSION_ENGINE = f"user_sessions.backends.{engine}"
        assert post_delete.has_listeners(session_model) is listened
        assert pre_delete.has_listeners(session_model) is listened


ENDING = {
    "instance": lambda row: row.end(),
    "queryset": lambda row: type(row).objects.filter(pk=row.pk).end(),
    "delete()": lambda row: type(row).objects.filter(pk=row.pk).delete(),
    "user": lambda row: row.user.delete(),
}


@pytest.mark.parametrize("end", ENDING.values(), ids=ENDING)
def test_an_engine_that_cannot_be_imported_ends_no_session(laptop, session_model, settings, end):
    """It may cache, and its cache would not be told."""
    row = laptop.row
    settings.SESSION_ENGINE = "no.such.engine"
    with pytest.raises(ModuleNotFoundError), transaction.atomic():
        end(row)
    assert session_model.objects.filter(pk=row.pk).exists()


def test_a_session_that_is_none_of_them_any_more_gets_no_tombstone(
    laptop, session_model, user, monkeypatch
):
    """Its user changed between the question for the keys and the DELETE."""
    taken = session_model.objects.filter(user=user)
    real = type(taken)._raw_delete

    def changed_just_before(self, using):
        with connection.cursor() as cursor:
            cursor.execute(f"UPDATE {session_model._meta.db_table} SET user_id = NULL")  # noqa: S608  # our own table
        return real(self, using)

    monkeypatch.setattr(type(taken), "_raw_delete", changed_just_before)
    assert taken.delete() == (0, {})
    assert held(laptop.key) != ENDED
    assert session_model.objects.exists()


WAYS_TO_CHANGE = {
    "update": lambda row: type(row).objects.update(user=None),
    "aupdate": lambda row: async_to_sync(type(row).objects.all().aupdate)(user=None),
    "bulk_update": lambda row: type(row).objects.bulk_update([without_user(row)], ["user"]),
    "save": lambda row: without_user(row).save(),
}


def without_user(row):
    row.user = None
    return row


@pytest.mark.parametrize("change", WAYS_TO_CHANGE.values(), ids=WAYS_TO_CHANGE)
def test_each_way_to_change_a_row_lets_the_database_be_asked(laptop, change):
    change(laptop.row)
    assert held(laptop.key) == ASK
    assert laptop.who() == "nobody"


def test_no_request_under_way_gives_a_session_back_to_its_user(laptop, store_class, session_model):
    """Neither by saving nor by recording its visit, though it knows who that was."""
    store = store_class(laptop.key, ip="198.51.100.7")
    store["value"] = store.get("anything")
    session_model.objects.update(user=None)
    store.save()
    store.touch()
    assert held(laptop.key) == ASK
    assert laptop.who() == "nobody"


def test_a_visit_is_recorded_over_what_another_request_saved(laptop, store_class):
    reader, writer = store_class(laptop.key), store_class(laptop.key)
    reader.load()
    writer["value"] = writer.get("anything") or "kept"
    writer.save()
    reader.touch()
    assert store_class(laptop.key)["value"] == "kept"


class TestASaveThatFindsNoEntry:
    """Whoever read the row before may be about to offer it, which must be forestalled."""

    @pytest.fixture
    def store(self, laptop, store_class):
        store = store_class(laptop.key)
        store["value"] = store.get("anything") or 1
        forget(laptop.key)
        return store

    def test_puts_one_where_it_knows_the_row(self, store, laptop):
        store.save()
        assert b'"value":1' in held(laptop.key).data

    def test_lets_the_database_be_asked_where_others_changed_it(self, store, laptop, session_model):
        session_model.objects.update(ip="198.51.100.7")
        forget(laptop.key)
        store.save()
        assert held(laptop.key) == ASK


class TestASaveOfARowThatOthersChanged:
    """It keeps what they wrote, in the row and in the entry."""

    @pytest.fixture
    def store(self, laptop, store_class):
        store = store_class(laptop.key)
        store["value"] = store.get("anything") or 1
        store_class(laptop.key, ip="198.51.100.7").touch()
        return store

    def test_puts_in_the_cache_what_is_in_the_row(self, store, laptop):
        store.save()
        entry, row = held(laptop.key), laptop.row
        assert b'"value":1' in entry.data
        assert entry.facts[1:] == (
            row.user_agent,
            "198.51.100.7",
            row.created_at,
            row.last_activity,
        )

    def test_lets_the_entry_live_no_longer_than_it_would(self, store, laptop, clock):
        soon = clock.now.timestamp() + 10
        put(laptop.key, session_cache._packed(held(laptop.key)._replace(until=soon)))
        store.save()
        assert held(laptop.key).until == soon

    def test_lets_the_entry_live_no_longer_than_the_session(self, store, laptop, clock):
        store.set_expiry(10)
        store.save()
        assert held(laptop.key).until == clock.now.timestamp() + 10
        assert state.timeouts[-1] == OUTLIVES_ANY_OFFER

    def test_leaves_nothing_that_another_version_may_believe(self, store, laptop):
        put(laptop.key, ("0", "of another version"))
        store.save()
        assert django_caches["default"].get(session_cache.PREFIX + digest_of(laptop.key)) == ASK


class TestTransactionOfTheCaller:
    """What a rollback takes back must not have come into the cache."""

    def test_a_save_leaves_no_data(self, laptop, store_class, accepts):
        with rolled_back():
            store = store_class(laptop.key)
            store["value"] = store.get("anything") or 1
            store.save()
            assert held(laptop.key) == ASK
        assert "value" not in store_class(laptop.key)
        assert accepts(laptop.key)

    def test_a_new_session_leaves_no_data(self, store_class, db):
        store = store_class()
        with rolled_back():
            store["value"] = 1
            store.save()
        assert "value" not in store_class(store.session_key)

    def test_a_visit_leaves_the_entry(self, laptop, store_class, clock):
        clock.move(minutes=1)
        before = held(laptop.key)
        store = store_class(laptop.key)
        store.load()
        with rolled_back():
            store.touch()
        assert held(laptop.key) == before

    def test_a_session_that_ends_in_it_is_out_of_use_at_once(self, laptop, accepts):
        with transaction.atomic():
            laptop.row.end()
            assert held(laptop.key) == ENDED
            assert not accepts(laptop.key)

    def test_a_new_key_within_our_own_transaction_is_cached(self, laptop, store_class, accepts):
        store = store_class(laptop.key)
        store.load()
        store.cycle_key()
        assert isinstance(held(store.session_key), Entry)
        assert accepts(store.session_key)

    @pytest.mark.django_db(transaction=True)
    def test_one_without_atomic_is_one_too(self, laptop):
        transaction.set_autocommit(False)
        try:
            assert is_in_callers_transaction(connection)
        finally:
            transaction.rollback()
            transaction.set_autocommit(True)
        assert not is_in_callers_transaction(connection)


class TestRemovedByHand:
    """Rows that went by SQL, or whose tombstone the cache forgot."""

    @pytest.fixture(autouse=True)
    def _removed(self, laptop, remove_by_hand):
        remove_by_hand()

    def test_they_are_accepted_for_no_longer_than_an_entry_lives(self, laptop, clock, settings):
        settings.USER_SESSIONS_ACTIVITY_INTERVAL = None
        clock.move(seconds=conf.CACHE_SECONDS - 1)
        assert laptop.who() != "nobody"
        clock.move(seconds=1)
        assert laptop.who() == "nobody"

    def test_the_next_visit_that_is_recorded_finds_it_out(self, laptop, clock):
        clock.move(minutes=1)
        assert laptop.who() != "nobody"
        assert held(laptop.key) == ENDED
        assert laptop.who() == "nobody"

    def test_so_does_the_next_save(self, laptop):
        assert laptop.get("/set/").status_code == 400
        assert held(laptop.key) == ENDED

    def test_signing_out_does_too(self, laptop):
        key = laptop.key
        laptop.post("/sign-out/")
        assert held(key) == ENDED

    def test_in_a_transaction_of_the_callers_nothing_is_concluded(self, laptop, store_class):
        store = store_class(laptop.key)
        store["value"] = store.get("anything")
        with pytest.raises(SessionEnded), transaction.atomic():
            store.save()
        with transaction.atomic():
            store.touch()
        assert isinstance(held(laptop.key), Entry)


class TestCacheDown:
    @pytest.fixture(autouse=True)
    def _logged_anew(self, monkeypatch):
        monkeypatch.setattr(session_cache, "_last_logged", float("-inf"))

    def test_pages_are_served_from_the_database(self, laptop, user):
        with state.unavailable():
            assert laptop.who() == user.get_username()

    def test_a_cache_that_can_be_read_only_is_no_reason_to_refuse_a_page(self, laptop, user):
        forget(laptop.key)
        with state.unavailable("add", "set", "set_many"):
            assert laptop.who() == user.get_username()

    def test_sessions_are_saved(self, laptop):
        with state.unavailable():
            assert laptop.get("/set/").status_code == 200
        assert laptop.row.get_decoded()["value"] == "1"

    def test_visits_are_recorded(self, laptop, clock):
        clock.move(minutes=1)
        with state.unavailable():
            laptop.who()
        assert laptop.row.last_activity == clock.now

    def test_it_is_logged_once_a_minute(self, laptop, caplog, monkeypatch):
        for seconds in (1000.0, 1001.0, 1059.9, 1060.0):
            monkeypatch.setattr("time.monotonic", lambda seconds=seconds: seconds)
            with state.unavailable():
                laptop.who()
        logged = [record for record in caplog.records if record.name == "user_sessions"]
        assert [record.levelname for record in logged] == ["ERROR", "ERROR"]
        assert isinstance(logged[0].exc_info[1], ConnectionError)
        assert laptop.key not in caplog.text

    def test_people_without_a_session_can_sign_in(self, make_browser, user):
        browser = make_browser()
        with state.unavailable():
            browser.post("/sign-in/", {"username": name_of("ada"), "password": PASSWORD})
            assert browser.who() == user.get_username()
        assert browser.who() == user.get_username()

    @pytest.mark.parametrize("end", ["sign out", "one", "others", "admin"])
    def test_what_ends_sessions_is_refused_and_changes_nothing(
        self, laptop, make_browser, session_model, user, end
    ):
        phone = make_browser(user)
        staff = make_browser(make_superuser("root"))
        opts = session_model._meta
        changelist = reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist")
        chosen = {"action": "delete_selected", "_selected_action": [digest_of(phone.key)]}
        keys = set(session_model.objects.values_list("pk", flat=True))
        with state.unavailable():
            response = {
                "sign out": lambda: laptop.post("/sign-out/"),
                "one": lambda: laptop.post(
                    reverse("user_sessions:session_delete", args=[digest_of(phone.key)])
                ),
                "others": lambda: laptop.post(END_OTHERS),
                "admin": lambda: staff.post(changelist, chosen),
            }[end]()
        assert response.status_code == 503
        assert "No session was ended." in response.content.decode()
        assert response["Retry-After"] == str(RETRY_AFTER)
        assert "no-store" in response["Cache-Control"]
        assert "sessionid" not in response.cookies
        assert set(session_model.objects.values_list("pk", flat=True)) == keys
        assert laptop.who() == phone.who() == user.get_username()

    def test_a_new_key_is_refused_and_the_old_one_stays(self, laptop, store_class, accepts):
        store = store_class(laptop.key)
        store.load()
        with state.unavailable(), pytest.raises(CacheUnavailable):
            store.cycle_key()
        assert store.session_key == laptop.key
        assert accepts(laptop.key)

    @pytest.mark.parametrize("change", WAYS_TO_CHANGE.values(), ids=WAYS_TO_CHANGE)
    def test_no_row_is_changed_behind_its_back(self, laptop, user, change):
        row = laptop.row
        with state.unavailable(), pytest.raises(CacheUnavailable), transaction.atomic():
            change(row)
        assert laptop.row.user == user

    @pytest.mark.parametrize("go", WAYS_TO_GO.values(), ids=WAYS_TO_GO)
    def test_no_row_goes(self, laptop, user, accepts, go):
        row, key = laptop.row, laptop.key
        with state.unavailable(), pytest.raises(CacheUnavailable):
            go(row, user)
        assert accepts(key)

    def test_a_part_that_is_not_taken_is_the_whole(self, laptop, accepts, monkeypatch):
        """Memcached says which keys it didn't take, and raises nothing."""
        cache = type(django_caches["default"])
        monkeypatch.setattr(cache, "set_many", lambda self, values, timeout: list(values)[:1])
        with pytest.raises(CacheUnavailable):
            laptop.row.end()
        assert accepts(laptop.key)

    def test_other_errors_are_not_its(self, laptop):
        with pytest.raises(RuntimeError):
            laptop.get("/sign-in-and-fail/")


def test_an_end_that_fails_takes_its_tombstones_back(
    laptop, make_browser, user, session_model, accepts, monkeypatch
):
    """The second of two messages to the cache is refused."""
    monkeypatch.setattr(rows, "BATCH", 1)
    phone = make_browser(user)
    bury = session_cache.bury
    buried = []

    def bury_one(digests):
        if buried:
            raise CacheUnavailable
        buried.extend(digests)
        bury(digests)

    monkeypatch.setattr(session_cache, "bury", bury_one)
    with pytest.raises(CacheUnavailable):
        session_model.objects.all().end()
    assert accepts(laptop.key)
    assert accepts(phone.key)


@pytest.mark.parametrize("method", ["save", "cycle_key", "delete"])
def test_a_commit_that_fails_lets_the_database_be_asked(
    transactional_db, laptop, store_class, accepts, monkeypatch, method
):
    store = store_class(laptop.key)
    store["cart"] = 1
    with monkeypatch.context() as patch:
        patch.setattr(connection, "_commit", mock.Mock(side_effect=OperationalError("disk full")))
        with pytest.raises(OperationalError):
            getattr(store, method)()
    assert held(laptop.key) == ASK
    assert accepts(laptop.key)
    assert "cart" not in store_class(laptop.key)


class TestCacheInTheDatabase:
    """Django's, which swallows its errors."""

    @pytest.fixture(autouse=True)
    def cache(self, transactional_db, settings):
        settings.CACHES = {
            "default": {
                "BACKEND": "django.core.cache.backends.db.DatabaseCache",
                "LOCATION": "cache_of_sessions",
            }
        }
        call_command("createcachetable", verbosity=0)
        yield
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE cache_of_sessions")

    def test_an_ended_session_is_not_accepted(self, laptop, accepts):
        assert accepts(laptop.key)
        laptop.row.end()
        assert held(laptop.key) == ENDED
        assert not accepts(laptop.key)

    def test_an_end_that_it_does_not_take_is_refused(self, laptop, accepts):
        def refuse(execute, sql, params, many, context):
            if "cache_of_sessions" in sql and sql.startswith(("INSERT", "UPDATE")):
                raise OperationalError("The table is locked.")
            return execute(sql, params, many, context)

        assert isinstance(held(laptop.key), Entry)
        with connection.execute_wrapper(refuse), pytest.raises(CacheUnavailable):
            laptop.row.end()
        assert accepts(laptop.key)
        assert laptop.row.end()


@pytest.mark.parametrize("change", ["update", "delete"])
def test_a_change_that_django_refuses_raises_djangos_error(laptop, session_model, change):
    few = session_model.objects.all()[:2]
    with pytest.raises(TypeError, match=r"^Cannot (update|use)"):
        few.update(user=None) if change == "update" else few.delete()
    with pytest.raises(NotSupportedError):
        getattr(few.union(few), change)()
    with pytest.raises(TypeError, match="values"):
        session_model.objects.values("pk").delete()


def test_ending_ten_thousand_sessions_takes_few_queries(laptop, session_model, user):
    date = timezone.now() + timedelta(days=1)
    session_model.objects.bulk_create(
        session_model(session_key=f"session-{number:05}", user=user, expire_date=date)
        for number in range(9_999)
    )
    batches = 10_000 // rows.BATCH
    with costs(batches + 2, *["set_many"] * batches):
        assert session_model.objects.filter(user=user).end() == 10_000


def test_expired_sessions_go_without_tombstones(laptop, session_model, clock, store_class):
    clock.move(weeks=3)
    state.calls.clear()
    store_class.clear_expired()
    assert state.calls == []
    assert not session_model.objects.exists()


def test_a_store_without_a_key_is_empty(db, store_class):
    assert store_class().load() == {}


def test_a_cache_call_inside_an_event_loop_raises_an_error(laptop):
    """The tests' cache raises it, so a passing suite shows that no such call is made."""

    async def load():
        django_caches["default"].get("anything")

    with pytest.raises(CalledInEventLoop):
        async_to_sync(load)()


def test_a_store_reads_and_writes_asynchronously(laptop, store_class):
    async def use():
        store = store_class(laptop.key)
        await store.aset("value", await store.aget("anything"))
        await store.asave()
        await store.atouch()
        assert await store.aexists(laptop.key)
        await store.acycle_key()
        await store.aflush()

    async_to_sync(use)()
    assert held(laptop.key) == ENDED


def test_process_exception_works_for_a_request_without_a_session(rf, db):
    from user_sessions.middleware import SessionMiddleware

    middleware = SessionMiddleware(lambda request: None)
    response = middleware.process_exception(HttpRequest(), CacheUnavailable())
    assert response.status_code == 503
    assert middleware.process_exception(HttpRequest(), ValueError()) is None


class TestClearCommand:
    """``clear_session_cache``."""

    def test_clear_session_cache_empties_the_cache(self, laptop, remove_by_hand):
        remove_by_hand()
        output = io.StringIO()
        # On a shared server, only the entry of this test is removed.
        with mock.patch.object(type(django_caches["default"]), "clear") as clear:
            clear.side_effect = lambda: forget(laptop.key)
            call_command("clear_session_cache", stdout=output, no_color=True)
        assert output.getvalue() == "The cache 'default' is empty.\n"
        assert laptop.who() == "nobody"

    def test_an_engine_that_does_not_cache_is_an_error(self, settings):
        settings.SESSION_ENGINE = "user_sessions.backends.db"
        with pytest.raises(
            CommandError, match=r"'user_sessions\.backends\.db' doesn't cache sessions"
        ):
            call_command("clear_session_cache")

    def test_a_cache_that_cannot_be_reached_is_an_error(self):
        def refuse(self):
            raise ConnectionError("Connection refused.")

        with (
            mock.patch.object(type(django_caches["default"]), "clear", refuse),
            pytest.raises(CommandError, match=r"can't be emptied: Connection refused\."),
        ):
            call_command("clear_session_cache")


class TestAtomicRequests:
    """Each view is a transaction; the middleware works outside of it."""

    @pytest.fixture(autouse=True)
    def _atomic_requests(self, monkeypatch):
        monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", value=True)

    def test_an_ended_session_is_not_accepted(self, laptop, make_browser, user):
        phone = make_browser(user)
        laptop.post(END_OTHERS)
        assert held(phone.key) == ENDED
        assert phone.who() == "nobody"

    def test_an_end_is_not_rolled_back_with_what_fails_later(
        self, make_browser, user, session_model
    ):
        laptop, phone = make_browser(user, raise_request_exception=False), make_browser(user)
        assert laptop.post("/end-others-and-fail/").status_code == 500
        assert session_model.objects.get().pk == digest_of(laptop.key)
        assert phone.who() == "nobody"

    def test_a_sign_in_is_cached_by_the_middleware(self, make_browser, user):
        browser = make_browser()
        browser.post("/sign-in/", {"username": name_of("ada"), "password": PASSWORD})
        assert isinstance(held(browser.key), Entry)
        with costs(1, "get"):
            assert browser.who() == user.get_username()

    def test_what_the_middleware_saves_is_cached(self, laptop):
        laptop.get("/set/", {"value": "7"})
        assert b'"7"' in held(laptop.key).data

    def test_a_sign_in_by_a_view_that_fails_is_undone(self, make_browser, user):
        browser = make_browser(raise_request_exception=False)
        assert browser.get("/sign-in-and-fail/").status_code == 500
        assert browser.who() == "nobody"

    def test_an_end_that_is_refused_leaves_the_session_in_use(self, laptop, make_browser, user):
        phone = make_browser(user)
        with state.unavailable("set_many"):
            assert laptop.post(END_OTHERS).status_code == 503
        assert phone.who() == user.get_username()


def test_a_replica_that_lags_lets_no_ended_session_in(
    laptop, store_class, session_model, settings, accepts
):
    """Both a miss and a marker ask the database that sessions are written to."""
    settings.DATABASE_ROUTERS = [f"{__name__}.LaggingReplica"]
    assert accepts(laptop.key)
    session_model.objects.filter(pk=laptop.key).end()
    for word in (None, ASK):
        forget(laptop.key) if word is None else put(laptop.key, word)
        assert not accepts(laptop.key)


class LaggingReplica:
    """Sends what only reads to a database that doesn't exist in the tests, so using it would fail."""

    def db_for_read(self, model, **hints):
        return "replica"  # pragma: no cover (nothing may ask)

    def db_for_write(self, model, **hints):
        return "default"


class TestUnhashedRows:
    """Rows of django-user-sessions 2.0, before the migration is done."""

    @pytest.fixture(autouse=True)
    def _unhashed(self, laptop, monkeypatch):
        with connection.cursor() as cursor:
            cursor.execute("UPDATE user_sessions_session SET session_key = %s", [laptop.key])
        monkeypatch.setattr(raw_keys, "_migrated", lambda using: False)
        forget(laptop.key)

    def test_they_are_cached_under_the_digest(self, laptop, accepts):
        assert accepts(laptop.key)
        assert isinstance(held(laptop.key), Entry)
        with costs(0, "get"):
            assert accepts(laptop.key)

    @pytest.mark.parametrize("way", [way for way in WAYS_TO_GO if way != "manager.save()"])
    def test_each_way_that_one_can_go_leaves_a_tombstone(
        self, laptop, user, accepts, session_model, way
    ):
        assert accepts(laptop.key)
        WAYS_TO_GO[way](session_model.objects.get(), user)
        assert held(laptop.key) == ENDED
        assert not session_model.objects.exists()

    def test_a_save_hashes_them(self, laptop, store_class):
        store = store_class(laptop.key)
        store["value"] = store.get("anything") or 1
        store.save()
        assert isinstance(held(laptop.key), Entry)
        assert laptop.row.pk == digest_of(laptop.key)
