"""The switch of theme and colour mode: which look a request selects, and which templates it gets."""

from __future__ import annotations

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy

import pytest
from django.contrib.staticfiles import finders
from django.template import Engine
from django.template.loader import render_to_string
from django.test import AsyncClient, Client
from django.urls import reverse

from demo_site import conf
from demo_site.look import Look, current_look, look_of, use_look

HOST = {"HTTP_HOST": "localhost"}
SESSIONS = reverse("user_sessions:session_list")


@pytest.fixture
def themes(settings, tmp_path):
    """A site with two themes, each with a template that shows its name; `default` is installed."""
    for name in ("default", "other"):
        layouts = tmp_path / name / "templates" / "allauth" / "layouts"
        layouts.mkdir(parents=True)
        (layouts / "base.html").touch()
        (tmp_path / name / "templates" / "name.html").write_text(name, encoding="utf-8")
    settings.THEMES_DIR = tmp_path
    settings.THEMES = ["default", "other"]
    settings.ROOT_URLCONF = "demo_site.tests.urls"
    settings.TEMPLATES = deepcopy(settings.TEMPLATES)  # a new engine, which reads THEMES
    return tmp_path


def messages_in(response):
    return [str(message) for message in response.context["messages"]]


class TestChoice:
    def test_default_theme_is_that_of_the_settings(self, client):
        assert client.get("/", **HOST).context["look"].theme == conf.configured_theme()

    @pytest.mark.parametrize(
        ("name", "option"), [("theme", "bulma"), ("theme", "pico"), ("mode", "dark")]
    )
    def test_option_of_the_query_applies_to_later_requests(self, client, name, option):
        answers = [client.get(path, **HOST) for path in (f"/?{name}={option}", "/")]
        assert [getattr(answer.context["look"], name) for answer in answers] == [option, option]

    @pytest.mark.parametrize(
        ("mode", "attributes"),
        [
            ("auto", ""),
            ("dark", 'data-theme="dark" data-bs-theme="dark"'),
            ("light", 'data-theme="light" data-bs-theme="light"'),
        ],
    )
    def test_html_element_has_the_mode(self, client, mode, attributes):
        html = client.get(f"/?mode={mode}", **HOST).content.decode()
        tag = re.search("<html [^>]*>", html).group()
        assert attributes in tag
        assert bool(attributes) == ("data-" in tag)

    def test_one_query_selects_theme_and_mode(self, client):
        look = client.get("/?theme=tailwind&mode=light", **HOST).context["look"]
        assert (look.theme, look.mode) == ("tailwind", "light")

    @pytest.mark.parametrize("name", ["theme", "mode"])
    def test_unknown_option_shows_a_message_and_changes_nothing(self, client, name):
        kept = {"theme": "bulma", "mode": "dark"}
        client.cookies.load(kept)
        answer = client.get(f"/?{name}=nonsense", **HOST)
        look = answer.context["look"]
        assert {"theme": look.theme, "mode": look.mode} == kept
        assert name not in answer.cookies
        [message] = messages_in(answer)
        assert "nonsense" in message
        assert kept[name] in message
        assert message in answer.content.decode()

    def test_message_shortens_a_very_long_option(self, client):
        [message] = messages_in(client.get("/?theme=" + "x" * 5000, **HOST))
        assert "x" * 20 in message
        assert "x" * 50 not in message

    @pytest.mark.parametrize("cookie", ["gone", "", "../default"])
    def test_unknown_option_in_a_cookie_is_ignored(self, client, cookie):
        client.cookies.load({"theme": cookie, "mode": cookie})
        answer = client.get("/", **HOST)
        assert answer.context["look"] == Look()
        assert messages_in(answer) == []

    def test_cookie_is_httponly_and_response_varies_by_cookie(self, client):
        answer = client.get("/?theme=bulma", **HOST)
        assert answer.cookies["theme"]["httponly"]
        assert answer.cookies["theme"]["samesite"] == "Lax"
        assert "Cookie" in answer.headers["Vary"]


class TestTemplates:
    def test_template_outside_a_request_is_the_installed_themes(self, themes):
        assert render_to_string("name.html") == "default"
        assert current_look() == Look()

    def test_template_inside_use_look_is_that_themes(self, themes):
        with use_look(Look("other")):
            assert render_to_string("name.html") == "other"
        assert render_to_string("name.html") == "default"

    def test_theme_without_allauth_layouts_falls_back_to_the_default_theme(self, themes):
        for path in themes.glob("other/**/*.html"):
            path.unlink()
        themes.joinpath("other/templates/allauth/layouts").rmdir()
        with use_look(Look("other")):
            assert render_to_string("name.html") == "default"

    def test_template_that_no_theme_has_comes_from_user_sessions(self, themes):
        with use_look(Look("other")):
            own = Engine.get_default().get_template("user_sessions/session_list.html")
        assert own.origin.name.endswith("user_sessions/templates/user_sessions/session_list.html")

    @pytest.mark.parametrize("debug", [False, True])
    def test_template_is_cached_unless_debug_is_on(self, themes, settings, debug):
        settings.TEMPLATES[0]["OPTIONS"]["debug"] = debug
        settings.TEMPLATES = deepcopy(settings.TEMPLATES)
        render_to_string("name.html")
        themes.joinpath("default/templates/name.html").write_text("changed", encoding="utf-8")
        assert render_to_string("name.html") == ("changed" if debug else "default")

    def test_concurrent_wsgi_requests_each_get_their_own_theme(self, themes):
        def visit(theme):
            return Client().get(f"/meet/?theme={theme}", **HOST).content.decode()

        with ThreadPoolExecutor(2) as pool:
            for _turn in range(5):
                assert list(pool.map(visit, ["default", "other"])) == ["default", "other"]

    @pytest.mark.parametrize("path", ["/meet/async/", "/name/"], ids=["view", "view in a thread"])
    def test_concurrent_asgi_requests_each_get_their_own_theme(self, themes, path):
        async def visit(theme):
            client = AsyncClient(headers={"host": "localhost"})
            return (await client.get(f"{path}?theme={theme}")).content.decode()

        async def visit_both():
            return [await asyncio.gather(visit("default"), visit("other")) for _turn in range(5)]

        assert asyncio.run(visit_both()) == [["default", "other"]] * 5


class TestAdminTheme:
    @pytest.mark.parametrize(
        ("template", "app"),
        [
            ("user_sessions/_menu.html", "user_sessions"),
            ("allauth/layouts/entrance.html", "themes/default"),
            ("allauth/elements/button.html", "themes/default"),
        ],
    )
    def test_template_comes_from_the_default_theme_only_if_no_app_has_it(self, template, app):
        with use_look(Look("admin", is_session_page=True)):
            found = Engine.get_default().get_template(template)
        assert found.origin.name.endswith(f"/{app}/templates/{template}")

    @pytest.mark.parametrize(
        ("path", "theme"), [("/", "default"), (SESSIONS, "admin"), (SESSIONS + "x/", "admin")]
    )
    def test_admin_theme_applies_to_session_pages_only(self, rf, path, theme):
        look = look_of(rf.get(path, {"theme": "admin"}, **HOST))
        assert (look.theme, look.template_theme) == ("admin", theme)


def test_static_files_of_every_theme_are_found():
    missing = [
        path
        for theme in conf.themes()
        for path in (conf.theme_templates(theme).parent / "static").glob("*/*.*")
        if not finders.find(f"{path.parent.name}/{path.name}")
    ]
    assert missing == []
