"""The middleware: what each request reads and writes, under WSGI and ASGI alike."""

from __future__ import annotations

from datetime import timedelta
from unittest import mock

import pytest
from asgiref.sync import SyncToAsync, async_to_sync
from asgiref.testing import ApplicationCommunicator
from django.contrib.admin.checks import check_dependencies
from django.core.asgi import get_asgi_application
from django.http import HttpResponse
from django.test import RequestFactory
from django.utils.cache import has_vary_header

from user_sessions.keys import digest_of
from user_sessions.middleware import SessionMiddleware
from user_sessions.tests.support.user_agents import CHROME_ON_WINDOWS, FIREFOX_ON_LINUX
from user_sessions.utils.tests import AsyncClient, Client


class Wsgi:
    """A browser that sends WSGI requests."""

    client_class: type = Client

    def __init__(self, key=None, user_agent=FIREFOX_ON_LINUX, ip="192.0.2.1"):
        self.client = self.client_class(user_agent=user_agent, ip=ip)
        if key:
            self.client.cookies["sessionid"] = key

    def get(self, name, **query):
        return self.client.get(f"/{name}/", query)

    @property
    def key(self):
        cookie = self.client.cookies.get("sessionid")
        return cookie.value if cookie else None


class Asgi(Wsgi):
    """The same browser; it sends ASGI requests to the asynchronous twin of each view."""

    client_class = AsyncClient

    def get(self, name, **query):
        return async_to_sync(self.client.get)(f"/a{name}/", query)


@pytest.fixture(params=[Wsgi, Asgi], ids=["WSGI", "ASGI"])
def visit(request, db):
    return request.param


@pytest.fixture
def key(laptop):
    """The session key of a signed-in user."""
    return laptop.key


def test_a_page_that_uses_no_session_makes_no_query(visit, key, assert_queries):
    with assert_queries(0):
        response = visit(key).get("plain")
    assert not has_vary_header(response, "Cookie")
    assert not response.cookies


def test_an_anonymous_page_makes_no_query(visit, assert_queries):
    with assert_queries(0):
        response = visit().get("who")
    assert response.content == b"nobody"
    assert has_vary_header(response, "Cookie")


def test_an_authenticated_page_reads_session_and_user(visit, key, user, assert_queries, cached):
    with assert_queries(2 - cached):
        response = visit(key).get("who")
    assert response.content.decode() == user.get_username()
    assert not response.cookies


def test_recording_activity_takes_one_more_query(
    visit, key, clock, session_model, assert_queries, cached
):
    clock.move(minutes=1)
    with assert_queries(3 - cached):
        response = visit(key, user_agent=CHROME_ON_WINDOWS, ip="198.51.100.7").get("who")
    row = session_model.objects.get()
    assert (row.last_activity, row.user_agent, row.ip) == (
        clock.now,
        CHROME_ON_WINDOWS,
        "198.51.100.7",
    )
    assert not response.cookies


def test_a_changed_address_does_not_prolong_a_session(visit, key, clock, session_model):
    expire_date = session_model.objects.get().expire_date
    clock.move(days=1)
    visit(key, ip="198.51.100.7").get("who")
    assert session_model.objects.get().expire_date == expire_date


@pytest.mark.parametrize(
    "cookie",
    ["unknown-key-that-no-row-has", "short", "sha256$" + "A" * 43, "a\x00b-and-more", "x" * 10_000],
    ids=["unknown", "short", "digest", "NUL", "long"],
)
def test_a_cookie_without_a_session_is_an_anonymous_request(
    visit, cookie, session_model, assert_queries
):
    browser = visit(cookie)
    with assert_queries(0, 1):
        response = browser.get("who")
    assert response.content == b"nobody"
    assert response.cookies["sessionid"]["max-age"] == 0
    assert not session_model.objects.exists()


def test_an_ended_session_is_an_anonymous_request(visit, key, session_model):
    session_model.objects.get().end()
    response = visit(key).get("who")
    assert response.content == b"nobody"
    assert not session_model.objects.exists()


