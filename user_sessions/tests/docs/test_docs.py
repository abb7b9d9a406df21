"""Documentation and code agree: documented names exist, public names are documented, examples run."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib import import_module
from itertools import chain
from pathlib import Path
from types import ModuleType

import pytest
from django.core.checks import run_checks
from django.db.models import QuerySet
from django.dispatch import Signal
from django.template import engines
from django.test import RequestFactory

import user_sessions
from user_sessions import signals, urls
from user_sessions.backends.db import SessionStore
from user_sessions.client import client_address
from user_sessions.conf import PREFIX, all_settings
from user_sessions.location import location_name
from user_sessions.models import Session, SessionQuerySet
from user_sessions.templatetags.user_sessions import register
from user_sessions.tests.support import documentation, geoip
from user_sessions.tests.support.check_pages import (
    CHECK_PAGES,
    CHECKS,
    EXAMPLE,
    FIX,
    SILENCE,
    parts,
    printed,
)
from user_sessions.tests.support.documentation import (
    PAGES,
    README,
    ROOT,
    Block,
    Project,
    Reader,
    blocks,
    executed,
    sections,
    settings_in,
    table,
    terms,
    text_of,
)
from user_sessions.tests.support.user_agents import CHROME_ON_WINDOWS, FIREFOX_ON_LINUX

PACKAGE = Path(user_sessions.__file__).parent
EVERY_PAGE = pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
HEADING = "<h1>Where you're signed in</h1>"
LIST = "/account/sessions/"


def source() -> dict[Path, str]:
    """Return the app's own modules, without its tests."""
    modules = (
        path for path in PACKAGE.rglob("*.py") if "tests" not in path.relative_to(PACKAGE).parts
    )
    return {path: path.read_text() for path in modules}


