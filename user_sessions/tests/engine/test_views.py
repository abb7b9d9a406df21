"""The session pages: what they show, what they end, and how many queries they take."""

from __future__ import annotations

import pytest
from django.contrib.auth import login
from django.contrib.messages import get_messages
from django.http import HttpResponse
from django.test import RequestFactory
from django.urls import reverse

from user_sessions.keys import digest_of
from user_sessions.middleware import SessionMiddleware
from user_sessions.tests.support.user_agents import CHROME_ON_WINDOWS, SAFARI_ON_IPHONE

LIST = reverse("user_sessions:session_list")
END_OTHER = reverse("user_sessions:session_delete_other")
UNKNOWN = reverse("user_sessions:session_delete", args=[digest_of("unknown")])


def end_url(laptop):
    return reverse("user_sessions:session_delete", args=[digest_of(laptop.key)])


@pytest.fixture
def phone(user, make_browser):
    """Another browser of the same user."""
    return make_browser(user, user_agent=SAFARI_ON_IPHONE, ip="198.51.100.7")


@pytest.fixture
def stranger(other_user, make_browser):
    """The browser of another user."""
    return make_browser(other_user, user_agent=CHROME_ON_WINDOWS)


def messages_of(response):
    return [str(message) for message in get_messages(response.wsgi_request)]


class TestList:
    def test_the_current_session_comes_first_and_the_rest_by_activity(
        self, user, make_browser, clock
    ):
        oldest = make_browser(user)
        clock.move(hours=1)
        older = make_browser(user)
        clock.move(hours=1)
        newest = make_browser(user)
        listed = oldest.get(LIST).context["object_list"]
        assert [row.session_key for row in listed] == [
            digest_of(each.key) for each in (oldest, newest, older)
        ]

    def test_each_browser_is_marked_in_its_own_list(self, laptop, phone):
        for one in (laptop, phone):
            response = one.get(LIST)
            marked = [
                s.session_key for s in response.context["object_list"] if s.summary.is_current
            ]
            assert marked == [response.context["session_key"]] == [digest_of(one.key)]

    def test_the_list_shows_no_session_of_another_user(self, laptop, stranger):
        listed = laptop.get(LIST).context["object_list"]
        assert [row.session_key for row in listed] == [digest_of(laptop.key)]

    def test_the_list_shows_no_expired_session(self, laptop, phone, session_model, clock):
        session_model.objects.filter(pk=phone.key).update(expire_date=clock.now)
        assert laptop.get(LIST).context["other_count"] == 0

    def test_the_list_contains_no_key(self, laptop, phone):
        page = laptop.get(LIST).content.decode()
        assert laptop.key not in page
        assert phone.key not in page
        assert digest_of(phone.key) in page

    @pytest.mark.parametrize("count", [10, 100, 1000])
    def test_the_list_takes_four_queries_for_any_number_of_sessions(
        self, laptop, session_model, assert_queries, cached, count
    ):
        add_sessions(session_model, laptop.row, count)
        with assert_queries(4 - cached):
            response = laptop.get(LIST)
        assert response.context["other_count"] == count

    def test_the_list_is_paginated(self, laptop, session_model):
        add_sessions(session_model, laptop.row, 30)
        response = laptop.get(LIST, {"page": 2})
        assert [len(response.context["object_list"]), response.context["page_obj"].number] == [6, 2]

    @pytest.mark.parametrize("page", ["2", "0", "-1", "x", "9" * 30])
    def test_a_missing_page_number_shows_the_nearest_page(self, laptop, page):
        assert laptop.get(LIST, {"page": page}).context["page_obj"].number == 1

    def test_a_browser_does_not_store_the_list(self, laptop):
        assert "no-store" in laptop.get(LIST)["Cache-Control"]


