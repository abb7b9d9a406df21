"""Websockets know their session, and close when it ends for any reason."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import timedelta
from functools import wraps
from unittest import mock

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from asgiref.testing import ApplicationCommunicator
from channels.auth import AuthMiddlewareStack
from channels.generic.websocket import AsyncJsonWebsocketConsumer, AsyncWebsocketConsumer
from channels.layers import get_channel_layer
from channels.sessions import SessionMiddlewareStack
from django.contrib.auth import get_user_model
from django.contrib.auth.backends import ModelBackend
from django.core.checks import run_checks
from django.db import DatabaseError, connection, transaction
from django.test import Client

from user_sessions.channels import layer
from user_sessions.channels.consumers import SESSION_ENDED, CloseOnSessionEndMixin
from user_sessions.channels.layer import group_of
from user_sessions.exceptions import SessionEnded
from user_sessions.keys import digest_of
from user_sessions.tests.support.asgi import application
from user_sessions.tests.support.people import make_person, make_superuser
from user_sessions.tests.support.user_agents import FIREFOX_ON_LINUX

pytestmark = pytest.mark.django_db(transaction=True)

ACCEPT = {"type": "websocket.accept", "subprotocol": None}
CLOSE = {"type": "websocket.close", "code": SESSION_ENDED}
LONG = timedelta(hours=1)
SHORT = timedelta(milliseconds=20)


class Echo(CloseOnSessionEndMixin, AsyncJsonWebsocketConsumer):  # type: ignore[misc]  # Channels has no types
    """A site's consumer, which sends each message back."""

    async def receive_json(self, content, **kwargs):
        await self.send_json(content)


class Saving(AsyncJsonWebsocketConsumer):  # type: ignore[misc]
    """A site's consumer that changes its session."""

    async def receive_json(self, content, **kwargs):
        session = self.scope["session"]
        await session.aset("value", content)
        await session.asave()
        await self.send_json(content)


def in_loop(test):
    """Run an asynchronous test, with the database in this thread."""
    return wraps(test)(async_to_sync(test))


@pytest.fixture(autouse=True, params=["db", "cached_db"])
def engine(request, settings):
    settings.SESSION_ENGINE = f"user_sessions.backends.{request.param}"
    settings.USER_SESSIONS_HEARTBEAT = LONG


@pytest.fixture(autouse=True)
def _reset_layer(monkeypatch):
    monkeypatch.setattr(layer, "_retry_at", 0)
    monkeypatch.setattr(layer, "_next_log_at", 0)


class Socket(ApplicationCommunicator):
    """A browser's websocket, with the cookie of a session."""

    def __init__(self, key=None, consumer=Echo, stack=AuthMiddlewareStack, **scope):
        headers = [(b"cookie", f"sessionid={key}".encode())] if key else []
        scope = {"type": "websocket", "path": "/", "headers": headers, **scope}
        super().__init__(stack(consumer.as_asgi()), scope)

    async def connect(self):
        """Return the server's first message: that it accepts the websocket, or closes it."""
        await self.send_input({"type": "websocket.connect"})
        return await self.receive_output(5)

    async def send(self, word):
        await self.send_input({"type": "websocket.receive", "text": json.dumps(word)})
        return await self.receive_output(5)

    async def is_open(self):
        """Return whether two messages come back; a message from the layer would come in between."""
        return [await self.send(word) for word in ("1", "2")] == [
            {"type": "websocket.send", "text": json.dumps(word)} for word in ("1", "2")
        ]

    async def is_closed(self):
        """Return whether the server's next message closes the websocket because its session ended."""
        return await self.receive_output(5) == CLOSE

    async def leave(self):
        await self.send_input({"type": "websocket.disconnect", "code": 1000})
        await self.wait()


@asynccontextmanager
async def opened(*args, **kwargs):
    socket = Socket(*args, **kwargs)
    assert await socket.connect() == ACCEPT
    yield socket
    await socket.leave()


