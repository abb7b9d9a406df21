"""The switches of theme and language lead back to the page on which they stand."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from django.urls import reverse

from demo_site.address import address_again, other_parameters

HOST = {"HTTP_HOST": "localhost"}
SIGN_IN = reverse("account_login")
SESSIONS = reverse("user_sessions:session_list")


class Forms(HTMLParser):
    """Each form of a page: its class, and the names and values of its hidden fields."""

    def __init__(self, html):
        super().__init__()
        self.found = {}
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "form":
            self.fields = self.found.setdefault(attributes.get("class"), [])
        if tag == "input" and attributes.get("type") == "hidden":
            self.fields.append((attributes["name"], attributes["value"]))


def hidden_fields(response, form):
    fields = Forms(response.content.decode()).found[form]
    return [(name, value) for name, value in fields if name != "csrfmiddlewaretoken"]


@pytest.fixture
def wrong_sign_in(client, db):
    """The page after a wrong password: where it would have led stands only among its fields."""
    data = {"login": "nobody", "password": "wrong", "next": SESSIONS}
    return client.post(SIGN_IN, data, **HOST)


def test_a_switch_of_the_theme_keeps_the_rest_of_the_query(client):
    response = client.get("/?theme=bulma&mode=dark&page=2&tag=a&tag=b", **HOST)
    kept = [("page", "2"), ("tag", "a"), ("tag", "b")]
    assert hidden_fields(response, "demo-switch") == kept


def test_a_switch_of_the_theme_after_a_wrong_password_keeps_the_destination(wrong_sign_in):
    assert hidden_fields(wrong_sign_in, "demo-switch") == [("next", SESSIONS)]


def test_so_does_a_switch_of_the_language(client, wrong_sign_in):
    [(_name, address)] = hidden_fields(wrong_sign_in, "demo-languages")
    response = client.post(
        reverse("set_language"), {"language": "nl", "next": address}, follow=True, **HOST
    )
    assert response.request["PATH_INFO"] == SIGN_IN
    assert response.context["redirect_field_value"] == SESSIONS


@pytest.mark.parametrize(
    ("address", "again"),
    [("/", "/"), ("/?page=2", "/?page=2"), ("/?next=%2Fx%2F%3Fa%3D1", "/?next=%2Fx%2F%3Fa%3D1")],
)
def test_a_page_that_was_only_asked_for_is_where_it_was(rf, address, again):
    assert address_again(rf.get(address)) == again


def test_what_is_sent_to_no_page_is_left_unread(client, settings):
    """It may be larger than what may be read, and that must not break the page that says so."""
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    assert client.post("/no-such-page/", {"next": "x" * 20}, **HOST).status_code == 404


def test_a_query_without_looks_is_kept_whole(rf):
    assert other_parameters(rf.get("/?a=1&theme=x&b=")) == [("a", "1"), ("b", "")]
