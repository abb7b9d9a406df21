"""The test clients that sites import: ``user_sessions.utils.tests``."""

from __future__ import annotations

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.signals import user_logged_in

from user_sessions.tests.support.people import PASSWORD
from user_sessions.tests.support.user_agents import SAFARI_ON_IPHONE
from user_sessions.utils.tests import AsyncClient, Client


def sign_in(client, user, how):
    if how == "force_login":
        return client.force_login(user)
    return client.login(username=user.get_username(), password=PASSWORD)


async def asign_in(client, user, how):
    if how == "force_login":
        return await client.aforce_login(user)
    return await client.alogin(username=user.get_username(), password=PASSWORD)


@pytest.mark.parametrize("how", ["login", "force_login"])
@pytest.mark.parametrize("mode", ["sync", "async"])
def test_a_sign_in_comes_from_the_clients_device_and_address(user, session_model, how, mode):
    if mode == "sync":
        client = Client(user_agent=SAFARI_ON_IPHONE, ip="198.51.100.7")
        sign_in(client, user, how)
    else:
        client = AsyncClient(user_agent=SAFARI_ON_IPHONE, ip="198.51.100.7")
        async_to_sync(asign_in)(client, user, how)
    row = session_model.objects.get(user=user)
    assert (row.user_agent, row.ip) == (SAFARI_ON_IPHONE, "198.51.100.7")


def test_user_logged_in_gets_a_request_of_the_user(user):
    people = []

    def receive(request, user, **kwargs):
        people.append((request.user, user))

    user_logged_in.connect(receive)
    try:
        Client().force_login(user)
    finally:
        user_logged_in.disconnect(receive)
    assert people == [(user, user)]


def test_a_sign_in_keeps_the_data_of_the_anonymous_session(user, session_model):
    client = Client()
    client.get("/set/")
    client.force_login(user)
    assert session_model.objects.get().get_decoded()["value"] == "1"


def test_by_default_the_device_is_unknown_and_the_address_local(user, session_model):
    Client().force_login(user)
    row = session_model.objects.get(user=user)
    assert (row.user_agent, row.ip) == (None, "127.0.0.1")


def test_signing_out_ends_the_session(user, session_model):
    client = Client()
    client.force_login(user)
    client.logout()
    assert not session_model.objects.exists()
