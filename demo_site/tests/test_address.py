"""The switches of theme and language return to the current page."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from django.urls import reverse

from demo_site.address import current_url, other_parameters

HOST = {"HTTP_HOST": "localhost"}
SIGN_IN = reverse("account_login")
SESSIONS = reverse("user_sessions:session_list")


class Forms(HTMLParser):
    """The forms of a page: by class, the names and values of their hidden fields."""

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
    """The page after a wrong password, which has `next` in a hidden field only."""
    data = {"login": "nobody", "password": "wrong", "next": SESSIONS}
    return client.post(SIGN_IN, data, **HOST)


def test_theme_switch_keeps_the_other_query_parameters(client):
    response = client.get("/?theme=bulma&mode=dark&page=2&tag=a&tag=b", **HOST)
    kept = [("page", "2"), ("tag", "a"), ("tag", "b")]
    assert hidden_fields(response, "demo-switch") == kept


def test_theme_switch_after_a_wrong_password_keeps_next(wrong_sign_in):
    assert hidden_fields(wrong_sign_in, "demo-switch") == [("next", SESSIONS)]


def test_language_switch_after_a_wrong_password_keeps_next(client, wrong_sign_in):
    [(_name, address)] = hidden_fields(wrong_sign_in, "demo-languages")
    response = client.post(
        reverse("set_language"), {"language": "nl", "next": address}, follow=True, **HOST
    )
    assert response.request["PATH_INFO"] == SIGN_IN
    assert response.context["redirect_field_value"] == SESSIONS


@pytest.mark.parametrize(
    ("url", "current"),
    [("/", "/"), ("/?page=2", "/?page=2"), ("/?next=%2Fx%2F%3Fa%3D1", "/?next=%2Fx%2F%3Fa%3D1")],
)
def test_current_url_of_a_get_request_is_its_path_and_query(rf, url, current):
    assert current_url(rf.get(url)) == current


def test_post_to_an_unknown_url_does_not_read_the_body(client, settings):
    """A body larger than DATA_UPLOAD_MAX_MEMORY_SIZE must not break the 404 page."""
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    assert client.post("/no-such-page/", {"next": "x" * 20}, **HOST).status_code == 404


def test_other_parameters_exclude_only_theme_and_mode(rf):
    assert other_parameters(rf.get("/?a=1&theme=x&b=")) == [("a", "1"), ("b", "")]
