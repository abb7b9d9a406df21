"""What a site relies on after an upgrade: old URLs, old templates, and the differences in the guide."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.urls import include, path, reverse

from user_sessions import tests
from user_sessions.tests.support.documentation import sections, table, text_of
from user_sessions.tests.support.user_agents import SAFARI_ON_IPHONE

# The tests that show each difference in docs/how-to/upgrade.md, by section and first column.
SHOWN_BY = {
    "From django-user-sessions 2.0": {
        "the stored key": "test_the_row_holds_the_digest_and_never_the_key",
        "Session.objects.get(pk=key)": "test_a_row_is_found_by_key_and_by_digest",
        "str(session)": "test_a_session_shows_its_digest",
        "a digest sent as the session cookie": "test_a_digest_is_not_accepted_as_a_cookie",
        "the URL that ends one session": "test_a_key_in_the_address_is_a_404",
        "a changed address or user agent": "test_a_changed_address_does_not_prolong_a_session",
        "an unknown address": "test_missing_headers_are_stored_as_unknown",
        "the length of a user agent": "test_a_user_agent_is_stored_up_to_512_characters",
        "an asynchronous sign-in": "test_a_sign_in_stores_user_client_and_times",
        "saving a session that has ended": "test_saving_or_cycling_an_ended_session_raises_and_writes_nothing",
        "user.session_set.update(user=None)": "test_a_session_detached_from_its_user_is_anonymous",
        "Windows NT 10.0": "test_device_is_named_as_its_owner_would",
        "macOS": "test_device_is_named_as_its_owner_would",
        "GET of a URL that ends sessions": "test_a_get_asks_for_confirmation",
        "signing out on the list, with LOGOUT_REDIRECT_URL unset": (
            "test_signing_out_redirects_to_the_sign_in_without_logout_redirect_url"
        ),
        "the list": "test_the_list_is_paginated",
        'include("user_sessions.urls", "user_sessions")': "test_the_urls_can_be_included_as_in_2_0",
        "your own session_list.html for 2.0": "test_a_template_for_2_0_still_works",
        "the styles of the pages": "test_the_list_loads_nothing_from_another_host",
        "sessions in the admin": "test_a_session_can_be_viewed_and_not_changed",
    },
    "From Django's own sessions": {
        "the stored key": "test_the_row_holds_the_digest_and_never_the_key",
        "the table": "test_a_moved_session_is_deleted_from_the_old_table",
        "a request that only reads its session": "test_recording_activity_takes_one_more_query",
        "changing the password in a session that was ended meanwhile": (
            "test_a_password_change_does_not_revive_an_ended_session"
        ),
        "address, user agent and times of moved sessions": "test_a_moved_session_keeps_its_expiry_and_the_time_of_its_last_save",
    },
    "From django-qsessions": {
        "address, user agent, created and updated": "test_a_session_of_qsessions_keeps_its_client_and_times",
        "_qsessions_* in the session's data": "test_a_session_of_qsessions_keeps_its_client_and_times",
        "a changed address or user agent": "test_a_changed_address_does_not_prolong_a_session",
        "session.location, session.device": "test_filter_returns_none_for_an_unknown_value",
    },
}

# The essential part of a list template that a site wrote for django-user-sessions 2.0.
OLD_TEMPLATE = """
{% load user_sessions i18n %}{% translate "unknown" as unknown %}
{% for object in object_list %}
  <p class="{% if object.session_key == session_key %}active{% endif %}">
    {{ object.ip|location|default_if_none:unknown }} ({{ object.ip }})
    {{ object.user_agent|device|default_if_none:unknown }}
    {{ object.last_activity|timesince }} ago
  </p>
{% endfor %}
{% if object_list.count > 1 %}<a href="{% url 'user_sessions:session_delete_other' %}">others</a>{% endif %}
"""

urlpatterns = [path("me/", include("user_sessions.urls", "user_sessions"))]


def test_each_difference_in_the_guide_is_in_the_table_above():
    guide = sections(text_of("how-to/upgrade.md"))
    differences = {
        heading: [row[0] for row in table(section)] for heading, section in guide.items()
    }
    assert differences == {heading: list(shown) for heading, shown in SHOWN_BY.items()}


def test_each_test_in_the_table_above_exists():
    modules = Path(tests.__file__).parent.rglob("test_*.py")
    defined = {
        name
        for path in modules
        for name in re.findall(r"def (test_\w+)\(", path.read_text("utf-8"))
    }
    named = {name for shown in SHOWN_BY.values() for name in shown.values()}
    assert named - defined == set()


@pytest.mark.django_db
def test_a_user_agent_is_stored_up_to_512_characters(store_class, session_model):
    session = store_class(user_agent="x" * 600)
    session.create()
    assert session_model.objects.get(pk=session.session_key).user_agent == "x" * 512


def test_the_urls_can_be_included_as_in_2_0(settings):
    settings.ROOT_URLCONF = __name__
    assert reverse("user_sessions:session_list") == "/me/account/sessions/"


@pytest.fixture
def old_template(settings, tmp_path):
    folder = tmp_path / "user_sessions"
    folder.mkdir()
    (folder / "session_list.html").write_text(OLD_TEMPLATE, encoding="utf-8")
    [engine] = settings.TEMPLATES
    settings.TEMPLATES = [{**engine, "DIRS": [tmp_path]}]


@pytest.mark.usefixtures("old_template")
def test_a_template_for_2_0_still_works(laptop, make_browser, user):
    make_browser(user, user_agent=SAFARI_ON_IPHONE)
    page = laptop.get(reverse("user_sessions:session_list")).content.decode()
    assert page.count('class="active"') == 1
    assert "Safari on iPhone" in page
    assert "unknown (192.0.2.1)" in re.sub(r"\s+", " ", page)
    assert "others" in page


def test_the_list_loads_nothing_from_another_host(laptop):
    page = laptop.get(reverse("user_sessions:session_list")).content.decode()
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', page)
