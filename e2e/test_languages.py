"""The language switch of the demo."""

from __future__ import annotations

import pytest

from e2e.pages import HomePage, SessionListPage

SWITCHES = {"nl": "Nederlands", "he": "עברית"}


@pytest.mark.parametrize("language", SWITCHES)
def test_chosen_language_applies_to_later_pages(open_browser, ada, language):
    home = open_browser(ada).visit(HomePage)

    home.choose_language(SWITCHES[language])

    visitor = home.visitor.with_language(language)
    HomePage(visitor).arrived()
    visitor.visit(SessionListPage)