def test_a_changed_session_is_saved_with_its_client_and_the_cookie_set(visit, session_model):
    browser = visit()
    browser.get("set", value="7")
    row = session_model.objects.get(pk=browser.key)
    assert row.get_decoded() == {"value": "7"}
    assert (row.user_agent, row.ip) == (FIREFOX_ON_LINUX, "192.0.2.1")


def test_the_cookie_lives_as_long_as_the_session(visit, settings):
    response = visit().get("set")
    assert response.cookies["sessionid"]["max-age"] == settings.SESSION_COOKIE_AGE
    assert response.cookies["sessionid"]["httponly"]


def test_a_cookie_may_end_with_the_browser(visit, settings):
    settings.SESSION_EXPIRE_AT_BROWSER_CLOSE = True
    assert visit().get("set").cookies["sessionid"]["max-age"] == ""


def test_a_site_that_saves_every_request_saves_unread_sessions(
    visit, key, clock, settings, session_model
):
    settings.SESSION_SAVE_EVERY_REQUEST = True
    clock.move(days=1)
    response = visit(key).get("plain")
    assert response.cookies["sessionid"].value == key
    assert session_model.objects.get().expire_date == clock.now + timedelta(
        seconds=settings.SESSION_COOKIE_AGE
    )


def test_saving_a_session_that_ended_during_the_request_is_a_400(visit, key, session_model):
    """As in Django, the response is a 400, and nothing is written."""
    browser = visit(key)
    with ending_before_save(session_model):
        response = browser.get("set")
    assert response.status_code == 400
    assert not session_model.objects.exists()


def ending_before_save(session_model):
    """End all sessions as another process would, between a view and the middleware's save."""
    from user_sessions.backends.db import SessionStore

    original = SessionStore.save

    def save(self, *args, **kwargs):
        session_model.objects.all().end()
        return original(self, *args, **kwargs)

    return mock.patch.object(SessionStore, "save", save)


def test_a_failed_request_saves_nothing(make_browser, session_model):
    make_browser().get("/fail/")
    assert not session_model.objects.exists()


def test_a_view_may_delete_the_session_of_its_request():
    def view(request):
        del request.session
        return HttpResponse()

    assert not SessionMiddleware(view)(RequestFactory().get("/")).has_header("Vary")


def test_missing_headers_are_stored_as_unknown(db, session_model):
    request = RequestFactory().get("/")
    del request.META["REMOTE_ADDR"]

    def view(request):
        request.session["value"] = 1
        return HttpResponse()

    SessionMiddleware(view)(request)
    row = session_model.objects.get()
    assert (row.user_agent, row.ip) == (None, None)


@pytest.mark.parametrize(
    ("middleware", "hops"),
    [
        ("user_sessions.middleware.SessionMiddleware", 0),
        ("django.contrib.sessions.middleware.SessionMiddleware", 2),
    ],
)
def test_only_djangos_middleware_adds_hops_through_a_thread(middleware, hops, settings):
    """In an ASGI request that uses no session; Django itself makes some without any middleware."""
    settings.MIDDLEWARE = []
    without = hops_of("/aplain/")
    settings.MIDDLEWARE = [middleware]
    assert hops_of("/aplain/") - without == hops


def hops_of(path):
    """Return how many hops through a thread a whole ASGI request makes."""
    hops = []
    original = SyncToAsync.__call__

    async def hop(self, *args, **kwargs):
        hops.append(self.func)
        return await original(self, *args, **kwargs)

    async def ask():
        headers = [(b"host", b"testserver")]
        scope = {"type": "http", "method": "GET", "path": path, "headers": headers}
        request = ApplicationCommunicator(get_asgi_application(), scope | {"query_string": b""})
        await request.send_input({"type": "http.request", "body": b""})
        assert (await request.receive_output(5))["status"] == 200
        await request.receive_output(5)
        await request.wait()

    with mock.patch.object(SyncToAsync, "__call__", hop):
        async_to_sync(ask)()
    return len(hops)


def test_the_checks_of_the_admin_accept_the_middleware():
    assert "admin.E410" not in [error.id for error in check_dependencies()]


def test_the_cookie_holds_a_key_and_the_row_its_digest(visit, session_model):
    browser = visit()
    browser.get("set")
    assert session_model.objects.get().session_key == digest_of(browser.key)