class TestNames:
    """Each name is in the documentation and in the code."""

    def test_all_settings_are_documented_in_order(self):
        documented = [name.strip("`") for name in sections(text_of("reference/settings.md"))]
        assert [name for name in documented if name.startswith(PREFIX)] == list(all_settings())

    @pytest.mark.parametrize("name", all_settings())
    def test_a_setting_shows_its_facts_and_an_example(self, name):
        section = sections(text_of("reference/settings.md"))[f"`{name}`"]
        assert f"{{{{ {name} }}}}" in section
        assert name in executed(settings_in(section))
        facts = documentation.configuration()["SUBSTITUTIONS"][name]
        assert facts.startswith(all_settings()[name].summary)
        assert re.search(r"\nType\n: `[^`]+`\n\nDefault\n: `[^`]+`$", facts)

    def test_a_check_is_on_the_page_named_after_its_module(self):
        used = {
            (path.stem, found)
            for path, code in source().items()
            for found in re.findall(r'"user_sessions\.([EW]\d{3})"', code)
        }
        documented = [
            (page.stem, check)
            for page in CHECK_PAGES
            for check in re.findall(r"^## (.+)", page.read_text(), re.MULTILINE)
        ]
        assert sorted(documented) == sorted(used)

    def test_all_urls_are_documented(self):
        documented = table(text_of("reference/urls-and-views.md"))
        assert documented == [
            [f"{urls.app_name}:{url.name}", str(url.pattern), url.callback.view_class.__name__]
            for url in urls.urlpatterns
        ]

    def test_all_filters_are_documented(self):
        generated = documentation.configuration()["SUBSTITUTIONS"]["filters"]
        assert "\n{{ filters }}\n" in text_of("reference/filters.md")
        assert {name: bool(gives) for name, gives in table(generated)} == dict.fromkeys(
            register.filters, True
        )

    def test_all_commands_are_documented(self):
        modules = (PACKAGE / "management" / "commands").glob("[!_]*.py")
        documented = [name.strip("`") for name in sections(text_of("reference/commands.md"))]
        assert documented == sorted(module.stem for module in modules)

    def test_all_blocks_are_documented(self):
        """The themes' contract is included, so it is the templates' reference too."""
        assert "```{include} ../../themes/README.md\n" in text_of("reference/templates.md")
        contract = sections((ROOT / "themes" / "README.md").read_text())["Blocks"]
        templates = (PACKAGE / "templates" / "user_sessions").glob("*.html")
        used = {
            name for path in templates for name in re.findall(r"{% block (\w+)", path.read_text())
        }
        assert {row[0] for row in table(contract)} == used

    def test_all_model_fields_are_documented(self):
        documented = table(text_of("reference/model.md"))
        assert {row[0] for row in documented} == {
            field.name for field in Session._meta.get_fields()
        }

    def test_all_queryset_methods_are_documented(self):
        own = {name for name in dir(SessionQuerySet) if not name.startswith("_")} - set(
            dir(QuerySet)
        )
        finding = sections(text_of("reference/model.md"))["Finding sessions"]
        documented = {name.removesuffix("()") for name in re.findall(r"`(\w+\(\))`", finding)}
        assert documented == own

    def test_all_public_names_of_the_store_are_documented(self):
        from django.contrib.sessions.backends.db import SessionStore as DjangosStore

        page = text_of("reference/middleware-and-engine.md")
        documented = {
            name for term in terms(page) for name in re.sub(r"\([^)]*\)", "", term).split(", ")
        }
        new = {name for name in dir(SessionStore) if not name.startswith("_")} - set(
            dir(DjangosStore)
        )
        overridden = {"SessionStore", "get_model_class", "model", "create_model_instance"}
        assert documented == new | overridden

    def test_all_signals_are_documented(self):
        documented = [name.strip("`") for name in sections(text_of("reference/signals.md"))]
        existing = [name for name, value in vars(signals).items() if isinstance(value, Signal)]
        assert [name for name in documented if name != "Django's signals"] == existing

    def test_all_dependencies_are_documented(self):
        project = tomllib.loads((ROOT / "pyproject.toml").read_text())
        tools = {
            (package_name(requirement), group)
            for group, requirements in project["dependency-groups"].items()
            for requirement in requirements
            if isinstance(requirement, str)
        }
        extras = project["project"]["optional-dependencies"].values()
        installed = [*project["project"]["dependencies"], *chain.from_iterable(extras)]
        section = sections(text_of("explanation/design.md"))["Dependencies"]
        for_sites, for_us = section.split("This repository also uses:")
        site_packages = [row[0] for row in table(for_sites)]
        assert site_packages == [package_name(requirement) for requirement in installed]
        assert {(name, group) for name, group, _why in table(for_us)} == {
            (name, group) for name, group in tools if name not in site_packages
        }

    @EVERY_PAGE
    def test_a_dotted_name_can_be_imported(self, path):
        names = re.findall(r"\buser_sessions(?:\.\w+)+", path.read_text())
        code = [name for name in names if not re.search(r"\.(?:css|[EW]\d{3})$", name)]
        assert [name for name in code if not exists(name)] == []


def package_name(requirement: str) -> str:
    return re.findall(r"^[\w-]+", requirement)[0]


def exists(name: str) -> bool:
    """Return whether a dotted name is a module or an attribute of one."""
    module, _dot, attribute = name.rpartition(".")
    try:
        import_module(name)
    except ModuleNotFoundError:
        return bool(module) and hasattr(import_module(module), attribute)
    return True


class TestRequirement:
    """docs/conf.py defines the requirement for pip; each page shows the same one."""

    def test_each_page_installs_the_requirement_of_conf(self):
        installed = {
            (path.name, re.sub(r"\[\w+\]", "", line.removesuffix(" channels-redis").strip('"')))
            for path in PAGES
            for line in re.findall(r"^ *\$ .+ pip install (.+)", path.read_text(), re.MULTILINE)
        }
        requirement = documentation.configuration()["REQUIREMENT"]
        assert installed == {
            (name, requirement) for name in ("README.md", "channels.md", "geoip.md", "tutorial.md")
        }


@pytest.fixture(scope="module")
def output_of():
    """Return what the checks print for the site that a part of a section shows."""
    module = "user_sessions.tests.support.check_pages"
    done = {
        part: subprocess.run(  # noqa: S603  # our own words
            [sys.executable, "-W", "error", "-m", module, part],
            cwd=ROOT,
            check=True,
            capture_output=True,
        )
        for part in (EXAMPLE, FIX, SILENCE)
    }
    return lambda part, check: json.loads(done[part].stdout)[check]


