"""`make site`: what it refuses, and that the site it writes has the demo's settings.

That a new site runs and passes its own tests is shown by .ci/site-test.
"""

from __future__ import annotations

import re
import runpy
import sys
from pprint import pformat

import pytest
from django.conf import global_settings
from django.core.management import CommandError, call_command

from demo_site.new_site import REPOSITORY, is_taken, theme_names, write_site

NAME = "shop"
ENVIRONMENT = {
    "SECRET_KEY": "0123456789abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "ALLOWED_HOSTS": "example.org",
    "DATABASE_URL": "sqlite:///:memory:",
    "TRUSTED_PROXIES": "10.0.0.1",
    "STATIC_ROOT": "/srv/static",
    "CACHE_URL": "",
    "GEOIP_PATH": "/srv/geoip",
}
# What belongs to either site alone, in a list of dotted names.
OF_ONE_SITE = re.compile(rf"(demo_site|{NAME}|user_sessions_themes)\b")
# Prefixes of settings that Django doesn't know. Others that it doesn't know are a site's own.
OF_APPS = ("ACCOUNT_", "ALLAUTH_", "CONTENT_SECURITY_POLICY", "GEOIP_", "MFA_", "USER_SESSIONS_")

# Why a setting differs, by module.
DIFFERENT = {
    "settings": {
        "DEBUG": "the demo shows what a visitor sees; a new site is being written",
        "DEFAULT_FROM_EMAIL": "names the site",
        "INSTALLED_APPS": "the demo has websockets",
        "SILENCED_SYSTEM_CHECKS": "as INSTALLED_APPS",
        "GEOIP_PATH": "the demo makes a database of its own",
        "LOCALE_PATHS": "the demo has all themes, not only that of INSTALLED_APPS",
        "MFA_TOTP_ISSUER": "names the site",
        "SECRET_KEY": "made anew for each site",
        "STATICFILES_DIRS": "as LOCALE_PATHS",
        "TEMPLATES": "the demo changes its look, and tells its templates that it is one",
    },
    "settings_production": {
        "DEFAULT_FROM_EMAIL": "as above",
        "LOCALE_PATHS": "as above",
        "INSTALLED_APPS": "as above",
        "SILENCED_SYSTEM_CHECKS": "as above",
        "MESSAGE_STORAGE": "a class of the demo's; a new site has Django's",
        "MFA_TOTP_ISSUER": "as above",
        "STATICFILES_DIRS": "as above",
        "TEMPLATES": "as above",
    },
}


@pytest.fixture
def site(tmp_path, monkeypatch):
    """The folder of a new site, whose modules can be imported."""
    folder = tmp_path / "site"
    write_site(NAME, "default", folder)
    monkeypatch.syspath_prepend(folder)
    yield folder
    for module in [name for name in sys.modules if name.partition(".")[0] == NAME]:
        del sys.modules[module]


def settings_in(path):
    """Return the settings of a module as texts, by name, without a module's own variables."""
    return {
        name: as_text(value)
        for name, value in runpy.run_path(str(path)).items()
        if name.isupper() and (hasattr(global_settings, name) or name.startswith(OF_APPS))
    }


def as_text(value):
    if isinstance(value, list):
        value = [entry for entry in value if not OF_ONE_SITE.match(str(entry))]
    return re.sub(rf"\b(demo_site|{NAME})\b", "THE_SITE", pformat(value))


@pytest.mark.parametrize("module", DIFFERENT)
def test_a_new_site_has_the_demos_settings(site, module, monkeypatch):
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delitem(sys.modules, "demo_site.settings", raising=False)  # read in another one
    demo = settings_in(REPOSITORY / "demo_site" / f"{module}.py")
    new = settings_in(site / NAME / f"{module}.py")
    differing = {name for name in demo.keys() | new.keys() if demo.get(name) != new.get(name)}
    assert differing == DIFFERENT[module].keys()


def test_its_templates_know_what_the_demos_do(site):
    demo, new = (
        runpy.run_path(str(folder / "settings.py"))["TEMPLATES"][0]["OPTIONS"]["context_processors"]
        for folder in (REPOSITORY / "demo_site", site / NAME)
    )
    assert [name for name in demo if not OF_ONE_SITE.match(name)] == new


def test_its_database_is_chosen_as_the_demos(site):
    demos = REPOSITORY / "demo_site" / "database.py"
    assert (site / NAME / "database.py").read_text() == demos.read_text()


