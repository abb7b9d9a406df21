"""allauth's pages in the default look: each is tested, is valid HTML and keeps to a strict CSP."""

from __future__ import annotations

import re
from pathlib import Path

import allauth
import pytest
from django import forms
from django.template import Context, Engine, Origin, Template
from django.urls import reverse

from user_sessions.tests.support.contract import LEFT_TO_ALLAUTH, TEMPLATES, codes, rows
from user_sessions.tests.support.markup import (
    description_of,
    name_of,
    problems_of,
    read,
    undefined_in,
    with_marker,
)
from user_sessions.tests.support.phones import PhoneAdapter
from user_sessions.tests.support.themes import WHOLE_THEMES, templates_of
from user_sessions.tests.support.world import EMAIL, PAGES, PHONE, World, get

ALLAUTH = Path(allauth.__file__).parent / "templates"

# Variables that allauth's own pages print without passing them.
ALLAUTHS_OWN = {"redirect_field", "auth_params", "scope", "site.name"}
# Pages that no test shows, and why.
NOT_SHOWN = {
    "account/confirm_password_reset_code.html": "replaces the link; extends the same base as a code",
    "account/signup_by_passkey.html": "replaces a sign-up with a password",
    "mfa/webauthn/signup_form.html": "follows the sign-up by passkey",
    "mfa/webauthn/reauthenticate.html": "needs a registered security key",
    "socialaccount/login_redirect.html": "not a page of the site: it has no layout",
}
APPS = ("account", "mfa", "socialaccount")


@pytest.fixture(autouse=True)
def _marked(settings):
    settings.TEMPLATES = with_marker(settings.TEMPLATES)


@pytest.fixture(autouse=True)
def _no_phones():
    PhoneAdapter.phones.clear()
    PhoneAdapter.sent.clear()


@pytest.fixture
def world(user, make_browser, settings, monkeypatch):
    return World(user, make_browser, settings, monkeypatch)


@pytest.fixture
def show(world):
    """Return a page by its name in PAGES."""

    def show(name):
        return read(PAGES[name][1](world).content.decode())

    return show


def is_page(path):
    source = path.read_text()
    return (
        not path.name.startswith("base")
        and "snippets" not in path.parts
        and "messages" not in path.parts
        and "email" not in path.parts
        and bool(source)
    )


class TestPages:
    @pytest.mark.parametrize("name", PAGES)
    def test_a_page_has_no_problems_and_no_undefined_variables(self, world, name):
        template, page = PAGES[name]
        response = page(world)
        html = response.content.decode()
        assert response.templates[0].name == template
        assert response.status_code == (401 if name == "provider, failed" else 200)
        assert problems_of(html) == []
        assert undefined_in(html) <= ALLAUTHS_OWN

    def test_each_installed_page_is_tested_or_excluded(self):
        installed = {
            str(path.relative_to(ALLAUTH))
            for app in APPS
            for path in (ALLAUTH / app).rglob("*.html")
            if is_page(path)
        }
        shown = {template for template, _ in PAGES.values()}
        assert shown | set(NOT_SHOWN) == installed
        assert not shown & set(NOT_SHOWN)

    @pytest.mark.parametrize("name", PAGES)
    def test_a_page_loads_the_stylesheets_and_uses_their_classes(self, world, name):
        response = PAGES[name][1](world)
        page = read(response.content.decode())
        layouts = {one.name for one in response.templates if "layouts" in (one.name or "")}
        body = page.one("body")
        entrance = "allauth/layouts/entrance.html" in layouts
        assert "us-account" in body.classes
        assert ("us-page--entrance" in body.classes) is entrance
        sheets = [link["href"] for link in page.all("link", rel="stylesheet")]
        assert [Path(sheet).name for sheet in sheets] == [
            "shared.css",
            "user_sessions.css",
            "account.css",
        ]
        for button in page.one("main").all("button"):
            assert "us-button" in button.classes

    @pytest.mark.parametrize("name", PAGES)
    def test_a_page_from_right_to_left_has_no_problems(self, world, name):
        world.settings.LANGUAGE_CODE = "ar"
        html = PAGES[name][1](world).content.decode()
        assert read(html).one("html")["dir"] == "rtl"
        assert problems_of(html) == []

    @pytest.mark.parametrize("name", PAGES)
    def test_each_post_form_has_a_csrf_token(self, world, name):
        for form in read(PAGES[name][1](world).content.decode()).all("form", method="post"):
            assert form.one("input", name="csrfmiddlewaretoken")["value"]