@sync_to_async
def end(browser):
    """End the session of a browser, as another request would."""
    assert browser.row.end()


def end_by_instance(session, user):
    assert session.end()


def end_by_queryset(session, user):
    assert type(session).objects.filter(user=user).end() == 1


def delete_queryset(session, user):
    type(session).objects.filter(user=user).delete()


def delete_instance(session, user):
    session.delete()


def delete_user(session, user):
    user.delete()


def delete_users(session, user):
    get_user_model().objects.filter(pk=user.pk).delete()


def deactivate(session, user):
    user.is_active = False
    user.save()


def deactivate_and_save_only_that_field(session, user):
    user.is_active = False
    user.save(update_fields=["is_active"])


def change_password(session, user):
    user.set_password("another one")
    user.save()


def end_in_admin(session, user):
    staff = Client()
    staff.force_login(make_superuser("root"))
    chosen = {"action": "delete_selected", "_selected_action": session.pk}
    staff.post("/admin/user_sessions/session/", chosen)
    assert not type(session).objects.filter(pk=session.pk).exists()


WAYS = [
    end_by_instance, end_by_queryset, delete_queryset, delete_instance, delete_user, delete_users, deactivate,
    deactivate_and_save_only_that_field, change_password, end_in_admin,
]  # fmt: skip


class TestEnding:
    @pytest.mark.parametrize("way", WAYS)
    def test_ending_a_session_closes_its_websocket(self, way, laptop, user):
        session = laptop.row

        @in_loop
        async def test():
            async with opened(laptop.key) as socket:
                await sync_to_async(way)(session, user)
                assert await socket.is_closed()

        test()

    @pytest.mark.parametrize("path", ["/sign-out/", "/account/sessions/other/delete/"])
    def test_ending_a_session_on_a_page_closes_its_websocket(
        self, path, laptop, make_browser, user
    ):
        asking = laptop if path == "/sign-out/" else make_browser(user)

        @in_loop
        async def test():
            async with opened(laptop.key) as socket:
                await sync_to_async(asking.post)(path)
                assert await socket.is_closed()

        test()

    @pytest.mark.parametrize("method", ["flush", "cycle_key"])
    def test_giving_up_a_key_in_the_store_closes_its_websocket(self, method, laptop, store_class):
        @in_loop
        async def test():
            async with opened(laptop.key) as socket:
                await getattr(store_class(laptop.key), f"a{method}")()
                assert await socket.is_closed()

        test()

    def test_ending_a_session_closes_no_websocket_of_another_session(
        self, laptop, make_browser, user
    ):
        phone = make_browser(user)

        @in_loop
        async def test():
            async with opened(laptop.key) as socket, opened(phone.key) as other:
                await end(phone)
                assert await other.is_closed()
                assert await socket.is_open()

        test()

    def test_an_end_that_is_rolled_back_closes_no_websocket(self, laptop):
        def end_and_fail():
            with suppress(DatabaseError), transaction.atomic():
                laptop.row.end()
                raise DatabaseError

        @in_loop
        async def test():
            async with opened(laptop.key) as socket:
                await sync_to_async(end_and_fail)()
                assert await socket.is_open()

        test()

    def test_an_end_that_the_database_refuses_sends_no_message(self, laptop, session_model, user):
        def refuse(execute, sql, params, many, context):
            if sql.startswith("DELETE"):
                raise DatabaseError("refused")
            return execute(sql, params, many, context)

        with (
            listening_to_the_layer() as groups,
            connection.execute_wrapper(refuse),
            pytest.raises(DatabaseError, match="refused"),
        ):
            session_model.objects.filter(pk=laptop.row.pk).end()
        assert groups == []
        assert laptop.who() == user.get_username()

    def test_an_end_sends_its_message_after_the_commit(self, laptop):
        sent = []

        def end_in_a_transaction():
            with transaction.atomic():
                laptop.row.end()
                sent.append(list(groups))
            sent.append(list(groups))

        with listening_to_the_layer() as groups:
            end_in_a_transaction()
        assert sent == [[], [group_of(digest_of(laptop.key))]]

    def test_a_cascade_sends_its_messages_in_one_call(self, user, make_browser):
        rows = [make_browser(user).row for _number in range(3)]
        with (
            listening_to_the_layer() as groups,
            mock.patch.object(layer, "notify", wraps=layer.notify) as notify,
        ):
            user.delete()
        assert len(groups) == 3
        assert set(groups) == {group_of(row.pk) for row in rows}
        assert notify.call_count == 1

    def test_an_end_undone_by_a_savepoint_does_not_cancel_other_messages(self, user, make_browser):
        undone, ended = (make_browser(user).row for _number in range(2))
        with listening_to_the_layer() as groups, transaction.atomic():
            with suppress(DatabaseError), transaction.atomic():
                undone.end()
                raise DatabaseError
            ended.end()
        assert groups == [group_of(ended.pk)]

    def test_a_consumer_answers_no_message_after_the_end(self, laptop):
        """A message that the browser sent before it received the close is not answered."""

        @in_loop
        async def test():
            async with opened(laptop.key) as socket:
                await end(laptop)
                assert await socket.is_closed()
                await socket.send_input({"type": "websocket.receive", "text": '"late"'})
                await socket.leave()
                assert socket.output_queue.empty()

        test()

    def test_an_end_raises_nothing_if_the_browser_has_disconnected(self, laptop, monkeypatch):
        async def close(self, code=None, reason=None):
            raise RuntimeError("Unexpected ASGI message 'websocket.close'.")

        monkeypatch.setattr(AsyncWebsocketConsumer, "close", close)

        @in_loop
        async def test():
            async with opened(laptop.key):
                await end(laptop)

        test()

    def test_ending_many_sessions_takes_three_queries(
        self, user, make_browser, session_model, assert_queries
    ):
        for _number in range(5):
            make_browser(user)
        with assert_queries(3):  # the keys, the DELETE, and the keys again
            assert session_model.objects.all().end() == 5

    def test_clearing_expired_sessions_sends_no_message(self, laptop, clock, store_class):
        clock.move(days=30)
        with listening_to_the_layer() as groups:
            store_class.clear_expired()
        assert groups == []


