"""A save writes its row in one UPDATE of our own, and leaves to Django what that can't do."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext

import pytest
from django.db import OperationalError, connections, models
from django.db.models.functions import Upper
from django.db.models.signals import post_save, pre_save
from django.test.utils import isolate_apps

from user_sessions.keys import digest_of
from user_sessions.models import AbstractSession, Session
from user_sessions.row_update import update_row

FACTS = ("user_id", "user_agent", "ip", "created_at", "last_activity")


@contextmanager
def listening(signal, model):
    """Listen to a signal of a model; give a list of what comes."""
    told = []

    def listen(**arguments):
        told.append(arguments)

    signal.connect(listen, sender=model)
    try:
        yield told
    finally:
        signal.disconnect(listen, sender=model)


@pytest.fixture
def row(make_browser, user):
    row = make_browser(user).row
    row.session_data = "new"
    return row


@pytest.fixture
def update(row, assert_queries):
    """Write the data of the row where others are as ``known``; tell whether that was done."""

    def update(**known):
        with assert_queries(1):
            return update_row(row, ["session_data"], known, row._state.db)

    return update


def test_the_row_is_written(row, update):
    assert update()
    row.refresh_from_db()
    assert row.session_data == "new"


def test_a_row_that_holds_what_is_known_is_written(row, update):
    assert update(**{name: getattr(row, name) for name in FACTS})


@pytest.mark.parametrize("name", FACTS[1:4])
def test_so_is_one_of_which_nothing_is_known_and_that_holds_nothing(row, update, name):
    type(row).objects.update(**{name: None})
    assert update(**{name: None})


def test_a_row_that_holds_something_else_is_not_written(row, update, clock):
    clock.move(seconds=1)
    others = {
        "user_id": None,
        "user_agent": "another",
        "ip": "198.51.100.99",
        "created_at": clock.now,
        "last_activity": clock.now,
    }
    for name in FACTS:
        assert not update(**{name: others[name]})
    row.refresh_from_db()
    assert row.session_data != "new"


class TestLeftToDjango:
    """Each answers no, and asks the database nothing."""

    @pytest.fixture(autouse=True)
    def _asks_nothing(self, assert_queries, row):
        with assert_queries(0):
            yield

    @pytest.mark.parametrize("signal", [pre_save, post_save], ids=["before", "after"])
    def test_what_somebody_listens_to(self, row, signal):
        with listening(signal, type(row)):
            assert not update_row(row, ["session_data"], {}, row._state.db)

    def test_a_value_that_the_database_makes(self, row):
        row.user_agent = Upper("user_agent")
        assert not update_row(row, ["user_agent"], {}, row._state.db)

    @pytest.mark.parametrize("kind", ["own save", "child", "generated", "binary"])
    @isolate_apps("user_sessions.tests")
    def test_a_model_of_which_a_save_is_more(self, row, kind):
        if kind == "own save":

            class Special(AbstractSession):
                class Meta:
                    app_label = "tests"

                def save(self, *args, **kwargs):
                    super().save(*args, **kwargs)

        elif kind == "child":

            class Special(Session):
                class Meta:
                    app_label = "tests"

        else:
            column = (
                models.BinaryField()
                if kind == "binary"
                else models.GeneratedField(
                    expression=Upper("user_agent"),
                    output_field=models.TextField(),
                    db_persist=True,
                )
            )

            class Special(AbstractSession):
                special = column

                class Meta:
                    app_label = "tests"

        special = Special(session_key=row.pk, session_data="new", user_id=None)
        assert not update_row(special, ["session_data"], {}, row._state.db)


@pytest.fixture
def saved(store_class, call, db):
    store = store_class()
    call(store, "save")
    return store


def test_who_listens_is_told_of_each_save(saved, call):
    with listening(post_save, saved.model) as told:
        call(saved, "save")
    (arguments,) = told
    assert arguments["instance"].pk == digest_of(saved.session_key)
    assert "session_data" in arguments["update_fields"]
    assert not arguments["created"]


@pytest.mark.parametrize("by", [lambda *_: nullcontext(), listening], ids=["us", "Django"])
def test_an_error_of_the_database_is_not_taken_for_an_end(saved, call, by):
    def refuse(execute, sql, *args):
        if sql.startswith("UPDATE"):
            raise OperationalError("server closed the connection")
        return execute(sql, *args)

    refusing = connections[saved._database()].execute_wrapper(refuse)
    with by(pre_save, saved.model), refusing, pytest.raises(OperationalError, match="closed"):
        call(saved, "save")