def add_sessions(session_model, like, count):
    """Add active sessions of the user to whom a row belongs."""
    session_model.objects.bulk_create(
        session_model(
            session_key=f"session-number-{number}",
            user_id=like.user_id,
            expire_date=like.expire_date,
            user_agent=SAFARI_ON_IPHONE,
        )
        for number in range(count)
    )


class TestEndOne:
    def test_a_get_asks_for_confirmation(self, laptop, phone):
        response = laptop.get(end_url(phone))
        assert response.context["object"].summary.device == "Safari on iPhone"
        assert phone.who() != "nobody"

    def test_a_post_ends_the_session(self, laptop, phone):
        response = laptop.post(end_url(phone))
        assert response.url == LIST
        assert messages_of(response) == ["Session ended: Safari on iPhone."]
        assert phone.who() == "nobody"

    @pytest.mark.parametrize(
        ("page", "url"),
        [("2", f"{LIST}?page=2"), ("", LIST), ("2&next=/", LIST), ("٢", LIST)],
        ids=["second", "empty", "not a number", "not ASCII"],
    )
    def test_a_post_redirects_to_the_same_page_of_the_list(self, laptop, phone, page, url):
        assert laptop.post(end_url(phone), {"page": page}).url == url

    def test_the_form_contains_the_page_number(self, laptop, session_model):
        add_sessions(session_model, laptop.row, 30)
        second = laptop.get(LIST, {"page": 2}).content.decode()
        assert second.count('name="page" value="2"') == 6
        assert 'name="page"' not in laptop.get(LIST).content.decode()

    def test_ending_a_session_takes_four_queries(self, laptop, phone, assert_queries):
        """Session, user, the session to end, and its end."""
        with assert_queries(4):
            laptop.post(end_url(phone))

    def test_the_message_names_an_unknown_device(self, laptop, phone, session_model):
        session_model.objects.filter(pk=phone.key).update(user_agent=None)
        assert messages_of(laptop.post(end_url(phone))) == ["Session ended: unknown device."]

    def test_ending_the_current_session_signs_out(self, laptop, session_model, settings):
        response = laptop.post(end_url(laptop))
        assert response.url == settings.LOGOUT_REDIRECT_URL
        assert messages_of(response) == ["You have signed out."]
        assert laptop.who() == "nobody"
        assert not session_model.objects.filter(user__isnull=False).exists()

    def test_signing_out_redirects_to_the_sign_in_without_logout_redirect_url(
        self, laptop, settings
    ):
        settings.LOGOUT_REDIRECT_URL = None
        assert laptop.post(end_url(laptop)).url == reverse_or_path(settings.LOGIN_URL)

    def test_a_get_for_a_session_of_another_user_is_a_404(self, laptop, stranger):
        assert laptop.get(end_url(stranger)).status_code == 404

    def test_a_post_neither_ends_nor_reveals_a_session_of_another_user(self, laptop, stranger):
        for url in (end_url(stranger), UNKNOWN):
            response = laptop.post(url)
            assert response.url == LIST
            assert messages_of(response)[-1] == "That session has already ended."
        assert stranger.who() != "nobody"

    def test_a_get_for_an_unknown_session_is_a_404(self, laptop):
        assert laptop.get(UNKNOWN).status_code == 404

    @pytest.mark.parametrize("method", ["get", "post"])
    @pytest.mark.parametrize("pk", ["unknown", "a%00b", "%ED%B3%BF"])
    def test_an_invalid_digest_is_a_404(self, laptop, method, pk):
        assert getattr(laptop, method)(f"/account/sessions/{pk}/delete/").status_code == 404

    def test_a_key_in_the_address_is_a_404(self, laptop, phone):
        """A key is like a password: a key in a URL would be in every log."""
        assert laptop.post(f"/account/sessions/{phone.key}/delete/").status_code == 404
        assert phone.who() != "nobody"

    def test_a_post_for_a_session_ended_in_another_tab_redirects_with_a_message(
        self, laptop, phone
    ):
        laptop.post(end_url(phone), {"page": "2"})
        response = laptop.post(end_url(phone), {"page": "2"})
        assert response.url == f"{LIST}?page=2"
        assert messages_of(response)[-1] == "That session has already ended."


