"""The session pages: the contract in themes/README.md, and what users see."""

from __future__ import annotations

import dataclasses
import logging
import re
from collections import defaultdict
from contextlib import suppress
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.core.paginator import Page, Paginator
from django.template import Context, Engine, TemplateSyntaxError
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.views import View

import user_sessions
from user_sessions.device import KINDS
from user_sessions.engine import get_session_model
from user_sessions.keys import digest_of
from user_sessions.summary import SessionSummary
from user_sessions.templatetags.user_sessions import ago, register
from user_sessions.tests.support import geoip, session_pages
from user_sessions.tests.support.contract import (
    TEMPLATES,
    blocks_of,
    codes,
    column,
    parent_of,
    rows,
    section,
)
from user_sessions.tests.support.markup import (
    description_of,
    name_of,
    problems_of,
    read,
    undefined_in,
    with_marker,
)
from user_sessions.tests.support.session_pages import (
    END_OTHER,
    LEVELS,
    LIST,
    STATES,
    Site,
    addresses,
    end_url,
)
from user_sessions.tests.support.user_agents import SAFARI_ON_IPHONE

APP = Path(user_sessions.__file__).parent
PAGES = TEMPLATES / "user_sessions"
SHARED = PAGES / "allauth"
THEMES = APP.parent / "themes"
STATIC = APP / "static" / "user_sessions"
ALL_TEMPLATES = sorted([*TEMPLATES.rglob("*.html"), *THEMES.glob("*/templates/**/*.html")])
CSS = "".join((STATIC / name).read_text() for name in ("shared.css", "user_sessions.css"))
ICONS = (STATIC / "icons.svg").read_text()
# The static files of our apps: those that we wrote, and those that `make assets` copies
OWN_FILES = [*APP.glob("static/*/*"), *THEMES.glob("*/static/*/*")]
VENDOR_FILES = [*THEMES.glob("*/static/*/vendor/**/*")]
STYLESHEETS = sorted(path for path in OWN_FILES if path.suffix == ".css")
VENDOR_STYLESHEETS = sorted(path for path in VENDOR_FILES if path.suffix == ".css")
PICTURES = sorted(path for path in OWN_FILES if path.suffix == ".svg")
VENDOR_PICTURES = sorted(path for path in VENDOR_FILES if path.suffix == ".svg")

# Includes inside an element's tag: attributes, not text.
INSIDE_A_TAG = re.compile(r"_(\w+_)?(attributes|class|name)\.html")
EXACT = "N j, Y, P T"


def includes():
    """Return the rows on includes, each with its name, what it reads and what it shows."""
    words = [{**row, "include": row["words"]} for row in rows("Includes", "words")]
    return rows("Includes") + words


@pytest.fixture(autouse=True)
def _marked(settings):
    settings.TEMPLATES = with_marker(settings.TEMPLATES)


@pytest.fixture
def engine():
    """The templates of this app alone, without a theme's."""
    return Engine(
        dirs=[TEMPLATES],
        libraries={
            "i18n": "django.templatetags.i18n",
            "static": "django.templatetags.static",
            "user_sessions": "user_sessions.templatetags.user_sessions",
        },
        debug=True,
    )


@pytest.fixture
def phone(user, make_browser):
    """Another browser of the same user."""
    return make_browser(user, user_agent=SAFARI_ON_IPHONE, ip=geoip.IN_MUNICH)


@pytest.fixture
def pages(laptop, phone):
    """The response of each page, by its template."""
    return {
        "session_list.html": laptop.get(LIST),
        "session_confirm_end.html": laptop.get(end_url(phone)),
        "session_confirm_end_other.html": laptop.get(END_OTHER),
    }


