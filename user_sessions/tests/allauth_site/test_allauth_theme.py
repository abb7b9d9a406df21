"""The theme `allauth` without another theme below it: elements are allauth's own or the site's."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path

import allauth
import pytest

from user_sessions.tests.support.markup import name_of, problems_of, read, undefined_in, with_marker
from user_sessions.tests.support.outline import outline, words
from user_sessions.tests.support.session_pages import PAGES, Site, addresses
from user_sessions.tests.support.themes import templates_of

STATES = ("one", "three", "many", "places", "nothing_known", "hostile")


@pytest.fixture
def site(user, laptop, make_browser, session_model, settings, tmp_path, clock):
    return Site(user, laptop, make_browser, session_model, settings, tmp_path)


@pytest.fixture
def dress(settings):
    """Return a function that uses the theme's templates, below those of the given folders."""

    def dress(*folders):
        templates = with_marker(deepcopy(settings.TEMPLATES))
        allauths = Path(allauth.__file__).parent / "templates"
        templates[0]["DIRS"] = [*folders, templates_of("allauth"), allauths]
        settings.TEMPLATES = templates

    return dress


def seen(browser, url, **query):
    """Return a page with each CSRF token replaced by the same word."""
    response = browser.get(url, query)
    page = read(response.content.decode())
    for token in page.all("input", name="csrfmiddlewaretoken"):
        token.attributes["value"] = "token"
    return page


def outline_from_heading(page):
    """Return the outline of a page without what allauth's layout shows above the content."""
    facts = outline(page.one("body"))
    return facts[[fact[0] for fact in facts].index("h1") :]


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("state", STATES)
def test_a_page_has_the_structure_and_words_of_the_default_look(site, laptop, dress, page, state):
    getattr(site, state)()
    url = addresses(laptop, site.session_model)[page]
    default = seen(laptop, url).one("main")
    dress()
    own = seen(laptop, url)
    assert outline_from_heading(own) == outline(default)
    assert words(default) - words(own.one("body")) == {}


def test_the_last_page_of_a_long_list_has_the_structure_of_the_default_look(site, laptop, dress):
    site.many()
    url = addresses(laptop, site.session_model)["list"]
    default = seen(laptop, url, page=3).one("main")
    dress()
    assert outline_from_heading(seen(laptop, url, page=3)) == outline(default)


# Problems of allauth's own skeleton, which a site replaces.
ALLAUTHS_FAULTS = {"there are 0 <main>", "<html> has no lang or no dir"}


@pytest.mark.parametrize("page", PAGES)
def test_a_page_has_only_the_faults_of_allauths_skeleton(site, laptop, dress, page):
    site.three()
    dress()
    html = laptop.get(addresses(laptop, site.session_model)[page]).content.decode()
    ours = {fault for fault in problems_of(html) if "http-equiv" not in fault}
    assert ours == ALLAUTHS_FAULTS
    assert undefined_in(html) == set()


def test_text_for_screen_readers_is_hidden_by_the_shared_stylesheet(site, laptop, dress):
    """The device in a button's name is for screen readers; without the stylesheet it would be visible."""
    site.three()
    dress()
    page = seen(laptop, addresses(laptop, site.session_model)["list"])
    button = page.one("button", id="end-2")
    assert name_of(button) == "End session Safari on iPhone"
    assert button.one("span", class_="us-visually-hidden").text == "Safari on iPhone"
    assert "/static/user_sessions/shared.css" in [link["href"] for link in page.all("link")]


@pytest.mark.parametrize("page", ["list", "end another", "end others"])
def test_an_element_of_the_site_can_have_a_variant_for_a_layout(
    site, laptop, dress, tmp_path, page
):
    """allauth prefers `button__manage.html` on its manage layout, on included templates too."""
    site.many()
    folder = tmp_path / "allauth" / "elements"
    folder.mkdir(parents=True)
    (folder / "button__manage.html").write_text(
        "{% load allauth %}<button class='site'>{% slot %}{% endslot %}</button>"
    )
    dress(tmp_path)
    buttons = seen(laptop, addresses(laptop, site.session_model)[page]).all("a", "button")
    ours = [button for button in buttons if button.inside("li") is None or button.name != "a"]
    assert ours
    assert {tuple(button.classes) for button in ours} == {("site",)}
