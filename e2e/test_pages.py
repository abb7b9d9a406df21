"""Accessibility and layout of every page of the demo, in every theme, in light and dark mode."""

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
class PageCase:
    """A page, its user, and the state of that user."""

    page: type[pages.SitePage]
    username: str | None = None
    confirmed: bool = False  # the user has just entered the password again
    second_factor: bool = False  # the user has one


# Pages with a fixed URL
PAGE_CASES = {
    "home": PageCase(pages.HomePage),
    "patterns": PageCase(pages.PatternsPage),
    "home, signed in": PageCase(pages.HomePage, "ada"),
    "sign in": PageCase(pages.SignInPage),
    "sign up": PageCase(pages.SignUpPage),
    "inactive": PageCase(pages.InactivePage),
    "sessions": PageCase(pages.SessionListPage, "ada"),
    "sessions, many": PageCase(pages.SessionListPage, "many"),
    "sessions, none but this": PageCase(pages.SessionListPage, "single"),
    "end all others": PageCase(pages.EndOthersPage, "ada"),
    "end all others, none but this": PageCase(pages.EndOthersPage, "single"),
    "sign out": PageCase(pages.SignOutPage, "ada"),
    "email": PageCase(pages.EmailPage, "ada"),
    "verify email": PageCase(pages.VerifyEmailPage),
    "confirm email": PageCase(pages.ConfirmEmailPage),
    "change password": PageCase(pages.ChangePasswordPage, "ada"),
    "reset password": PageCase(pages.ResetPasswordPage),
    "reset mail sent": PageCase(pages.ResetMailSentPage),
    "bad token": PageCase(pages.BadTokenPage),
    "password is changed": PageCase(pages.PasswordIsChangedPage),
    "confirm access": PageCase(pages.ConfirmAccessPage, "ada"),
    "second factor": PageCase(pages.SecondFactorPage, "ada"),
    "second factor, active": PageCase(
        pages.SecondFactorPage, "ada", confirmed=True, second_factor=True
    ),
    "activate second factor": PageCase(pages.ActivateSecondFactorPage, "ada", confirmed=True),
    "deactivate second factor": PageCase(
        pages.DeactivateSecondFactorPage, "ada", confirmed=True, second_factor=True
    ),
    "recovery codes": PageCase(pages.RecoveryCodesPage, "ada", confirmed=True, second_factor=True),
    "new recovery codes": PageCase(
        pages.NewRecoveryCodesPage, "ada", confirmed=True, second_factor=True
    ),
}


def check_page(page: pages.SitePage) -> None:
    """Check the colours in dark mode, and that the narrowest phone needs no horizontal scrolling."""
    page.run_axe_in_dark_mode()
    page.page.set_viewport_size(NARROW.context["viewport"])
    overflow = page.horizontal_overflow()
    page.page.set_viewport_size(DESKTOP.context["viewport"])
    assert overflow == 0


@pytest.fixture
def open_as(open_browser, site_data):
    def open_one(case: PageCase):
        username = case.username
        if username is None:
            return open_browser()
        site_data.reseed(username)

        def prepare(requests):
            if case.confirmed:
                confirm_access(requests, username)
            if case.second_factor:
                site_data.activate_second_factor(username)

        return open_browser(username, prepare=prepare)

    return open_one


# For the steps before the page under test
WITHOUT_AXE = replace(DESKTOP, runs_axe=False)
# The pages of themes that style only session pages
SESSION_PAGES = {pages.SessionListPage, pages.EndOthersPage}


def themes_of(page: type[pages.SitePage]) -> list[str]:
    return [*WHOLE_THEMES, *SESSION_THEMES] if page in SESSION_PAGES else WHOLE_THEMES


@pytest.mark.parametrize("name", PAGE_CASES)
def test_page_is_accessible_in_every_theme(name, open_as, subtests):
    """Use one tab for all themes: a new tab and axe's script take most of the time."""
    page = PAGE_CASES[name].page
    browser = open_as(PAGE_CASES[name])

    for theme in themes_of(page):
        with subtests.test(theme):
            browser.use_theme(theme)
            check_page(browser.visit(page))


