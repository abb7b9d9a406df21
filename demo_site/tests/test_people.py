"""The demo's people and devices, and the button that starts one more session."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.contrib.auth import get_user_model
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.urls import reverse

from demo_site.devices import OTHER_DEVICES, next_device, session_store_class, sign_in
from demo_site.people import PEOPLE, seed

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
SITE = {"headers": {"host": "localhost"}}


@pytest.fixture
def people():
    seed(NOW)


@pytest.fixture
def ada(people):
    return get_user_model().objects.get(username="ada")


def test_seeding_creates_all_sessions_of_each_person_as_active(people):
    sessions = session_store_class().get_model_class().objects.active()
    found = {p.username: sessions.filter(user__username=p.username).count() for p in PEOPLE}
    assert found == {person.username: len(person.sample_sessions) for person in PEOPLE}


def test_seeding_dates_sessions_back_from_the_given_time(ada):
    latest = ada.session_set.latest("last_activity")
    assert NOW - latest.last_activity == PEOPLE[0].sample_sessions[0].active
    assert NOW - latest.created_at == PEOPLE[0].sample_sessions[0].signed_in


def test_second_seeding_changes_nothing(ada):
    ada.session_set.all().end()
    assert seed(NOW) == []
    assert not ada.session_set.exists()


def test_reset_restores_the_deleted_sessions(ada):
    ada.session_set.all().end()
    call_command("seed", "--reset", "--now", NOW.isoformat(), verbosity=0)
    assert get_user_model().objects.get(username="ada").session_set.count() == 5


def test_seeding_without_demo_mode_raises(settings):
    settings.DEMO_MODE = False
    with pytest.raises(ImproperlyConfigured, match="DEMO_MODE"):
        seed(NOW)


def test_cookie_of_a_made_up_session_signs_in(client, ada):
    session = sign_in(ada, OTHER_DEVICES[0])
    client.cookies["sessionid"] = session.session_key
    assert client.get(reverse("user_sessions:session_list"), **SITE).status_code == 200


def test_next_device_is_unused_until_all_devices_are_in_use(ada):
    opened = []
    for _turn in range(len(OTHER_DEVICES) + 1):
        opened.append(next_device(ada))
        sign_in(ada, opened[-1])
    assert opened[:-1] == list(OTHER_DEVICES)
    assert opened[-1] in OTHER_DEVICES


def test_button_starts_one_more_session_and_names_its_device(client, ada):
    client.force_login(ada)
    before = ada.session_set.count()
    response = client.post(reverse("another_device"), follow=True, **SITE)
    assert ada.session_set.count() == before + 1
    assert "Chrome on Android" in str(next(iter(response.context["messages"])))


def test_button_returns_404_without_demo_mode(client, ada, settings):
    settings.DEMO_MODE = False
    client.force_login(ada)
    assert client.post(reverse("another_device"), **SITE).status_code == 404
