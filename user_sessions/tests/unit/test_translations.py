"""The catalogues are complete, have valid plurals and placeholders, and are used on the pages."""

from __future__ import annotations

import re
import runpy
import unicodedata
from gettext import GNUTranslations
from pathlib import Path

import pytest
from babel.messages.catalog import PYTHON_FORMAT
from babel.messages.checkers import num_plurals, python_format
from babel.messages.pofile import read_po
from django.conf import settings
from django.urls import reverse
from django.utils import translation

import user_sessions
from user_sessions.device import device_name
from user_sessions.keys import digest_of
from user_sessions.tests.support.markup import read
from user_sessions.tests.support.themes import THEMES, WHOLE_THEMES
from user_sessions.tests.support.user_agents import (
    CHROME_ON_WINDOWS,
    FIREFOX_ON_LINUX,
    SAFARI_ON_IPHONE,
)

ROOT = Path(user_sessions.__file__).parent.parent
MESSAGES = runpy.run_path(str(ROOT / ".ci" / "messages"))
APPS = list(MESSAGES["APPS"])
CATALOGUES = [(app, path) for app in APPS for path in MESSAGES["catalogues"](app)]
LANGUAGES = [path.parts[-3] for app, path in CATALOGUES if app == "user_sessions"]
NAMES = [f"{app} {path.parts[-3]}" for app, path in CATALOGUES]

LIST = reverse("user_sessions:session_list")
END_OTHER = reverse("user_sessions:session_delete_other")

each_catalogue = pytest.mark.parametrize(("app", "path"), CATALOGUES, ids=NAMES)
each_language = pytest.mark.parametrize("language", LANGUAGES)


def load(path):
    with path.open("rb") as file:
        return read_po(file, abort_invalid=True)


def texts(catalogue):
    """Return the texts of a catalogue by what identifies them, its header left out."""
    return {(text.id, text.context): text for text in list(catalogue)[1:]}


def forms(text):
    return [text.string] if isinstance(text.string, str) else list(text.string)


def compiled(path):
    """Return the catalogue that Django loads, which `make catalogs` compiles."""
    mo = path.with_suffix(".mo")
    assert mo.is_file(), f"{mo.relative_to(ROOT)} is missing: run `make catalogs`."
    with mo.open("rb") as file:
        return GNUTranslations(file)


def po_of(language):
    return ROOT / "user_sessions" / "locale" / language / "LC_MESSAGES" / "django.po"


@pytest.fixture(scope="module")
def wanted():
    """The texts that each app has to translate."""
    return {app: texts(MESSAGES["texts"](app)) for app in APPS}


