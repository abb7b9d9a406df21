"""``client_changed``: a session is used from elsewhere, or by another browser."""

from __future__ import annotations

import pytest
from django.contrib.auth.signals import user_logged_in, user_logged_out

from user_sessions.keys import digest_of
from user_sessions.signals import Client, client_changed
from user_sessions.tests.support.people import PASSWORD

HERE = Client("192.0.2.1", "Agent/1")
ELSEWHERE = Client("198.51.100.7", "Agent/2")


@pytest.fixture
def heard():
    """What is said about sessions while a test runs."""
    messages = []

    def hear(**message):
        del message["signal"]
        messages.append(message)

    client_changed.connect(hear)
    yield messages
    client_changed.disconnect(hear)


@pytest.fixture
def key(user, make_browser):
    return make_browser(user, user_agent=HERE.user_agent, ip=HERE.ip).key


@pytest.fixture
def store(store_class, key):
    """A request that comes from elsewhere."""
    store = store_class(key, user_agent=ELSEWHERE.user_agent, ip=ELSEWHERE.ip)
    store["value"] = store.get("anything")
    return store


@pytest.mark.parametrize("method", ["save", "touch", "cycle_key"])
def test_it_is_sent_once_with_old_and_new(store, call, heard, user, session_model, method):
    call(store, method)
    call(store, "save")
    assert heard == [
        {
            "sender": session_model,
            "session_key": digest_of(store.session_key),
            "user_id": user.pk,
            "old": HERE,
            "new": ELSEWHERE,
        }
    ]


@pytest.mark.parametrize("method", ["save", "touch", "cycle_key"])
def test_it_is_not_sent_for_the_same_client(store_class, key, call, heard, method):
    store = store_class(key, user_agent=HERE.user_agent, ip=HERE.ip)
    store["value"] = store.get("anything")
    call(store, method)
    assert heard == []


def test_it_is_not_sent_for_a_session_that_is_gone(store, call, heard, session_model):
    session_model.objects.all().end()
    call(store, "touch")
    assert heard == []


def test_it_is_not_sent_by_a_store_that_never_read_the_session(store_class, key, call, heard):
    store = store_class(key, user_agent=ELSEWHERE.user_agent, ip=ELSEWHERE.ip)
    store.clear()
    call(store, "save")
    assert heard == []


def test_what_becomes_known_has_not_changed(store, call, heard, session_model, store_class, key):
    session_model.objects.update(ip=None, user_agent=None)
    store = store_class(key, user_agent=ELSEWHERE.user_agent, ip=ELSEWHERE.ip)
    call(store, "get", "anything")
    call(store, "touch")
    assert heard == []


def test_who_signs_in_and_out_is_known_to_djangos_signals(user, client, settings):
    people = []

    def hear(request, user, **kwargs):
        people.append((request.user.get_username(), user.get_username()))

    user_logged_in.connect(hear)
    user_logged_out.connect(hear)
    try:
        client.post("/sign-in/", {"username": user.get_username(), "password": PASSWORD})
        client.post("/sign-out/")
    finally:
        user_logged_in.disconnect(hear)
        user_logged_out.disconnect(hear)
    assert people == [(user.get_username(), user.get_username())] * 2