@contextmanager
def listening_to_the_layer():
    """Yield a list that collects each group to which a message is sent."""
    groups = []
    original = type(get_channel_layer()).group_send

    async def group_send(self, group, message):
        groups.append(group)
        await original(self, group, message)

    with mock.patch.object(type(get_channel_layer()), "group_send", group_send):
        yield groups


class TestSavingAUser:
    @pytest.mark.parametrize(
        ("fields", "number"),
        [(["last_login"], 0), (["password"], 1), (["is_active", "email"], 1), (None, 1)],
    )
    def test_saving_a_user_sends_a_message_if_access_may_change(self, fields, number, laptop, user):
        with listening_to_the_layer() as groups:
            user.save(update_fields=fields)
        assert groups == [group_of(digest_of(laptop.key))] * number

    def test_saving_a_user_closes_no_websocket_that_is_still_valid(self, laptop, user):
        @in_loop
        async def test():
            async with opened(laptop.key) as socket:
                await user.asave()
                assert await socket.is_open()

        test()

    def test_creating_a_user_takes_no_more_query(self, assert_queries):
        with assert_queries(1):
            make_person("ada")


class TestConnecting:
    @pytest.mark.parametrize("cookie", [None, "unknown-key-that-no-row-has", "sha256$" + "A" * 43])
    def test_a_websocket_without_a_session_is_closed_at_once(self, cookie, laptop):
        assert closed_at_once(cookie)

    def test_a_websocket_of_an_anonymous_session_is_closed_at_once(self, make_browser):
        browser = make_browser()
        browser.get("/set/")
        assert closed_at_once(browser.key)

    def test_a_websocket_with_a_digest_as_its_cookie_is_closed_at_once(self, laptop):
        assert closed_at_once(digest_of(laptop.key))

    def test_a_websocket_of_an_inactive_user_is_closed_at_once(self, laptop, user):
        get_user_model().objects.update(is_active=False)
        assert closed_at_once(laptop.key)

    def test_a_websocket_is_closed_at_once_after_a_password_change(
        self, laptop, user, session_model
    ):
        get_user_model().objects.update(password="another")
        assert closed_at_once(laptop.key, stack=SessionMiddlewareStack)
        assert session_model.objects.count() == 1  # the check deletes nothing

    def test_a_websocket_stays_open_with_a_fallback_secret_key(
        self, laptop, settings, session_model
    ):
        settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
        settings.SECRET_KEY = "another"
        before = session_model.objects.get().session_data

        @in_loop
        async def test():
            async with opened(laptop.key, stack=SessionMiddlewareStack) as socket:
                assert await socket.is_open()

        test()
        assert session_model.objects.get().session_data == before

    def test_a_websocket_with_an_unknown_auth_backend_is_closed_at_once(self, laptop, settings):
        settings.AUTHENTICATION_BACKENDS = []
        assert closed_at_once(laptop.key)

    def test_a_websocket_is_accepted_with_a_subprotocol_of_the_browser(self, laptop):
        """Otherwise, the browser reports a failed connection, and no close code."""

        @in_loop
        async def test():
            socket = Socket(subprotocols=["chat", "other"])
            assert await socket.connect() == ACCEPT | {"subprotocol": "chat"}
            assert await socket.is_closed()
            await socket.leave()

        test()

    def test_a_websocket_joins_its_group_before_it_checks_the_session(self, laptop, session_model):
        """So the end of a session in between is not missed."""
        original = type(get_channel_layer()).group_add

        async def group_add(self, group, channel):
            await original(self, group, channel)
            await end(laptop)

        with mock.patch.object(type(get_channel_layer()), "group_add", group_add):
            assert closed_at_once(laptop.key, stack=SessionMiddlewareStack)

    def test_a_consumer_without_a_session_in_its_scope_raises_an_error(self):
        @in_loop
        async def test():
            with pytest.raises(ValueError, match="AuthMiddlewareStack"):
                await Socket(stack=lambda inner: inner).connect()

        test()

    def test_the_url_patterns_of_the_app_serve_the_websocket(self, laptop):
        @in_loop
        async def test():
            def site(_consumer):
                return application

            async with opened(laptop.key, stack=site, path="/account/sessions/watch/") as socket:
                await end(laptop)
                assert await socket.is_closed()

        test()