class TestCatalogues:
    def test_there_are_many_languages(self):
        assert len(LANGUAGES) >= 12

    @pytest.mark.parametrize("theme", THEMES)
    def test_each_text_of_a_theme_is_in_a_catalogue(self, wanted, theme):
        """A site installs one theme, so the app's catalogues have the texts of all themes."""
        allauths = {(text.id, text.context) for text in MESSAGES["_others_texts"]("allauth")}
        own = set(texts(MESSAGES["texts"](f"themes/{theme}")))
        assert own or theme == "default"
        assert own - wanted["user_sessions"].keys() - allauths == set()

    @each_catalogue
    def test_a_catalogue_has_every_text_and_no_other(self, wanted, app, path):
        catalogue = load(path)
        assert set(texts(catalogue)) == set(wanted[app]), "Run `make messages`, and translate."
        assert not catalogue.obsolete

    @each_catalogue
    def test_every_text_is_translated_and_not_fuzzy(self, app, path):
        catalogue = load(path)
        assert not catalogue.fuzzy
        left = [text.id for text in texts(catalogue).values() if not all(forms(text))]
        left += [text.id for text in texts(catalogue).values() if text.fuzzy]
        assert left == []

    @each_catalogue
    def test_the_header_names_the_language(self, app, path):
        headers = dict(load(path).mime_headers)
        assert headers["Language"] == path.parts[-3]
        assert headers["Content-Type"] == "text/plain; charset=utf-8"

    @each_catalogue
    def test_plurals_and_placeholders_are_valid(self, app, path):
        catalogue = load(path)
        plural = compiled(path).plural
        for text in texts(catalogue).values():
            num_plurals(catalogue, text)
            python_format(catalogue, text)
            for number, form in enumerate(forms(text)):
                left_out = placeholders(text.id) - placeholders(form)
                # "an hour ago" needs no count if the form is for one number only
                allowed = (
                    {"count"}
                    if isinstance(text.id, tuple) and is_for_one_number(plural, number)
                    else ()
                )
                assert left_out <= set(allowed), form

    @each_catalogue
    def test_a_translation_has_no_invisible_characters(self, app, path):
        """Text from right to left needs no marks, because the pages isolate the values that they insert."""
        for text in texts(load(path)).values():
            for form in forms(text):
                assert form == form.strip()
                assert not [c for c in form if unicodedata.category(c) in {"Cc", "Cf"}], form

    @each_catalogue
    def test_the_compiled_catalogue_is_up_to_date(self, app, path):
        catalogue, loaded = load(path), compiled(path)
        stale = f"{path.relative_to(ROOT)} has changed: run `make catalogs`."
        assert loaded.info()["plural-forms"] == dict(catalogue.mime_headers)["Plural-Forms"], stale
        for text in texts(catalogue).values():
            keys = [(text.id[0], n) for n in range(catalogue.num_plurals)]
            keys = keys if isinstance(text.id, tuple) else [text.id]
            assert [loaded._catalog.get(key) for key in keys] == forms(text), stale

    @each_language
    def test_a_text_has_one_translation(self, language):
        """Django merges the catalogues, so one app's translation would show on another's pages."""
        said: dict[object, object] = {}
        for _app, path in CATALOGUES:
            if path.parts[-3] == language:
                for key, text in texts(load(path)).items():
                    assert said.setdefault(key, text.string) == text.string


# The verbs of two actions in each language: to sign out on this device, and to end another session.
VERBS = {
    "ar": ("تسجيل (ال)?خروج", "إنها|انته|ينتهي"),
    "de": ("abmeld|abgemeldet|melden sich .*ab", "beende"),
    "es": ("cerra(r|do) sesión", "finali[zc]|finalíz"),
    "fr": ("déconne", "ferm"),
    "he": ("התנתק", "סיום|לסיים|כשמסיימים|ומסיימת|הסתי"),
    "it": ("disconn", "termin"),
    "ja": ("ログアウト", "終了"),
    "nl": ("afmeld|afgemeld|meldt je af", "beëindig"),
    "pl": ("wylog", "zakończ"),
    "pt_BR": (r"\bsair\b|\bsaiu\b", "encerr"),
    "ru": ("выйти|вышли", "заверш"),
    "zh_Hans": ("登出", "结束"),
}
SIGN_OUT = r"\bsign(ed)? (in or |you )?out\b"
END_SESSION = r"\bend(s|ed)?\b.*\bsession|\bsession.*\bend(ed)?\b"


@each_catalogue
def test_signing_out_and_ending_a_session_have_one_verb_each(app, path):
    sign_out, end_session = VERBS[path.parts[-3]]
    for text in texts(load(path)).values():
        english = " ".join(text.id) if isinstance(text.id, tuple) else text.id
        signs_out, ends = has(SIGN_OUT, english), has(END_SESSION, english)
        for form in forms(text):
            assert has(sign_out, form) == signs_out, form
            assert has(end_session, form) or not ends, form
            assert ends or not signs_out or not has(end_session, form), form


def has(pattern, text):
    return re.search(pattern, text, re.IGNORECASE) is not None


def placeholders(text):
    """Return the names of placeholders in a text, or in both its forms."""
    both = "".join(text) if isinstance(text, tuple) else text
    return {match[1] for match in PYTHON_FORMAT.finditer(both)}


def is_for_one_number(plural, form):
    """Return whether a plural form is for one number, among those that a page may show."""
    return sum(plural(number) == form for number in range(1000)) == 1


# --- What the pages say ---------------------------------------------------------------------------


def fragments(html):
    """Return each text of a page, also of attributes for screen readers and tooltips."""
    root = read(html)
    pieces = []
    for element in root:
        pieces += [child for child in element.children if isinstance(child, str)]
        pieces += [element.attributes.get(name, "") for name in ("aria-label", "title", "alt")]
    return {" ".join(piece.split()) for piece in pieces} - {""}