@pytest.mark.parametrize(("check", "text"), CHECKS.items(), ids=CHECKS)
class TestCheckPages:
    """The section of a check: its example is run, and so is each way to fix or to silence it."""

    def test_a_section_has_an_example_and_a_fix(self, check, text):
        assert list(parts(text)) in ([EXAMPLE, FIX], [EXAMPLE, FIX, SILENCE])

    def test_a_section_shows_what_its_example_prints(self, check, text, output_of):
        assert output_of(EXAMPLE, check) == [printed(text)]
        assert printed(text).startswith(f"?: (user_sessions.{check}) ")

    def test_each_fix_removes_the_message(self, check, text, output_of):
        assert set(output_of(FIX, check)) == {""}

    def test_a_check_can_be_silenced_if_its_section_shows_how(self, check, text, output_of):
        assert output_of(SILENCE, check) == ([""] if SILENCE in parts(text) else [])

    def test_the_table_of_checks_links_to_the_section(self, check, text):
        generated = documentation.configuration()["SUBSTITUTIONS"]["checks"]
        assert "\n{{ checks }}\n" in text_of("reference/checks.md")
        [page] = [page for page in CHECK_PAGES if f"\n## {check}\n" in page.read_text()]
        assert f"| [{check}](checks/{page.name}#{check.lower()}) | " in generated


class TestSupport:
    def test_the_versions_are_those_of_the_classifiers(self):
        substitutions = documentation.configuration()["SUBSTITUTIONS"]
        named = re.findall(r"\{\{ (\w+) \}\}", text_of("explanation/support.md"))
        assert named == ["djangos", "pythons"]
        for name, prefix in zip(named, ["Django", "Programming Language :: Python"], strict=True):
            found = re.findall(r"\d+\.\d+", substitutions[name])
            assert found
            for version in found:
                assert f'{prefix} :: {version}"' in (ROOT / "pyproject.toml").read_text()

    def test_what_4_0_removes_is_marked_in_the_code(self):
        section = sections(text_of("explanation/support.md"))["What 4.0 will remove"]
        methods = re.compile(r"^    def ([a-z]\w*)\(.*# 4\.0: remove$", re.MULTILINE)
        settings = re.compile(r"^    (\w+) = Setting\[.*# 4\.0: remove$", re.MULTILINE)
        commands = (PACKAGE / "management" / "commands").glob("[!_]*.py")
        marked = {
            *methods.findall((PACKAGE / "models.py").read_text()),
            *(PREFIX + name for name in settings.findall((PACKAGE / "conf.py").read_text())),
            *(path.stem for path in commands if "# 4.0: remove" in path.read_text()),
        }
        assert set(re.findall(r"`(\w+)(?:\(\))?`", section)) == marked


class TestReadme:
    def test_relative_links_lead_to_existing_files(self):
        links = re.findall(r'(?:\]\(|(?:src|srcset|href)=")([^)"#]+)', README.read_text())
        assert "docs/images/session-list.png" in links
        assert [link for link in links if "://" not in link and not (ROOT / link).exists()] == []

    def test_make_has_the_targets_that_readme_names(self):
        targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
        wanted = re.findall(r"\bmake (\w+)`?$", README.read_text(), re.MULTILINE)
        assert {"demo", "test"} <= set(wanted) <= set(targets)


# What a site adds for allauth, after a theme.
WITH_ALLAUTH = """
```python
# mysite/settings.py
INSTALLED_APPS += ["allauth", "allauth.account"]
MIDDLEWARE += ["allauth.account.middleware.AccountMiddleware"]
```
```python
# mysite/urls.py
from django.urls import include, path

urlpatterns += [path("accounts/", include("allauth.urls"))]
```
"""
SHOW_LOGIN = """
import django

django.setup()

from django.test import Client

print(Client(headers={"host": "localhost"}).get("/accounts/login/").content.decode())
"""


def code_in(text: str) -> list[Block]:
    """Return the Python that can run as it is: it belongs to no file and contains no settings."""
    return [
        block
        for block in blocks(text, "python")
        if not block.file and block not in settings_in(text)
    ]