class TestContract:
    """themes/README.md lists what exists, and all of it."""

    def test_all_themes_are_listed(self):
        said = column("The themes", "theme")
        assert sorted(said) == sorted(path.parent.name for path in THEMES.glob("*/apps.py"))

    def test_all_pages_are_listed(self):
        there = {f"user_sessions/{path.name}" for path in PAGES.glob("[!_]*.html")}
        assert set(column("Pages", "template")) == there

    @pytest.mark.parametrize("row", rows("Pages"), ids=column("Pages", "template"))
    def test_a_page_extends_the_listed_template(self, row):
        assert parent_of(TEMPLATES / codes(row["template"])[0]) == codes(row["extends"])[0]

    @pytest.mark.parametrize("row", rows("Pages"), ids=column("Pages", "template"))
    def test_a_page_is_shown_for_the_listed_url(self, row, laptop, phone):
        template, name = codes(row["template"])[0], codes(row["shown for"])[-1]
        args = [digest_of(phone.key)] if name == "user_sessions:session_delete" else []
        assert laptop.get(reverse(name, args=args)).templates[0].name == template

    def test_all_blocks_of_the_skeleton_are_listed_in_order(self):
        assert column("Blocks", "block") == blocks_of(PAGES / "_base.html")

    @pytest.mark.parametrize("path", sorted(PAGES.glob("[!_]*.html")), ids=lambda path: path.name)
    def test_a_page_fills_title_menu_and_content(self, path):
        assert blocks_of(path) == ["title", "menu", "content"]

    @pytest.mark.parametrize("template", sorted({codes(r["template"])[0] for r in rows("Context")}))
    def test_the_listed_context_is_what_the_view_passes(self, pages, template):
        said = {codes(r["variable"])[0] for r in rows("Context") if template in r["template"]}
        passed = set(pages[template].context_data)
        # Django's own name for the object or the list; README tells themes to leave it alone.
        model_name = get_session_model()._meta.model_name
        assert passed - {model_name, f"{model_name}_list"} == said

    def test_the_context_of_every_page_is_listed(self):
        assert {r["template"] for r in rows("Context")} == {
            f"`{Path(name).name}`" for name in column("Pages", "template")
        }

    @pytest.mark.parametrize(
        "row",
        rows("Context"),
        ids=lambda row: "-".join(codes(row["template"] + row["variable"])),
    )
    def test_the_context_has_the_listed_types(self, pages, row):
        value = pages[codes(row["template"])[0]].context_data[codes(row["variable"])[0]]
        kind = row["type"].replace("`", "")
        types = {
            "str": str,
            "int": int,
            "bool": bool,
            "Page": Page,
            "Paginator": Paginator,
            "View": View,
            "Session": get_session_model(),
        }
        for each in value if kind.startswith("list of ") else [value]:
            assert isinstance(each, types[kind.removeprefix("list of ")])

    def test_all_fields_of_a_summary_are_listed(self):
        said = {codes(r["field"])[0]: r["type"].replace("`", "") for r in rows("`summary`")}
        assert said == {
            field.name: field.type.replace(" | ", " or ")
            for field in dataclasses.fields(SessionSummary)
        }

    def test_all_includes_are_listed(self):
        there = {path.name for path in PAGES.glob("_[!b]*")}
        assert {codes(row["include"])[0] for row in includes()} == there

    @pytest.mark.parametrize("row", includes(), ids=lambda row: codes(row["include"])[0])
    def test_an_include_reads_exactly_the_listed_variables(self, row, engine, pages, caplog):
        """It needs no other variable, and it needs each of these."""
        caplog.set_level(logging.DEBUG, "django.template")
        context = pages["session_list.html"].context_data
        value = {
            "summary": context["object_list"][1].summary,
            "number": 1,
            "kind": "phone",
            "value": timezone.now(),
            "text": "now",
            "messages": [],
            **context,
        }
        said = codes(row["reads"])
        template = engine.get_template(f"user_sessions/{codes(row['include'])[0]}")

        def missing(names):
            """Return the undefined variables of the include if only these are passed."""
            caplog.clear()
            given = Context({name: value[name] for name in names})
            # Without a date or a number, the template raises when it counts.
            with suppress(TypeError, TemplateSyntaxError):
                template.render(given)
            return {record.args[0] for record in caplog.records}

        assert missing(said) == set()
        for name in said:
            assert name in missing(set(said) - {name})

    def test_filters_are_registered(self):
        assert set(column("Filters", "filter")) <= set(register.filters)

    def test_all_filters_of_the_templates_are_listed(self):
        used = {
            name
            for path in ALL_TEMPLATES
            for name in re.findall(r"\|(\w+)", path.read_text())
            if name in register.filters
        }
        assert used == set(column("Filters", "filter"))

    def test_all_classes_of_the_stylesheet_are_listed(self):
        """A part (us-x__y) is private, and so are the classes that the section lists as private."""
        public = {
            name
            for row in rows("Classes")
            for cell in ("class", "with")
            for name in codes(row[cell])
        }
        sentence = next(line for line in section("Classes").split("\n\n") if "Private" in line)
        private = {name for name in codes(sentence) if name.startswith("us-") and "__" not in name}
        defined = {name for name in class_names(CSS) if "__" not in name}
        assert not public & private
        assert public | private == defined

    def test_every_class_of_the_templates_is_defined(self):
        defined = {name for path in STYLESHEETS for name in class_names(path.read_text())}
        used = {
            name
            for path in ALL_TEMPLATES
            for name in re.findall(r"\bus-[\w-]+", without_comments(path.read_text()))
            if not name.endswith("-")  # the rest of it is a variable
        }
        # By this class, allauth/elements/form.html detects that its body shows the errors.
        assert used - {"us-form-errors"} <= defined

    def test_all_includes_for_allauths_templates_are_listed(self):
        """What themes include has a table; what they extend is tested below."""
        said = {codes(row["shared"])[0] for row in rows("allauth's layouts and pages", "shared")}
        assert said == {f"user_sessions/allauth/{path.name}" for path in SHARED.glob("_*")}

    def test_each_shared_page_of_allauth_is_extended_by_a_theme(self):
        used = {parent_of(path) for path in THEMES.glob("*/templates/**/*.html")}
        there = {str(path.relative_to(TEMPLATES)) for path in SHARED.rglob("[!_]*.html")}
        assert {
            name for name in used if name and name.startswith("user_sessions/allauth/")
        } == there

    def test_each_kind_of_device_has_an_icon(self):
        pictures = re.findall(r'<symbol id="(\w+)"', ICONS)
        said = next(row["meaning"] for row in rows("`summary`") if "`kind`" in row["field"])
        assert sorted(pictures) == sorted(KINDS)
        assert set(codes(said)) - {"icons.svg"} == set(KINDS)

    def test_all_pages_of_allauth_that_the_theme_replaces_are_listed(self):
        folder = THEMES / "default" / "templates"
        there = {
            str(path.relative_to(folder))
            for path in folder.rglob("*.html")
            if path.relative_to(folder).parts[0] not in {"allauth", "user_sessions"}
        }
        pages = rows("allauth's layouts and pages", "template | because")
        assert {codes(row["template"])[0] for row in pages} == there

    def test_all_layouts_are_listed(self):
        folder = THEMES / "default" / "templates"
        there = {
            str(path.relative_to(folder)): parent_of(path)
            for path in (folder / "allauth" / "layouts").iterdir()
        }
        said = {
            codes(row["template"])[0]: codes(row["extends"])[0]
            for row in rows("allauth's layouts and pages")
        }
        assert said == there

    def test_layouts_fill_only_the_listed_blocks(self):
        """All of allauth's pages have a title and a content of their own."""
        folder = THEMES / "default" / "templates" / "allauth" / "layouts"
        filled = {name for path in folder.iterdir() for name in blocks_of(path)}
        skeleton = set(column("Blocks", "block"))
        assert filled & skeleton <= {
            *("title", "menu", "head", "body_class", "main_class", "scripts")
        }
        assert filled - skeleton == {"head_title", "extra_head", "extra_body"}


