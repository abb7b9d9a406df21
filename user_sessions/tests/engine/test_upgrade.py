"""What people who come over rely on: old URLs, old templates."""

from __future__ import annotations

import re

import pytest
from django.urls import include, path, reverse

from user_sessions.tests.support.user_agents import SAFARI_ON_IPHONE

# The heart of a list as sites of django-user-sessions 2.0 wrote theirs.
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


def test_the_old_way_to_include_the_urls_works(settings):
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
def test_a_template_of_2_0_shows_its_facts(laptop, make_browser, user):
    make_browser(user, user_agent=SAFARI_ON_IPHONE)
    page = laptop.get(reverse("user_sessions:session_list")).content.decode()
    assert page.count('class="active"') == 1
    assert "Safari on iPhone" in page
    assert "unknown (192.0.2.1)" in re.sub(r"\s+", " ", page)
    assert "others" in page


def test_no_page_asks_another_host(laptop):
    page = laptop.get(reverse("user_sessions:session_list")).content.decode()
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', page)