def closed_at_once(cookie, **kwargs):
    """Return whether a websocket is accepted, so that it can get a close code, and closed with ours."""

    @in_loop
    async def test():
        socket = Socket(cookie, **kwargs)
        said = [await socket.connect(), await socket.receive_output(5)]
        await socket.leave()
        return said == [ACCEPT, CLOSE]

    return test()


class TestHeartbeat:
    """The heartbeat detects the end of a session if no message arrives."""

    @pytest.fixture
    def quick(self, settings):
        settings.USER_SESSIONS_HEARTBEAT = SHORT

    @pytest.mark.usefixtures("quick")
    def test_the_heartbeat_detects_a_user_deactivated_by_update(self, laptop):
        @in_loop
        async def test():
            async with opened(laptop.key) as socket:
                await get_user_model().objects.aupdate(is_active=False)
                assert await socket.is_closed()

        test()

    @pytest.mark.usefixtures("quick")
    def test_the_heartbeat_detects_an_expired_session(self, laptop, clock):
        @in_loop
        async def test():
            async with opened(laptop.key) as socket:
                clock.move(days=30)
                assert await socket.is_closed()

        test()

    @pytest.mark.usefixtures("quick")
    def test_the_heartbeat_detects_an_end_without_a_channel_layer(self, laptop, settings):
        settings.CHANNEL_LAYERS = {}

        @in_loop
        async def test():
            async with opened(laptop.key) as socket:
                await end(laptop)
                assert await socket.is_closed()

        test()

    @pytest.mark.usefixtures("quick")
    def test_the_heartbeat_continues_after_a_database_error(self, laptop, monkeypatch, caplog):
        asked = []

        def get_user(self, user_id):
            asked.append(user_id)
            if len(asked) == 2:
                raise DatabaseError("The server closed the connection.")
            return original(self, user_id) if len(asked) < 4 else None

        original = ModelBackend.get_user
        monkeypatch.setattr(ModelBackend, "get_user", get_user)

        @in_loop
        async def test():
            async with opened(laptop.key, stack=SessionMiddlewareStack) as socket:
                assert await socket.is_closed()

        test()
        assert len(asked) == 4
        assert [record.message for record in caplog.records] == [
            "The session of a websocket could not be checked."
        ]

    def test_the_heartbeat_stops_with_the_websocket(self, laptop):
        @in_loop
        async def test():
            before = len(asyncio.all_tasks())
            async with opened(laptop.key):
                assert len(asyncio.all_tasks()) > before
            return len(asyncio.all_tasks()) - before

        assert test() == 0