FRAMEWORKS = {codes(row["theme"])[0]: row["framework"] for row in rows("The themes")}


def framework_and_name(path):
    """Return the framework and the name of a template; the app's own have the default look's markup."""
    if path.is_relative_to(TEMPLATES):
        return FRAMEWORKS["default"], str(path.relative_to(TEMPLATES))
    theme, _templates, *name = path.relative_to(THEMES).parts
    return FRAMEWORKS[theme], "/".join(name)


class TestCopies:
    def test_no_two_templates_are_equal(self):
        """A template of one line is as short as the include that would replace it.

        Themes of one framework may have templates in common: `make theme` begins with a copy.
        """
        places = defaultdict(set)
        for path in ALL_TEMPLATES:
            places[path.read_text()].add(framework_and_name(path))
        equal = [where for text, where in places.items() if text.count("\n") > 1 and len(where) > 1]
        assert equal == []


def class_names(css):
    return set(re.findall(r"\.(us-[\w-]+)", css))


def without_comments(source):
    return re.sub(r"{#.*?#}|{% comment %}.*?{% endcomment %}", "", source, flags=re.DOTALL)


class TestText:
    """The source of templates, stylesheets and pictures."""

    @pytest.mark.parametrize(
        "path",
        [path for path in ALL_TEMPLATES if not INSIDE_A_TAG.fullmatch(path.name)],
        ids=lambda path: f"{path.parent.name}-{path.name}",
    )
    def test_every_word_can_be_translated(self, path):
        assert untranslated(path.read_text()) == []

    @pytest.mark.parametrize(
        ("source", "words"),
        [
            ("<p>Hello</p>", ["Hello"]),
            ('<a title="Home">{{ x }}</a>', ["Home"]),
            ('<p>{% translate "Hello" %}</p>', []),
            ("<p>{% blocktranslate %}Hello{% plural %}Hellos{% endblocktranslate %}.</p>", []),
            ("{# Hello #}{% comment %}Hello{% endcomment %}", []),
        ],
    )
    def test_untranslated_words_are_found(self, source, words):
        assert untranslated(source) == words

    @pytest.mark.parametrize("path", STYLESHEETS, ids=lambda path: path.name)
    def test_stylesheets_load_nothing(self, path):
        assert re.findall(r"url\(|@import|expression\(|//", path.read_text()) == []

    @pytest.mark.parametrize("path", VENDOR_STYLESHEETS, ids=lambda path: path.name)
    def test_frameworks_load_only_files_of_their_own_folder(self, path):
        """Comments may contain the addresses of their authors, so they are left out."""
        css = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
        loaded = re.findall(r"url\(\s*[\"']?([^\"')]+)", css)
        assert [name for name in loaded if not (path.parent / name).is_file()] == []
        assert re.findall(r"@import|expression\(", css) == []

    @pytest.mark.parametrize("path", PICTURES + VENDOR_PICTURES, ids=lambda path: path.name)
    def test_pictures_run_and_load_nothing(self, path):
        source = re.sub(r"""xmlns=(["'])http://www\.w3\.org/2000/svg\1""", "", path.read_text())
        assert re.findall(r"<script|<foreignObject|\son\w+=|href|url\((?!#)|//", source) == []