class TestMenu:
    def test_the_menu_links_to_each_page_of_the_account(self, world):
        menu = read(get(world.member, "mfa_index").content.decode()).one("nav", class_="us-menu")
        assert [(link.text, link["href"]) for link in menu.all("a")] == [
            ("Sessions", reverse("user_sessions:session_list")),
            ("Email Addresses", reverse("account_email")),
            ("Change Password", reverse("account_change_password")),
            ("Two-Factor Authentication", reverse("mfa_index")),
            ("Account Connections", reverse("socialaccount_connections")),
            ("Sign out", reverse("account_logout")),
        ]

    @pytest.mark.parametrize("name", ["mfa_index", "user_sessions:session_list"])
    def test_the_menu_marks_the_current_page(self, world, name):
        page = read(get(world.member, name).content.decode())
        current = page.one("nav", class_="us-menu").one("a", aria_current="page")
        assert current["href"] == reverse(name)

    def test_an_anonymous_visitor_sees_no_menu(self, show):
        assert show("sign in").all("nav") == []


class TestErrors:
    def test_an_invalid_field_is_described_by_its_error(self, show):
        page = show("sign up, nothing said")
        for name in ("username", "password1", "password2"):
            field = page.one("input", name=name)
            assert field["aria-invalid"] == "true"
            assert "This field is required." in description_of(field)
        assert page.one("input", name="email").get("aria-invalid") is None

    def test_an_invalid_field_of_an_element_is_described_by_its_error(self, show):
        for name, field in [("change of address, wrong", "email"), ("phone, wrong", "phone")]:
            wrong = show(name).one("input", name=field)
            assert wrong["aria-invalid"] == "true"
            assert description_of(wrong)

    def test_an_error_that_belongs_to_no_field_is_an_alert(self, show):
        said = show("sign in, wrong").one(role="alert")
        assert said.text == "The username and/or password you specified are not correct."

    def test_an_error_of_a_form_without_fields_is_an_alert(self, show):
        assert (
            "cannot generate recovery codes" in show("codes, without an app").one(role="alert").text
        )

    def test_an_error_is_shown_once(self, show):
        for name in ("sign in, wrong", "codes, without an app"):
            assert len(show(name).all("ul", class_="errorlist")) == 1

    def test_fields_have_labels_even_if_allauth_omits_them(self, show):
        page = show("sign in")
        assert name_of(page.one("input", name="login")) == "Username"
        assert name_of(page.one("input", name="password", type="password")) == "Password"


