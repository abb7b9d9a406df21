"""Sessions in the admin: looked at and ended, never written."""

from __future__ import annotations

import pytest
from django.urls import reverse

from user_sessions.keys import digest_of
from user_sessions.tests.people import make_superuser
from user_sessions.tests.user_agents import SAFARI_ON_IPHONE


@pytest.fixture
def staff(make_browser, db):
    """The browser of somebody who may do everything."""
    return make_browser(make_superuser("root"))


@pytest.fixture
def admin_url(session_model):
    def admin_url(page, *args):
        return reverse(
            f"admin:{session_model._meta.app_label}_{session_model._meta.model_name}_{page}",
            args=args,
        )

    return admin_url


@pytest.fixture
def phone(user, make_browser):
    return make_browser(user, user_agent=SAFARI_ON_IPHONE)


def test_the_list_says_who_where_and_when(staff, phone, user, admin_url):
    page = staff.get(admin_url("changelist")).content.decode()
    for text in ("Safari on iPhone", user.get_username(), "192.0.2.1"):
        assert text in page
    assert phone.key not in page


def test_the_list_takes_as_many_queries_for_any_number(
    staff, user, make_browser, admin_url, assert_queries
):
    for _number in range(5):
        make_browser(user)
    with assert_queries(5):
        staff.get(admin_url("changelist"))


def test_an_unknown_device_is_called_that(staff, phone, session_model, admin_url):
    session_model.objects.filter(pk=phone.key).update(user_agent=None)
    assert "Unknown device" in staff.get(admin_url("changelist")).content.decode()


@pytest.mark.parametrize(("value", "shown"), [("1", True), ("0", False), ("nonsense", True)])
def test_the_list_is_filtered_by_validity(staff, phone, admin_url, value, shown):
    page = staff.get(admin_url("changelist"), {"active": value}, follow=True).content.decode()
    assert (digest_of(phone.key)[:20] in page or "Safari on iPhone" in page) is shown


def test_a_session_can_be_looked_at_and_not_written(staff, phone, admin_url):
    url = admin_url("change", digest_of(phone.key).replace("_", "_5F"))
    assert "Safari on iPhone" in staff.get(url).content.decode()
    assert staff.post(url, {"user": ""}).status_code == 403


def test_none_can_be_added(staff, admin_url):
    assert staff.get(admin_url("add")).status_code == 403


def test_selected_sessions_end(staff, phone, admin_url):
    data = {"action": "end_sessions", "_selected_action": [digest_of(phone.key)]}
    page = staff.post(admin_url("changelist"), data, follow=True).content.decode()
    assert "Ended 1 session." in page
    assert phone.who() == "nobody"
