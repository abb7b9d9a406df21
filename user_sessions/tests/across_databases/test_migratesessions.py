"""``migratesessions``: another app's sessions become ours, and no user has to sign in again."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from django.apps.registry import Apps
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.base_session import AbstractBaseSession
from django.core.management import CommandError, call_command
from django.db import models, transaction
from django.utils import timezone

from user_sessions.keys import digest_of
from user_sessions.upgrade import old_sessions

DJANGO = old_sessions.DJANGO
QSESSIONS = "qsessions.models.Session"
KEY = "an-old-key-of-thirty-two-letters"


def model_of(table, **fields):
    """Return a model for a table, as the app that owned it declared one."""
    meta = type("Meta", (), {"apps": Apps(), "app_label": "theirs", "db_table": table})
    return type("Old", (AbstractBaseSession,), {"__module__": __name__, "Meta": meta, **fields})


@pytest.fixture
def make_table(transactional_db, sessions_connection):
    """Make the table of an app that isn't installed any more."""
    made = []

    def make_table(table, **fields):
        model = model_of(table, **fields)
        with sessions_connection.schema_editor() as editor:
            editor.create_model(model)
        made.append(model)
        old_sessions.old_sessions.cache_clear()
        return model

    yield make_table
    for model in made:
        with sessions_connection.schema_editor() as editor:
            editor.delete_model(model)


@pytest.fixture
def old(make_table):
    """The table of ``django.contrib.sessions``."""
    return make_table("django_session")


@pytest.fixture
def signed_in(user, settings, store_class):
    """The data of a signed-in user's session."""
    return {
        SESSION_KEY: user._meta.pk.value_to_string(user),
        BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0],
        HASH_SESSION_KEY: user.get_session_auth_hash(),
        "basket": [1, 2],
    }


@pytest.fixture
def add(store_class):
    """Add an old session as its own app would have written it."""

    def add(model, data, session_key=KEY, *, days_left=10, **columns):
        expire_date = timezone.now() + timedelta(days=days_left)
        data = data if isinstance(data, str) else store_class().encode(data)
        model._base_manager.create(
            session_key=session_key, session_data=data, expire_date=expire_date, **columns
        )

    return add


def migrate(*arguments):
    """Run the command and return its output."""
    output = io.StringIO()
    call_command("migratesessions", *arguments, stdout=output)
    return output.getvalue()


def visitor(make_browser):
    browser = make_browser()
    browser.cookies["sessionid"] = KEY
    return browser


def test_a_moved_session_stays_signed_in(old, add, signed_in, make_browser, user, session_model):
    add(old, signed_in)
    assert "1 sessions moved." in migrate()
    row = session_model.objects.get()
    assert (row.session_key, row.user) == (digest_of(KEY), user)
    assert (row.ip, row.user_agent, row.created_at) == (None, None, None)
    assert row.get_decoded() == signed_in
    assert visitor(make_browser).who() == user.get_username()


def test_a_moved_session_keeps_its_expiry_and_the_time_of_its_last_save(
    old, add, signed_in, session_model, settings
):
    add(old, signed_in)
    expire_date = old._base_manager.get().expire_date
    migrate()
    row = session_model.objects.get()
    assert row.expire_date == expire_date
    assert row.last_activity == expire_date - timedelta(seconds=settings.SESSION_COOKIE_AGE)


def test_a_moved_session_is_deleted_from_the_old_table(old, add, signed_in):
    add(old, signed_in)
    migrate()
    assert not old._base_manager.exists()


def test_a_second_run_does_not_revive_an_ended_session(old, add, signed_in, session_model):
    add(old, signed_in)
    migrate()
    session_model.objects.all().end()
    assert "0 sessions moved." in migrate()
    assert not session_model.objects.exists()


def test_the_output_states_why_sessions_are_not_moved(
    old, add, signed_in, user, other_user, session_model
):
    gone = {**signed_in, SESSION_KEY: other_user._meta.pk.value_to_string(other_user)}
    add(old, signed_in, "expired-session", days_left=-1)
    add(old, "tampered:with", "tampered-session")
    add(old, gone, "session-of-nobody")
    other_user.delete()
    output = migrate()
    for reason in (old_sessions.EXPIRED, old_sessions.UNREADABLE, old_sessions.NO_USER):
        assert f"1 not moved: {reason}." in output
    assert not session_model.objects.exists()
    assert old._base_manager.count() == 3


def test_a_dry_run_moves_nothing(old, add, signed_in, session_model):
    add(old, signed_in)
    assert "1 sessions would be moved." in migrate("--dry-run")
    assert not session_model.objects.exists()