class TestLayerThatFails:
    @pytest.fixture
    def tries(self):
        """The attempts to send a message to a layer that can't be reached."""
        tries = []

        async def group_send(self, group, message):
            tries.append(group)
            raise ConnectionError("Connection refused.")

        with mock.patch.object(type(get_channel_layer()), "group_send", group_send):
            yield tries

    def test_a_failed_layer_does_not_prevent_an_end(self, laptop, tries, session_model, caplog):
        assert laptop.row.end()
        assert not session_model.objects.exists()
        [record] = caplog.records
        assert record.levelno == logging.ERROR
        assert "heartbeat" in record.message
        assert laptop.key not in caplog.text

    def test_a_failed_layer_is_not_used_again_at_once(
        self, make_browser, user, tries, session_model, caplog
    ):
        for _number in range(3):
            make_browser(user).row.end()
        assert len(tries) == 1
        assert len(caplog.records) == 1

    def test_a_failed_layer_is_retried_later_and_logged_once(
        self, make_browser, user, tries, session_model, caplog, monkeypatch
    ):
        for _number in range(3):
            monkeypatch.setattr(layer, "_retry_at", 0)
            make_browser(user).row.end()
        assert len(tries) == 3
        assert len(caplog.records) == 1

    def test_a_layer_that_hangs_does_not_block_an_end(
        self, laptop, session_model, caplog, monkeypatch
    ):
        async def group_send(self, group, message):
            await asyncio.Event().wait()

        monkeypatch.setattr(layer, "SEND_TIMEOUT", 0.01)
        with mock.patch.object(type(get_channel_layer()), "group_send", group_send):
            assert laptop.row.end()
        assert len(caplog.records) == 1

    @pytest.mark.parametrize("method", ["group_add", "group_discard", "receive"])
    def test_a_failed_layer_leaves_the_websocket_to_its_heartbeat(
        self, method, laptop, settings, caplog
    ):
        settings.USER_SESSIONS_HEARTBEAT = SHORT

        async def fail(self, *arguments):
            raise ConnectionError("Connection refused.")

        @in_loop
        async def test():
            with mock.patch.object(type(get_channel_layer()), method, fail):
                async with opened(laptop.key) as socket, opened(laptop.key) as other:
                    assert await socket.is_open()
                    await get_user_model().objects.aupdate(is_active=False)
                    assert await socket.is_closed()
                    assert await other.is_closed()

        test()
        [record] = caplog.records
        assert "heartbeat" in record.message

    def test_a_websocket_receives_messages_again_after_failures(self, laptop, monkeypatch, caplog):
        monkeypatch.setattr(layer, "BACK_OFF_SECONDS", 0)
        original = type(get_channel_layer()).receive
        failures = iter([ConnectionError("Connection refused.")] * 3)

        async def receive(self, channel):
            for failure in failures:
                raise failure
            return await original(self, channel)

        @in_loop
        async def test():
            async with opened(laptop.key) as socket:
                assert await socket.is_open()
                await end(laptop)
                assert await socket.is_closed()

        with mock.patch.object(type(get_channel_layer()), "receive", receive):
            test()
        assert len(caplog.records) == 1


