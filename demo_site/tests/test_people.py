"""The demo's people and devices, and the button that opens one more session."""

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


def test_each_person_has_all_their_sessions_and_they_are_alive(people):
    sessions = session_store_class().get_model_class().objects.active()
    found = {p.username: sessions.filter(user__username=p.username).count() for p in PEOPLE}
    assert found == {person.username: len(person.visits) for person in PEOPLE}


def test_sessions_are_dated_back_from_the_given_time(ada):
    latest = ada.session_set.latest("last_activity")
    assert NOW - latest.last_activity == PEOPLE[0].visits[0].active
    assert NOW - latest.created_at == PEOPLE[0].visits[0].signed_in


def test_seeding_again_changes_nothing(ada):
    ada.session_set.all().end()
    assert seed(NOW) == []
    assert not ada.session_set.exists()


def test_reset_starts_afresh(ada):
    ada.session_set.all().end()
    call_command("seed", "--reset", "--now", NOW.isoformat(), verbosity=0)
    assert get_user_model().objects.get(username="ada").session_set.count() == 5


def test_known_passwords_are_for_the_demo_only(settings):
    settings.DEMO_MODE = False
    with pytest.raises(ImproperlyConfigured, match="DEMO_MODE"):
        seed(NOW)


def test_a_made_up_session_is_truly_signed_in(client, ada):
    session = sign_in(ada, OTHER_DEVICES[0])
    client.cookies["sessionid"] = session.session_key
    assert client.get(reverse("user_sessions:session_list"), **SITE).status_code == 200


def test_devices_take_turns_and_begin_with_one_that_is_not_in_use(ada):
    opened = []
    for _turn in range(len(OTHER_DEVICES) + 1):
        opened.append(next_device(ada))
        sign_in(ada, opened[-1])
    assert opened[:-1] == list(OTHER_DEVICES)
    assert opened[-1] in OTHER_DEVICES


def test_the_button_opens_one_more_session_and_names_the_device(client, ada):
    client.force_login(ada)
    before = ada.session_set.count()
    response = client.post(reverse("another_device"), follow=True, **SITE)
    assert ada.session_set.count() == before + 1
    assert "Chrome on Android" in str(next(iter(response.context["messages"])))


def test_there_is_no_button_outside_the_demo(client, ada, settings):
    settings.DEMO_MODE = False
    client.force_login(ada)
    assert client.post(reverse("another_device"), **SITE).status_code == 404
