"""Every theme keeps the contract of themes/README.md: each page, in each state, in each theme."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from django import forms
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
from user_sessions.tests.support.markup import problems_of, read, undefined_in
from user_sessions.tests.support.outline import outline, words
from user_sessions.tests.support.phones import PhoneAdapter
from user_sessions.tests.support.session_pages import PAGES as SESSION_PAGES
from user_sessions.tests.support.session_pages import STATES, Site, addresses
from user_sessions.tests.support.themes import (
    SESSION_THEMES,
    THEMES,
    WHOLE_THEMES,
    dressed_in,
    templates_of,
)
from user_sessions.tests.support.world import PAGES, World

# Variables that allauth's own pages print without passing them.
ALLAUTHS_OWN = {"redirect_field", "auth_params", "scope", "site.name"}
# Says nothing of the pages: it changes how templates are rendered, in every theme alike.
SESSION_STATES = [name for name in STATES if name != "no_context_processors"]
NOT_DEFAULT = [name for name in THEMES if name != "default"]


@pytest.fixture(autouse=True)
def _no_phones():
    PhoneAdapter.phones.clear()
    PhoneAdapter.sent.clear()


@pytest.fixture(autouse=True)
def _new_years_eve(monkeypatch):
    """The moment of all pages: however long it takes, no theme says "just now" and no other "1 minute ago"."""
    moment = datetime(2026, 12, 31, 12, tzinfo=UTC)
    monkeypatch.setattr("django.utils.timezone.now", lambda: moment)


@pytest.fixture
def world(user, make_browser, settings, monkeypatch):
    return World(user, make_browser, settings, monkeypatch)


@pytest.fixture
def site(user, laptop, make_browser, session_model, settings, tmp_path):
    return Site(user, laptop, make_browser, session_model, settings, tmp_path)


class Answer:
    """A page that a view has made, to be shown in other themes too."""

    def __init__(self, response):
        self.template = response.templates[0].name
        self.context = response.context[0].flatten()
        self.language = response.headers["Content-Language"]
        self._html = {}

    def html(self, theme):
        if theme not in self._html:
            with dressed_in(theme), translation.override(self.language):
                html = get_template(self.template).render(self.context)
            self._html[theme] = golden.without_chance(html)
        return self._html[theme]

    def content(self, theme):
        """Return the part of the page that the contract is about, without what just happened."""
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
        found += [f"{theme} does not say {word!r}" for word in said - words(content)]
        found += [f"{theme} also says {word!r}" for word in words(content) - said]
    return found


def faults(answer, themes):
    """Return what is wrong with the whole page in some themes, whatever it is about."""
    found = []
    for theme in themes:
        html = answer.html(theme)
        found += [f"{theme}: {problem}" for problem in problems_of(html)]
        found += [f"{theme}: nobody passes {name}" for name in undefined_in(html) - ALLAUTHS_OWN]
    return found


class TestSessionPages:
    @pytest.mark.parametrize("page", SESSION_PAGES)
    @pytest.mark.parametrize("state", SESSION_STATES)
    def test_a_page_is_the_same_in_every_theme(self, site, laptop, session_model, page, state):
        getattr(site, state)()
        answer = Answer(laptop.get(addresses(laptop, session_model)[page]))
        assert faults(answer, THEMES) == []
        assert differences(answer, NOT_DEFAULT) == []

    @pytest.mark.parametrize("number", [1, 2, 3])
    def test_so_is_each_page_of_the_list(self, site, laptop, number):
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
    def test_a_page_is_the_same_in_every_theme(self, world, name):
        answer = Answer(PAGES[name][1](world))
        assert faults(answer, WHOLE_THEMES) == []
        assert differences(answer, [name for name in WHOLE_THEMES if name != "default"]) == []


# One state of each page of the sessions and of allauth, and those that look otherwise.
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
GOLDEN_ERRORS = [
    *("sign in, wrong", "sign up, nothing said", "several addresses", "change of address, pending"),
    *("change password, wrong", "app, wrong code", "codes, again", "second factors, all"),
]
FIRST_STATES = {template: name for name, (template, _) in reversed(PAGES.items())}
GOLDEN_PAGES = sorted({*FIRST_STATES.values(), *GOLDEN_ERRORS})


class TestGoldens:
    """Themes as they were approved: `make goldens` approves, a reader of the diff decides."""

    @pytest.mark.parametrize("name", GOLDEN_SESSION_PAGES)
    def test_a_session_page_is_the_approved_one(self, site, laptop, session_model, name):
        state, page, *number = GOLDEN_SESSION_PAGES[name]
        getattr(site, state)()
        url = addresses(laptop, session_model)[page]
        answer = Answer(laptop.get(url, {"page": number}))
        assert [t for t in THEMES if golden.differs(t, name, answer.html(t))] == []

    @pytest.mark.parametrize("name", GOLDEN_PAGES)
    def test_a_page_of_allauth_is_the_approved_one(self, world, name):
        answer = Answer(PAGES[name][1](world))
        assert [t for t in WHOLE_THEMES if golden.differs(t, name, answer.html(t))] == []

    def test_there_are_no_others(self):
        """A golden page of a page that is gone would never be compared again."""
        whole = {golden.path_of("x", name).name for name in [*GOLDEN_SESSION_PAGES, *GOLDEN_PAGES]}
        sessions = {golden.path_of("x", name).name for name in GOLDEN_SESSION_PAGES}
        there = {
            folder.name: {path.name for path in folder.iterdir()}
            for folder in golden.FOLDER.iterdir()
        }
        assert there == dict.fromkeys(WHOLE_THEMES, whole) | dict.fromkeys(SESSION_THEMES, sessions)


class Choices(forms.Form):
    """A form with each kind of field, and an error of its own."""

    next = forms.CharField(widget=forms.HiddenInput, required=False)
    name = forms.CharField(help_text="As on your passport.")
    born = forms.DateField(required=False)
    plan = forms.ChoiceField(choices=[("a", "Basic"), ("b", "Better")])
    colour = forms.ChoiceField(
        choices=[("r", "Red"), ("g", "Green")], widget=forms.RadioSelect, help_text="Choose one."
    )
    days = forms.MultipleChoiceField(
        choices=[("m", "Monday"), ("t", "Tuesday")], widget=forms.CheckboxSelectMultiple
    )
    agree = forms.BooleanField(label="I agree", help_text="With everything.")
    face = forms.FileField(required=False)
    story = forms.CharField(widget=forms.Textarea(attrs={"class": "tall"}), disabled=True)

    def clean(self):
        raise forms.ValidationError("This can't be.")


FIELD = (
    '{% element field type=type id="i" name="n" value="v" placeholder="p" rows=3 autocomplete="a"'
    " required=on disabled=on readonly=on checked=on errors=errors %}{% slot label %}Name{% endslot %}"
)
FORM = '{% element form method="post" action="/" id="i" form=form no_visible_fields=bare %}'
TABLE = (
    "{% element table %}{% element thead %}{% element tr %}{% element th %}Key{% endelement %}"
    "{% element th %} {% endelement %}{% endelement %}{% endelement %}{% element tbody %}"
    '{% element tr %}{% element td align="right" %}x{% endelement %}{% element td %}y{% endelement %}'
    "{% endelement %}{% endelement %}{% endelement %}"
)
TYPES = ("text", "email", "password", "tel", "checkbox", "radio", "textarea")
BUTTON_TAGS = (
    *("", "danger,delete", "outline,primary", "secondary", "link,cancel", "prominent,login"),
    *("minor,secondary", "tool,danger", "primary", "outline,danger", "prominent,outline"),
)
# Each element of allauth with all that it can be given; more than its pages send.
ELEMENTS = {
    "alert": ("{% element alert %}{% slot message %}Mind this.{% endslot %}{% endelement %}", {}),
    **{
        f"badge, {tags}": (
            '{% element badge tags=tags title="t" %}x{% endelement %}',
            {"tags": tags},
        )
        for tags in ("", "success,email", "warning", "email,primary")
    },
    **{
        f"button, {tags}": (
            '{% element button tags=tags id="i" name="n" value=0 type="submit" %}Go{% endelement %}'
            '{% element button tags=tags href="/" id="j" %}Leave{% endelement %}',
            {"tags": tags},
        )
        for tags in BUTTON_TAGS
    },
    "button, of another form": (
        '<form id="f"></form>{% element button form="f" %}Go{% endelement %}'
        '{% element button href="/" %}Leave{% endelement %}',
        {},
    ),
    "button group": (
        "{% element button_group %}{% element button %}x{% endelement %}{% endelement %}"
        "{% element button_group vertical=True %}{% element button %}y{% endelement %}{% endelement %}",
        {},
    ),
    "details": (
        "{% element details %}{% slot summary %}More{% endslot %}{% slot body %}x{% endslot %}{% endelement %}"
        "{% element details open=True %}{% slot summary %}Less{% endslot %}{% slot body %}y{% endslot %}"
        "{% endelement %}",
        {},
    ),
    **{
        f"field, {kind}": (FIELD + "{% endelement %}", {"type": kind, "on": False})
        for kind in TYPES
    },
    **{
        f"field, {kind}, all of it": (
            FIELD + "{% slot value %}v{% endslot %}{% slot help_text %}Help.{% endslot %}{% endelement %}",
            {"type": kind, "on": True, "errors": ["Wrong.", "Bad."]},
        )
        for kind in TYPES
    },
    "field, a zero": (
        '{% element field type="text" id="i" value=0 %}{% slot label %}x{% endslot %}{% endelement %}',
        {},
    ),
    "field, no more than a type": (
        '{% element field type="text" errors=errors %}{% slot label %}x{% endslot %}{% endelement %}',
        {"errors": ["Wrong."]},
    ),
    "fields": (
        "{% element form form=form %}{% slot body %}{% element fields form=form %}{% endelement %}"
        "{% endslot %}{% endelement %}",
        {"form": Choices()},
    ),
    "fields, wrong": (
        FORM + "{% slot body %}{% element fields form=form unlabeled=True %}{% endelement %}{% endslot %}"
        "{% slot actions %}{% element button %}Go{% endelement %}{% endslot %}{% endelement %}",
        {"form": Choices({"colour": "none", "plan": "none"})},
    ),
    "fields, right": (
        "{% element fields form=form %}{% endelement %}",
        {"form": Choices({"colour": "r", "plan": "b", "name": "Ada", "days": ["m"], "agree": "on"})},
    ),
    "form, wrong without fields": (
        FORM + "{% slot body %}x{% endslot %}{% endelement %}",
        {"form": Choices({}), "bare": True},
    ),
    "h1": ("{% element h1 %}x{% endelement %}", {}),
    "h2": ("{% element h2 %}x{% endelement %}", {}),
    "hr": ("{% element hr %}{% endelement %}", {}),
    "img": ('{% element img src="/a.png" %}{% endelement %}{% element img src="/b.png" alt="B" %}{% endelement %}', {}),
    "p": ("{% element p %}x{% endelement %}", {}),
    "panel": (
        "{% element panel %}{% slot title %}Bare{% endslot %}{% slot body %}x{% endslot %}{% endelement %}"
        "{% element panel %}{% slot title %}Full{% endslot %}{% slot body %}y{% endslot %}"
        "{% slot actions %}{% element button %}One{% endelement %}{% endslot %}"
        "{% slot actions %}{% element button %}Two{% endelement %}{% endslot %}{% endelement %}",
        {},
    ),
    "providers": (
        "{% element provider_list %}{% element provider name='Dummy' href='/dummy/' %}{% endelement %}"
        "{% endelement %}",
        {},
    ),
    "table": (TABLE, {}),
}  # fmt: skip


def element_in(theme, source, context):
    """Return what elements become in a theme."""
    origin = Origin("test.html", template_name="test.html")
    with dressed_in(theme):
        template = Template("{% load allauth %}" + source, origin, engine=Engine.get_default())
        return read(template.render(Context(context)))


class TestElements:
    @pytest.mark.parametrize("name", ELEMENTS)
    def test_an_element_is_the_same_in_every_theme(self, name):
        source, context = ELEMENTS[name]
        made = {theme: element_in(theme, source, context) for theme in WHOLE_THEMES}
        for theme, page in made.items():
            assert (theme, outline(page)) == (theme, outline(made["default"]))
            assert (theme, words(page)) == (theme, words(made["default"]))

    def test_every_element_is_tried(self):
        said = {codes(row["element"])[0] for row in rows("allauth's elements")}
        tried = {
            name
            for source, _ in ELEMENTS.values()
            for name in re.findall(r"{% element (\w+)", source)
        }
        assert tried == said


def names_of(theme):
    folder = templates_of(theme)
    return {str(path.relative_to(folder)) for path in folder.rglob("*.html")}


def public(names):
    """Leave out the parts that a theme made for itself."""
    return {name for name in names if "/_" not in name}


PARTS = {f"user_sessions/{codes(row['include'])[0]}" for row in rows("Includes")}
WORDS = {f"user_sessions/{codes(row['words'])[0]}" for row in rows("Includes", "words")}
SESSION_FILES = {*column("Pages", "template"), "user_sessions/_base.html"}
FRAMEWORKS = [name for name in WHOLE_THEMES if name != "default"]


class TestFiles:
    """What a theme consists of."""

    @pytest.mark.parametrize("theme", THEMES)
    def test_a_theme_is_an_app_with_a_label_of_its_own(self, theme):
        assert AppConfig.create(f"user_sessions_themes.{theme}").label == f"user_sessions_{theme}"

    @pytest.mark.parametrize("theme", FRAMEWORKS)
    def test_a_framework_fills_every_page_and_part(self, theme):
        assert names_of(theme) >= SESSION_FILES | PARTS | {"user_sessions/_menu_link.html"}

    @pytest.mark.parametrize("theme", WHOLE_THEMES)
    def test_a_whole_theme_has_what_allauth_has(self, theme):
        def allauths(names):
            return {name for name in public(names) if not name.startswith("user_sessions/")}

        left = {f"allauth/elements/{name}.html" for name in LEFT_TO_ALLAUTH}
        assert allauths(names_of(theme)) - left == allauths(names_of("default"))

    @pytest.mark.parametrize("theme", SESSION_THEMES)
    def test_the_others_have_session_pages_only(self, theme):
        assert {name.split("/")[0] for name in names_of(theme)} <= {"user_sessions"}
        assert names_of(theme) >= set(column("Pages", "template"))

    @pytest.mark.parametrize("theme", THEMES)
    def test_words_are_left_to_the_app(self, theme):
        assert names_of(theme) & WORDS == set()

    @pytest.mark.parametrize("theme", [*FRAMEWORKS, "admin"])
    def test_the_skeleton_has_the_blocks(self, theme):
        blocks = blocks_of(templates_of(theme) / "user_sessions" / "_base.html")
        assert set(column("Blocks", "block")) <= set(blocks)

    @pytest.mark.parametrize("theme", FRAMEWORKS)
    def test_the_skeleton_has_no_block_that_nobody_knows(self, theme):
        blocks = blocks_of(templates_of(theme) / "user_sessions" / "_base.html")
        assert sorted(blocks) == sorted(column("Blocks", "block"))

    @pytest.mark.parametrize("theme", FRAMEWORKS)
    @pytest.mark.parametrize("page", column("Pages", "template"))
    def test_a_page_extends_the_skeleton_and_fills_its_own_blocks(self, theme, page):
        path = templates_of(theme) / page
        assert parent_of(path) == "user_sessions/_base.html"
        assert set(blocks_of(path)) <= {"title", "menu", "main_class", "body_class", "content"}
