"""What an attacker or a hostile client must not achieve."""

from __future__ import annotations

import pytest
from django.contrib.auth import SESSION_KEY
from django.db import connection
from django.urls import reverse

from user_sessions.keys import digest_of
from user_sessions.tests.support.people import PASSWORD, make_superuser
from user_sessions.tests.support.user_agents import FIREFOX_ON_LINUX

LIST = reverse("user_sessions:session_list")
SCRIPT = "<script>alert(1)</script>"


def test_a_digest_is_not_accepted_as_a_cookie(laptop, make_browser):
    thief = make_browser()
    thief.cookies["sessionid"] = digest_of(laptop.key)
    assert thief.who() == "nobody"


def test_a_sign_in_prevents_session_fixation(make_browser, user):
    """A key that an attacker planted before the sign-in is not accepted after it."""
    browser, attacker = make_browser(), make_browser()
    browser.get("/set/")
    attacker.cookies["sessionid"] = browser.key
    browser.force_login(user)
    assert attacker.who() == "nobody"


def test_a_visitor_cannot_choose_a_session_key(make_browser, session_model):
    browser = make_browser()
    browser.cookies["sessionid"] = "a-key-that-i-chose-myself"
    browser.get("/set/")
    assert browser.key != "a-key-that-i-chose-myself"
    assert session_model.objects.get().session_key == digest_of(browser.key)


@pytest.mark.parametrize("page", ["list", "confirmation", "message"])
def test_a_script_in_a_user_agent_is_escaped(laptop, make_browser, user, page):
    hostile = make_browser(user, user_agent=f"{SCRIPT} Firefox/1.0 (X11; Linux)")
    url = reverse("user_sessions:session_delete", args=[digest_of(hostile.key)])
    response = {
        "list": lambda: laptop.get(LIST),
        "confirmation": lambda: laptop.get(url),
        "message": lambda: laptop.post(url, follow=True),
    }[page]()
    assert response.status_code == 200
    assert SCRIPT not in response.content.decode()


def test_a_script_in_a_user_agent_is_escaped_in_the_admin(make_browser, user, session_model):
    make_browser(user, user_agent=f"{SCRIPT} Firefox/1.0 (X11; Linux)")
    opts = session_model._meta
    staff = make_browser(make_superuser("root"))
    listed = staff.get(reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist"))
    assert listed.status_code == 200
    assert SCRIPT not in listed.content.decode()


def test_an_activity_update_does_not_undo_a_concurrent_save(laptop, store_class):
    reader, writer = store_class(laptop.key), store_class(laptop.key)
    reader.load()
    writer["value"] = writer.get("anything") or "kept"
    writer.save()
    reader.touch()
    assert store_class(laptop.key).get("value") == "kept"


def test_a_concurrent_save_does_not_revive_an_ended_session(laptop, store_class, session_model):
    from user_sessions.exceptions import SessionEnded

    slow = store_class(laptop.key)
    slow["value"] = slow.get("anything") or 1
    laptop.row.end()
    with pytest.raises(SessionEnded):
        slow.save()
    assert laptop.who() == "nobody"


def test_a_password_change_does_not_revive_an_ended_session(
    laptop, user, store_class, session_model
):
    from django.contrib.auth import update_session_auth_hash
    from django.http import HttpRequest

    from user_sessions.exceptions import SessionEnded

    request = HttpRequest()
    request.session, request.user = store_class(laptop.key), user
    assert request.session[SESSION_KEY]
    laptop.row.end()
    with pytest.raises(SessionEnded):
        update_session_auth_hash(request, user)
    assert not session_model.objects.exists()


def test_a_deleted_user_is_no_longer_signed_in(laptop, user):
    user.delete()
    assert laptop.who() == "nobody"


def test_a_deactivated_user_is_no_longer_signed_in(laptop, user):
    user.is_active = False
    user.save()
    assert laptop.who() == "nobody"


def test_a_session_is_not_accepted_after_a_password_change_elsewhere(laptop, user):
    user.set_password("another " + PASSWORD)
    user.save()
    assert laptop.who() == "nobody"


def test_a_session_detached_from_its_user_is_anonymous(laptop, session_model):
    session_model.objects.update(user=None)
    assert laptop.who() == "nobody"


def test_a_sign_in_that_is_rolled_back_leaves_no_session(
    make_browser, user, session_model, monkeypatch
):
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", value=True)
    browser = make_browser(raise_request_exception=False)
    assert browser.get("/sign-in-and-fail/").status_code == 500
    assert not session_model.objects.exists()
    assert browser.who() == "nobody"


@pytest.mark.parametrize("url", ["end one", "end others"])
def test_ending_a_session_does_not_redirect_to_another_site(laptop, make_browser, user, url):
    phone = make_browser(user)
    urls = {
        "end one": reverse("user_sessions:session_delete", args=[digest_of(phone.key)]),
        "end others": reverse("user_sessions:session_delete_other"),
    }
    elsewhere = {"next": "https://example.net/"}
    assert laptop.post(f"{urls[url]}?next=https://example.net/", elsewhere).url == LIST


@pytest.mark.parametrize(("seconds", "max_age"), [(0, ""), (600, 600)], ids=["browser", "minutes"])
def test_a_visit_does_not_prolong_a_session(laptop, session_model, clock, seconds, max_age):
    response = laptop.get("/remember/", {"seconds": seconds})
    assert response.cookies["sessionid"]["max-age"] == max_age
    expire_date = session_model.objects.get().expire_date
    clock.move(minutes=5)
    assert laptop.who() != "nobody"
    assert session_model.objects.get().expire_date == expire_date


HOSTILE_USER_AGENTS = {
    "NUL": "Mozilla\x00/5.0",
    "control": "Mozilla\x1b[31m\r\n/5.0",
    "surrogate": "Mozilla\udcff/5.0",
    "undecodable": "Mozilla\xff\xfe/5.0",
    "emoji": "Mozilla \U0001f600 5.0",
    "right-to-left override": "Mozilla\u202e/5.0",
    "long": "x" * 10_000,
    "long emoji": "\U0001f600" * 10_000,
    "empty": "",
}
HOSTILE_ADDRESSES = {
    "scoped": "fe80::1%eth0",
    "mapped": "::ffff:192.0.2.1",
    "port": "192.0.2.1:80",
    "nonsense": "nonsense",
    "NUL": "\x00",
    "long": "1" * 10_000,
    "empty": "",
}


@pytest.mark.parametrize("user_agent", HOSTILE_USER_AGENTS.values(), ids=HOSTILE_USER_AGENTS)
def test_a_hostile_user_agent_does_not_make_a_request_fail(make_browser, user, user_agent):
    browser = make_browser(user, user_agent=user_agent)
    assert browser.who() == user.get_username()
    stored = browser.row.user_agent
    assert stored is None or (stored.isprintable() and len(stored) <= 512)
    assert browser.get(LIST).status_code == 200


@pytest.mark.parametrize("ip", HOSTILE_ADDRESSES.values(), ids=HOSTILE_ADDRESSES)
def test_a_hostile_address_does_not_make_a_request_fail(make_browser, user, ip):
    browser = make_browser(user, user_agent=FIREFOX_ON_LINUX, ip=ip)
    assert browser.who() == user.get_username()
    assert browser.row.ip in {None, "192.0.2.1", "fe80::1"}
    assert browser.get(LIST).status_code == 200
