"""Sessions in a database of their own, with a lagging replica that still holds ended sessions."""

from __future__ import annotations

import io
from datetime import timedelta
from inspect import getsource

import pytest
from django.core.management import call_command
from django.db import connections, router
from django.urls import reverse
from django.utils import timezone

from user_sessions.keys import digest_of
from user_sessions.tests.support import caches
from user_sessions.tests.support.apps.own_database.models import SessionElsewhere, end_sessions
from user_sessions.tests.support.apps.own_database.router import SessionsRouter
from user_sessions.tests.support.documentation import text_of
from user_sessions.tests.support.people import make_superuser
from user_sessions.tests.support.user_agents import SAFARI_ON_IPHONE

ENGINES = [
    "user_sessions.tests.support.apps.own_database.engine",
    "user_sessions.tests.support.apps.own_database.cached_engine",
]


@pytest.fixture(autouse=True, params=ENGINES, ids=["db", "cached_db"])
def engine(request, settings):
    settings.SESSION_ENGINE = request.param


@pytest.fixture
def phone(user, make_browser):
    return make_browser(user, user_agent=SAFARI_ON_IPHONE)


@pytest.fixture
def copy_to_replica(session_model):
    """Copy the current sessions to the replica."""

    def copy_to_replica():
        rows = list(session_model.objects.all())
        session_model.objects.using("replica").bulk_create(rows)
        assert session_model._base_manager.count() == len(rows)  # Django reads from it

    return copy_to_replica


@pytest.fixture
def ended(laptop, phone, copy_to_replica, session_model):
    """A browser whose session has ended; the replica still holds it, and the cache is empty."""
    copy_to_replica()
    laptop.row.end()
    caches.state.reset()
    assert session_model._base_manager.filter(pk=laptop.key).exists()
    return laptop


@pytest.mark.parametrize("shown", [SessionElsewhere, end_sessions, SessionsRouter])
def test_the_documentation_shows_this_code(shown):
    assert getsource(shown) in text_of("how-to/databases.md")


def test_sessions_and_users_are_in_separate_databases(laptop, session_model, user):
    assert laptop.row._state.db == "sessions"
    assert user._state.db == "default"
    assert session_model._meta.db_table not in connections["default"].introspection.table_names()
    assert type(user)._meta.db_table not in connections["sessions"].introspection.table_names()
    assert router.db_for_read(session_model) == "replica"


@pytest.mark.parametrize("url", ["/who/", "/awho/"])
def test_an_ended_session_is_anonymous(ended, phone, user, url):
    assert ended.get(url).content.decode() == "nobody"
    assert phone.get(url).content.decode() == user.get_username()


def test_the_engine_does_not_load_an_ended_session(ended, call, store_class):
    assert not call(store_class(ended.key), "exists", ended.key)
    assert call(store_class(ended.key), "load") == {}


def test_the_list_does_not_show_an_ended_session(ended, phone):
    page = phone.get(reverse("user_sessions:session_list"))
    assert [session.pk for session in page.context["object_list"]] == [digest_of(phone.key)]
    assert ended.get(reverse("user_sessions:session_list")).status_code == 302


def test_an_ended_session_cannot_be_ended_again(ended, phone, session_model):
    url = reverse("user_sessions:session_delete", args=[digest_of(ended.key)])
    assert phone.get(url).status_code == 404
    assert phone.post(url).url == reverse("user_sessions:session_list")
    other = reverse("user_sessions:session_delete_other")
    assert phone.get(other).context["other_count"] == 0
    assert session_model.objects.filter(pk=ended.key).end() == 0


def test_the_admin_does_not_show_an_ended_session(ended, phone, make_browser, session_model):
    staff = make_browser(make_superuser("root"))
    name = f"admin:{session_model._meta.app_label}_{session_model._meta.model_name}"
    listed = staff.get(reverse(f"{name}_changelist")).context["cl"].result_list
    assert {session.pk for session in listed} == {digest_of(phone.key), digest_of(staff.key)}
    detail = reverse(f"{name}_change", args=[digest_of(ended.key).replace("_", "_5F")])
    assert staff.get(detail).status_code == 302  # to the admin's first page: it finds no session


@pytest.mark.parametrize("end", ["session", "queryset", "others", "sign-out", "key", "user"])
def test_a_deleted_session_is_not_accepted_if_the_replica_still_holds_it(
    laptop, phone, copy_to_replica, session_model, user, end
):
    copy_to_replica()
    ways = {
        "session": lambda: laptop.row.end(),
        "queryset": lambda: session_model.objects.filter(user=user).end(),
        "others": lambda: phone.post(reverse("user_sessions:session_delete_other")),
        "sign-out": lambda: laptop.post("/sign-out/"),
        "key": lambda: laptop.session.cycle_key(),
        "user": lambda: user.delete(),
    }
    key = laptop.key
    ways[end]()
    caches.state.reset()
    laptop.cookies["sessionid"] = key
    assert laptop.who() == "nobody"
    assert session_model._base_manager.filter(pk=key).exists()


def test_a_new_session_works_before_the_replica_holds_it(laptop, user, session_model):
    caches.state.reset()
    assert laptop.who() == user.get_username()
    assert not session_model._base_manager.exists()


def test_deleting_a_user_ends_their_sessions(
    laptop, phone, make_browser, other_user, session_model, user
):
    theirs = make_browser(other_user)
    user.delete()
    assert session_model.objects.get().pk == digest_of(theirs.key)


def test_a_session_whose_user_was_deleted_in_sql_is_anonymous(
    laptop, make_browser, user, session_model
):
    type(user)._base_manager.filter(pk=user.pk)._raw_delete("default")
    assert laptop.who() == "nobody"
    staff = make_browser(make_superuser("root"))
    name = f"admin:{session_model._meta.app_label}_{session_model._meta.model_name}_changelist"
    assert staff.get(reverse(name)).status_code == 200


def test_expired_sessions_are_removed_from_the_primary_database(
    laptop, copy_to_replica, session_model
):
    session_model.objects.update(expire_date=timezone.now() - timedelta(days=1))
    copy_to_replica()
    said = io.StringIO()
    call_command("clearsessions", stdout=said, no_color=True)
    assert said.getvalue() == "1 expired session removed.\n"
    assert session_model._base_manager.exists()
    call_command("clearsessions", stdout=said, no_color=True)
    assert said.getvalue().endswith("\n0 expired sessions removed.\n")
