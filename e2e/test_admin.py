"""Django's admin on the demo, for its staff."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

ADDRESSES = ["/admin/", "/admin/user_sessions/session/"]


@pytest.mark.parametrize("address", ADDRESSES)
def test_the_admin_keeps_the_rules_that_watch_over_every_page(open_browser, grace, address):
    browser = open_browser(grace)

    browser.page.goto(address)

    expect(browser.page.get_by_role("heading", level=1)).to_be_visible()
