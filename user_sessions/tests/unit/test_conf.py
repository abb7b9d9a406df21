from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import override_settings

import user_sessions
from user_sessions.conf import PREFIX, all_settings, conf

EVERY_SETTING = pytest.mark.parametrize("name", all_settings())


def test_settings_are_those_that_the_code_reads():
    package = Path(user_sessions.__file__).parent
    modules = [
        path for path in package.rglob("*.py") if "tests" not in path.relative_to(package).parts
    ]
    read = {name for path in modules for name in re.findall(r"\bconf\.([A-Z_]+)", path.read_text())}
    assert {PREFIX + name for name in read} == set(all_settings())


def test_settings_are_in_alphabetical_order():
    assert list(all_settings()) == sorted(all_settings())


@EVERY_SETTING
def test_summary_is_whole_sentences(name):
    assert re.fullmatch(r"[A-Z].*[^ ]\.", all_settings()[name].summary)


@EVERY_SETTING
def test_default_applies_if_the_site_does_not_set_a_value(name):
    assert getattr(conf, name.removeprefix(PREFIX)) == all_settings()[name].default


@EVERY_SETTING
def test_override_settings_changes_a_cached_value(name):
    default = getattr(conf, name.removeprefix(PREFIX))
    for value in ("one", "another"):
        with override_settings(**{name: value}):
            assert getattr(conf, name.removeprefix(PREFIX)) == value
    assert getattr(conf, name.removeprefix(PREFIX)) == default


@EVERY_SETTING
def test_a_value_is_cached_once_read(name, monkeypatch):
    """docs/reference/settings.md documents this; an assignment sends no signal."""
    before = getattr(conf, name.removeprefix(PREFIX))
    monkeypatch.setattr(settings, name, "assigned", raising=False)
    assert getattr(conf, name.removeprefix(PREFIX)) == before
