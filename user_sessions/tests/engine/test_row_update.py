"""A save writes its row in one UPDATE of our own, or leaves it to Django if that isn't enough."""

from __future__ import annotations

from contextlib import nullcontext
from functools import wraps

import pytest
from django.db import OperationalError, connections, models
from django.db.backends.utils import CursorWrapper
from django.db.models.functions import Upper
from django.db.models.signals import post_save, pre_save
from django.test.utils import isolate_apps

from user_sessions.backends.statements import update_row
from user_sessions.exceptions import SessionEnded
from user_sessions.keys import digest_of
from user_sessions.models import AbstractSession, Session
from user_sessions.tests.support.signals import listening

FACTS = ("user_id", "user_agent", "ip", "created_at", "last_activity")


def of_a_sites_own(*arguments):
    """A site's own version of a method, which no test calls."""


class Counting(models.IntegerField):  # type: ignore[type-arg]  # no generic at run time
    pre_save = of_a_sites_own


class Upwards(models.CharField):  # type: ignore[type-arg]  # as above
    get_db_prep_save = of_a_sites_own


class Converted(models.CharField):  # type: ignore[type-arg]  # as above
    get_db_prep_value = of_a_sites_own


SPECIAL_COLUMNS = {
    "binary": models.BinaryField,
    "counting": Counting,
    "generated": lambda: models.GeneratedField(
        expression=Upper("user_agent"), output_field=models.TextField(), db_persist=True
    ),
    "converted": Converted,
    "made by the database": Upwards,
    "relation": lambda: models.ForeignKey("auth.Group", on_delete=models.CASCADE),
}


def child():
    class Child(Session):
        class Meta:
            app_label = "tests"

    return Child


def with_save():
    class WithSave(AbstractSession):
        class Meta:
            app_label = "tests"

        save = of_a_sites_own

    return WithSave


def with_save_base():
    class WithSaveBase(AbstractSession):
        class Meta:
            app_label = "tests"

        save_base = of_a_sites_own

    return WithSaveBase


def with_base_manager():
    class Some(models.Manager):
        pass

    class WithBaseManager(AbstractSession):
        some = Some()

        class Meta:
            app_label = "tests"
            base_manager_name = "some"

    return WithBaseManager


SPECIAL_MODELS = {
    "child": child,
    "own save": with_save,
    "own save_base": with_save_base,
    "own base manager": with_base_manager,
}


@pytest.fixture
def row(make_browser, user):
    row = make_browser(user).row
    row.session_data = "new"
    return row


@pytest.fixture
def update(row, assert_queries):
    """Write the row's data if other columns hold the expected values; return the row count."""

    def update(**expected):
        with assert_queries(1):
            return update_row(row, ["session_data"], expected, row._state.db)

    return update


def test_update_row_writes_the_row(row, update):
    assert update() == 1
    row.refresh_from_db()
    assert row.session_data == "new"


def test_a_row_with_the_expected_values_is_written(row, update):
    assert update(**{name: getattr(row, name) for name in FACTS}) == 1


@pytest.mark.parametrize("name", FACTS[1:4])
def test_a_row_with_an_expected_null_is_written(row, update, name):
    type(row).objects.update(**{name: None})
    assert update(**{name: None}) == 1


def test_a_row_with_other_values_is_not_written(row, update, clock):
    clock.move(seconds=1)
    others = {
        "user_id": None,
        "user_agent": "another",
        "ip": "198.51.100.99",
        "created_at": clock.now,
        "last_activity": clock.now,
    }
    for name in FACTS:
        assert update(**{name: others[name]}) == 0
    row.refresh_from_db()
    assert row.session_data != "new"


def test_an_unknown_row_count_is_returned_as_zero(update, monkeypatch):
    monkeypatch.setattr(CursorWrapper, "rowcount", -1, raising=False)
    assert update() == 0


class TestLeftToDjango:
    """In these cases, update_row() returns None without a query."""

    @pytest.fixture(autouse=True)
    def _makes_no_query(self, assert_queries, row):
        with assert_queries(0):
            yield

    @pytest.mark.parametrize("signal", [pre_save, post_save], ids=["before", "after"])
    def test_a_save_with_a_signal_receiver_is_left_to_django(self, row, signal):
        with listening(signal, type(row)):
            assert update_row(row, ["session_data"], {}, row._state.db) is None

    def test_a_wrapped_save_is_left_to_django(self, row, monkeypatch):
        monkeypatch.setattr(type(row), "save", wraps(type(row).save)(lambda self: None))
        assert update_row(row, ["session_data"], {}, row._state.db) is None

    def test_a_database_expression_is_left_to_django(self, row):
        row.user_agent = Upper("user_agent")
        assert update_row(row, ["user_agent"], {}, row._state.db) is None

    @pytest.mark.parametrize("column", SPECIAL_COLUMNS.values(), ids=SPECIAL_COLUMNS)
    @isolate_apps("user_sessions.tests")
    def test_a_column_that_needs_more_than_a_parameter_is_left_to_django(self, row, column):
        class Special(AbstractSession):
            special = column()

            class Meta:
                app_label = "tests"

        field = Special._meta.get_field("special")
        values = {} if field.generated else {field.attname: 1}
        special = Special(session_key=row.pk, session_data="new", user_id=None, **values)
        names = ["session_data", field.attname]
        assert update_row(special, names, {}, row._state.db) is None

    @pytest.mark.parametrize("base", SPECIAL_MODELS.values(), ids=SPECIAL_MODELS)
    @isolate_apps("user_sessions.tests")
    def test_a_model_that_customizes_its_save_is_left_to_django(self, row, base):
        special = base()(session_key=row.pk, session_data="new", user_id=None)
        assert update_row(special, ["session_data"], {}, row._state.db) is None


@pytest.fixture
def saved(store_class, call, db):
    store = store_class()
    call(store, "save")
    return store


def test_saving_an_ended_session_takes_one_query_and_raises(saved, call, assert_queries, cached):
    saved.model.objects.filter(pk=saved.session_key).end()
    with assert_queries(1 + cached), pytest.raises(SessionEnded):
        call(saved, "save")


def test_saving_an_ended_session_sends_no_post_save(saved, call):
    saved.model.objects.filter(pk=saved.session_key).end()
    with listening(post_save, saved.model) as received, pytest.raises(SessionEnded):
        call(saved, "save")
    assert not received


def test_a_save_sends_post_save_once(saved, call):
    with listening(post_save, saved.model) as received:
        call(saved, "save")
    (arguments,) = received
    assert arguments["pk"] == digest_of(saved.session_key)
    assert "session_data" in arguments["update_fields"]
    assert not arguments["created"]


@pytest.mark.parametrize("by", [lambda *_: nullcontext(), listening], ids=["us", "Django"])
def test_a_database_error_is_not_mistaken_for_an_end(saved, call, by):
    def refuse(execute, sql, *args):
        if sql.startswith("UPDATE"):
            raise OperationalError("server closed the connection")
        return execute(sql, *args)

    refusing = connections[saved._database()].execute_wrapper(refuse)
    with by(pre_save, saved.model), refusing, pytest.raises(OperationalError, match="closed"):
        call(saved, "save")
