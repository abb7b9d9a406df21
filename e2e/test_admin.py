"""Django's admin in the demo."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

ADDRESSES = ["/admin/", "/admin/user_sessions/session/"]


@pytest.mark.parametrize("address", ADDRESSES)
def test_admin_page_loads_without_a_browser_problem(open_browser, grace, address):
    browser = open_browser(grace)

    browser.page.goto(address)

    expect(browser.page.get_by_role("heading", level=1)).to_be_visible()