@pytest.fixture
def follow_settings(settings, monkeypatch, tmp_path):
    """Return a function that applies the settings and the modules of a text."""

    def follow_settings(text):
        for package in ("mysite", "mysite.network"):
            monkeypatch.setitem(sys.modules, package, ModuleType(package))
        network = sys.modules["mysite.network"]
        network.client_ip = str  # for a page that uses this function without its code
        modules = [block for block in blocks(text, "python") if block.file == "mysite/network.py"]
        vars(network).update(executed(modules))
        for name, value in executed(settings_in(text), BASE_DIR=tmp_path).items():
            if name.isupper() and name != "BASE_DIR":
                setattr(settings, name, value)

    return follow_settings


SETTINGS_IN = {
    f"{path.stem}: {heading}": section
    for path in PAGES
    for heading, section in sections(path.read_text()).items()
    if path not in CHECK_PAGES and f"\n{PREFIX}" in section
} | {
    f"{check}: {FIX}": parts(section)[FIX]
    for check, section in CHECKS.items()
    if f"\n{PREFIX}" in parts(section)[FIX]
}


@pytest.mark.parametrize("heading", SETTINGS_IN)
def test_documented_settings_pass_the_checks(heading, follow_settings):
    follow_settings(SETTINGS_IN[heading])
    assert [message for message in run_checks() if message.id.startswith("user_sessions.")] == []


class TestProxies:
    @pytest.fixture
    def address(self, follow_settings):
        """Return the address that a site records for a request after it follows a section."""

        def address(heading, **meta):
            follow_settings(sections(text_of("how-to/proxies.md"))[heading])
            return client_address(RequestFactory().get("/", **meta))

        return address

    def test_named_proxies_are_trusted(self, address):
        """The section's last settings are for a Unix socket, which has no address."""
        forwarded = "192.0.2.66, 203.0.113.9"
        assert (
            address("Name your proxies", REMOTE_ADDR="", HTTP_X_FORWARDED_FOR=forwarded)
            == "203.0.113.9"
        )

    def test_the_header_forwarded_is_read(self, address):
        forwarded = "for=192.0.2.66, for=203.0.113.9, for=10.0.0.2"
        assert (
            address("Use the header Forwarded", REMOTE_ADDR="10.0.0.1", HTTP_FORWARDED=forwarded)
            == "203.0.113.9"
        )

    @pytest.mark.parametrize(
        ("sent", "recorded"), [("203.0.113.9", "203.0.113.9"), ("nonsense", None)]
    )
    def test_a_function_of_the_site_returns_the_address(self, address, sent, recorded):
        assert address("Use a function of your own", HTTP_CF_CONNECTING_IP=sent) == recorded

    @pytest.mark.parametrize(
        ("peer", "forwarded", "recorded"),
        [
            ("10.0.0.1", "192.0.2.66, 203.0.113.9", "203.0.113.9"),
            ("203.0.113.9", "", "203.0.113.9"),
            ("", "", None),
            ("10.0.0.1", "nonsense", None),
        ],
        ids=["behind its proxy", "without a proxy", "no address", "nonsense"],
    )
    def test_the_address_is_the_one_of_allauth(self, address, settings, peer, forwarded, recorded):
        settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
        heading = "Use the same address as django-allauth"
        assert address(heading, REMOTE_ADDR=peer, HTTP_X_FORWARDED_FOR=forwarded) == recorded

    def test_a_wrong_proxy_count_raises_allauths_error(self, address, settings):
        from django.core.exceptions import ImproperlyConfigured

        settings.ALLAUTH_TRUSTED_PROXY_COUNT = 2
        with pytest.raises(ImproperlyConfigured, match="ALLAUTH_TRUSTED_PROXY_COUNT"):
            address("Use the same address as django-allauth", HTTP_X_FORWARDED_FOR="203.0.113.9")


def test_geoip_page_makes_places_visible(follow_settings, tmp_path):
    follow_settings(text_of("how-to/geoip.md"))
    (tmp_path / "geoip").mkdir()
    geoip.write_database(tmp_path / "geoip" / "GeoLite2-City.mmdb", geoip.CITIES)
    assert location_name(geoip.IN_ZWOLLE) == "Zwolle, Netherlands"


def test_model_page_runs(user, laptop, make_browser, store_class, session_model):
    make_browser(user)
    request = RequestFactory().get("/")
    request.session = store_class(laptop.key)
    executed(code_in(text_of("reference/model.md")), user=user, request=request)
    assert session_model.objects.filter(user=user).count() == 1  # of two, the page ends one