class TestGroup:
    def test_the_group_name_is_valid_in_a_layer(self, laptop):
        assert get_channel_layer().require_valid_group_name(group_of(digest_of(laptop.key)))

    def test_the_layer_gets_no_key(self, laptop):
        name = group_of(digest_of(laptop.key))
        assert laptop.key not in f"{name} {layer.CHECK_SESSION}"
        assert re.fullmatch(r"user_sessions\.sha256\.[\w-]{43}", name)


@pytest.mark.parametrize("stack", [SessionMiddlewareStack, AuthMiddlewareStack])
class TestStacks:
    """With Channels' own middleware, the store gets neither address nor user agent."""

    def facts(self, row):
        return row.ip, row.user_agent, row.created_at, row.last_activity, row.user_id

    def test_reading_a_session_does_not_change_its_row(self, stack, laptop, clock):
        before = self.facts(laptop.row)
        clock.move(hours=1)

        @in_loop
        async def test():
            async with opened(laptop.key, stack=stack) as socket:
                assert await socket.is_open()

        test()
        assert self.facts(laptop.row) == before

    def test_saving_a_session_writes_its_data_and_keeps_its_client(
        self, stack, laptop, clock, user
    ):
        created_at = laptop.row.created_at
        clock.move(hours=1)

        @in_loop
        async def test():
            async with opened(laptop.key, consumer=Saving, stack=stack) as socket:
                await socket.send("new")

        test()
        row = laptop.row
        assert row.get_decoded()["value"] == "new"
        assert self.facts(row) == ("192.0.2.1", FIREFOX_ON_LINUX, created_at, clock.now, user.pk)

    def test_saving_an_ended_session_raises_an_error(self, stack, laptop, session_model):
        @in_loop
        async def test():
            socket = Socket(laptop.key, consumer=Saving, stack=stack)
            await socket.connect()
            await socket.send("old")
            await session_model.objects.all().aend()
            await socket.send_input({"type": "websocket.receive", "text": '"new"'})
            with pytest.raises(SessionEnded):
                await socket.wait()

        test()
        assert not session_model.objects.exists()

    def test_the_scope_holds_the_signed_in_user(self, stack, laptop, user):
        class Who(AsyncJsonWebsocketConsumer):
            async def receive_json(self, content, **kwargs):
                known = await sync_to_async(lambda: self.scope["session"].user_id)()
                named = self.scope["user"].get_username() if "user" in self.scope else None
                await self.send_json([known, named])

        @in_loop
        async def test():
            async with opened(laptop.key, consumer=Who, stack=stack) as socket:
                return json.loads((await socket.send(""))["text"])

        named = user.get_username() if stack is AuthMiddlewareStack else None
        assert test() == [user.pk, named]


class TestChecks:
    MEMORY = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}  # noqa: RUF012
    REDIS = {"default": {"BACKEND": "channels_redis.core.RedisChannelLayer"}}  # noqa: RUF012

    @pytest.mark.parametrize(
        ("layers", "debug", "ids"),
        [
            ({}, True, ["user_sessions.W030"]),
            ({"other": REDIS["default"]}, False, ["user_sessions.W030"]),
            (MEMORY, False, ["user_sessions.W031"]),
            (MEMORY, True, []),
            (REDIS, False, []),
        ],
    )
    def test_a_layer_that_does_not_deliver_messages_is_a_warning(
        self, layers, debug, ids, settings
    ):
        settings.CHANNEL_LAYERS = layers
        settings.DEBUG = debug
        found = [message.id for message in run_checks(databases=[])]
        assert [check_id for check_id in found if "W03" in check_id] == ids
