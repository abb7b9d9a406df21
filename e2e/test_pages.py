"""Every page of the demo in every theme, in light and in dark."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from email import message_from_bytes
from email.policy import default

import pytest
from playwright.sync_api import expect

from e2e import pages
from e2e.visitor import (
    DESKTOP,
    NARROW,
    RIGHT_TO_LEFT,
    SESSION_THEMES,
    WHOLE_THEMES,
    confirm_access,
    post,
    sign_in,
)


@dataclass(frozen=True)
class Opened:
    """A page, who opens it, and what that person has done before."""

    page: type[pages.SitePage]
    username: str | None = None
    confirmed: bool = False  # the password has just been asked for again
    protected: bool = False  # there is a second factor


# Pages at an address that is always the same
OPENED = {
    "home": Opened(pages.HomePage),
    "patterns": Opened(pages.PatternsPage),
    "home, signed in": Opened(pages.HomePage, "ada"),
    "sign in": Opened(pages.SignInPage),
    "sign up": Opened(pages.SignUpPage),
    "inactive": Opened(pages.InactivePage),
    "sessions": Opened(pages.SessionListPage, "ada"),
    "sessions, many": Opened(pages.SessionListPage, "many"),
    "sessions, none but this": Opened(pages.SessionListPage, "single"),
    "end all others": Opened(pages.EndOthersPage, "ada"),
    "end all others, none but this": Opened(pages.EndOthersPage, "single"),
    "sign out": Opened(pages.SignOutPage, "ada"),
    "email": Opened(pages.EmailPage, "ada"),
    "verify email": Opened(pages.VerifyEmailPage),
    "confirm email": Opened(pages.ConfirmEmailPage),
    "change password": Opened(pages.ChangePasswordPage, "ada"),
    "reset password": Opened(pages.ResetPasswordPage),
    "reset mail sent": Opened(pages.ResetMailSentPage),
    "bad token": Opened(pages.BadTokenPage),
    "password is changed": Opened(pages.PasswordIsChangedPage),
    "confirm access": Opened(pages.ConfirmAccessPage, "ada"),
    "second factor": Opened(pages.SecondFactorPage, "ada"),
    "second factor, active": Opened(pages.SecondFactorPage, "ada", confirmed=True, protected=True),
    "activate second factor": Opened(pages.ActivateSecondFactorPage, "ada", confirmed=True),
    "deactivate second factor": Opened(
        pages.DeactivateSecondFactorPage, "ada", confirmed=True, protected=True
    ),
    "recovery codes": Opened(pages.RecoveryCodesPage, "ada", confirmed=True, protected=True),
    "new recovery codes": Opened(pages.NewRecoveryCodesPage, "ada", confirmed=True, protected=True),
}


def is_sound(page: pages.SitePage) -> None:
    """Check what arriving doesn't: a page in the dark, and on the narrowest phone, without scrolling
    sideways.
    """
    page.ask_axe_in_dark()
    page.page.set_viewport_size(NARROW.context["viewport"])
    sideways = page.sideways()
    page.page.set_viewport_size(DESKTOP.context["viewport"])
    assert sideways == 0


@pytest.fixture
def open_as(open_browser, stage):
    def open_one(opened: Opened):
        username = opened.username
        if username is None:
            return open_browser()
        stage.reseed(username)

        def prepare(requests):
            if opened.confirmed:
                confirm_access(requests, username)
            if opened.protected:
                stage.protect(username)

        return open_browser(username, prepare=prepare)

    return open_one


# To get to the page that is tested
NOT_FOR_AXE = replace(DESKTOP, asks_axe=False)
# Of the themes that dress no others
SESSION_PAGES = {pages.SessionListPage, pages.EndOthersPage}


def themes_of(page: type[pages.SitePage]) -> list[str]:
    return [*WHOLE_THEMES, *SESSION_THEMES] if page in SESSION_PAGES else WHOLE_THEMES


@pytest.mark.parametrize("name", OPENED)
def test_a_page_is_sound_in_every_theme(name, open_as, subtests):
    """All in one tab: most of the time goes into a new one, and into axe's script in it."""
    page = OPENED[name].page
    browser = open_as(OPENED[name])

    for theme in themes_of(page):
        with subtests.test(theme):
            browser.wears(theme)
            is_sound(browser.visit(page))