def test_privacy_page_runs(user, laptop, session_model):
    assert session_model.objects.filter(ip=None).count() == 0
    executed(code_in(text_of("how-to/privacy.md")), user=user)
    assert session_model.objects.filter(ip=None, user_agent=None).count() == 1


@EVERY_PAGE
def test_documented_templates_compile(path):
    for block in blocks(path.read_text(), "django"):
        engines["django"].from_string(block.text)


def test_a_block_is_in_a_known_language():
    """A block that these tests don't run, compile or compare would rot; nginx's is the only exception."""
    used = {block.language for path in PAGES for block in blocks(path.read_text())}
    assert used == {"console", "diff", "django", "nginx", "python", "scss", "text"}


class Build:
    """A project that builds Tailwind itself, with the theme in its virtual environment."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        [self.command] = re.findall(r"\$ npx @tailwindcss/cli (.*)", text_of("how-to/tailwind.md"))
        (folder / ".gitignore").write_text(".venv/\nnode_modules\n")
        (folder / ".git").mkdir()
        (folder / "node_modules").symlink_to(ROOT / "themes" / "node_modules")
        packages = folder / ".venv" / "lib" / "python3.13" / "site-packages"
        shutil.copytree(
            ROOT / "themes" / "tailwind", packages / "user_sessions_themes" / "tailwind"
        )

    def stylesheet(self, source: str) -> str:
        """Run the page's command with a source; return the stylesheet that it builds."""
        words = self.command.split()
        path = self.folder / words[words.index("--input") + 1]
        path.parent.mkdir(exist_ok=True)
        path.write_text(source)
        npm = [str(ROOT / ".ci" / "npm"), "--prefix", str(ROOT / "themes"), "exec", "--offline"]
        subprocess.run(  # noqa: S603  # our own words
            [*npm, "--", "tailwindcss", *words], cwd=self.folder, check=True, capture_output=True
        )
        return (self.folder / words[words.index("--output") + 1]).read_text()


def classes_in(stylesheet: str) -> set[str]:
    return set(re.findall(r"\.((?:\\.|[A-Za-z_-])(?:\\.|[\w-])*)", stylesheet))


@pytest.fixture(scope="module")
def build(tmp_path_factory):
    return Build(tmp_path_factory.mktemp("build"))


@pytest.fixture(scope="module")
def css_blocks():
    return [block.text for block in blocks(text_of("how-to/tailwind.md"), "scss")]


@pytest.fixture(scope="module")
def theme_stylesheet():
    [path] = (ROOT / "themes" / "tailwind").glob("static/*/vendor/tailwind.css")
    return path.read_text()


class TestTailwind:
    """A site that builds Tailwind itself, as the page says."""

    def test_one_line_adds_all_classes_of_the_themes_pages(
        self, build, css_blocks, theme_stylesheet
    ):
        wanted = classes_in(theme_stylesheet)
        assert {"max-w-6xl", r"dark\:bg-gray-950", r"print\:hidden"} <= wanted
        assert classes_in(build.stylesheet(css_blocks[0])) >= wanted
        without = classes_in(build.stylesheet(css_blocks[0].partition("@source")[0]))
        assert len(without & wanted) < len(wanted) / 10

    def test_the_block_for_light_and_dark_is_the_themes_own(
        self, build, css_blocks, theme_stylesheet
    ):
        (ours, shown) = (ROOT / "themes/tailwind/tailwind.css").read_text(), css_blocks[1]
        assert ours.endswith(shown.partition("\n")[2])
        built = build.stylesheet("\n".join(css_blocks[:2]))
        assert classes_in(built) >= classes_in(theme_stylesheet)
        assert '[data-theme="dark"]' in built
        assert '[data-theme="dark"]' not in build.stylesheet(css_blocks[0])

    def test_printed_pages_are_light(self, theme_stylesheet):
        asked = re.findall(r"@media([^{]*)\(prefers-color-scheme:dark\)", theme_stylesheet)
        assert set(asked) == {" screen and "}
        assert "@media screen{:root:where([data-theme=dark]" in theme_stylesheet

    def test_colours_of_the_page_are_in_the_stylesheet(self, build, css_blocks):
        built = build.stylesheet("\n".join([css_blocks[0], css_blocks[2]]))
        for line in re.findall(r"--color.*;", css_blocks[2]):
            assert line in built

    def test_the_pages_load_the_sites_stylesheet_only(self, laptop, settings, tmp_path):
        own = "user_sessions_themes.default"
        settings.INSTALLED_APPS = [
            name.replace(own, "user_sessions_themes.tailwind") for name in settings.INSTALLED_APPS
        ]
        assert "vendor/tailwind.css" in laptop.get(LIST).content.decode()
        [block] = blocks(text_of("how-to/tailwind.md"), "django")
        path = tmp_path / block.file
        path.parent.mkdir(parents=True)
        path.write_text(block.text)
        settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path / "templates"]}]
        html = laptop.get(LIST).content.decode()
        assert 'href="/static/site.css"' in html
        assert "tailwind.css" not in html


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A new project after the installation steps of README."""
    project = Project(tmp_path_factory.mktemp("installed"))
    project.run("-m", "django", "startproject", "mysite", ".")
    project.follow(documentation.install_steps())
    return project


once = pytest.mark.skipif(
    not os.environ["DJANGO_SETTINGS_MODULE"].endswith(".plain"),
    reason="makes projects of its own, so once is enough",
)


KNOCK = """
import asyncio
import sys
from mysite.asgi import application

