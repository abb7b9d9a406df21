"""The demo's own pages, which every theme dresses."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from demo_site.conf import themes, tour_cookie_name
from demo_site.tour import STOPS

HOST = {"HTTP_HOST": "localhost"}
SESSIONS = reverse("user_sessions:session_list")


def headings(response):
    """Return the texts of the first-level headings."""
    found = re.findall(r"<h1[^>]*>(.*?)</h1>", response.content.decode(), re.DOTALL)
    return [" ".join(text.split()) for text in found]


@pytest.fixture(params=themes())
def dressed(request):
    """Somebody who has chosen a theme."""
    client = Client(enforce_csrf_checks=True, **HOST)
    client.cookies.load({"theme": request.param})
    return client


@pytest.fixture
def stranger_in(dressed, db, django_user_model):
    dressed.force_login(django_user_model.objects.create(username="eve"))
    return dressed


def has_the_sites_frame(response):
    html = response.content.decode()
    return all(
        html.count(f'class="demo-chrome {part}"') == 1 for part in ("demo-header", "demo-footer")
    )


def test_the_home_page_in_every_theme(dressed):
    response = dressed.get("/")
    assert headings(response) == ["Where are you signed in?"]
    assert has_the_sites_frame(response)


@pytest.mark.parametrize(
    ("view", "marked"),
    [
        ("home", {"Tour": "page"}),
        ("user_sessions:session_list", {"Your sessions": "page"}),
        ("user_sessions:session_delete_other", {"Your sessions": "true"}),
        ("account_email", {"Account": "page"}),
        ("mfa_index", {"Account": "true"}),
    ],
)
def test_the_header_says_where_one_is(stranger_in, view, marked):
    html = stranger_in.get(reverse(view)).content.decode()
    header = html[html.index('class="demo-navigation"') :].partition("</nav>")[0]
    found = re.findall(r'aria-current="(\w+)">([^<]+)<', header)
    assert {text: value for value, text in found} == marked


def test_what_is_not_there_is_told_in_every_theme(dressed):
    response = dressed.get("/no-such-page/")
    assert headings(response) == ["There is no such page"]
    assert has_the_sites_frame(response)


def test_so_is_a_session_that_is_not_there(stranger_in):
    response = stranger_in.get(f"{SESSIONS}sha256$nobody/delete/")
    assert headings(response) == ["There is no such page"]
    assert has_the_sites_frame(response)


def test_a_form_that_is_out_of_date_is_told_in_every_theme(dressed):
    response = dressed.post(reverse("set_language"), {"language": "nl"})
    assert headings(response) == ["This form has expired"]
    assert has_the_sites_frame(response)


def test_the_end_of_the_tour_is_told_on_the_home_page(client):
    tried = ".".join(stop.name for stop in STOPS)
    client.cookies.load({tour_cookie_name(): tried})
    [message] = client.get("/", **HOST).context["messages"]
    assert "You have tried everything" in str(message)


def test_before_its_end_nothing_is_told(client):
    client.cookies.load({tour_cookie_name(): "sign_in"})
    assert list(client.get("/", **HOST).context["messages"]) == []