class TestContent:
    def test_the_trust_page_offers_to_trust_or_to_skip(self, show):
        buttons = show("trust this browser").one("main").all("button", name="action")
        assert [button["value"] for button in buttons] == ["trust", "skip"]
        assert "us-button--primary" in buttons[0].classes
        assert "us-button--primary" not in buttons[1].classes

    def test_the_trust_button_sets_the_cookie(self, world):
        world.trust_question()
        answer = world.visitor.post(reverse("mfa_trust"), {"action": "trust"})
        assert "mfa_trusted" in answer.cookies

    def test_the_secret_of_a_new_app_is_shown_as_qr_code_and_as_text(self, show):
        page = show("app, on")
        secret = page.one("input", id="authenticator_secret")
        assert page.one(role="img").all("svg")
        assert page.one(role="img")["aria-label"] == secret["value"]
        assert "readonly" in secret.attributes

    def test_an_address_shows_whether_it_is_verified_and_primary(self, world, show):
        page = show("several addresses")
        (first, second) = page.all("input", type="radio")
        assert name_of(first) == f"{EMAIL} Verified Primary"
        assert "checked" in first.attributes
        assert name_of(second) == "unverified@example.com Unverified"
        assert "checked" not in second.attributes

    def test_a_pending_address_offers_to_resend_or_to_remove(self, show):
        page = show("change of address, pending")
        form = page.one("form", id="pending-email")
        assert "hidden" in form.attributes
        assert form.one("input", name="email")["value"] == "unverified@example.com"
        buttons = page.all("button", form="pending-email")
        assert [button["name"] for button in buttons] == ["action_send", "action_remove"]
        assert page.one("input", id="current_email")["value"] == EMAIL

    def test_a_pending_first_address_offers_only_to_resend(self, show):
        buttons = show("first address, pending").all("button", form="pending-email")
        assert [button["name"] for button in buttons] == ["action_send"]

    def test_a_pending_phone_offers_to_resend(self, show):
        page = show("phone, pending")
        assert page.one("button", form="verify-phone").text == "Re-send Verification"
        assert page.one("form", id="verify-phone").one("input", name="action")["value"] == "verify"
        assert show("phone").all("form", id="verify-phone") == []

    def test_a_phone_given_at_sign_up_is_confirmed_by_its_code(self, world):
        page = read(world.sign_up_with_phone().content.decode())
        assert page.one("h1").text == "Enter Phone Verification Code"
        world.visitor.post(reverse("account_verify_phone"), {"code": PhoneAdapter.sent[-1]})
        assert list(PhoneAdapter.phones.values()) == [(PHONE, True)]

    def test_the_button_that_replaces_recovery_codes_is_marked_as_dangerous(self, show):
        (button,) = show("codes, again").one("main").all("button")
        assert button.classes == ["us-button", "us-button--danger", "us-button--solid"]

    def test_the_button_for_the_first_recovery_codes_is_not_marked_as_dangerous(self, show):
        (button,) = show("codes, first").one("main").all("button")
        assert button.classes == ["us-button", "us-button--primary"]

    def test_unused_recovery_codes_are_shown(self, world, show):
        shown = show("codes").one("textarea")
        assert shown.text.split() == world.codes().get_unused_codes()
        assert name_of(shown).startswith("Unused codes")

    def test_sign_in_providers_are_shown_as_a_list(self, show):
        (provider,) = show("sign in").one("ul", class_="us-providers").all("a")
        assert provider.text == "Dummy"
        assert provider["href"].startswith(f"{reverse('dummy_login')}?process=login")

    def test_an_address_of_another_user_is_not_confirmed(self, world, other_user):
        world.address(user=other_user)
        page = read(world.visitor.get(world.confirmation()).content.decode())
        assert "Unable to confirm" in page.one("main").text
        assert page.one("main").all("button") == []


# Each element in each theme that has elements
EVERY_ELEMENT = [
    pytest.param(theme, row, id=f"{theme}-{codes(row['element'])[0]}")
    for theme in WHOLE_THEMES
    for row in rows("allauth's elements")
]


# An attribute that is only about layout, so a theme may ignore it
ONLY_LOOKS = {"no_visible_fields"}


def elements_of(theme):
    return templates_of(theme) / "allauth" / "elements"


def element_names(folder):
    return {path.stem for path in folder.glob("[!_]*.html")}


def with_includes(theme, name):
    """Return the source of a template, and of all templates that it includes or extends."""
    folders = (templates_of(theme), TEMPLATES, ALLAUTH)
    source = next(path for folder in folders if (path := folder / name).exists()).read_text()
    used = set(re.findall(r"(?:include|extends) ['\"]([\w/]*allauth/[\w/]+\.html)", source))
    return source + "".join(with_includes(theme, each) for each in sorted(used))


def read_attributes(source):
    return set(re.findall(r"\battrs\.(\w+)", source)) - {"tags"}


def read_slots(source):
    named = set(re.findall(r"{% slot (\w+) %}|\bslots\.(\w+)", source))
    default = {"default"} if re.search(r"{% slot %}", source) else set()
    return {name for pair in named for name in pair if name} | default


def read_tags(source):
    return set(re.findall(r"'(\w+)' in attrs\.tags", source))