async def knock():
    said = iter([{"type": "websocket.connect"}, {"type": "websocket.disconnect", "code": 4401}])
    headers = [(b"host", b"localhost"), (b"origin", b"http://localhost")]
    scope = {"type": "websocket", "path": f"/{sys.argv[1]}", "headers": headers, "query_string": b""}
    async def receive():
        return next(said)
    async def send(message):
        print(message["type"], message.get("code"))
    await application(scope, receive, send)

asyncio.run(knock())
"""


TABLES = """
from django import setup
from django.db import connection

setup()
print(*(name for name in connection.introspection.table_names() if "session" in name))
"""
# Print the key of an active session, a digest, and the keys of an ended and an expired session.
SIGN_IN = """
from datetime import timedelta
from django import setup

setup()

from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import timezone
from user_sessions.models import Session

ada = get_user_model().objects.create_user("ada")
clients = [Client() for _ in range(4)]
for client in clients:
    client.force_login(ada)
keys = [client.cookies["sessionid"].value for client in clients]
Session.objects.get(pk=keys[2]).end()
Session.objects.filter(pk=keys[3]).update(expire_date=timezone.now() - timedelta(seconds=1))
print(keys[0], Session.objects.get(pk=keys[1]).pk, keys[2], keys[3])
"""
# Print the user who is signed in with a key, in each of two requests.
WHO = """
import sys
from django import setup

setup()

from django.test import Client

client = Client(headers={"host": "localhost"})
for _ in range(2):
    client.cookies["sessionid"] = sys.argv[1]
    request = client.get("/admin/login/").wsgi_request
    print(request.user.get_username() or "nobody", end=" ")