IN_ARABIC = ["home", "sign in", "sign up", "sessions, many", "end all others", "email"]


@pytest.mark.parametrize("name", IN_ARABIC)
@pytest.mark.parametrize("variant", [RIGHT_TO_LEFT], ids=["right-to-left"])
def test_page_is_accessible_right_to_left(name, open_as):
    case = PAGE_CASES[name]

    check_page(open_as(case).visit(case.page))


def test_message_and_open_details_are_accessible_in_every_theme(
    open_browser, site_data, ada, subtests
):
    browser = open_browser(ada, browser="edge-windows", variant=WITHOUT_AXE)

    for theme in themes_of(pages.SessionListPage):
        with subtests.test(theme):
            site_data.sign_in(ada, "chrome-windows", "cairo")
            browser.use_theme(theme)
            sessions = browser.visit(pages.SessionListPage).card("Chrome", "Windows 10/11").end()
            expect(sessions.card("Firefox", "Linux").open_details()).to_be_visible()

            sessions.run_axe()
            check_page(sessions)


def test_ended_notice_is_accessible_in_every_theme(open_browser, single, subtests):
    mine = open_browser(single, variant=WITHOUT_AXE)

    for theme in themes_of(pages.SessionListPage):
        with subtests.test(theme):
            theirs = replace(WITHOUT_AXE, theme=theme)
            other = open_browser(single, browser="chrome-windows", variant=theirs)
            sessions = other.visit(pages.SessionListPage)
            mine.visit(pages.SessionListPage).card("Chrome", "Windows 10/11").end()

            page = sessions.wait_for_ended_notice().page
            page.run_axe()
            check_page(page)


def test_list_of_staff_is_accessible(open_browser, grace):
    check_page(open_browser(grace).visit(pages.SessionListPage))


def test_wrong_password_shows_an_error(open_browser, ada, words):
    page = open_browser().visit(pages.SignInPage).sign_in_with_error(ada, "not hers")

    message = words("The username and/or password you specified are not correct.")
    expect(page.content).to_contain_text(message)
    check_page(page)


def test_confirmation_shows_the_device_of_the_session(open_browser, ada):
    browser = open_browser(ada)
    session = browser.visit(pages.SessionListPage).card("Safari", "iPhone")

    page = browser.visit(pages.EndSessionPage, session.end_url)

    expect(page.content).to_contain_text(session.device)
    check_page(page)


def test_confirmation_for_the_current_session_has_a_sign_out_button(open_browser, ada):
    browser = open_browser(ada, browser="firefox-windows")
    session = browser.visit(pages.SessionListPage).card("Firefox", "Windows 10/11")

    page = browser.visit(pages.ConfirmSignOutPage, session.end_url)

    expect(page.sign_out_button).to_be_visible()
    check_page(page)


def test_link_in_the_reset_mail_opens_the_new_password_page(open_browser, open_requests, ada, mail):
    post(open_requests(), pages.ResetPasswordPage.path, email="ada@example.org")

    check_page(open_browser().visit(pages.NewPasswordPage, link_in(mail())))


def test_sign_in_asks_for_the_second_factor(open_browser, site_data, ada):
    site_data.activate_second_factor(ada)

    browser = open_browser(prepare=lambda requests: sign_in(requests, ada))

    check_page(browser.visit(pages.GiveCodePage))


@pytest.fixture
def mail(server):
    """Return a function that returns the text of the newest e-mail."""

    def newest() -> str:
        by_age = sorted(server.mail.iterdir(), key=lambda path: path.stat().st_mtime_ns)
        message = message_from_bytes(by_age[-1].read_bytes(), policy=default)
        return str(message.get_content())

    return newest


def link_in(text: str) -> str:
    """Return the URL of the new-password page in an e-mail."""
    found = re.search(r"http://\S+/password/reset/key/\S+", text)
    assert found, text
    return found.group(0)