class TestElements:
    """The table of elements in themes/README.md, the themes and the installed allauth agree."""

    @pytest.mark.parametrize("theme", WHOLE_THEMES)
    def test_a_theme_has_every_element_of_allauth(self, theme):
        installed = element_names(ALLAUTH / "allauth" / "elements")
        assert element_names(elements_of(theme)) | LEFT_TO_ALLAUTH == installed
        assert {codes(row["element"])[0] for row in rows("allauth's elements")} == installed

    def test_the_default_look_has_no_element_that_is_left_to_allauth(self):
        assert element_names(elements_of("default")) & LEFT_TO_ALLAUTH == set()

    @pytest.mark.parametrize("name", sorted(LEFT_TO_ALLAUTH))
    def test_an_element_that_is_left_to_allauth_is_the_bare_tag(self, name):
        (tag,) = element("{% element " + name + " %}x{% endelement %}")
        assert (tag.name, tag.attributes) == (name, {})
        assert tag.text == ("" if name == "hr" else "x")

    @pytest.mark.parametrize("theme", WHOLE_THEMES)
    def test_a_theme_has_every_layout_of_allauth(self, theme):
        installed = {path.name for path in (ALLAUTH / "allauth" / "layouts").iterdir()}
        layouts = templates_of(theme) / "allauth" / "layouts"
        assert {path.name for path in layouts.iterdir()} == installed

    @pytest.mark.parametrize(("theme", "row"), EVERY_ELEMENT)
    def test_an_element_reads_the_documented_attributes_slots_and_tags(self, theme, row):
        source = with_includes(theme, f"allauth/elements/{codes(row['element'])[0]}.html")
        assert read_attributes(source) | ONLY_LOOKS == set(codes(row["attributes"])) | ONLY_LOOKS
        assert read_slots(source) == set(codes(row["slots"]))
        # A theme may ignore a tag; the default look uses all of them.
        tags = set(codes(row["tags"]))
        assert read_tags(source) == tags if theme == "default" else read_tags(source) <= tags

    @pytest.mark.parametrize(
        "row", rows("allauth's elements"), ids=lambda row: codes(row["element"])[0]
    )
    def test_all_attributes_and_slots_of_allauths_element_are_documented(self, row):
        name = codes(row["element"])[0]
        source = (ALLAUTH / "allauth" / "elements" / f"{name}.html").read_text()
        assert read_attributes(source) <= set(codes(row["attributes"]))
        assert read_slots(source) <= set(codes(row["slots"]))

    @pytest.mark.parametrize(
        "row", rows("allauth's elements"), ids=lambda row: codes(row["element"])[0]
    )
    def test_each_documented_attribute_and_tag_is_sent(self, row):
        """The sender is a page of the installed allauth, a page of the theme or allauth's own element."""
        name = codes(row["element"])[0]
        own = (ALLAUTH / "allauth" / "elements" / f"{name}.html").read_text()
        ours = TEMPLATES / "user_sessions" / "allauth"
        sources = [path.read_text() for path in [*ALLAUTH.rglob("*.html"), *ours.rglob("*.html")]]
        calls = " ".join(
            call
            for source in sources
            for call in re.findall(rf"{{% element {name} ([^%]*)%}}", source)
        )
        sent = set(re.findall(r"(\w+)=", calls)) | read_attributes(own)
        assert set(codes(row["attributes"])) <= sent
        words = {word for source in sources for word in re.findall(r"[a-z]+", source)}
        assert set(codes(row["tags"])) <= words


def element(source, **context):
    """Return a rendered element as parsed HTML."""
    origin = Origin("test.html", template_name="test.html")
    template = Template("{% load allauth %}" + source, origin, engine=Engine.get_default())
    return read(template.render(Context(context)))


class Colour(forms.Form):
    next = forms.CharField(widget=forms.HiddenInput, required=False)
    colour = forms.ChoiceField(
        choices=[("r", "Red"), ("g", "Green")], widget=forms.RadioSelect, help_text="Choose one."
    )