"""


@once
class TestProjects:
    """The pages that a reader follows from an empty project."""

    @pytest.fixture
    def project(self, installed, tmp_path):
        return Project(shutil.copytree(installed.folder, tmp_path / "project"))

    def test_readme_leads_to_the_list(self, project):
        assert HEADING in project.page()

    def test_the_templates_guide_changes_the_pages(self, project):
        text = text_of("how-to/templates.md")
        before, own_page = text.split("## Write a page from scratch")
        project.follow(before)
        html = project.page()
        for shown in (HEADING, ">My site</a>", "Nobody else is signed in"):
            assert shown in html
        project.follow(own_page)
        html = project.page()
        assert HEADING in html
        assert "<button>Sign out</button>" in html

    def test_the_themes_guide_changes_the_theme(self, project):
        project.follow(text_of("how-to/templates.md").split("A template there can")[0])
        project.follow(text_of("how-to/themes.md"))
        html = project.page()
        heading = HEADING.removeprefix("<h1")
        for shown in (heading, ">My site</a>", "bootstrap.min.css", 'data-bs-theme="dark"'):
            assert shown in html
        for shown in ("Nobody else is signed in", "Tell us.", 'class="h5 fw-bold'):
            assert shown in html

    def test_the_themes_guide_changes_allauths_pages(self, project):
        project.follow(text_of("how-to/templates.md").split("A template there can")[0])
        project.follow(text_of("how-to/themes.md"))
        project.follow(WITH_ALLAUTH)
        html = project.run("-c", SHOW_LOGIN)
        assert 'class="btn btn-primary' in html
        for shown in ("Read what this is.", ">My site</a>", 'data-bs-theme="dark"'):
            assert shown in html

    def test_eject_theme_prints_the_differences_that_the_guide_shows(self, project):
        text = text_of("how-to/themes.md")
        project.follow(text_of("how-to/templates.md").split("A template there can")[0])
        project.follow(text)
        [shown] = [block.text for block in blocks(text, "diff") if "--- bootstrap5/" in block.text]
        command = "eject_theme", "bootstrap5", "look", "--diff", "--only", "user_sessions/_s*"
        assert project.run("manage.py", *command, status=1) == shown

    def test_the_model_guide_adds_a_field(self, project):
        project.follow(text_of("how-to/own-model.md"))
        assert HEADING in project.page()
        store = "from labels.sessions import SessionStore as S; s = S(); s['label'] = 'Work laptop'; s.create()"
        label = "from user_sessions.engine import get_session_model as m; print(m().objects.get(pk=s.session_key).label)"
        assert (
            project.run("manage.py", "shell", "--verbosity", "0", "-c", f"{store}; {label}")
            == "Work laptop\n"
        )

    def test_the_channels_guide_closes_connections_of_anonymous_visitors(self, project):
        """Each consumer accepts the connection before it closes it. The layer needs no server."""
        project.follow(text_of("how-to/channels.md"))
        assert HEADING in project.page()
        memory = (
            'CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}\n'
        )
        settings = project.folder / "mysite" / "settings.py"
        settings.write_text(f"{settings.read_text()}{memory}")
        for path in ("notes/", "account/sessions/watch/"):
            printed = project.run("-c", KNOCK, path)
            assert printed == "websocket.accept None\nwebsocket.close 4401\n"

    def test_the_leave_guide_removes_the_app(self, project):
        """All users have to sign in again, and only Django's table is left."""
        parts = sections(text_of("how-to/leave.md"))
        project.follow(parts["Replace the app"])
        project.follow(parts["Remove the app"])
        project.run("manage.py", "check", "--fail-level", "WARNING")
        assert "user_sessions" not in (project.folder / "mysite" / "settings.py").read_text()
        assert project.run("-c", TABLES) == "django_session\n"

    def test_the_leave_guide_can_keep_users_signed_in(self, project):
        parts = sections(text_of("how-to/leave.md"))
        key, digest, ended, expired = project.run("-c", SIGN_IN).split()
        project.follow(parts["Replace the app"])
        keep, then = parts["Keep people signed in"].split("The middleware costs")
        project.follow(keep)
        who = {k: project.run("-c", WHO, k).strip() for k in (key, digest, ended, expired)}
        assert who == {
            key: "ada ada",
            digest: "nobody nobody",
            ended: "nobody nobody",
            expired: "nobody nobody",
        }
        project.follow(then)
        project.follow(parts["Remove the app"])
        assert project.run("-c", TABLES) == "django_session\n"
        (project.folder / "mysite" / "leave.py").unlink()
        assert project.run("-c", WHO, key).strip() == "ada ada"

    def test_the_tests_guide_runs(self, project):
        project.follow(text_of("how-to/tests.md"))

    def test_the_tutorial_leads_to_an_ended_session(self, tmp_path):
        visited = []

        def visit(address):
            """Follow the steps of "Look at the page" and "End a session"."""
            first, second = Reader(address, FIREFOX_ON_LINUX), Reader(address, CHROME_ON_WINDOWS)
            assert HEADING in first.sign_in(LIST)
            assert "This device" in first.html
            assert "End session" not in first.html
            second.sign_in(LIST)
            assert "Chrome on Windows" in first.open(LIST)
            first.submit(
                re.search(r'action="([^"]+)">(?:(?!</form>).)*End session', first.html, re.DOTALL)[
                    1
                ]
            )
            assert "Session ended: Chrome on Windows" in first.html
            second.open(LIST)
            assert second.path.startswith("/admin/login/")
            visited.append(address)

        Project(tmp_path).follow(text_of("tutorial.md"), visit=visit)
        assert visited
