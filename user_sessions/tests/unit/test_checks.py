from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.checks import run_checks
from django.test import override_settings

from user_sessions.checks import settings as settings_checks
from user_sessions.conf import all_settings
from user_sessions.engine import get_session_model

NOT_CALLABLE = "a text"
MODEL = f"{get_session_model().__module__}.{get_session_model().__name__}"


def from_request(request):
    """A function that a check imports and doesn't call."""


def messages():
    """Return the messages of our checks; some of Django's own would query a database."""
    found = run_checks(databases=[])
    return [message for message in found if message.id.startswith("user_sessions.")]


BAD = [
    ("ACTIVITY_INTERVAL", 60, "E001"),
    ("ACTIVITY_INTERVAL", "1m", "E001"),
    ("ACTIVITY_INTERVAL", timedelta(seconds=-1), "E001"),
    ("TRUSTED_PROXIES", "10.0.0.1", "E002"),
    ("TRUSTED_PROXIES", None, "E002"),
    ("TRUSTED_PROXIES", 10, "E002"),
    ("TRUSTED_PROXIES", b"1", "E002"),
    ("TRUSTED_PROXIES", [167772161], "E002"),
    ("TRUSTED_PROXIES", [None], "E002"),
    ("TRUSTED_PROXIES", [["10.0.0.1"]], "E002"),
    ("TRUSTED_PROXIES", ["10.0.0.1/8"], "E002"),
    ("TRUSTED_PROXIES", ["unix", "proxy.example"], "E002"),
    ("TRUSTED_PROXIES", ["UNIX"], "E002"),
    ("TRUSTED_PROXIES", [""], "E002"),
    ("CLIENT_IP", "", "E003"),
    ("CLIENT_IP", "no_dots", "E003"),
    ("CLIENT_IP", "no.such.module", "E003"),
    ("CLIENT_IP", f"{__name__}.no_such_name", "E003"),
    ("CLIENT_IP", f"{__name__}.NOT_CALLABLE", "E003"),
    ("CLIENT_IP", ".name", "E003"),
    ("CLIENT_IP", "..name", "E003"),
    ("CLIENT_IP", from_request, "E003"),
    ("CLIENT_IP", 1, "E003"),
    ("STORE_IP", None, "E004"),
    ("STORE_IP", "False", "E004"),
    ("STORE_IP", 0, "E004"),
    ("STORE_USER_AGENT", None, "E005"),
    ("STORE_USER_AGENT", "no", "E005"),
    ("FORWARDED_HEADER", "x-forwarded-for", "E006"),
    ("FORWARDED_HEADER", "X-Real-IP", "E006"),
    ("FORWARDED_HEADER", None, "E006"),
    ("FORWARDED_HEADER", ["Forwarded"], "E006"),
    ("MOVE_FROM", "Session", "E007"),
    ("MOVE_FROM", True, "E007"),
    ("MOVE_FROM", MODEL, "E015"),
    ("MOVE_FROM", MODEL.replace(".models.", "."), "E015"),
    ("MOVE_FROM", MODEL.lower(), "E015"),
    ("CACHE_SECONDS", 0, "E020"),
    ("CACHE_SECONDS", -1, "E020"),
    ("CACHE_SECONDS", True, "E020"),
    ("CACHE_SECONDS", None, "E020"),
    ("CACHE_SECONDS", timedelta(minutes=5), "E020"),
    ("HEARTBEAT", 60, "E030"),
    ("HEARTBEAT", timedelta(0), "E030"),
    ("HEARTBEAT", None, "E030"),
    ("TRUSTED_PROXIES", ["10.0.0.1", "0.0.0.0/0"], "W015"),
    ("TRUSTED_PROXIES", ("::/0",), "W015"),
    ("TRUSTED_PROXIES", ["128.0.0.0/1"], "W015"),
    ("TRUSTED_PROXIES", ["8.0.0.0/7"], "W015"),
    ("TRUSTED_PROXIES", ["52.0.0.0/8"], "W015"),
    ("TRUSTED_PROXIES", ["2000::/3"], "W015"),
    ("TRUSTED_PROXIES", ["2400::/12"], "W015"),
    ("ACTIVITY_INTERVALL", timedelta(minutes=1), "W001"),
    ("", "no name at all", "W001"),
]
GOOD = [
    ("ACTIVITY_INTERVAL", None),
    ("ACTIVITY_INTERVAL", timedelta(0)),
    ("ACTIVITY_INTERVAL", timedelta(days=1)),
    ("TRUSTED_PROXIES", []),
    ("TRUSTED_PROXIES", ["10.0.0.0/8", "unix"]),
    ("TRUSTED_PROXIES", ("127.0.0.1", "::1", "2001:db8::/32")),
    ("TRUSTED_PROXIES", {"10.0.0.1"}),
    ("TRUSTED_PROXIES", ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8"]),
    ("TRUSTED_PROXIES", ["fc00::/7", "fd00::/8", "fe80::/10", "::1"]),
    ("TRUSTED_PROXIES", ["104.16.0.0/13", "2400:cb00::/32", "2a06:98c0::/29"]),
    ("CACHE_SECONDS", 1),
    ("CLIENT_IP", None),
    ("CLIENT_IP", f"{__name__}.from_request"),
    ("STORE_IP", False),
    ("STORE_IP", True),
    ("STORE_USER_AGENT", False),
    ("FORWARDED_HEADER", "X-Forwarded-For"),
    ("MOVE_FROM", "django.contrib.sessions.models.Session"),
    ("MOVE_FROM", None),
    ("FORWARDED_HEADER", "Forwarded"),
]


def named(case):
    name, value, *_ = case
    return pytest.param(*case, id=f"{name}={getattr(value, '__name__', repr(value))}")


@pytest.mark.parametrize(("name", "value", "check_id"), [named(case) for case in BAD])
class TestBadValue:
    @pytest.fixture
    def message(self, name, value, settings):
        setattr(settings, f"USER_SESSIONS_{name}", value)
        [message] = messages()
        return message

    def test_bad_value_is_reported_once(self, message, check_id):
        assert message.id == f"user_sessions.{check_id}"

    def test_message_names_setting_and_value(self, message, name, value, check_id):
        proxies = name == "TRUSTED_PROXIES" and isinstance(value, list)
        wrong = value[-1] if proxies or check_id == "W015" else value
        assert message.msg.startswith(f"USER_SESSIONS_{name} ")
        assert check_id == "W001" or repr(wrong) in message.msg

    def test_message_has_a_hint(self, message, check_id):
        assert re.fullmatch(r"(Use|Remove) .+\.", message.hint)


@pytest.mark.parametrize(("name", "value", "_id"), [named(case) for case in BAD])
def test_removing_a_bad_value_removes_the_message(name, value, _id):
    with override_settings(**{f"USER_SESSIONS_{name}": value}):
        assert messages() != []
    assert messages() == []


@pytest.mark.parametrize(("name", "value"), [named(case) for case in GOOD])
def test_good_value_is_not_reported(name, value, settings):
    setattr(settings, f"USER_SESSIONS_{name}", value)
    assert messages() == []


def test_defaults_are_good():
    assert messages() == []


def test_each_bad_proxy_is_reported(settings):
    settings.USER_SESSIONS_TRUSTED_PROXIES = ["10.0.0.0/8", "a", "b"]
    assert [message.id for message in messages()] == ["user_sessions.E002"] * 2


MISSPELT = [
    ("USER_SESSIONS_STORE_IPS", "USER_SESSIONS_STORE_IP"),
    ("USER_SESSIONS_ACTIVITY_INTERVALL", "USER_SESSIONS_ACTIVITY_INTERVAL"),
    ("USER_SESSIONS_TRUSTED_PROXY", "USER_SESSIONS_TRUSTED_PROXIES"),
    ("USER_SESSION_STORE_IP", "USER_SESSIONS_STORE_IP"),
    ("USERSESSIONS_TRUSTED_PROXIES", "USER_SESSIONS_TRUSTED_PROXIES"),
]


@pytest.mark.parametrize(("wrong", "right"), MISSPELT)
def test_hint_of_a_misspelt_setting_names_the_intended_one(settings, wrong, right):
    setattr(settings, wrong, conf_default(right))
    [message] = messages()
    assert message.id == "user_sessions.W001"
    assert message.hint == f"Use {right} instead, or remove it."
    delattr(settings, wrong)
    setattr(settings, right, conf_default(right))
    assert messages() == []


def conf_default(name):
    return all_settings()[name].default


def test_hint_of_an_unknown_setting_names_all_settings(settings):
    settings.USER_SESSIONS_XYZ = True
    [message] = messages()
    assert message.hint == f"Remove it, or use one of {', '.join(all_settings())}."


@pytest.mark.parametrize(
    "name", ["USERSESSIONS_TRACK_ACTIVITY", "SESSION_ACTIVITY_INTERVAL", "SESSIONS"]
)
def test_settings_of_other_apps_are_not_reported(settings, name):
    setattr(settings, name, True)
    assert messages() == []


def test_move_from_another_model_is_not_reported(settings):
    settings.USER_SESSIONS_MOVE_FROM = "user_sessions.models.Elsewhere"
    assert messages() == []


def test_each_network_of_all_addresses_is_reported(settings):
    settings.USER_SESSIONS_TRUSTED_PROXIES = ["0.0.0.0/0", "10.0.0.0/8", "::/0"]
    assert [message.id for message in messages()] == ["user_sessions.W015"] * 2


def test_error_in_a_module_of_the_site_is_raised_unchanged(settings, tmp_path, monkeypatch):
    (tmp_path / "broken_client.py").write_text("1 / 0")
    monkeypatch.syspath_prepend(tmp_path)
    settings.USER_SESSIONS_CLIENT_IP = "broken_client.address"
    with pytest.raises(ZeroDivisionError):
        messages()


def test_each_id_is_used_once_and_is_in_the_table():
    ids = re.findall(r'"user_sessions\.([EW]\d+)"', Path(settings_checks.__file__).read_text())
    assert sorted(ids) == sorted({check_id for _, _, check_id in BAD})


def test_each_id_belongs_to_one_setting():
    settings_by_id = {check_id: {n for n, _, i in BAD if i == check_id} for _, _, check_id in BAD}
    assert [i for i, names in settings_by_id.items() if len(names) > 1 and i != "W001"] == []
