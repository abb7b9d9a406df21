"""The session pages: who sees what, what ends, and at what cost."""

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
    """Another browser of the same person."""
    return make_browser(user, user_agent=SAFARI_ON_IPHONE, ip="198.51.100.7")


@pytest.fixture
def stranger(other_user, make_browser):
    """Somebody else's browser."""
    return make_browser(other_user, user_agent=CHROME_ON_WINDOWS)


def said(response):
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

    def test_it_shows_nobody_elses(self, laptop, stranger):
        listed = laptop.get(LIST).context["object_list"]
        assert [row.session_key for row in listed] == [digest_of(laptop.key)]

    def test_it_shows_no_expired_one(self, laptop, phone, session_model, clock):
        session_model.objects.filter(pk=phone.key).update(expire_date=clock.now)
        assert laptop.get(LIST).context["other_count"] == 0

    def test_no_key_is_in_the_page(self, laptop, phone):
        page = laptop.get(LIST).content.decode()
        assert laptop.key not in page
        assert phone.key not in page
        assert digest_of(phone.key) in page

    @pytest.mark.parametrize("count", [10, 100, 1000])
    def test_it_takes_four_queries_for_any_number(
        self, laptop, session_model, assert_queries, cached, count
    ):
        add_sessions(session_model, laptop.row, count)
        with assert_queries(4 - cached):
            response = laptop.get(LIST)
        assert response.context["other_count"] == count

    def test_it_is_paginated(self, laptop, session_model):
        add_sessions(session_model, laptop.row, 30)
        response = laptop.get(LIST, {"page": 2})
        assert [len(response.context["object_list"]), response.context["page_obj"].number] == [6, 2]

    @pytest.mark.parametrize("page", ["2", "0", "-1", "x", "9" * 30])
    def test_a_page_that_is_not_there_is_the_nearest_that_is(self, laptop, page):
        assert laptop.get(LIST, {"page": page}).context["page_obj"].number == 1

    def test_a_browser_does_not_keep_it(self, laptop):
        assert "no-store" in laptop.get(LIST)["Cache-Control"]


def add_sessions(session_model, like, count):
    """Add active sessions of the same person to a row."""
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
    def test_a_get_asks(self, laptop, phone):
        response = laptop.get(end_url(phone))
        assert response.context["object"].summary.device == "Safari on iPhone"
        assert phone.who() != "nobody"

    def test_a_post_ends_it(self, laptop, phone):
        response = laptop.post(end_url(phone))
        assert response.url == LIST
        assert said(response) == ["Session ended: Safari on iPhone."]
        assert phone.who() == "nobody"

    @pytest.mark.parametrize(
        ("page", "url"),
        [("2", f"{LIST}?page=2"), ("", LIST), ("2&next=/", LIST), ("٢", LIST)],
        ids=["second", "none", "not a number", "not ASCII"],
    )
    def test_it_leads_back_to_the_same_page(self, laptop, phone, page, url):
        assert laptop.post(end_url(phone), {"page": page}).url == url

    def test_the_form_says_on_which_page_it_is(self, laptop, session_model):
        add_sessions(session_model, laptop.row, 30)
        second = laptop.get(LIST, {"page": 2}).content.decode()
        assert second.count('name="page" value="2"') == 6
        assert 'name="page"' not in laptop.get(LIST).content.decode()

    def test_it_takes_four_queries(self, laptop, phone, assert_queries):
        """Session, user, the session to end, and its end."""
        with assert_queries(4):
            laptop.post(end_url(phone))

    def test_an_unknown_device_is_called_that(self, laptop, phone, session_model):
        session_model.objects.filter(pk=phone.key).update(user_agent=None)
        assert said(laptop.post(end_url(phone))) == ["Session ended: unknown device."]

    def test_ending_the_current_one_signs_out(self, laptop, session_model, settings):
        response = laptop.post(end_url(laptop))
        assert response.url == settings.LOGOUT_REDIRECT_URL
        assert said(response) == ["You have signed out."]
        assert laptop.who() == "nobody"
        assert not session_model.objects.filter(user__isnull=False).exists()

    def test_without_a_page_for_it_signing_out_leads_to_the_sign_in(self, laptop, settings):
        settings.LOGOUT_REDIRECT_URL = None
        assert laptop.post(end_url(laptop)).url == reverse_or_path(settings.LOGIN_URL)

    def test_a_get_for_somebody_elses_is_a_404(self, laptop, stranger):
        assert laptop.get(end_url(stranger)).status_code == 404

    def test_a_post_for_somebody_elses_ends_nothing_and_does_not_tell_that_there_is_one(
        self, laptop, stranger
    ):
        for url in (end_url(stranger), UNKNOWN):
            response = laptop.post(url)
            assert response.url == LIST
            assert said(response)[-1] == "That session has already ended."
        assert stranger.who() != "nobody"

    def test_a_get_for_an_unknown_one_is_a_404(self, laptop):
        assert laptop.get(UNKNOWN).status_code == 404

    @pytest.mark.parametrize("method", ["get", "post"])
    @pytest.mark.parametrize("pk", ["unknown", "a%00b", "%ED%B3%BF"])
    def test_what_is_no_digest_is_a_404(self, laptop, method, pk):
        assert getattr(laptop, method)(f"/account/sessions/{pk}/delete/").status_code == 404

    def test_a_key_in_the_address_is_a_404(self, laptop, phone):
        """A key is a password: where one appeared in an address, it would be in every log."""
        assert laptop.post(f"/account/sessions/{phone.key}/delete/").status_code == 404
        assert phone.who() != "nobody"

    def test_one_that_another_tab_has_ended_leads_back_and_says_so(self, laptop, phone):
        laptop.post(end_url(phone), {"page": "2"})
        response = laptop.post(end_url(phone), {"page": "2"})
        assert response.url == f"{LIST}?page=2"
        assert said(response)[-1] == "That session has already ended."