def english_in(pages, language):
    """Return the English texts on the pages that the language translates differently."""
    patterns = {}
    for text in texts(load(po_of(language))).values():
        ids = text.id if isinstance(text.id, tuple) else (text.id,)
        if not set(ids) & set(forms(text)):
            patterns |= {id_: pattern_of(id_) for id_ in ids}
    patterns.pop("%(city)s, %(country)s", None)  # has no word to translate
    said = set().union(*map(fragments, pages))
    return {id_ for id_, pattern in patterns.items() if any(map(pattern.fullmatch, said))}


def pattern_of(text):
    """Return a pattern of a text with any value in its placeholders."""
    fixed = [re.escape(part) for part in re.split(r"%\(\w+\)[sd]", text)]
    return re.compile(".+".join(fixed))


def pages_in(code, browsers):
    """Return all pages, in a language, of a user who is signed in with these browsers."""
    laptop, phone, *_others = browsers
    laptop.cookies[settings.LANGUAGE_COOKIE_NAME] = code
    end = reverse("user_sessions:session_delete", args=[digest_of(phone.key)])
    own = reverse("user_sessions:session_delete", args=[digest_of(laptop.key)])
    answers = [
        laptop.get(LIST),
        laptop.get(end),
        laptop.get(own),
        laptop.get(END_OTHER),
        laptop.post(end, follow=True),
        laptop.post(END_OTHER, follow=True),
        laptop.get(END_OTHER),
    ]
    assert [answer.status_code for answer in answers] == [200] * len(answers)
    return [answer.content.decode() for answer in answers]


@pytest.fixture
def browsers(user, make_browser, clock):
    """Browsers of one user, last active at different times; the first is active now."""
    agents = [SAFARI_ON_IPHONE, CHROME_ON_WINDOWS, "", FIREFOX_ON_LINUX]
    signed_in = []
    for agent in agents:
        signed_in.append(make_browser(user, user_agent=agent))
        clock.move(days=3, hours=7, minutes=5)
    return [make_browser(user), *signed_in]


@pytest.fixture
def code(language):
    """Django's name for a language whose catalogue is compiled."""
    assert compiled(po_of(language))
    return translation.to_language(language)


class TestPages:
    @each_language
    def test_pages_have_no_untranslated_english(self, language, code, browsers):
        assert english_in(pages_in(code, browsers), language) == set()

    @each_language
    def test_title_and_heading_are_translated(self, language, code, browsers):
        said = texts(load(po_of(language)))
        the_list, end, end_this, end_others, *_rest = map(read, pages_in(code, browsers))
        for page, text in (
            (the_list, "Where you're signed in"),
            (end, "End this session?"),
            (end_this, "Sign out on this device?"),
            (end_others, "End all other sessions?"),
        ):
            assert page.one("html")["lang"] == code
            assert page.one("h1").text == page.one("title").text == said[text, None].string

    @each_language
    def test_english_on_the_pages_is_found(self, language, browsers):
        """If the pages in English did not contain these texts, the tests above could not fail."""
        seen = english_in(pages_in("en", browsers), language)
        assert len(seen) > 20
        assert {"Last active %(ago)s", "Session ended: %(device)s.", "Sign out"} <= seen


@pytest.mark.parametrize("language", ["de"])
@pytest.mark.parametrize("theme", WHOLE_THEMES)
def test_the_account_menu_has_a_translated_name_in_each_theme(
    settings, laptop, theme, language, code
):
    themes = {f"user_sessions_themes.{name}" for name in THEMES}
    apps = [name for name in settings.INSTALLED_APPS if name not in themes]
    settings.INSTALLED_APPS = [f"user_sessions_themes.{theme}", *apps]
    laptop.cookies[settings.LANGUAGE_COOKIE_NAME] = code
    menu = read(laptop.get(LIST).content.decode()).one("nav")
    assert menu["aria-label"] == texts(load(po_of(language)))["Account", None].string


@pytest.mark.parametrize("language", ["ar", "he"])
def test_the_name_of_a_device_begins_in_the_direction_of_the_language(code):
    """Its first letter decides its direction: a browser's Latin name would reverse the words."""
    with translation.override(code):
        words = device_name(FIREFOX_ON_LINUX) or ""
    assert unicodedata.bidirectional(words[0]) in {"R", "AL"}