@pytest.mark.parametrize("theme", theme_names())
def test_its_theme_stands_before_user_sessions_and_allauth(tmp_path, theme):
    write_site(NAME, theme, tmp_path)
    settings = (tmp_path / NAME / "settings.py").read_text("utf-8")
    assert (
        f'    "user_sessions_themes.{theme}",\n    "user_sessions",\n    "allauth",\n' in settings
    )


@pytest.mark.parametrize("theme", theme_names())
def test_no_page_of_it_breaks_its_policy(tmp_path, theme):
    """The theme brings each page whose original would, or else the site does."""
    write_site(NAME, theme, tmp_path)
    folders = [tmp_path / NAME / "templates", REPOSITORY / "themes" / theme / "templates"]
    rows = (REPOSITORY / "themes" / "README.md").read_text("utf-8").split("because of |")[1]
    pages = re.findall(r"^\| `([\w/.]+)` \|", rows.partition("\n\n")[0], re.MULTILINE)
    assert len(pages) == 4
    assert [page for page in pages if not any((folder / page).exists() for folder in folders)] == []


def test_each_site_has_a_key_of_its_own(tmp_path):
    keys = set()
    for folder in (tmp_path / "one", tmp_path / "two"):
        write_site(NAME, "default", folder)
        keys |= set(re.findall('SECRET_KEY = "(.+)"', (folder / NAME / "settings.py").read_text()))
    assert len(keys) == 2
    assert all(key.startswith("django-insecure-") for key in keys)


def test_everything_is_filled_in(site):
    texts = {path: path.read_text("utf-8") for path in site.rglob("*") if path.is_file()}
    templates = [path for path in texts if path.suffix == ".html"]
    left = [path for path, text in texts.items() if re.search("{[{%]|project_name", text)]
    assert sorted(left) == sorted(templates)


def test_it_names_pages_of_the_documentation_that_are_there(site):
    texts = [path.read_text("utf-8") for path in site.rglob("*.py")]
    pages = {page for text in texts for page in re.findall(r"docs/[\w/-]+\.md", text)}
    assert {"docs/how-to/geoip.md", "docs/how-to/proxies.md"} <= pages
    assert [page for page in pages if not (REPOSITORY / page).exists()] == []


def test_its_targets_are_listed(site):
    makefile = (site / "Makefile").read_text()
    phony = re.findall(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)[0].split()
    assert re.findall(r"^(\w+):.* ## ", makefile, re.MULTILINE) == phony == ["help", "demo", "test"]


class TestBadInput:
    @pytest.fixture
    def refused(self, tmp_path):
        """Return the sentence that answers some input; whatever was there stays as it was."""

        def refused(*, name=NAME, folder="new", **options):
            before = sorted(tmp_path.rglob("*"))
            path = str(tmp_path / folder) if folder else ""
            with pytest.raises(CommandError) as caught:
                call_command("make_site", name, path, **options)
            assert sorted(tmp_path.rglob("*")) == before
            return str(caught.value)

        return refused

    def test_no_name(self, refused):
        assert "make site NAME=shop" in refused(name="")

    @pytest.mark.parametrize("name", ["my-shop", "1shop", "class", "my shop", "a.b"])
    def test_a_name_that_is_no_identifier(self, refused, name):
        assert refused(name=name).startswith(f"NAME is {name!r}, which can't be")

    @pytest.mark.parametrize("name", ["test", "django", "user_sessions", "account", "wheels"])
    def test_a_name_that_is_taken(self, refused, name):
        assert refused(name=name).endswith(f"NAME=my_{name}.")

    def test_an_unknown_theme(self, refused):
        sentence = refused(theme="nice")
        assert "'nice'" in sentence
        assert all(name in sentence for name in theme_names())

    def test_no_folder(self, refused):
        assert "DEST=../shop" in refused(folder="")

    def test_a_file(self, refused, tmp_path):
        (tmp_path / "file").write_text("mine")
        assert "a file." in refused(folder="file")
        assert (tmp_path / "file").read_text() == "mine"

    def test_a_folder_that_is_not_empty(self, refused, tmp_path):
        (tmp_path / "full").mkdir()
        (tmp_path / "full" / ".hidden").write_text("mine")
        assert "isn't empty" in refused(folder="full")

    def test_a_folder_that_can_not_be_made(self, refused, tmp_path):
        (tmp_path / "file").write_text("mine")
        assert "can't be written" in refused(folder="file/new")


def test_an_empty_folder_will_do(tmp_path):
    write_site(NAME, "default", tmp_path)
    assert (tmp_path / "manage.py").exists()


def test_other_names_are_free():
    assert not is_taken(NAME)
