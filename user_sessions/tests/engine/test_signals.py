"""``client_changed``: a session is used from another address, or by another browser."""

from __future__ import annotations

import pytest
from django.contrib.auth.signals import user_logged_in, user_logged_out

from user_sessions.keys import digest_of
from user_sessions.signals import Client, client_changed
from user_sessions.tests.support.people import PASSWORD

HERE = Client("192.0.2.1", "Agent/1")
ELSEWHERE = Client("198.51.100.7", "Agent/2")


@pytest.fixture
def received():
    """The arguments of each ``client_changed`` that is sent during a test."""
    messages = []

    def receive(**message):
        del message["signal"]
        messages.append(message)

    client_changed.connect(receive)
    yield messages
    client_changed.disconnect(receive)


@pytest.fixture
def key(user, make_browser):
    return make_browser(user, user_agent=HERE.user_agent, ip=HERE.ip).key


@pytest.fixture
def store(store_class, key):
    """The store of a request from another address and user agent."""
    store = store_class(key, user_agent=ELSEWHERE.user_agent, ip=ELSEWHERE.ip)
    store["value"] = store.get("anything")
    return store


@pytest.mark.parametrize("method", ["save", "touch", "cycle_key"])
def test_client_changed_is_sent_once_with_old_and_new_client(
    store, call, received, user, session_model, method
):
    call(store, method)
    call(store, "save")
    assert received == [
        {
            "sender": session_model,
            "session_key": digest_of(store.session_key),
            "user_id": user.pk,
            "old": HERE,
            "new": ELSEWHERE,
        }
    ]


@pytest.mark.parametrize("method", ["save", "touch", "cycle_key"])
def test_client_changed_is_not_sent_for_the_same_client(store_class, key, call, received, method):
    store = store_class(key, user_agent=HERE.user_agent, ip=HERE.ip)
    store["value"] = store.get("anything")
    call(store, method)
    assert received == []


def test_client_changed_is_not_sent_for_an_ended_session(store, call, received, session_model):
    session_model.objects.all().end()
    call(store, "touch")
    assert received == []


def test_client_changed_is_not_sent_by_a_store_that_never_read_the_session(
    store_class, key, call, received
):
    store = store_class(key, user_agent=ELSEWHERE.user_agent, ip=ELSEWHERE.ip)
    store.clear()
    call(store, "save")
    assert received == []


def test_client_changed_is_not_sent_if_the_old_client_is_unknown(
    store, call, received, session_model, store_class, key
):
    session_model.objects.update(ip=None, user_agent=None)
    store = store_class(key, user_agent=ELSEWHERE.user_agent, ip=ELSEWHERE.ip)
    call(store, "get", "anything")
    call(store, "touch")
    assert received == []


def test_djangos_signals_get_the_user_who_signs_in_or_out(user, client, settings):
    people = []

    def receive(request, user, **kwargs):
        people.append((request.user.get_username(), user.get_username()))

    user_logged_in.connect(receive)
    user_logged_out.connect(receive)
    try:
        client.post("/sign-in/", {"username": user.get_username(), "password": PASSWORD})
        client.post("/sign-out/")
    finally:
        user_logged_in.disconnect(receive)
        user_logged_out.disconnect(receive)
    assert people == [(user.get_username(), user.get_username())] * 2
