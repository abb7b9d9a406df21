"""What this app expects of Django's private API; a Django that changes it fails here first."""

from __future__ import annotations

import django
import pytest
from django.db import connection, transaction
from django.db.models import QuerySet
from django.db.models.signals import post_delete, pre_delete

from user_sessions import django_private
from user_sessions.django_private import (
    FastCollector,
    delete_in_one_statement,
    gives_values,
    is_in_callers_transaction,
    last_on_commit,
)
from user_sessions.tests.support.people import make_person


@pytest.fixture
def people(db):
    """A queryset of two users, of a model that belongs to another app."""
    people = [make_person("ada"), make_person("grace")]
    return QuerySet(type(people[0])).filter(pk__in=[each.pk for each in people])


def test_this_django_is_one_in_which_the_private_api_was_read():
    version = "{}.{}".format(*django.VERSION)
    assert django.VERSION[3] != "final" or version in (django_private.__doc__ or "")


def test_raw_delete_deletes_and_returns_the_number(people):
    sessions = QuerySet(type(people[0]).groups.through)
    assert delete_in_one_statement(sessions) == 0
    with transaction.atomic():
        assert delete_in_one_statement(people) == 2
    assert not people.exists()


def test_queryset_delete_ends_in_raw_delete(people, monkeypatch):
    calls = []
    through = type(people[0]).groups.through
    monkeypatch.setattr(QuerySet, "_raw_delete", lambda self, using: calls.append(using) or 0)
    QuerySet(through).delete()
    assert calls == ["default"]


def test_fields_are_set_by_values_and_not_by_a_plain_queryset(people):
    assert not gives_values(people)
    assert gives_values(people.values())
    assert gives_values(people.values_list("pk", flat=True))


class TestTransactions:
    def test_the_transaction_of_a_test_case_is_not_the_callers(self, db):
        assert connection.in_atomic_block
        assert not is_in_callers_transaction(connection)

    def test_atomic_inside_a_test_case_is_the_callers_transaction(self, db):
        with transaction.atomic():
            assert is_in_callers_transaction(connection)

    @pytest.mark.django_db(transaction=True)
    def test_autocommit_is_not_the_callers_transaction(self):
        assert not is_in_callers_transaction(connection)
        transaction.set_autocommit(autocommit=False)
        try:
            assert is_in_callers_transaction(connection)
        finally:
            transaction.rollback()
            transaction.set_autocommit(autocommit=True)

    def test_last_on_commit_returns_the_last_registered_function(self, db):
        with transaction.atomic():
            before = last_on_commit(connection)
            transaction.on_commit(dict)
            transaction.on_commit(list)
            assert before not in (dict, list)
            assert last_on_commit(connection) is list

    @pytest.mark.django_db(transaction=True)
    def test_last_on_commit_returns_none_without_a_function(self):
        assert last_on_commit(connection) is None


class TestCollector:
    @pytest.fixture(params=[pre_delete, post_delete], ids=["pre_delete", "post_delete"])
    def receiver(self, request, people):
        def receiver(**kwargs):
            """Receive a deletion, and do nothing."""

        request.param.connect(receiver, sender=type(people[0]).groups.through)
        yield receiver
        request.param.disconnect(receiver, sender=type(people[0]).groups.through)

    def test_a_receiver_prevents_a_fast_delete(self, people, receiver):
        rows = QuerySet(type(people[0]).groups.through)
        assert not FastCollector(using="default", origin=rows).can_fast_delete(rows)

    def test_an_ignored_receiver_allows_a_fast_delete(self, people, receiver):
        class Ignoring(FastCollector):
            ignored = (receiver,)

        rows = QuerySet(type(people[0]).groups.through)
        assert Ignoring(using="default", origin=rows).can_fast_delete(rows)

    def test_a_subclass_decides_by_has_signal_listeners(self, people):
        class Refusing(FastCollector):
            def _has_signal_listeners(self, model):
                return True

        rows = QuerySet(type(people[0]).groups.through)
        assert not Refusing(using="default", origin=rows).can_fast_delete(rows)
