from __future__ import annotations

from collections import Counter

import pytest

from user_sessions.device import _CORRECTED_BROWSERS, KINDS, Device, device_name, parse
from user_sessions.tests.support.user_agents import table_rows

ROWS = table_rows()


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(row, id=f"{line} {row['device_name']} {row['kind']}")
        for line, row in enumerate(ROWS, start=2)
    ],
)
def test_device_is_named_as_the_table_says(row):
    device = Device(row["browser"] or None, row["platform"] or None, row["kind"])
    assert (parse(row["user_agent"]), device_name(row["user_agent"])) == (
        device,
        row["device_name"] or None,
    )


@pytest.mark.parametrize(
    "user_agent",
    [
        pytest.param("", id="empty"),
        pytest.param("\x00\x1b[31m<script>\u202e\ud800%00%n", id="garbage"),
        pytest.param("x" * 10_000, id="10,000 characters"),
        pytest.param("(;/ " * 2_500, id="10,000 characters of punctuation"),
        pytest.param("%20 1/1 " * 1_250, id="10,000 characters like an app's name"),
    ],
)
def test_user_agent_without_a_product_has_no_name(user_agent):
    assert (parse(user_agent), device_name(user_agent)) == (Device(None, None, "other"), None)


def test_length_of_an_apps_name_is_bounded():
    app = f"{'x' * 500}/1 CFNetwork/1492.0.1 Darwin/23.3.0"
    assert len(device_name(app) or "") < 300


def test_table_is_large_and_repeats_nothing():
    assert len(ROWS) >= 100
    assert Counter(row["user_agent"] for row in ROWS).most_common(1)[0][1] == 1


def test_table_has_every_kind():
    assert {row["kind"] for row in ROWS} == set(KINDS)


def test_every_row_has_a_source():
    assert [row for row in ROWS if "/" not in row["source"]] == []


@pytest.mark.parametrize(
    ("pattern", "name"),
    [pytest.param(pattern, name, id=pattern.pattern) for pattern, name in _CORRECTED_BROWSERS],
)
def test_corrected_browser_has_a_row(pattern, name):
    mended = (
        next((each for each in _CORRECTED_BROWSERS if each[0].search(row["user_agent"])), None)
        for row in ROWS
    )
    assert (pattern, name) in mended