class TestElementsAlone:
    def test_a_button_keeps_its_attributes(self):
        button = element(
            '{% element button id="i" form="f" name="n" value="v" type="submit" %}x{% endelement %}'
        ).one("button")
        del button.attributes["class"]
        assert button.attributes == {
            "id": "i",
            "form": "f",
            "name": "n",
            "value": "v",
            "type": "submit",
        }

    def test_a_button_with_an_href_is_a_link(self):
        link = element('{% element button href="/" id="i" %}x{% endelement %}').one("a")
        assert (link["href"], link["id"], link.text) == ("/", "i", "x")
        assert link.classes == ["us-button"]

    @pytest.mark.parametrize(
        ("tags", "classes"),
        [
            ("", ["us-button--primary"]),
            ("primary,login", ["us-button--primary"]),
            ("danger,delete", ["us-button--danger", "us-button--solid"]),
            ("danger,delete,outline", ["us-button--danger"]),
            ("link,cancel", ["us-button--quiet"]),
            ("outline,primary", []),
            ("secondary", []),
            ("prominent,login", ["us-button--primary", "us-button--block"]),
            ("minor,secondary", ["us-button--small"]),
            ("tool,danger", ["us-button--danger", "us-button--solid", "us-button--small"]),
        ],
    )
    def test_the_tags_of_a_button_become_classes(self, tags, classes):
        button = element("{% element button tags=tags %}x{% endelement %}", tags=tags).one("button")
        assert button.classes == ["us-button", *classes]

    @pytest.mark.parametrize(
        ("tags", "classes"),
        [
            ("success,email", ["us-tag--success"]),
            ("warning", ["us-tag--warning"]),
            ("email,primary", ["us-tag--accent"]),
            ("", []),
        ],
    )
    def test_the_tags_of_a_badge_become_classes(self, tags, classes):
        badge = element('{% element badge tags=tags title="t" %}x{% endelement %}', tags=tags)
        assert badge.one("span").classes == ["us-tag", *classes]
        assert (badge.one("span")["title"], badge.text) == ("t", "x")

    def test_a_field_keeps_its_attributes_and_is_described_by_its_errors(self):
        page = element(
            '{% element field type="text" id="i" name="n" value="v" placeholder="p" rows=3'
            ' autocomplete="a" required=True disabled=True readonly=True checked=True errors=errors %}'
            "{% slot label %}Name{% endslot %}{% slot help_text %}Help.{% endslot %}{% endelement %}",
            errors=["Wrong.", "Bad."],
        )
        field = page.one("input")
        assert field.attributes == {
            "type": "text",
            "id": "i",
            "name": "n",
            "value": "v",
            "placeholder": "p",
            "autocomplete": "a",
            "required": "",
            "disabled": "",
            "readonly": "",
            "checked": "",
            "aria-invalid": "true",
            "aria-describedby": "i_helptext i_error",
        }
        assert name_of(field) == "Name"
        assert description_of(field) == "Help. Wrong.Bad."

    @pytest.mark.parametrize(
        ("errors", "help_text", "description"),
        [
            ([], "", None),
            ([], "{% slot help_text %}Help.{% endslot %}", "i_helptext"),
            (["Wrong."], "", "i_error"),
        ],
    )
    def test_a_field_is_described_by_its_help_text_or_its_error(
        self, errors, help_text, description
    ):
        source = '{% element field type="text" id="i" errors=errors %}' + help_text
        page = element(source + "{% endelement %}", errors=errors)
        assert page.one("input").get("aria-describedby") == description

    def test_a_textarea_has_rows_and_its_value(self):
        page = element(
            '{% element field type="textarea" id="i" rows=3 readonly=True %}'
            "{% slot label %}Name{% endslot %}{% slot value %}a b{% endslot %}{% endelement %}"
        )
        assert (page.one("textarea")["rows"], page.one("textarea").text) == ("3", "a b")

    @pytest.mark.parametrize("kind", ["checkbox", "radio"])
    def test_a_checkbox_or_radio_has_the_class_of_a_choice(self, kind):
        page = element("{% element field type=kind %}{% endelement %}", kind=kind)
        assert page.one("div").classes == ["us-field", "us-field--choice"]

    def test_a_value_of_zero_is_kept(self):
        for name in ("button", "field"):
            page = element("{% element " + name + " type='text' value=0 %}{% endelement %}")
            assert page.one("button", "input")["value"] == "0"

    @pytest.mark.parametrize("inner", ["", "{% element fields form=form %}{% endelement %}"])
    def test_a_form_shows_its_errors_once(self, inner):
        page = element(
            '{% element form method="post" action="/" id="i" form=form %}{% slot body %}'
            + inner
            + "{% endslot %}{% slot actions %}x{% endslot %}{% endelement %}",
            form={"non_field_errors": "Wrong."},
        )
        form = page.one("form")
        assert (form["method"], form["action"], form["id"]) == ("post", "/", "i")
        assert page.one(role="alert").text == "Wrong."

    def test_fields_show_the_errors_if_the_form_element_gets_no_form(self):
        """The pages that set a password depend on this."""
        source = '{% element form method="post" %}{% slot body %}{% element fields form=form %}'
        page = element(
            source + "{% endelement %}{% endslot %}{% endelement %}",
            form={"non_field_errors": "Wrong."},
        )
        assert page.one(role="alert").text == "Wrong."

    def test_a_group_of_choices_has_one_name_and_its_errors(self):
        form = Colour({"colour": "none of them"})
        group = element("{% element fields form=form %}{% endelement %}", form=form).one("fieldset")
        assert group.one("legend").text == "Colour"
        assert description_of(group).startswith("Choose one. Select a valid choice.")
        assert [name_of(choice) for choice in group.all("input")] == ["Red", "Green"]

    def test_hidden_fields_have_no_label(self):
        page = element("{% element fields form=form %}{% endelement %}", form=Colour())
        assert page.one("input", type="hidden")["name"] == "next"
        assert len(page.all("div", class_="us-field")) == 1

    def test_a_form_without_actions_has_no_container_for_them(self):
        page = element(
            '{% element form method="get" %}{% slot body %}x{% endslot %}{% endelement %}'
        )
        assert page.all(class_="us-actions") == []
        assert page.one("form").attributes == {"class": "us-form", "method": "get"}

    @pytest.mark.parametrize(("vertical", "count"), [("", 0), ("vertical=True", 1)])
    def test_only_a_vertical_button_group_has_the_class_for_it(self, vertical, count):
        page = element("{% element button_group " + vertical + " %}x{% endelement %}")
        assert len(page.all(class_="us-actions--vertical")) == count

    @pytest.mark.parametrize(("is_open", "said"), [("", None), ("open=True", "")])
    def test_details_are_open_only_if_open_is_set(self, is_open, said):
        page = element(
            "{% element details " + is_open + " %}{% slot summary %}More{% endslot %}"
            "{% slot body %}Text{% endslot %}{% endelement %}"
        )
        assert page.one("details").get("open") == said
        assert (page.one("summary").text, page.text) == ("More", "MoreText" if said else page.text)

    @pytest.mark.parametrize(("alt", "said"), [("", ""), ('alt="A face"', "A face")])
    def test_an_image_has_its_alternative_text(self, alt, said):
        page = element('{% element img src="/a.png" ' + alt + " %}{% endelement %}")
        assert (page.one("img")["src"], page.one("img")["alt"]) == ("/a.png", said)

    def test_a_table_header_without_text_is_a_plain_cell(self):
        page = element(
            "{% element table %}{% element thead %}{% element tr %}{% element th %}Key{% endelement %}"
            "{% element th %} {% endelement %}{% endelement %}{% endelement %}{% element tbody %}"
            '{% element tr %}{% element td align="right" %}x{% endelement %}'
            "{% element td %}y{% endelement %}{% endelement %}{% endelement %}{% endelement %}"
        )
        (row, body) = page.all("tr")
        assert [(cell.name, cell.get("scope")) for cell in row] == [("th", "col"), ("td", None)]
        assert [cell.classes for cell in body] == [["us-end"], []]

    @pytest.mark.parametrize(
        ("actions", "count"), [("", 0), ("{% slot actions %}x{% endslot %}", 1)]
    )
    def test_a_panel_has_a_container_for_actions_only_if_it_has_actions(self, actions, count):
        page = element(
            "{% element panel %}{% slot title %}T{% endslot %}{% slot body %}B{% endslot %}"
            + actions
            + "{% endelement %}"
        )
        assert page.one("h2").text == "T"
        assert len(page.all(class_="us-actions")) == count

    def test_an_alert_has_the_role_alert(self):
        page = element("{% element alert %}{% slot message %}x{% endslot %}{% endelement %}")
        assert page.one(role="alert").text == "x"

    @pytest.mark.parametrize("name", ["h1", "h2", "p"])
    def test_a_heading_or_paragraph_keeps_its_tag(self, name):
        assert element("{% element " + name + " %}x{% endelement %}").one(name).text == "x"

    def test_the_element_hr_is_a_horizontal_rule(self):
        assert element("{% element hr %}{% endelement %}").one("hr")