class _Words(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            if name in {"alt", "aria-label", "aria-description", "placeholder", "title"}:
                self.handle_data(value or "")

    def handle_data(self, data):
        if re.search(r"[^\W\d_]", data):
            self.found.append(data.strip())


def untranslated(source):
    """Return the words of a template's source that no translation reaches."""
    translated = r"{% blocktranslate.*?{% endblocktranslate %}"
    classes = r"{% block (?:body|main)_class %}.*?{% endblock %}"
    source = re.sub(f"{translated}|{classes}", "", without_comments(source), flags=re.DOTALL)
    words = _Words()
    words.feed(re.sub(r"{%.*?%}|{{.*?}}", "", source, flags=re.DOTALL))
    words.close()
    return words.found


@pytest.fixture
def site(user, laptop, make_browser, session_model, settings, tmp_path):
    return Site(user, laptop, make_browser, session_model, settings, tmp_path)


class TestStates:
    """Each page in each state."""

    @pytest.mark.parametrize("page", session_pages.PAGES)
    @pytest.mark.parametrize("state", STATES)
    def test_a_page_has_no_problems_in_any_state(
        self, site, laptop, session_model, page, state, caplog
    ):
        caplog.set_level(logging.DEBUG, "django.template")
        getattr(site, state)()
        response = laptop.get(addresses(laptop, session_model)[page])
        html = response.content.decode()
        assert response.status_code == 200
        assert problems_of(html) == []
        assert undefined_in(html) == set()
        undefined = {record.args[0] for record in caplog.records}
        # A site may not pass these, so the templates read them only in an {% if %}.
        assert undefined <= (
            {"messages", "user", "request"} if state == "no_context_processors" else set()
        )

    @pytest.mark.parametrize("number", [1, 2, 3])
    def test_each_page_of_the_list_has_no_problems(self, site, laptop, number):
        site.many()
        html = laptop.get(LIST, {"page": number}).content.decode()
        assert problems_of(html) == []
        assert undefined_in(html) == set()

    def test_the_skeleton_works_for_an_anonymous_visitor(self):
        source = (
            '{% extends "user_sessions/_base.html" %}'
            "{% block title %}Home{% endblock %}{% block content %}<h1>Home</h1>{% endblock %}"
        )
        html = Engine.get_default().from_string(source).render(Context({}))
        assert problems_of(html) == []
        assert undefined_in(html) == set()

    def test_a_page_declares_its_language_and_direction(self, site, laptop):
        site.right_to_left()
        html = read(laptop.get(LIST).content.decode()).one("html")
        assert (html["lang"], html["dir"]) == ("ar", "rtl")

    def test_markup_that_a_browser_sent_is_escaped(self, site, laptop):
        site.hostile()
        page = read(laptop.get(LIST).content.decode())
        assert page.all("script", "style") == []
        assert page.text.count("<script>alert(1)</script>") == 2


def show(browser, url=LIST, **query):
    return read(browser.get(url, query).content.decode())


def card_of(page, browser):
    """Return the card of a browser in the list."""
    (form,) = page.all("form", action=end_url(browser))
    return form.inside("article")


def spaced(text):
    """Return a text with plain spaces instead of non-breaking ones."""
    return text.replace("\xa0", " ")


class TestCard:
    """The card of one session in the list."""

    @pytest.fixture
    def seen(self, site, phone, clock):
        """Return the phone's card, hours after its sign-in and minutes after its last activity."""
        site.settings.GEOIP_PATH = geoip.write_database(site.tmp_path / "c.mmdb", geoip.CITIES)
        site.know(phone, created_at=clock.now, last_activity=clock.now)
        clock.move(hours=2)
        site.know(phone, last_activity=clock.now)
        clock.move(minutes=3)

        def seen(**facts):
            site.know(phone, **facts)
            return card_of(show(site.laptop), phone)

        return seen

    def test_the_card_shows_every_fact(self, seen, phone):
        card = seen()
        assert name_of(card) == card.one("h3").text == "Safari on iPhone"
        place = card.one("li", class_="us-facts__place")
        assert place.text == f"Munich, Germany {geoip.IN_MUNICH}"
        assert [item.text for item in card.all("li")[1:]] == [
            "Last active 3 minutes ago",
            "Signed in 2 hours ago",
        ]
        assert [term.text for term in card.all("dt")] == ["Last active", "Signed in", "User agent"]
        assert card.all("dd")[2].text == SAFARI_ON_IPHONE
        assert card.one("use")["href"].endswith("icons.svg#phone")

    def test_times_have_their_exact_value(self, seen, phone):
        card = seen()
        active, signed_in = phone.row.last_activity, phone.row.created_at
        times = card.all("time")
        expected = [active, signed_in, active, signed_in]
        assert [datetime.fromisoformat(time["datetime"]) for time in times] == expected
        exact = [date_format(timezone.localtime(moment), EXACT) for moment in expected]
        assert [time["title"] for time in times] == exact
        assert [time.text for time in times[2:]] == exact[2:]

    def test_time_is_the_text_of_the_filter_ago(self, seen, phone):
        assert f"Last active {spaced(ago(phone.row.last_activity))}" in seen().text

    def test_addresses_and_user_agents_read_left_to_right(self, seen):
        said = [element.text for element in seen().all("bdi", dir="ltr")]
        assert said == [geoip.IN_MUNICH, SAFARI_ON_IPHONE]

    def test_names_of_either_direction_are_isolated(self, seen):
        said = [element.text for element in seen().all("bdi") if element.get("dir") is None]
        assert said == ["Safari on iPhone", "Munich, Germany"]

    def test_unknown_place_is_left_out(self, seen):
        card = seen(ip=geoip.NOWHERE)
        assert card.one("li", class_="us-facts__place").text == geoip.NOWHERE

    def test_unknown_address_is_left_out(self, seen):
        assert seen(ip=None).all(class_="us-facts__place") == []

    def test_unknown_time_is_left_out(self, seen):
        card = seen(created_at=None)
        assert "Signed in" not in card.text
        assert len(card.all("time")) == 2

    def test_unknown_device_has_a_name(self, seen):
        card = seen(user_agent=None)
        assert name_of(card) == "Unknown device"
        assert "User agent" not in card.text
        assert card.one("use")["href"].endswith("icons.svg#other")

    def test_icon_is_hidden_from_screen_readers(self, seen):
        assert seen().one("svg")["aria-hidden"] == "true"


class TestList:
    def test_current_session_comes_first_and_is_marked(self, laptop, phone):
        page = show(laptop)
        first, *others = page.all("article")
        assert first is card_of(page, laptop)
        assert [tag.text for tag in first.all("span", class_="us-tag")] == ["This device"]
        assert [card.all("span", class_="us-tag") for card in others] == [[]]

    def test_the_name_of_a_button_has_the_device(self, laptop, phone):
        page = show(laptop)
        names = [name_of(button) for button in page.one("main").all("button")]
        assert names == ["Sign out", "End session Safari on iPhone"]

    def test_each_form_posts_a_csrf_token(self, laptop, phone):
        for form in show(laptop).one("main").all("form"):
            assert form["method"] == "post"
            assert form.one("input", name="csrfmiddlewaretoken")["value"]

    @pytest.mark.parametrize(
        ("count", "label"),
        [(1, "End 1 other session"), (3, "End all 3 other sessions")],
    )
    def test_the_link_to_end_other_sessions_has_their_number(self, site, laptop, count, label):
        site.add(count)
        link = show(laptop).one("a", href=END_OTHER)
        assert link.text == label

    def test_a_list_without_other_sessions_shows_the_empty_message(self, laptop):
        page = show(laptop)
        assert page.all("a", href=END_OTHER) == []
        assert page.one(class_="us-empty").text == "You aren't signed in anywhere else."

    def test_a_list_with_other_sessions_does_not_show_the_empty_message(self, laptop, phone):
        assert show(laptop).all(class_="us-empty") == []

    def test_the_list_explains_what_a_session_is(self, laptop):
        lead = show(laptop).one(class_="us-lead").text
        assert lead.startswith("A session is a browser that is signed in to your account;")

    def test_the_title_of_the_list_is_its_heading(self, laptop):
        page = show(laptop)
        assert page.one("title").text == page.one("h1").text == "Where you're signed in"

    @pytest.mark.parametrize(
        ("number", "links"),
        [
            (1, [("Next", "?page=2")]),
            (2, [("Previous", "?page=1"), ("Next", "?page=3")]),
            (3, [("Previous", "?page=2")]),
        ],
    )
    def test_many_sessions_are_paginated(self, site, laptop, number, links):
        site.many()
        pages = show(laptop, page=number).one("nav", aria_label="Pages")
        assert [(link.text, link["href"]) for link in pages.all("a")] == links
        assert pages.one(aria_current="page").text == f"Page {number} of 3"

    def test_current_session_is_on_the_first_page_only(self, site, laptop):
        site.many()
        shown = [len(show(laptop, page=number).all(id="current-session")) for number in (1, 2, 3)]
        assert shown == [1, 0, 0]

    def test_few_sessions_are_not_paginated(self, laptop, phone):
        assert show(laptop).all("nav", aria_label="Pages") == []

    def test_messages_are_announced(self, site, laptop):
        site.everything_said()
        said = show(laptop).one(role="status").all("p")
        assert [one.text for one in said] == [f"A <b>{level}</b> message" for level in LEVELS]
        assert [one.classes[1] for one in said] == [f"us-message--{level}" for level in LEVELS]

    def test_without_messages_nothing_is_announced(self, laptop):
        assert show(laptop).all(role="status") == []


class TestConfirmations:
    """The pages that ask for confirmation before they end a session."""

    def test_confirmation_explains_the_end_of_another_session(self, laptop, phone):
        main = show(laptop, end_url(phone)).one("main")
        assert main.one("h1").text == "End this session?"
        assert main.one(class_="us-lead").text == "That browser will have to sign in again."
        assert main.one("h2").text == "Safari on iPhone"
        assert geoip.IN_MUNICH in main.text
        assert main.one("button").text == "End session"

    def test_confirmation_explains_the_end_of_the_current_session(self, laptop):
        main = show(laptop, end_url(laptop)).one("main")
        assert main.one("h1").text == "Sign out on this device?"
        said = "This is the device you are using now: you will have to sign in again."
        assert main.one(class_="us-lead").text == said
        assert main.one("button").text == "Sign out"

    def test_confirmation_explains_the_end_of_one_other_session(self, laptop, phone):
        main = show(laptop, END_OTHER).one("main")
        assert main.one("h1").text == "End all other sessions?"
        assert main.one(class_="us-lead").text == (
            "1 other browser will have to sign in again. You stay signed in on this device."
        )
        assert main.one("button").text == "End 1 other session"

    def test_confirmation_explains_the_end_of_several_other_sessions(self, site, laptop):
        site.three()
        main = show(laptop, END_OTHER).one("main")
        assert main.one(class_="us-lead").text == (
            "2 other browsers will have to sign in again. You stay signed in on this device."
        )
        assert main.one("button").text == "End all 2 other sessions"

    def test_confirmation_has_no_form_if_there_are_no_other_sessions(self, laptop):
        main = show(laptop, END_OTHER).one("main")
        assert main.all("form") == []
        assert main.one(class_="us-empty").text == "You aren't signed in anywhere else."
        assert main.one("a")["href"] == LIST

    def test_each_confirmation_posts_to_its_own_url_and_can_be_cancelled(self, laptop, phone):
        for url in (end_url(phone), end_url(laptop), END_OTHER):
            form = show(laptop, url).one("main").one("form")
            assert (form["method"], form["action"]) == ("post", url)
            assert form.one("input", name="csrfmiddlewaretoken")["value"]
            assert form.one("a", href=LIST).text == "Cancel"

    def test_each_page_has_its_own_title(self, pages):
        titles = [read(page.content.decode()).one("title").text for page in pages.values()]
        assert len(set(titles)) == 3
        assert all(titles)


GOOD = '<!DOCTYPE html><html lang="en" dir="ltr"><head><title>T</title></head><body><main><h1>H</h1>{}</main></body></html>'


class TestReader:
    """The functions by which the tests above find problems."""

    def test_a_good_page_has_no_problem(self):
        assert problems_of(GOOD.format('<p>Text, <a href="/">a link</a></p><br>')) == []

    @pytest.mark.parametrize(
        "html",
        [
            "<p>",
            "<p>a</div>",
            "<b/>",
            '<b id="a" id="b">x</b>',
            '<b id="a">x</b><b id="a">y</b>',
            '<label for="a">x</label>',
            '<b aria-labelledby="a">x</b>',
            '<b aria-describedby="a">x</b>',
            '<button form="a">x</button>',
            '<a href="#a">x</a>',
            "<h1>x</h1>",
            "<h3>x</h3>",
            "<main>x</main>",
            "<p>x<ul><li>y</li></ul></p>",
            "<li>x</li>",
            '<a href="/"><button>x</button></a>',
            "<form><form>x</form></form>",
            "<p></p>",
            "<p>None</p>",
            '<input name="None" aria-label="x">',
            '<input type="text">',
            '<img src="/a.png">',
            '<ul class="errorlist"><li>x</li></ul>',
            '<div class="us-field"><input aria-label="x"><ul class="errorlist"><li>x</li></ul></div>',
            "<style>a</style>",
            "<script>a</script>",
            '<b style="a">x</b>',
            '<b onclick="a">x</b>',
            '<a href="javascript:a">x</a>',
            '<img alt="x" src="data:a">',
            '<img alt="x" src="//example.com/a.png">',
            '<script src="https://example.com/a.js"></script>',
            '<meta http-equiv="refresh" content="0">',
        ],
    )
    def test_a_problem_is_found(self, html):
        assert problems_of(GOOD.format(html))

    @pytest.mark.parametrize("attribute", ['lang="en"', 'dir="ltr"'])
    def test_a_missing_language_or_direction_is_found(self, attribute):
        assert problems_of(GOOD.format("").replace(attribute, ""))

    def test_an_undefined_variable_is_found(self):
        html = Engine.get_default().from_string("{{ a.b }} {{ c|upper }}").render(Context({}))
        assert undefined_in(html) == {"a.b", "c"}

    def test_a_description_is_read(self):
        page = read('<input aria-describedby="a b"><b id="a">x</b><b id="b">y</b>')
        assert description_of(page.one("input")) == "x y"
