"""Every page of the demo, opened once in light and once in dark."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email import message_from_bytes
from email.policy import default

import pytest
from playwright.sync_api import expect

from e2e import pages
from e2e.visitor import DARK, DESKTOP, NARROW, RIGHT_TO_LEFT, confirm_access, post, sign_in


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
    "home, signed in": Opened(pages.HomePage, "ada"),
    "sign in": Opened(pages.SignInPage),
    "sign up": Opened(pages.SignUpPage),
    "inactive": Opened(pages.InactivePage),
    "sessions": Opened(pages.SessionListPage, "ada"),
    "sessions, of staff": Opened(pages.SessionListPage, "grace"),
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


@pytest.fixture(params=[pytest.param(DESKTOP, id="light"), pytest.param(DARK, id="dark")])
def variant(request):
    return request.param


def fits_the_narrowest_phone(page: pages.SitePage) -> None:
    """Check that a page can't be scrolled sideways there."""
    page.page.set_viewport_size(NARROW.context["viewport"])
    assert page.sideways() == 0


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


@pytest.mark.parametrize("name", OPENED)
def test_a_page_is_sound(name, open_as):
    opened = OPENED[name]

    fits_the_narrowest_phone(open_as(opened).visit(opened.page))


IN_ARABIC = ["home", "sign in", "sign up", "sessions, many", "end all others", "email"]


@pytest.mark.parametrize("name", IN_ARABIC)
@pytest.mark.parametrize("variant", [RIGHT_TO_LEFT], ids=["right-to-left"])
def test_a_page_is_sound_right_to_left(name, open_as):
    opened = OPENED[name]

    fits_the_narrowest_phone(open_as(opened).visit(opened.page))


def test_a_message_and_open_details_are_sound(open_browser, ada):
    sessions = open_browser(ada, browser="edge-windows").visit(pages.SessionListPage)

    sessions = sessions.card("Safari", "iPhone").end()
    expect(sessions.card("Firefox", "Linux").open_details()).to_be_visible()

    fits_the_narrowest_phone(sessions.arrived())


def test_a_wrong_password_is_told(open_browser, ada, words):
    page = open_browser().visit(pages.SignInPage).sign_in_wrongly(ada, "not hers")

    told = words("The username and/or password you specified are not correct.")
    expect(page.content).to_contain_text(told)
    fits_the_narrowest_phone(page)


def test_the_session_to_end_is_shown_first(open_browser, ada):
    browser = open_browser(ada)
    session = browser.visit(pages.SessionListPage).card("Safari", "iPhone")

    page = browser.visit(pages.EndSessionPage, session.address)

    expect(page.content).to_contain_text(session.device)
    fits_the_narrowest_phone(page)


def test_signing_out_here_is_asked_first(open_browser, ada):
    browser = open_browser(ada, browser="firefox-windows")
    session = browser.visit(pages.SessionListPage).card("Firefox", "Windows 10/11")

    page = browser.visit(pages.EndSessionPage, session.address)

    expect(page.sign_out_button).to_be_visible()
    fits_the_narrowest_phone(page)


def test_the_mail_of_a_reset_leads_to_a_new_password(open_browser, open_requests, ada, mail):
    post(open_requests(), pages.ResetPasswordPage.path, email="ada@example.org")

    fits_the_narrowest_phone(open_browser().visit(pages.NewPasswordPage, link_in(mail())))


def test_the_second_factor_is_asked_for_after_the_password(open_browser, stage, ada):
    stage.protect(ada)

    browser = open_browser(prepare=lambda requests: sign_in(requests, ada))

    fits_the_narrowest_phone(browser.visit(pages.GiveCodePage))


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