def test_sessions_are_moved_in_batches_with_their_progress_on_a_terminal(
    old, add, signed_in, session_model
):
    for number in range(5):
        add(old, signed_in, f"session-number-{number}")
    terminal = io.StringIO()
    terminal.isatty = lambda: True
    call_command("migratesessions", "--batch-size", "2", stdout=terminal, no_color=True)
    assert "\r2 of 5 \r4 of 5 \r5 of 5 " in terminal.getvalue()
    assert session_model.objects.count() == 5


def test_a_crash_neither_loses_nor_duplicates_a_session(
    old, add, signed_in, session_model, monkeypatch
):
    add(old, signed_in)

    def crash(self, *args, **kwargs):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("django.db.models.QuerySet.delete", crash)
        with pytest.raises(KeyboardInterrupt):
            migrate()
    assert (session_model.objects.count(), old._base_manager.count()) == (0, 1)
    migrate()
    assert (session_model.objects.count(), old._base_manager.count()) == (1, 0)


def test_a_session_that_ends_during_the_move_is_not_copied(
    old, add, signed_in, session_model, monkeypatch
):
    """If the database has no row locks, the number of deleted rows shows it."""
    add(old, signed_in)
    monkeypatch.setattr("django.db.models.QuerySet.delete", lambda self: (0, {}))
    with pytest.raises(transaction.TransactionManagementError, match="nothing was written"):
        migrate()
    assert not session_model.objects.exists()


def test_a_session_of_qsessions_keeps_its_client_and_times(
    make_table, add, signed_in, session_model, user
):
    qsessions = make_table(
        "qsessions_session",
        user_agent=models.CharField(null=True, max_length=300),
        ip=models.GenericIPAddressField(null=True),
        created_at=models.DateTimeField(null=True),
        updated_at=models.DateTimeField(null=True),
    )
    began = timezone.now().replace(microsecond=0) - timedelta(days=3)
    used = began + timedelta(days=1)
    client = {"ip": "192.0.2.1", "user_agent": "Agent/1", "created_at": began, "updated_at": used}
    add(qsessions, {**signed_in, "_qsessions_ip": "192.0.2.1"}, **client)
    migrate("--oldmodel", QSESSIONS)
    row = session_model.objects.get()
    assert (row.ip, row.user_agent) == ("192.0.2.1", "Agent/1")
    assert (row.created_at, row.last_activity) == (began, used)
    assert row.get_decoded() == signed_in


@pytest.mark.parametrize(
    "path", ["nonsense", "no.such.models.Session", "", "django.contrib.auth.models.Group"]
)
def test_an_old_model_that_holds_no_sessions_is_an_error(db, path):
    with pytest.raises(CommandError, match=f"{path!r} is not the path"):
        migrate("--oldmodel", path)


def test_moving_sessions_to_their_own_table_is_an_error(laptop, session_model):
    app, name = session_model._meta.app_label, session_model.__name__
    with pytest.raises(CommandError, match="is the current session model"):
        migrate("--oldmodel", f"{app}.models.{name}")
    assert laptop.who() != "nobody"


def test_a_site_without_the_old_table_has_nothing_to_move(db, sessions_connection):
    name = sessions_connection.alias
    assert migrate() == (
        f"There is no table 'django_session' in the database {name!r}. There is nothing to move.\n"
    )


def test_a_batch_size_of_zero_is_refused(db):
    with pytest.raises(CommandError, match="at least 1"):
        migrate("--batch-size", "0")


class TestFirstVisit:
    """For a site that can't stop: ``USER_SESSIONS_MOVE_FROM``."""

    @pytest.fixture(autouse=True)
    def moving(self, settings):
        settings.USER_SESSIONS_MOVE_FROM = DJANGO

    def test_a_session_is_moved_by_the_first_request_with_its_cookie(
        self, old, add, signed_in, make_browser, user, session_model
    ):
        add(old, signed_in)
        browser = visitor(make_browser)
        assert browser.who() == user.get_username()
        assert (session_model.objects.count(), old._base_manager.count()) == (1, 0)
        assert browser.who() == user.get_username()

    def test_an_ended_session_is_not_revived(
        self, old, add, signed_in, make_browser, session_model
    ):
        add(old, signed_in)
        browser = visitor(make_browser)
        browser.who()
        session_model.objects.all().end()
        assert browser.who() == "nobody"

    def test_a_digest_as_the_cookie_moves_no_session(self, old, add, signed_in, make_browser):
        add(old, signed_in, digest_of(KEY)[:40])
        browser = make_browser()
        browser.cookies["sessionid"] = digest_of(KEY)
        assert browser.who() == "nobody"

    def test_an_unknown_cookie_is_anonymous(self, old, make_browser):
        assert visitor(make_browser).who() == "nobody"
