"""The theme `admin`: the admin's layout, also for users who may not enter the admin, and without its URLs."""

from __future__ import annotations

from copy import deepcopy

import pytest
from django.contrib import admin
from django.template import Context, Engine
from django.urls import include, path, reverse

from user_sessions.tests.support.contract import column
from user_sessions.tests.support.markup import problems_of, read
from user_sessions.tests.support.people import make_superuser
from user_sessions.tests.support.session_pages import END_OTHER, LIST, end_url
from user_sessions.tests.support.themes import templates_of

WITHOUT_ADMIN = type("Urls", (), {"urlpatterns": [path("", include("user_sessions.urls"))]})


def admin_context(request):
    """Return the context of the admin's pages, as a site's context processor."""
    return admin.site.each_context(request)


@pytest.fixture(autouse=True)
def _dressed(settings):
    templates = deepcopy(settings.TEMPLATES)
    templates[0]["DIRS"] = [templates_of("admin")]
    settings.TEMPLATES = templates


@pytest.fixture
def staff(db, make_browser):
    return make_browser(make_superuser("grace"))


@pytest.fixture
def with_admin_context(settings):
    templates = deepcopy(settings.TEMPLATES)
    processors = templates[0]["OPTIONS"]["context_processors"]
    templates[0]["OPTIONS"]["context_processors"] = [*processors, f"{__name__}.admin_context"]
    settings.TEMPLATES = templates


def show(browser, url=LIST):
    response = browser.get(url)
    assert response.status_code == 200
    assert problems_of(response.content.decode()) == []
    return read(response.content.decode())


def links_to_the_admin(page):
    addresses = [way["href"] for way in page.all("a")] + [
        form["action"] for form in page.all("form")
    ]
    return [address for address in addresses if address.startswith(reverse("admin:index"))]


class TestFrame:
    def test_staff_see_the_links_of_the_admin(self, staff):
        page = show(staff)
        assert page.one(id="site-name").one("a")["href"] == reverse("admin:index")
        assert page.one(id="site-name").text == "Django administration"
        tools = page.one(id="user-tools")
        assert tools.one("form", id="logout-form")["action"] == reverse("admin:logout")
        assert tools.all("a", href="/")[0].text == "View site"

    @pytest.mark.parametrize(
        ("url", "title"), [(LIST, "Where you're signed in"), (END_OTHER, "End all other sessions?")]
    )
    def test_staff_see_breadcrumbs_with_the_title(self, staff, url, title):
        breadcrumbs = show(staff, url).one(class_="breadcrumbs")
        assert breadcrumbs.one("a")["href"] == reverse("admin:index")
        assert breadcrumbs.text.endswith(title)

    @pytest.mark.parametrize("url", [LIST, END_OTHER])
    def test_other_users_see_no_link_to_the_admin(self, laptop, url):
        page = show(laptop, url)
        assert links_to_the_admin(page) == []
        assert page.one(id="site-name").text == "Account"
        assert page.one(id="site-name").one("a")["href"] == "/"
        assert page.all(class_="breadcrumbs") == []
        assert page.one(id="user-tools").text.startswith("Welcome,")
        assert page.one(id="user-tools").all("form") == []

    def test_the_theme_works_without_the_urls_of_the_admin(self, staff, settings):
        settings.ROOT_URLCONF = WITHOUT_ADMIN
        page = show(staff)
        assert page.all(id="logout-form") == page.all(class_="breadcrumbs") == []
        assert page.one(id="site-name").text == "Account"

    @pytest.mark.usefixtures("with_admin_context")
    @pytest.mark.parametrize("who", ["staff", "laptop"])
    def test_a_page_uses_the_admins_context_if_the_site_passes_it(self, request, who, monkeypatch):
        monkeypatch.setattr(admin.site, "site_header", "Tools")
        page = show(request.getfixturevalue(who))
        assert page.one(id="site-name").text == "Tools"
        assert page.all(id="nav-sidebar") == []

    def test_a_page_has_the_button_for_light_and_dark_of_the_admin(self, laptop):
        assert show(laptop).one("button", class_="theme-toggle")

    def test_the_home_link_keeps_the_script_name(self, laptop):
        response = laptop.get(LIST, SCRIPT_NAME="/tools")
        assert read(response.content.decode()).one(id="site-name").one("a")["href"] == "/tools"


class TestBlocks:
    """The places of the blocks of themes/README.md in the admin's skeleton."""

    @pytest.fixture
    def page(self):
        own = {name: f"{name}-here" for name in column("Blocks", "block")}
        own |= {"html_attributes": 'data-theme="dark"', "content": "<h1>content-here</h1>"}
        blocks = "".join(
            f"{{% block {name} %}}{text}{{% endblock %}}" for name, text in own.items()
        )
        return render(blocks, title="Another title", subtitle="Another subtitle")

    def test_html_attributes_are_on_the_script_that_copies_them(self, page):
        *_, ours = page.one("head").all("script")
        assert ours["src"].endswith("user_sessions_admin/html_attributes.js")
        assert ours["data-theme"] == "dark"

    def test_each_block_has_its_place(self, page):
        text = page.one("body").text
        order = ["header-here", "menu-here", "messages-here", "content-here", "footer-here"]
        places = [text.index(word) for word in [*order, "scripts-here"]]
        assert places == sorted(places)
        assert page.one("title").text == "title-here"
        assert "head-here" in page.one("head").text
        assert "body_class-here" in page.one("body").classes
        assert "main_class-here" in page.one(id="content").classes
        assert "messages-here" in page.one("main").text
        assert "footer-here" in page.one("footer").text

    def test_a_page_of_the_site_has_one_heading(self, page):
        """The admin's templates read `title` and `subtitle`, and a site's page may pass them too."""
        assert [heading.text for heading in page.all("h1", "h2")] == ["content-here"]


def render(blocks, **context):
    source = '{% extends "user_sessions/_base.html" %}' + blocks
    return read(Engine.get_default().from_string(source).render(Context(context)))


def test_a_page_of_the_site_can_be_shown_to_an_anonymous_visitor():
    page = render("{% block content %}<h1>Home</h1>{% endblock %}")
    assert page.one(id="site-name").text == "Account"
    assert page.all(id="user-tools") == []


def test_the_breadcrumbs_of_a_confirmation_end_with_its_title(db, make_browser):
    grace = make_superuser("grace")
    here, elsewhere = make_browser(grace), make_browser(grace)
    for browser, title in ((here, "Sign out on this device?"), (elsewhere, "End this session?")):
        crumbs = read(here.get(end_url(browser)).content.decode()).one(class_="breadcrumbs")
        assert crumbs.text.endswith(title)
