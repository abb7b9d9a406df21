"""``eject_theme``: a theme's templates become a project's own, and stay comparable with the theme's."""

from __future__ import annotations

import re
import shutil
import sys
from copy import deepcopy
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings as site
from django.core.management import CommandError, call_command
from django.template import Context, Engine, Origin, Template
from django.template.loader import get_template

import user_sessions
from user_sessions.management.commands.eject_theme import PAGES_OF_DEFAULT
from user_sessions.tests.support.contract import column
from user_sessions.tests.support.golden import formatted
from user_sessions.tests.support.markup import read
from user_sessions.tests.support.session_pages import END_OTHER, LIST
from user_sessions.tests.support.themes import FOLDER, THEMES, WHOLE_THEMES, templates_of

APP = Path(user_sessions.__file__).parent
# The apps that a theme's pages need in addition to the tests' settings.
NEEDED = {"allauth": ["user_sessions_themes.default", "allauth"]}
WITHOUT_THEME = [name for name in site.INSTALLED_APPS if "themes" not in name]


def eject(*arguments):
    """Run the command; return what it printed."""
    printed = StringIO()
    call_command("eject_theme", *map(str, arguments), stdout=printed)
    return printed.getvalue()


def compared(*arguments):
    """Run the command with --diff; return its exit status and what it printed."""
    printed = StringIO()
    try:
        call_command("eject_theme", *map(str, arguments), "--diff", stdout=printed)
    except SystemExit as done:
        return done.code, printed.getvalue()
    return 0, printed.getvalue()


def refused(*arguments):
    """Return the message of a command that refuses to write."""
    with pytest.raises(CommandError) as caught:
        eject(*arguments)
    assert caught.value.returncode == 2
    return str(caught.value)