def reverse_or_path(url):
    return url if url.startswith("/") else reverse(url)


class TestEndOthers:
    def test_a_get_shows_how_many_sessions_would_end(self, laptop, phone):
        assert laptop.get(END_OTHER).context["other_count"] == 1
        assert phone.who() != "nobody"

    def test_a_post_ends_all_sessions_but_the_current_one(
        self, user, laptop, phone, make_browser, stranger
    ):
        tablet = make_browser(user)
        response = laptop.post(END_OTHER)
        assert response.url == LIST
        assert messages_of(response) == ["Ended 2 other sessions."]
        assert [one.who() for one in (phone, tablet)] == ["nobody", "nobody"]
        assert [one.who() for one in (laptop, stranger)] == [
            user.get_username(),
            stranger.row.user.get_username(),
        ]

    def test_the_message_for_one_session_is_singular(self, laptop, phone):
        assert messages_of(laptop.post(END_OTHER)) == ["Ended 1 other session."]

    def test_a_post_without_other_sessions_shows_a_message(self, laptop):
        assert messages_of(laptop.post(END_OTHER)) == ["There was no other session to end."]

    def test_ending_a_hundred_sessions_takes_as_many_queries_as_one(
        self, laptop, session_model, assert_queries, cached
    ):
        """Session, user, and three to end sessions: SELECT, DELETE, SELECT."""
        add_sessions(session_model, laptop.row, 100)
        with assert_queries(5 - cached):
            laptop.post(END_OTHER)
        assert session_model.objects.count() == 1


class TestAccess:
    @pytest.fixture(params=["list", "end one", "end others"])
    def url(self, request, laptop):
        return {"list": LIST, "end one": end_url(laptop), "end others": END_OTHER}[request.param]

    @pytest.mark.parametrize("method", ["get", "post"])
    @pytest.mark.parametrize("middleware", [False, True], ids=["plain", "LoginRequiredMiddleware"])
    def test_a_visitor_is_redirected_to_the_sign_in(
        self, make_browser, url, method, middleware, settings
    ):
        if middleware:
            required = "django.contrib.auth.middleware.LoginRequiredMiddleware"
            settings.MIDDLEWARE = [*settings.MIDDLEWARE, required]
        response = getattr(make_browser(), method)(url)
        assert response.status_code == 302
        assert response.url.startswith(reverse_or_path(settings.LOGIN_URL))

    @pytest.mark.parametrize("protected_by", ["middleware", "the views"])
    def test_a_post_without_a_csrf_token_ends_nothing(
        self, user, make_browser, phone, settings, protected_by
    ):
        if protected_by == "the views":
            settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "Csrf" not in name]
        forger = make_browser(user, enforce_csrf_checks=True)
        for url in (end_url(phone), END_OTHER):
            assert forger.post(url).status_code == 403
        assert phone.who() != "nobody"

    def test_a_site_without_messages_can_end_sessions(self, laptop, phone, settings):
        settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "Message" not in name]
        assert laptop.post(end_url(phone)).status_code == 302
        assert phone.who() == "nobody"


@pytest.fixture
def sign_in(user, settings):
    """A view that signs a user in."""

    def sign_in(request):
        login(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])
        return HttpResponse()

    return SessionMiddleware(sign_in)


def test_signing_in_takes_three_queries(sign_in, assert_queries):
    """The new session, the time of the user's last sign-in, and the session with its user."""
    with assert_queries(3):
        sign_in(RequestFactory().get("/"))


def test_signing_out_takes_four_queries(laptop, assert_queries):
    """Session, user, the session to end, and its end."""
    with assert_queries(4):
        laptop.post(end_url(laptop))
