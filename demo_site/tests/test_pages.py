"""The demo's own pages in every theme."""

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
def themed_client(request):
    """A client for each theme."""
    client = Client(enforce_csrf_checks=True, **HOST)
    client.cookies.load({"theme": request.param})
    return client


@pytest.fixture
def signed_in_client(themed_client, db, django_user_model):
    themed_client.force_login(django_user_model.objects.create(username="eve"))
    return themed_client


def has_header_and_footer(response):
    html = response.content.decode()
    return all(
        html.count(f'class="demo-chrome {part}"') == 1 for part in ("demo-header", "demo-footer")
    )


def test_home_page_has_its_heading_in_every_theme(themed_client):
    response = themed_client.get("/")
    assert headings(response) == ["Where are you signed in?"]
    assert has_header_and_footer(response)


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
def test_navigation_marks_the_current_page(signed_in_client, view, marked):
    html = signed_in_client.get(reverse(view)).content.decode()
    header = html[html.index('class="demo-navigation"') :].partition("</nav>")[0]
    found = re.findall(r'aria-current="(\w+)">([^<]+)<', header)
    assert {text: value for value, text in found} == marked


def test_unknown_url_shows_the_404_page_in_every_theme(themed_client):
    response = themed_client.get("/no-such-page/")
    assert headings(response) == ["There is no such page"]
    assert has_header_and_footer(response)


def test_unknown_session_shows_the_404_page_in_every_theme(signed_in_client):
    response = signed_in_client.get(f"{SESSIONS}sha256$nobody/delete/")
    assert headings(response) == ["There is no such page"]
    assert has_header_and_footer(response)


def test_missing_csrf_token_shows_the_403_page_in_every_theme(themed_client):
    response = themed_client.post(reverse("set_language"), {"language": "nl"})
    assert headings(response) == ["This form has expired"]
    assert has_header_and_footer(response)


def test_completed_tour_shows_a_message_on_the_home_page(client):
    done = ".".join(stop.name for stop in STOPS)
    client.cookies.load({tour_cookie_name(): done})
    [message] = client.get("/", **HOST).context["messages"]
    assert "You have tried everything" in str(message)


def test_incomplete_tour_shows_no_message(client):
    client.cookies.load({tour_cookie_name(): "sign_in"})
    assert list(client.get("/", **HOST).context["messages"]) == []