def files_in(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture
def look(tmp_path):
    """A folder for the templates, which does not exist yet."""
    return tmp_path / "site" / "look"


@pytest.fixture
def follow(settings, look):
    """Return a function that follows the printed hint, on a site without a theme."""
    settings.INSTALLED_APPS = list(WITHOUT_THEME)

    def follow(theme):
        names = settings.INSTALLED_APPS
        first = min(names.index(name) for name in ("user_sessions", "allauth") if name in names)
        app = f"user_sessions_themes.{theme}"
        settings.INSTALLED_APPS = [*names[:first], app, *names[first:]]
        settings.TEMPLATES = deepcopy(settings.TEMPLATES)
        settings.TEMPLATES[0]["DIRS"] = [*settings.TEMPLATES[0].get("DIRS", []), str(look)]

    return follow


class TestCopies:
    @pytest.mark.parametrize("theme", [name for name in THEMES if name != "default"])
    def test_every_template_of_a_theme_is_copied(self, look, theme):
        assert f"templates of {theme!r} written to {str(look)!r}." in eject(theme, look)
        assert files_in(look) == files_in(templates_of(theme))

    def test_the_default_theme_is_copied_with_the_pages_of_the_app(self, look):
        eject("default", look)
        app, theme = files_in(APP / "templates"), files_in(templates_of("default"))
        pages = {f"user_sessions/{name}": app[f"user_sessions/{name}"] for name in PAGES_OF_DEFAULT}
        assert files_in(look) == pages | theme

    def test_the_pages_of_the_default_theme_are_those_of_the_contract(self):
        pages = {name.partition("/")[2] for name in column("Pages", "template")}
        parts = set(column("Includes", "include"))
        assert set(PAGES_OF_DEFAULT) == pages | parts | {"_base.html"}

    def test_a_theme_can_be_named_by_its_app(self, look):
        assert eject("user_sessions_themes.pico", look) == eject("pico", look, "--force")

    def test_an_empty_path_is_refused(self):
        with pytest.raises(
            CommandError, match="argument DEST: it is empty; use the path of a folder"
        ):
            eject("pico", "")

    def test_only_matching_templates_are_copied(self, look):
        printed = eject("pico", look, "--only", "user_sessions/_s*", "--only", "*/badge.html")
        assert printed.startswith(f"2 templates of 'pico' written to {str(look)!r}.\n")
        assert set(files_in(look)) == {"user_sessions/_session.html", "allauth/elements/badge.html"}

    def test_a_star_in_a_pattern_matches_folders_too(self, look):
        eject("pico", look, "--only", "allauth/*")
        assert "allauth/elements/td.html" in files_in(look)
        assert {name.split("/")[0] for name in files_in(look)} == {"allauth"}

    def test_the_message_about_one_template_is_singular(self, look):
        assert eject("pico", look, "--only", "user_sessions/_facts.html").startswith(
            "1 template of"
        )

    def test_verbosity_0_prints_nothing(self, look):
        assert eject("admin", look, "--verbosity", 0) == ""
        assert look.exists()

    def test_the_folder_has_nothing_but_the_templates(self, look):
        eject("admin", look)
        assert [path.name for path in look.iterdir()] == ["user_sessions"]


class TestSettings:
    """A site that follows the printed hint shows the copied templates."""

    def test_the_hint_names_the_folder_and_the_theme(self, look):
        first, *hint = eject("pico", look).splitlines()
        assert first.endswith(f" templates of 'pico' written to {str(look)!r}.")
        assert hint == [
            "Add this folder to DIRS in the setting TEMPLATES, after folders with your own templates.",
            "Keep 'user_sessions_themes.pico' in INSTALLED_APPS, above 'user_sessions' and 'allauth'.",
        ]

    @pytest.mark.parametrize("theme", THEMES)
    def test_the_copies_leave_the_pages_unchanged(self, look, follow, laptop, settings, theme):
        needed = NEEDED.get(theme, [])
        at = WITHOUT_THEME.index("user_sessions")
        apps = [*WITHOUT_THEME[:at], *needed, *WITHOUT_THEME[at:]]
        settings.INSTALLED_APPS = [f"user_sessions_themes.{theme}", *apps]
        before = [formatted(laptop.get(url).content.decode()) for url in (LIST, END_OTHER)]
        settings.INSTALLED_APPS = apps
        eject(theme, look)
        follow(theme)
        pages = [laptop.get(url) for url in (LIST, END_OTHER)]
        assert [formatted(page.content.decode()) for page in pages] == before
        own = [each.origin.name for each in pages[0].templates if each.name.endswith("list.html")]
        assert own[0] == str(look / "user_sessions/session_list.html")

    @pytest.mark.parametrize("theme", THEMES)
    def test_a_changed_copy_is_shown(self, look, follow, laptop, settings, theme):
        settings.INSTALLED_APPS = [*NEEDED.get(theme, []), *WITHOUT_THEME]
        eject(theme, look, "--only", "user_sessions/_empty.html")
        follow(theme)
        (look / "user_sessions/_empty.html").write_text("<p>Nobody but you.</p>")
        assert "<p>Nobody but you.</p>" in laptop.get(LIST).content.decode()

    @pytest.mark.parametrize("theme", WHOLE_THEMES)
    def test_a_changed_element_of_allauth_is_shown(self, look, follow, settings, theme):
        settings.INSTALLED_APPS = ["allauth", *WITHOUT_THEME]
        eject(theme, look)
        follow(theme)
        assert settings.INSTALLED_APPS[:2] == [f"user_sessions_themes.{theme}", "allauth"]
        source = "{% load allauth %}{% element h2 %}Keys{% endelement %}"
        origin = Origin("test.html", template_name="test.html")

        def shown():
            template = Template(source, origin, engine=Engine.get_default())
            return read(template.render(Context())).one("h2")

        assert shown().text == "Keys"
        (look / "allauth/elements/h2.html").write_text("{% load allauth %}<h2>Mine</h2>")
        settings.TEMPLATES = deepcopy(settings.TEMPLATES)  # clears the cache of templates
        assert shown().text == "Mine"

    def test_a_template_of_the_site_can_extend_a_copy(
        self, look, follow, laptop, settings, tmp_path
    ):
        own = tmp_path / "templates" / "user_sessions" / "_base.html"
        own.parent.mkdir(parents=True)
        own.write_text(
            '{% extends "user_sessions/_base.html" %}{% block footer %}Mine{% endblock %}'
        )
        settings.TEMPLATES = deepcopy(settings.TEMPLATES)
        settings.TEMPLATES[0]["DIRS"] = [own.parents[1]]
        eject("pico", look)
        follow("pico")
        page = laptop.get(LIST)
        assert "Mine" in page.content.decode()
        assert str(look / "user_sessions/_base.html") in [
            each.origin.name for each in page.templates
        ]


class TestRefusals:
    """The command explains in a sentence why it writes nothing."""

    @pytest.mark.parametrize("theme", ["nope", "", "..", "pico/templates"])
    def test_an_unknown_theme_is_refused(self, look, theme):
        assert (
            refused(theme, look) == f"There is no theme {theme!r}. There are {', '.join(THEMES)}."
        )
        assert not look.exists()

    def test_a_missing_package_of_themes_is_reported(self, look, monkeypatch):
        monkeypatch.setitem(sys.modules, "user_sessions_themes", None)
        assert "install django-user-sessions again" in refused("pico", look)

    def test_a_pattern_without_a_match_is_refused(self, look):
        sentence = refused("admin", look, "--only", "user-sessions/*", "--only", "x")
        assert sentence == (
            "No template of 'admin' matches 'user-sessions/*' or 'x'. "
            "Use a template's name, or one of 'user_sessions/*'."
        )
        assert not look.exists()

    def test_existing_files_are_listed_and_not_overwritten(self, look):
        eject("pico", look, "--only", "user_sessions/_[ef]*")
        before = files_in(look)
        sentence = refused("pico", look)
        for name in ("_empty.html", "_facts.html"):
            assert f"\n  {look}/user_sessions/{name}\n" in sentence
        assert sentence.count(str(look)) == 2
        assert sentence.endswith("overwrite files with --force.")
        assert files_in(look) == before

    def test_force_overwrites_copies_and_no_other_files(self, look):
        eject("pico", look)
        changed, own = look / "user_sessions/_empty.html", look / "user_sessions/own.html"
        changed.write_text("mine")
        own.write_text("mine")
        eject("pico", look, "--force")
        assert changed.read_bytes() == files_in(templates_of("pico"))["user_sessions/_empty.html"]
        assert own.read_text() == "mine"

    def test_force_replaces_a_link_and_not_its_target(self, look, tmp_path):
        (tmp_path / "elsewhere.html").write_text("mine")
        (look / "user_sessions").mkdir(parents=True)
        (look / "user_sessions/_empty.html").symlink_to(tmp_path / "elsewhere.html")
        eject("pico", look, "--force")
        assert (tmp_path / "elsewhere.html").read_text() == "mine"

    def test_a_broken_link_is_not_overwritten(self, look):
        (look / "user_sessions").mkdir(parents=True)
        (look / "user_sessions/_empty.html").symlink_to("nowhere")
        assert f"\n  {look}/user_sessions/_empty.html\n" in refused("pico", look)

    @pytest.mark.parametrize("force", [[], ["--force"]], ids=["", "force"])
    def test_a_folder_with_the_name_of_a_file_is_refused(self, look, force):
        (look / "user_sessions/_empty.html").mkdir(parents=True)
        sentence = refused("pico", look, *force)
        assert sentence.endswith(f"\n  {look}/user_sessions/_empty.html\nMove it away.")
        assert files_in(look) == {}

    @pytest.mark.parametrize("below", ["", "user_sessions", "deeper/still"])
    def test_a_file_with_the_name_of_a_folder_is_refused(self, look, below):
        look.mkdir(parents=True)
        file = look / (below.split("/")[0] or "file")
        file.write_text("mine")
        dest = look if below == "user_sessions" else look / below if below else file
        assert f"\n  {file}\nMove it away." in refused("pico", dest, "--force")
        assert refused("pico", dest).endswith(f"\n  {file}\nMove it away.")
        assert files_in(look) == {file.name: b"mine"}

    @pytest.mark.parametrize("inside", [APP / "templates", FOLDER, FOLDER / "mine"])
    def test_a_folder_inside_the_package_is_refused(self, inside):
        before = files_in(FOLDER / "pico")
        assert "belongs to the installed package" in refused("pico", inside, "--force")
        assert files_in(FOLDER / "pico") == before
        assert not (FOLDER / "mine").exists()

    def test_a_folder_that_cannot_be_created_is_reported(self, look, tmp_path):
        (tmp_path / "site").symlink_to("nowhere")
        assert refused("pico", look).startswith(f"{look} can't be written to: ")


class TestDiff:
    @pytest.fixture
    def copied(self, look):
        eject("pico", look)
        return look / "user_sessions"

    def test_an_unchanged_copy_has_no_difference(self, look, copied):
        assert compared("pico", look) == (0, "")

    def test_line_endings_are_not_a_difference(self, look, copied):
        page = copied / "_empty.html"
        page.write_bytes(page.read_bytes().replace(b"\n", b"\r\n"))
        assert compared("pico", look) == (0, "")

    def test_a_change_is_printed_as_a_diff(self, look, copied):
        page = copied / "_empty.html"
        before = page.read_text()
        page.write_text(f"{before}<p>Mine</p>\n")
        status, printed = compared("pico", look)
        assert status == 1
        assert printed.splitlines()[:2] == ["--- pico/user_sessions/_empty.html", f"+++ {page}"]
        changes = [line for line in printed.splitlines()[2:] if line[0] in "+-"]
        assert changes == ["+<p>Mine</p>"]
        assert page.read_text() == f"{before}<p>Mine</p>\n"

    def test_bytes_that_are_not_utf8_are_replaced(self, look, copied):
        (copied / "_empty.html").write_bytes(b"\xff")
        status, printed = compared("pico", look)
        assert (status, "+\N{REPLACEMENT CHARACTER}" in printed) == (1, True)

    def test_files_on_only_one_side_are_listed(self, look, copied):
        (copied / "_facts.html").unlink()
        (copied / "_gone.html").write_text("From an older version.")
        (look / "home.html").write_text("The site's own.")
        assert compared("pico", look) == (
            1,
            f"Only in pico: user_sessions/_facts.html\nOnly in {look}: user_sessions/_gone.html\n",
        )

    def test_only_matching_templates_are_compared(self, look, copied):
        (copied / "_empty.html").write_text("mine")
        shutil.rmtree(look / "allauth")
        assert compared("pico", look, "--only", "user_sessions/_facts.html") == (0, "")
        assert compared("pico", look, "--only", "allauth/elements/td.html") == (
            1,
            "Only in pico: allauth/elements/td.html\n",
        )

    def test_a_pattern_can_match_a_file_that_the_theme_no_longer_has(self, look, copied):
        (copied / "_gone.html").write_text("From an older version.")
        status, printed = compared("pico", look, "--only", "*/_gone.html")
        assert (status, printed) == (1, f"Only in {look}: user_sessions/_gone.html\n")

    def test_a_copy_of_the_default_theme_has_no_difference(self, look):
        eject("default", look)
        assert compared("default", look) == (0, "")

    @pytest.mark.parametrize("made", [True, False])
    def test_a_folder_without_copies_is_refused(self, look, made):
        if made:
            look.mkdir(parents=True)
            (look / "home.html").write_text("The site's own.")
        assert refused("pico", look, "--diff") == (
            f"{look} has no template of 'pico'. First copy some, without --diff."
        )

    def test_a_pattern_without_a_match_is_refused(self, look, copied):
        assert "matches 'x'" in refused("pico", look, "--diff", "--only", "x")


def test_only_the_checks_and_this_command_look_for_themes():
    modules = (path for path in APP.rglob("*.py") if "tests" not in path.relative_to(APP).parts)
    looking = {
        path.stem
        for path in modules
        if re.search(r"user_sessions_themes|\bTHEMES\b", path.read_text())
    }
    assert looking == {"themes", "eject_theme"}


def test_a_copy_is_found_by_its_path_in_the_folder(look, follow):
    eject("tailwind", look)
    follow("tailwind")
    found = get_template("user_sessions/_main_class.html").origin.name
    assert found == str(look / "user_sessions/_main_class.html")