IN_ARABIC = ["home", "sign in", "sign up", "sessions, many", "end all others", "email"]


@pytest.mark.parametrize("name", IN_ARABIC)
@pytest.mark.parametrize("variant", [RIGHT_TO_LEFT], ids=["right-to-left"])
def test_a_page_is_sound_right_to_left(name, open_as):
    opened = OPENED[name]

    is_sound(open_as(opened).visit(opened.page))


def test_a_message_and_open_details_are_sound_in_every_theme(open_browser, stage, ada, subtests):
    browser = open_browser(ada, browser="edge-windows", variant=NOT_FOR_AXE)

    for theme in themes_of(pages.SessionListPage):
        with subtests.test(theme):
            stage.sign_in(ada, "chrome-windows", "cairo")
            browser.wears(theme)
            sessions = browser.visit(pages.SessionListPage).card("Chrome", "Windows 10/11").end()
            expect(sessions.card("Firefox", "Linux").open_details()).to_be_visible()

            sessions.ask_axe()
            is_sound(sessions)


def test_the_notice_of_an_end_is_sound_in_every_theme(open_browser, single, subtests):
    mine = open_browser(single, variant=NOT_FOR_AXE)

    for theme in themes_of(pages.SessionListPage):
        with subtests.test(theme):
            theirs = replace(NOT_FOR_AXE, theme=theme)
            other = open_browser(single, browser="chrome-windows", variant=theirs)
            sessions = other.visit(pages.SessionListPage)
            mine.visit(pages.SessionListPage).card("Chrome", "Windows 10/11").end()

            page = sessions.says_that_its_session_was_ended().page
            page.ask_axe()
            is_sound(page)


def test_the_list_of_staff_is_sound(open_browser, grace):
    is_sound(open_browser(grace).visit(pages.SessionListPage))


def test_a_wrong_password_is_told(open_browser, ada, words):
    page = open_browser().visit(pages.SignInPage).sign_in_wrongly(ada, "not hers")

    told = words("The username and/or password you specified are not correct.")
    expect(page.content).to_contain_text(told)
    is_sound(page)


def test_the_session_to_end_is_shown_first(open_browser, ada):
    browser = open_browser(ada)
    session = browser.visit(pages.SessionListPage).card("Safari", "iPhone")

    page = browser.visit(pages.EndSessionPage, session.address)

    expect(page.content).to_contain_text(session.device)
    is_sound(page)


def test_signing_out_here_is_asked_first(open_browser, ada):
    browser = open_browser(ada, browser="firefox-windows")
    session = browser.visit(pages.SessionListPage).card("Firefox", "Windows 10/11")

    page = browser.visit(pages.SignOutHerePage, session.address)

    expect(page.sign_out_button).to_be_visible()
    is_sound(page)


def test_the_mail_of_a_reset_leads_to_a_new_password(open_browser, open_requests, ada, mail):
    post(open_requests(), pages.ResetPasswordPage.path, email="ada@example.org")

    is_sound(open_browser().visit(pages.NewPasswordPage, link_in(mail())))


def test_the_second_factor_is_asked_for_after_the_password(open_browser, stage, ada):
    stage.protect(ada)

    browser = open_browser(prepare=lambda requests: sign_in(requests, ada))

    is_sound(browser.visit(pages.GiveCodePage))


@pytest.fixture
def mail(server):
    """Return the text of the mail that came last."""

    def newest() -> str:
        by_age = sorted(server.mail.iterdir(), key=lambda path: path.stat().st_mtime_ns)
        message = message_from_bytes(by_age[-1].read_bytes(), policy=default)
        return str(message.get_content())

    return newest


def link_in(text: str) -> str:
    """Return the address in a mail that leads to the new password."""
    found = re.search(r"http://\S+/password/reset/key/\S+", text)
    assert found, text
    return found.group(0)
