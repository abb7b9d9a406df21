"""The language switch of the demo."""

from __future__ import annotations

import pytest

from e2e.pages import HomePage, SessionListPage

SWITCHES = {"nl": "Nederlands", "he": "עברית"}


@pytest.mark.parametrize("language", SWITCHES)
def test_the_language_that_is_chosen_stays(open_browser, ada, language):
    home = open_browser(ada).visit(HomePage)

    home.press_language(SWITCHES[language])

    visitor = home.visitor.reads(language)
    HomePage(visitor).arrived()
    visitor.visit(SessionListPage)
