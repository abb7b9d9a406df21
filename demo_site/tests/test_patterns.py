"""The page of patterns shows everything in themes/README.md, in every theme, and changes nothing."""

from __future__ import annotations

import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse

from demo_site import conf
from demo_site.patterns import BADGE_TAGS, BUTTON_TAGS
from demo_site.settings import BASE_DIR

HOST = {"HTTP_HOST": "localhost"}
PATTERNS = reverse("patterns")
TEMPLATES = BASE_DIR / "templates" / "demo_site" / "patterns"


class Tags(HTMLParser):
    """The tags of a page with their attributes."""

    def __init__(self, html):
        super().__init__()
        self.found = []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))


def tags_of(response):
    return Tags(response.content.decode()).found


@pytest.fixture(params=conf.themes())
def themed_client(client, request):
    client.cookies.load({"theme": request.param})
    return client


def contract():
    """Return each element in themes/README.md with its attributes, slots and tags."""
    text = Path(settings.THEMES_DIR, "README.md").read_text(encoding="utf-8")
    table = text.partition("## allauth's elements")[2]
    rows = re.findall(r"^\| `(\w+)` \|(.*)\|(.*)\|(.*)\|$", table, re.MULTILINE)
    return {name: [re.findall(r"`(\w+)`", cell) for cell in cells] for name, *cells in rows}


def own_templates():
    paths = [*TEMPLATES.glob("*.html"), TEMPLATES.with_suffix(".html")]
    return "".join(path.read_text(encoding="utf-8") for path in paths)


@pytest.mark.parametrize("element", contract())
def test_patterns_show_each_element_with_all_attributes_and_slots(element):
    attributes, slots, _tags = contract()[element]
    templates = own_templates()
    uses = re.findall(rf"{{% element {element} (.*?)%}}", templates)
    assert uses
    assert {name for name in attributes if not any(f"{name}=" in use for use in uses)} == set()
    assert {name for name in slots if f"{{% slot {name} %}}" not in templates} <= {"default"}


@pytest.mark.parametrize(("element", "shown"), [("button", BUTTON_TAGS), ("badge", BADGE_TAGS)])
def test_patterns_show_each_tag_of_an_element(element, shown):
    _attributes, _slots, tags = contract()[element]
    assert set(tags) == {tag for several in shown for tag in several.split(",") if tag}


def test_page_has_unique_ids_one_h1_and_no_broken_references_in_every_theme(themed_client):
    tags = tags_of(themed_client.get(PATTERNS, **HOST))
    ids = Counter(attributes["id"] for _tag, attributes in tags if "id" in attributes)
    assert [name for name, count in ids.items() if count > 1] == []
    assert [tag for tag, _attributes in tags].count("h1") == 1
    referred = {
        name
        for _tag, attributes in tags
        for attribute in ("for", "aria-labelledby", "aria-describedby")
        for name in (attributes.get(attribute) or "").split()
    }
    assert referred - set(ids) == set()


def test_every_form_on_the_page_posts_to_the_page(themed_client):
    html = themed_client.get(PATTERNS, **HOST).content.decode()
    content = html.partition("<main")[2].partition("</main>")[0]
    actions = {attributes["action"] for tag, attributes in Tags(content).found if tag == "form"}
    assert actions == {PATTERNS}


def test_post_redirects_to_the_page(client):
    response = client.post(PATTERNS, {"name": "value"}, **HOST)
    assert (response.status_code, response.url) == (302, PATTERNS)


@pytest.mark.parametrize(("theme", "has_elements"), [("admin", False), ("bulma", True)])
def test_page_shows_allauth_elements_only_in_themes_that_have_them(client, theme, has_elements):
    html = client.get(PATTERNS, {"theme": theme}, **HOST).content.decode()
    assert 'id="sessions"' in html
    assert ('id="buttons"' in html) == has_elements