def reverse_or_path(url):
    return url if url.startswith("/") else reverse(url)


class TestEndOthers:
    def test_a_get_says_how_many(self, laptop, phone):
        assert laptop.get(END_OTHER).context["other_count"] == 1
        assert phone.who() != "nobody"

    def test_a_post_ends_all_but_the_current_one(self, user, laptop, phone, make_browser, stranger):
        tablet = make_browser(user)
        response = laptop.post(END_OTHER)
        assert response.url == LIST
        assert said(response) == ["Ended 2 other sessions."]
        assert [one.who() for one in (phone, tablet)] == ["nobody", "nobody"]
        assert [one.who() for one in (laptop, stranger)] == [
            user.get_username(),
            stranger.row.user.get_username(),
        ]

    def test_one_is_called_one(self, laptop, phone):
        assert said(laptop.post(END_OTHER)) == ["Ended 1 other session."]

    def test_none_is_said_too(self, laptop):
        assert said(laptop.post(END_OTHER)) == ["There was no other session to end."]

    def test_a_hundred_take_as_many_queries_as_one(
        self, laptop, session_model, assert_queries, cached
    ):
        """Session, user, and an end: find, delete, look again."""
        add_sessions(session_model, laptop.row, 100)
        with assert_queries(5 - cached):
            laptop.post(END_OTHER)
        assert session_model.objects.count() == 1


class TestWhoMay:
    @pytest.fixture(params=["list", "end one", "end others"])
    def url(self, request, laptop):
        return {"list": LIST, "end one": end_url(laptop), "end others": END_OTHER}[request.param]

    @pytest.mark.parametrize("method", ["get", "post"])
    @pytest.mark.parametrize("middleware", [False, True], ids=["plain", "LoginRequiredMiddleware"])
    def test_a_visitor_is_asked_to_sign_in(self, make_browser, url, method, middleware, settings):
        if middleware:
            required = "django.contrib.auth.middleware.LoginRequiredMiddleware"
            settings.MIDDLEWARE = [*settings.MIDDLEWARE, required]
        response = getattr(make_browser(), method)(url)
        assert response.status_code == 302
        assert response.url.startswith(reverse_or_path(settings.LOGIN_URL))

    @pytest.mark.parametrize("protected_by", ["middleware", "the views"])
    def test_without_a_token_nothing_ends(self, user, make_browser, phone, settings, protected_by):
        if protected_by == "the views":
            settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "Csrf" not in name]
        forger = make_browser(user, enforce_csrf_checks=True)
        for url in (end_url(phone), END_OTHER):
            assert forger.post(url).status_code == 403
        assert phone.who() != "nobody"

    def test_a_site_without_messages_ends_sessions_too(self, laptop, phone, settings):
        settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "Message" not in name]
        assert laptop.post(end_url(phone)).status_code == 302
        assert phone.who() == "nobody"


@pytest.fixture
def sign_in(user, settings):
    """A view that signs somebody in."""

    def sign_in(request):
        login(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])
        return HttpResponse()

    return SessionMiddleware(sign_in)


def test_signing_in_takes_three_queries(sign_in, assert_queries):
    """The new session, the time of the user's last sign-in, and the session with its user."""
    with assert_queries(3):
        sign_in(RequestFactory().get("/"))


def test_signing_out_takes_four_queries(laptop, assert_queries):
    """Session, user, the session that the page is about, and its end."""
    with assert_queries(4):
        laptop.post(end_url(laptop))
