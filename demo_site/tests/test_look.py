"""The switch between themes, light and dark: what a request asks for, and what it is answered with."""

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
from demo_site.look import Look, current_look, look_of, shown_as

HOST = {"HTTP_HOST": "localhost"}
SESSIONS = reverse("user_sessions:session_list")


@pytest.fixture
def themes(settings, tmp_path):
    """Two themes of which each says its name, in a site that has the first of them."""
    for name in ("default", "other"):
        layouts = tmp_path / name / "templates" / "allauth" / "layouts"
        layouts.mkdir(parents=True)
        (layouts / "base.html").touch()
        (tmp_path / name / "templates" / "name.html").write_text(name, encoding="utf-8")
    settings.THEMES_DIR = tmp_path
    settings.THEMES = ["default", "other"]
    settings.ROOT_URLCONF = "demo_site.tests.urls"
    settings.TEMPLATES = deepcopy(settings.TEMPLATES)  # a new engine, which knows of these
    return tmp_path


def messages_in(response):
    return [str(message) for message in response.context["messages"]]


class TestTheChoice:
    """No template of a theme is needed for it: the pages are looked at by test_pages."""

    def test_the_theme_of_the_settings_comes_first(self, client):
        assert client.get("/", **HOST).context["look"].theme == conf.first_theme()

    @pytest.mark.parametrize(
        ("name", "option"), [("theme", "bulma"), ("theme", "pico"), ("mode", "dark")]
    )
    def test_what_the_query_asks_for_stays(self, client, name, option):
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
    def test_the_page_says_the_mode(self, client, mode, attributes):
        html = client.get(f"/?mode={mode}", **HOST).content.decode()
        tag = re.search("<html [^>]*>", html).group()
        assert attributes in tag
        assert bool(attributes) == ("data-" in tag)

    def test_both_are_chosen_at_once(self, client):
        look = client.get("/?theme=tailwind&mode=light", **HOST).context["look"]
        assert (look.theme, look.mode) == ("tailwind", "light")

    @pytest.mark.parametrize("name", ["theme", "mode"])
    def test_one_that_does_not_exist_is_explained_and_changes_nothing(self, client, name):
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

    def test_a_very_long_name_is_cut(self, client):
        [message] = messages_in(client.get("/?theme=" + "x" * 5000, **HOST))
        assert "x" * 20 in message
        assert "x" * 50 not in message

    @pytest.mark.parametrize("cookie", ["gone", "", "../default"])
    def test_a_stale_cookie_is_passed_over(self, client, cookie):
        client.cookies.load({"theme": cookie, "mode": cookie})
        answer = client.get("/", **HOST)
        assert answer.context["look"] == Look()
        assert messages_in(answer) == []

    def test_no_script_reads_the_cookies_and_no_cache_mixes_the_pages(self, client):
        answer = client.get("/?theme=bulma", **HOST)
        assert answer.cookies["theme"]["httponly"]
        assert answer.cookies["theme"]["samesite"] == "Lax"
        assert "Cookie" in answer.headers["Vary"]


class TestTheTemplates:
    def test_outside_of_a_request_they_are_the_installed_themes(self, themes):
        assert render_to_string("name.html") == "default"
        assert current_look() == Look()

    def test_each_theme_has_its_own(self, themes):
        with shown_as(Look("other")):
            assert render_to_string("name.html") == "other"
        assert render_to_string("name.html") == "default"

    def test_a_theme_without_pages_of_allauth_stands_over_the_default_one(self, themes):
        for path in themes.glob("other/**/*.html"):
            path.unlink()
        themes.joinpath("other/templates/allauth/layouts").rmdir()
        with shown_as(Look("other")):
            assert render_to_string("name.html") == "default"

    def test_the_rest_is_the_same_in_all(self, themes):
        with shown_as(Look("other")):
            own = Engine.get_default().get_template("user_sessions/session_list.html")
        assert own.origin.name.endswith("user_sessions/templates/user_sessions/session_list.html")

    @pytest.mark.parametrize("debug", [False, True])
    def test_a_template_is_read_once_but_by_whoever_works_on_it(self, themes, settings, debug):
        settings.TEMPLATES[0]["OPTIONS"]["debug"] = debug
        settings.TEMPLATES = deepcopy(settings.TEMPLATES)
        render_to_string("name.html")
        themes.joinpath("default/templates/name.html").write_text("changed", encoding="utf-8")
        assert render_to_string("name.html") == ("changed" if debug else "default")

    def test_two_requests_at_once_each_have_theirs_under_wsgi(self, themes):
        def visit(theme):
            return Client().get(f"/meet/?theme={theme}", **HOST).content.decode()

        with ThreadPoolExecutor(2) as pool:
            for _turn in range(5):
                assert list(pool.map(visit, ["default", "other"])) == ["default", "other"]

    @pytest.mark.parametrize("path", ["/meet/async/", "/name/"], ids=["view", "view in a thread"])
    def test_two_requests_at_once_each_have_theirs_under_asgi(self, themes, path):
        async def visit(theme):
            client = AsyncClient(headers={"host": "localhost"})
            return (await client.get(f"{path}?theme={theme}")).content.decode()

        async def visit_both():
            return [await asyncio.gather(visit("default"), visit("other")) for _turn in range(5)]

        assert asyncio.run(visit_both()) == [["default", "other"]] * 5


class TestTheAdminsTheme:
    @pytest.mark.parametrize(
        ("template", "app"),
        [
            ("user_sessions/_menu.html", "user_sessions"),
            ("allauth/layouts/entrance.html", "themes/default"),
            ("allauth/elements/button.html", "themes/default"),
        ],
    )
    def test_it_takes_from_the_default_look_only_what_nobody_else_has(self, template, app):
        with shown_as(Look("admin", is_session_page=True)):
            found = Engine.get_default().get_template(template)
        assert found.origin.name.endswith(f"/{app}/templates/{template}")

    @pytest.mark.parametrize(
        ("path", "theme"), [("/", "default"), (SESSIONS, "admin"), (SESSIONS + "x/", "admin")]
    )
    def test_it_dresses_the_session_pages_only(self, rf, path, theme):
        look = look_of(rf.get(path, {"theme": "admin"}, **HOST))
        assert (look.theme, look.template_theme) == ("admin", theme)


def test_the_files_of_every_theme_are_found():
    lost = [
        path
        for theme in conf.themes()
        for path in (conf.theme_templates(theme).parent / "static").glob("*/*.*")
        if not finders.find(f"{path.parent.name}/{path.name}")
    ]
    assert lost == []
