"""Every theme keeps the contract of themes/README.md: each page, in each state, in each theme."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from django.apps import AppConfig
from django.template import Context, Engine, Origin, Template
from django.template.loader import get_template
from django.utils import translation

from user_sessions.tests.support import golden
from user_sessions.tests.support.contract import (
    LEFT_TO_ALLAUTH,
    blocks_of,
    codes,
    column,
    parent_of,
    rows,
)
from user_sessions.tests.support.elements import ELEMENTS
from user_sessions.tests.support.markup import problems_of, read, undefined_in
from user_sessions.tests.support.outline import outline, words
from user_sessions.tests.support.phones import PhoneAdapter
from user_sessions.tests.support.session_pages import LIST, STATES, Site, addresses
from user_sessions.tests.support.session_pages import PAGES as SESSION_PAGES
from user_sessions.tests.support.themes import (
    SESSION_THEMES,
    THEMES,
    WHOLE_THEMES,
    dressed_in,
    templates_of,
)
from user_sessions.tests.support.world import PAGES, World

# Variables that allauth's own pages print without passing them.
UNDEFINED = {"redirect_field", "auth_params", "scope", "site.name"}
# The key in the address that confirms an e-mail address; it is signed with the time.
CONFIRMATION = re.compile(r"(?<=/confirm-email/)[\w:-]{20,}")
# A page of allauth's whose table has a head without a row.
INVALID = {"keys"}
# The state left out changes how templates are rendered, in the same way in every theme.
SESSION_STATES = [name for name in STATES if name != "no_context_processors"]
NOT_DEFAULT = [name for name in THEMES if name != "default"]


@pytest.fixture(autouse=True)
def _no_phones():
    PhoneAdapter.phones.clear()
    PhoneAdapter.sent.clear()


@pytest.fixture(autouse=True)
def _new_years_eve(monkeypatch):
    """Freeze the time, so that all themes show the same times however long the test takes."""
    moment = datetime(2026, 12, 31, 12, tzinfo=UTC)
    monkeypatch.setattr("django.utils.timezone.now", lambda: moment)


@pytest.fixture
def world(user, make_browser, settings, monkeypatch):
    return World(user, make_browser, settings, monkeypatch)


@pytest.fixture
def site(user, laptop, make_browser, session_model, settings, tmp_path):
    return Site(user, laptop, make_browser, session_model, settings, tmp_path)


class Answer:
    """The response of a view, which can be rendered in other themes."""

    def __init__(self, response):
        self.template = response.templates[0].name
        self.context = response.context[0].flatten()
        self.language = response.headers["Content-Language"]
        self._html = {}

    def html(self, theme):
        if theme not in self._html:
            with dressed_in(theme), translation.override(self.language):
                html = get_template(self.template).render(self.context)
            self._html[theme] = CONFIRMATION.sub("KEY", html)
        return self._html[theme]

    def content(self, theme):
        """Return the part of the page that the contract covers, without its messages."""
        main = read(self.html(theme)).one("main")
        for said in main.all(role="status"):
            said.parent.children.remove(said)
        return main

    def messages(self, theme):
        return words(read(self.html(theme)).one(role="status"))


def differences(answer, themes):
    """Return how the themes' content differs from the default look's."""
    default = answer.content("default")
    facts, said = outline(default), words(default)
    found = []
    for theme in themes:
        content = answer.content(theme)
        own = outline(content)
        found += [f"{theme} lacks {fact}" for fact in facts if fact not in own]
        found += [f"{theme} adds {fact}" for fact in own if fact not in facts]
        found += [f"{theme} has another order"] * (not found and own != facts)
        found += [f"{theme} lacks the word {word!r}" for word in said - words(content)]
        found += [f"{theme} adds the word {word!r}" for word in words(content) - said]
    return found


@pytest.fixture
def faults(request):
    page = request.node.callspec.id

    def faults(answer, themes):
        """Return the problems of the whole page in some themes."""
        found = []
        for theme in themes:
            html = answer.html(theme)
            found += [f"{theme}: {problem}" for problem in problems_of(html)]
            found += [f"{theme}: no view passes {name}" for name in undefined_in(html) - UNDEFINED]
            if page not in INVALID:
                golden.write_for_lint(theme, page, html)
        return found

    return faults


class TestSessionPages:
    @pytest.mark.parametrize("page", SESSION_PAGES)
    @pytest.mark.parametrize("state", SESSION_STATES)
    def test_a_page_is_the_same_in_every_theme(
        self, faults, site, laptop, session_model, page, state
    ):
        getattr(site, state)()
        answer = Answer(laptop.get(addresses(laptop, session_model)[page]))
        assert faults(answer, THEMES) == []
        assert differences(answer, NOT_DEFAULT) == []

    @pytest.mark.parametrize("number", [1, 2, 3])
    def test_each_page_of_the_list_is_the_same_in_every_theme(self, faults, site, laptop, number):
        site.many()
        answer = Answer(laptop.get(addresses(laptop, site.session_model)["list"], {"page": number}))
        assert faults(answer, THEMES) == []
        assert differences(answer, NOT_DEFAULT) == []

    def test_messages_are_announced_in_every_theme(self, site, laptop, session_model):
        site.everything_said()
        answer = Answer(laptop.get(addresses(laptop, session_model)["list"]))
        said = {theme: answer.messages(theme) for theme in THEMES}
        assert said == dict.fromkeys(THEMES, answer.messages("default"))


class TestAllauthsPages:
    @pytest.mark.parametrize("name", PAGES)
    def test_a_page_is_the_same_in_every_theme(self, faults, world, name):
        answer = Answer(PAGES[name][1](world))
        assert faults(answer, WHOLE_THEMES) == []
        assert differences(answer, [name for name in WHOLE_THEMES if name != "default"]) == []


# One state of each session page, and each state that looks different.
GOLDEN_SESSION_PAGES = {
    "sessions, only this": ("one", "list"),
    "sessions, three": ("three", "list"),
    "sessions, many": ("many", "list", 3),
    "sessions, places": ("places", "list"),
    "sessions, nothing known": ("nothing_known", "list"),
    "sessions, hostile": ("hostile", "list"),
    "sessions, messages": ("everything_said", "list"),
    "sessions, right to left": ("right_to_left", "list"),
    "end this one": ("one", "end this one"),
    "end another": ("three", "end another"),
    "end others": ("three", "end others"),
    "end others, none": ("one", "end others"),
}


def rendered(theme, source, context):
    """Return the HTML of a template in a theme."""
    origin = Origin("test.html", template_name="test.html")
    with dressed_in(theme):
        template = Template(source, origin, engine=Engine.get_default())
        return template.render(Context(context))


def element_in(theme, name):
    source, context = ELEMENTS[name]
    return rendered(theme, "{% load allauth %}" + source, context)


def elements_in(theme):
    """Return the HTML of all elements in a theme, each in a section with its name."""
    return "".join(
        f'<section title="{name}">{element_in(theme, name)}</section>' for name in ELEMENTS
    )


# A page that fills all blocks of a layout.
LAYOUT = (
    "{% extends layout %}{% block head_title %}Title{% endblock %}"
    '{% block extra_head %}<link rel="icon" href="/icon.svg">{% endblock %}'
    "{% block content %}{{ content|safe }}{% endblock %}"
    '{% block extra_body %}<script src="/page.js"></script>{% endblock %}'
)
# Each layout, and its content in a theme.
GOLDEN_LAYOUTS = {
    "elements": ("manage", elements_in),
    "entrance": ("entrance", lambda theme: "<h1>Welcome</h1>"),
}


class TestGoldens:
    """Themes look as approved: `make goldens` writes the pages, and a reviewer reads the diff."""

    @pytest.mark.parametrize("name", GOLDEN_SESSION_PAGES)
    def test_a_session_page_is_the_approved_one(self, site, laptop, session_model, name):
        state, page, *number = GOLDEN_SESSION_PAGES[name]
        getattr(site, state)()
        url = addresses(laptop, session_model)[page]
        answer = Answer(laptop.get(url, {"page": number}))
        assert [t for t in THEMES if golden.differs(t, name, answer.html(t))] == []

    @pytest.mark.parametrize("name", GOLDEN_LAYOUTS)
    def test_a_layout_of_allauth_is_the_approved_one(self, laptop, name):
        layout, content_in = GOLDEN_LAYOUTS[name]
        context = Answer(laptop.get(LIST)).context | {"layout": f"allauth/layouts/{layout}.html"}
        pages = {t: rendered(t, LAYOUT, context | {"content": content_in(t)}) for t in WHOLE_THEMES}
        assert [t for t, html in pages.items() if golden.differs(t, name, html)] == []

    def test_each_golden_file_belongs_to_a_page_that_exists(self):
        """The golden file of a removed page would never be compared again."""
        sessions = set(map(golden.file_name, GOLDEN_SESSION_PAGES))
        whole = sessions | set(map(golden.file_name, GOLDEN_LAYOUTS))
        there = {
            folder.name: {path.name for path in folder.iterdir()}
            for folder in golden.FOLDER.iterdir()
        }
        assert there == dict.fromkeys(WHOLE_THEMES, whole) | dict.fromkeys(SESSION_THEMES, sessions)


class TestElements:
    @pytest.mark.parametrize("name", ELEMENTS)
    def test_an_element_is_the_same_in_every_theme(self, name):
        made = {theme: element_in(theme, name) for theme in WHOLE_THEMES}
        default = read(made["default"])
        for theme, html in made.items():
            assert (theme, undefined_in(html)) == (theme, set())
            assert (theme, outline(read(html))) == (theme, outline(default))
            assert (theme, words(read(html))) == (theme, words(default))

    def test_every_documented_element_is_tested(self):
        said = {codes(row["element"])[0] for row in rows("allauth's elements")}
        assert said == {name for source, _ in ELEMENTS.values() for name, _ in uses_in(source)}

    @pytest.mark.parametrize(
        "row", rows("allauth's elements"), ids=lambda row: codes(row["element"])[0]
    )
    def test_an_element_is_tested_with_all_that_it_reads(self, row):
        name, *_ = codes(row["element"])
        tested = [each for each in ELEMENTS.values() if f"{{% element {name} " in each[0]]
        uses = [use for source, _ in tested for element, use in uses_in(source) if element == name]
        attributes = {word for use in uses for word in re.findall(r"(\w+)=", use)}
        slots = {word for source, _ in tested for word in re.findall(r"{% slot (\w+)", source)}
        tags = {tag for _, context in tested for tag in context.get("tags", "").split(",")}
        assert set(codes(row["attributes"])) <= attributes
        assert set(codes(row["slots"])) <= slots | {"default"}
        assert set(codes(row["tags"])) <= tags


def uses_in(source):
    """Return each use of an element: its name and its attributes."""
    return re.findall(r"{% element (\w+)([^%]*)%}", source)


def names_of(theme):
    folder = templates_of(theme)
    return {str(path.relative_to(folder)) for path in folder.rglob("*.html")}


def public(names):
    """Return the names without the private parts of a theme."""
    return {name for name in names if "/_" not in name}


PARTS = {f"user_sessions/{codes(row['include'])[0]}" for row in rows("Includes")}
WORDS = {f"user_sessions/{codes(row['words'])[0]}" for row in rows("Includes", "words")}
SESSION_FILES = {*column("Pages", "template"), "user_sessions/_base.html"}
FRAMEWORKS = [name for name in WHOLE_THEMES if name != "default"]


class TestFiles:
    """The files of a theme."""

    @pytest.mark.parametrize("theme", THEMES)
    def test_a_theme_is_an_app_with_a_label_of_its_own(self, theme):
        assert AppConfig.create(f"user_sessions_themes.{theme}").label == f"user_sessions_{theme}"

    @pytest.mark.parametrize("theme", FRAMEWORKS)
    def test_a_framework_theme_has_every_page_and_include(self, theme):
        assert names_of(theme) >= SESSION_FILES | PARTS | {"user_sessions/_menu_link.html"}

    @pytest.mark.parametrize("theme", WHOLE_THEMES)
    def test_a_theme_for_allauth_has_the_files_of_the_default_theme(self, theme):
        def allauths(names):
            return {name for name in public(names) if not name.startswith("user_sessions/")}

        left = {f"allauth/elements/{name}.html" for name in LEFT_TO_ALLAUTH}
        assert allauths(names_of(theme)) - left == allauths(names_of("default"))

    @pytest.mark.parametrize("theme", SESSION_THEMES)
    def test_a_theme_without_allauth_has_only_session_pages(self, theme):
        assert {name.split("/")[0] for name in names_of(theme)} <= {"user_sessions"}
        assert names_of(theme) >= set(column("Pages", "template"))

    @pytest.mark.parametrize("theme", THEMES)
    def test_a_theme_does_not_override_the_includes_of_words(self, theme):
        assert names_of(theme) & WORDS == set()

    @pytest.mark.parametrize("theme", [*FRAMEWORKS, "admin"])
    def test_the_skeleton_has_every_documented_block(self, theme):
        blocks = blocks_of(templates_of(theme) / "user_sessions" / "_base.html")
        assert set(column("Blocks", "block")) <= set(blocks)

    @pytest.mark.parametrize("theme", FRAMEWORKS)
    def test_the_skeleton_has_no_undocumented_block(self, theme):
        blocks = blocks_of(templates_of(theme) / "user_sessions" / "_base.html")
        assert sorted(blocks) == sorted(column("Blocks", "block"))

    @pytest.mark.parametrize("theme", FRAMEWORKS)
    @pytest.mark.parametrize("page", column("Pages", "template"))
    def test_a_page_extends_the_skeleton_and_fills_its_own_blocks(self, theme, page):
        path = templates_of(theme) / page
        assert parent_of(path) == "user_sessions/_base.html"
        assert set(blocks_of(path)) <= {"title", "menu", "main_class", "body_class", "content"}
