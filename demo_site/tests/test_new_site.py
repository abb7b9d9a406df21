"""`make site`: the new site has the demo's settings, and invalid arguments are rejected.

.ci/site-test runs a new site and its tests.
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
# In a list of dotted names: entries that belong to one of the two sites only.
OF_ONE_SITE = re.compile(rf"(demo_site|{NAME}|user_sessions_themes)\b")
# Prefixes of third-party settings. All other settings that Django doesn't know belong to the site.
OF_APPS = ("ACCOUNT_", "ALLAUTH_", "CONTENT_SECURITY_POLICY", "GEOIP_", "MFA_", "USER_SESSIONS_")

# The settings that differ, by module, and the reason.
DIFFERENT = {
    "settings": {
        "DEBUG": "the demo shows the pages of visitors; a new site is in development",
        "DEFAULT_FROM_EMAIL": "contains the name of the site",
        "INSTALLED_APPS": "the demo has websockets",
        "SILENCED_SYSTEM_CHECKS": "as INSTALLED_APPS",
        "GEOIP_PATH": "the demo writes its own database",
        "LOCALE_PATHS": "the demo has all themes; a new site has one",
        "MFA_TOTP_ISSUER": "contains the name of the site",
        "SECRET_KEY": "each site gets a new one",
        "STATICFILES_DIRS": "as LOCALE_PATHS",
        "TEMPLATES": "the demo has a template loader and a context processor of its own",
    },
    "settings_production": {
        "DEFAULT_FROM_EMAIL": "as above",
        "LOCALE_PATHS": "as above",
        "INSTALLED_APPS": "as above",
        "SILENCED_SYSTEM_CHECKS": "as above",
        "MESSAGE_STORAGE": "the demo has its own class; a new site uses Django's",
        "MFA_TOTP_ISSUER": "as above",
        "STATICFILES_DIRS": "as above",
        "TEMPLATES": "as above",
    },
}


@pytest.fixture
def site(tmp_path, monkeypatch):
    """The folder of a new site, which is on sys.path."""
    folder = tmp_path / "site"
    write_site(NAME, "default", folder)
    monkeypatch.syspath_prepend(folder)
    yield folder
    for module in [name for name in sys.modules if name.partition(".")[0] == NAME]:
        del sys.modules[module]


def settings_in(path):
    """Return the settings of a module by name, as text; other variables are left out."""
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
def test_new_site_has_the_demos_settings(site, module, monkeypatch):
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delitem(
        sys.modules, "demo_site.settings", raising=False
    )  # import it again, with this environment
    demo = settings_in(REPOSITORY / "demo_site" / f"{module}.py")
    new = settings_in(site / NAME / f"{module}.py")
    differing = {name for name in demo.keys() | new.keys() if demo.get(name) != new.get(name)}
    assert differing == DIFFERENT[module].keys()


def test_new_site_has_the_demos_context_processors(site):
    demo, new = (
        runpy.run_path(str(folder / "settings.py"))["TEMPLATES"][0]["OPTIONS"]["context_processors"]
        for folder in (REPOSITORY / "demo_site", site / NAME)
    )
    assert [name for name in demo if not OF_ONE_SITE.match(name)] == new


def test_new_site_has_the_demos_database_module(site):
    demos = REPOSITORY / "demo_site" / "database.py"
    assert (site / NAME / "database.py").read_text() == demos.read_text()


@pytest.mark.parametrize("theme", theme_names())
def test_theme_is_installed_before_user_sessions_and_allauth(tmp_path, theme):
    write_site(NAME, theme, tmp_path)
    settings = (tmp_path / NAME / "settings.py").read_text("utf-8")
    assert (
        f'    "user_sessions_themes.{theme}",\n    "user_sessions",\n    "allauth",\n' in settings
    )


@pytest.mark.parametrize("theme", theme_names())
def test_new_site_replaces_each_page_that_violates_the_csp(tmp_path, theme):
    """The theme has each of these pages, or the site does."""
    write_site(NAME, theme, tmp_path)
    folders = [tmp_path / NAME / "templates", REPOSITORY / "themes" / theme / "templates"]
    rows = (REPOSITORY / "themes" / "README.md").read_text("utf-8").split("because of |")[1]
    pages = re.findall(r"^\| `([\w/.]+)` \|", rows.partition("\n\n")[0], re.MULTILINE)
    assert len(pages) == 4
    assert [page for page in pages if not any((folder / page).exists() for folder in folders)] == []


def test_each_new_site_gets_its_own_secret_key(tmp_path):
    keys = set()
    for folder in (tmp_path / "one", tmp_path / "two"):
        write_site(NAME, "default", folder)
        keys |= set(re.findall('SECRET_KEY = "(.+)"', (folder / NAME / "settings.py").read_text()))
    assert len(keys) == 2
    assert all(key.startswith("django-insecure-") for key in keys)


def test_no_placeholder_is_left_in_a_new_site(site):
    texts = {path: path.read_text("utf-8") for path in site.rglob("*") if path.is_file()}
    templates = [path for path in texts if path.suffix == ".html"]
    left = [path for path, text in texts.items() if re.search("{[{%]|project_name", text)]
    assert sorted(left) == sorted(templates)


def test_documentation_pages_that_a_new_site_names_exist(site):
    texts = [path.read_text("utf-8") for path in site.rglob("*.py")]
    pages = {page for text in texts for page in re.findall(r"docs/[\w/-]+\.md", text)}
    assert {"docs/how-to/geoip.md", "docs/how-to/proxies.md"} <= pages
    assert [page for page in pages if not (REPOSITORY / page).exists()] == []


def test_makefile_describes_each_target(site):
    makefile = (site / "Makefile").read_text()
    phony = re.findall(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)[0].split()
    assert re.findall(r"^(\w+):.* ## ", makefile, re.MULTILINE) == phony == ["help", "demo", "test"]


class TestInvalidArguments:
    @pytest.fixture
    def refused(self, tmp_path):
        """Return a function that expects an error and no changed file, and returns the message."""

        def refused(*, name=NAME, folder="new", **options):
            before = sorted(tmp_path.rglob("*"))
            path = str(tmp_path / folder) if folder else ""
            with pytest.raises(CommandError) as caught:
                call_command("make_site", name, path, **options)
            assert sorted(tmp_path.rglob("*")) == before
            return str(caught.value)

        return refused

    def test_missing_name_is_rejected(self, refused):
        assert "make site NAME=shop" in refused(name="")

    @pytest.mark.parametrize("name", ["my-shop", "1shop", "class", "my shop", "a.b"])
    def test_name_that_is_no_identifier_is_rejected(self, refused, name):
        assert refused(name=name).startswith(f"NAME is {name!r}, which is not a valid name")

    @pytest.mark.parametrize("name", ["test", "django", "user_sessions", "account", "wheels"])
    def test_name_of_a_module_or_app_is_rejected(self, refused, name):
        assert refused(name=name).endswith(f"NAME=my_{name}.")

    def test_unknown_theme_is_rejected(self, refused):
        message = refused(theme="nice")
        assert "'nice'" in message
        assert all(name in message for name in theme_names())

    def test_missing_folder_is_rejected(self, refused):
        assert "DEST=../shop" in refused(folder="")

    def test_file_as_folder_is_rejected(self, refused, tmp_path):
        (tmp_path / "file").write_text("mine")
        assert "a file." in refused(folder="file")
        assert (tmp_path / "file").read_text() == "mine"

    def test_folder_with_files_is_rejected(self, refused, tmp_path):
        (tmp_path / "full").mkdir()
        (tmp_path / "full" / ".hidden").write_text("mine")
        assert "isn't empty" in refused(folder="full")

    def test_folder_that_cannot_be_created_is_rejected(self, refused, tmp_path):
        (tmp_path / "file").write_text("mine")
        assert "can't be written" in refused(folder="file/new")


def test_empty_folder_is_accepted(tmp_path):
    write_site(NAME, "default", tmp_path)
    assert (tmp_path / "manage.py").exists()


def test_unused_name_is_accepted():
    assert not is_taken(NAME)
