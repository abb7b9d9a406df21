"""Page objects of the demo, which find elements by role and by text.

Creating a page object doesn't navigate. `visitor.visit(Page)` navigates, and so do the actions of a
page, which return the next page. Both call `arrived()`, which checks the rules for every page.
"""

from __future__ import annotations

from typing import ClassVar, Self

from axe_playwright_python.base import AxeResults
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, expect

from e2e.visitor import Visitor

AXE = Axe()
AXE_AGAIN = Axe("")  # on a page that has axe's script already
# The rules whose result depends on colours
COLOURS = {"runOnly": ["color-contrast", "link-in-text-block"], "resultTypes": ["violations"]}
ANIMATIONS_FINISHED = (
    "() => Promise.allSettled(document.getAnimations().map(animation => animation.finished))"
)

# The brightness, 0 to 255, of the first opaque background of an element or its ancestors
BRIGHTNESS = """(element) => {
  for (; element; element = element.parentElement) {
    const context = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    context.fillStyle = getComputedStyle(element).backgroundColor;
    context.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha] = context.getImageData(0, 0, 1, 1).data;
    if (alpha === 255) return (red + green + blue) / 3;
  }
  return 255;
}"""

HORIZONTAL_OVERFLOW = """() => {
  const { scrollWidth, clientWidth } = document.scrollingElement;
  return scrollWidth - clientWidth;
}"""


class SitePage:
    """Any page of the site, with its header and footer."""

    path: ClassVar[str]
    title: ClassVar[str]
    heading: ClassVar[str | None] = None  # the h1; None if it equals the title

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor
        self.page = visitor.page
        self.words = visitor.words
        self.header = self.page.get_by_role("banner")
        self.content = self.page.get_by_role("main")
        self.footer = self.page.get_by_role("contentinfo")
        self.skip_link = self.page.get_by_role("link", name=self.words("Skip to content"))
        self.messages = self.content.get_by_role("status")
        self.theme = self.header.get_by_label(self.words("Theme"), exact=True)
        self.mode = self.header.get_by_label(self.words("Colours"), exact=True)

    def arrived(self) -> Self:
        """Check title, h1, landmarks, language and direction, and run axe if scripts run."""
        expect(self.page).to_have_title(self.words(self.title))
        h1 = self.page.get_by_role("heading", level=1)
        expect(h1).to_have_count(1)
        expect(h1).to_have_text(self.words(self.heading or self.title))
        for landmark in (self.header, self.content, self.footer, self.navigation):
            expect(landmark).to_have_count(1)
        root = self.page.locator("html")  # it has no ARIA role
        expect(root).to_have_attribute("lang", self.words.language)
        expect(root).to_have_attribute(
            "dir", "rtl" if self.visitor.variant.right_to_left else "ltr"
        )
        if self.visitor.runs_scripts and self.visitor.variant.runs_axe:
            self.run_axe()
        return self

    def run_axe(self) -> None:
        self._expect_none(AXE.run(self.page))

    def run_axe_in_dark_mode(self) -> None:
        """Check the colours again with a browser that prefers dark mode. axe must have run before."""
        self.page.emulate_media(color_scheme="dark")
        try:
            self.page.evaluate(ANIMATIONS_FINISHED)
            assert self.brightness() < 60
            self._expect_none(AXE_AGAIN.run(self.page, options=COLOURS))
        finally:  # the tab may continue with the next theme
            self.page.emulate_media(color_scheme="light")

    def _expect_none(self, found: AxeResults) -> None:
        self.visitor.on_axe(found.violations_count)
        assert found.violations_count == 0, f"{self.page.url}\n{found.generate_report()}"

    def brightness(self) -> float:
        """Return the brightness of the content's background, from 0 (black) to 255."""
        return float(self.content.evaluate(BRIGHTNESS))

    def horizontal_overflow(self) -> int:
        """Return the number of pixels by which the page scrolls horizontally."""
        return int(self.page.evaluate(HORIZONTAL_OVERFLOW))

    @property
    def navigation(self) -> Locator:
        return self.page.get_by_role("navigation", name=self.words("Site"), exact=True)

    @property
    def header_sign_out_button(self) -> Locator:
        """The sign-out button in the header, which only signed-in visitors have."""
        return self.header.get_by_role("button", name=self.words("Sign out"), exact=True)

    def expect_message(self, text: str) -> None:
        expect(self.messages.filter(has_text=text)).to_be_visible()

    def choose_look(self, theme: str, mode: str) -> HomePage:
        """Select a theme and a colour mode in the header, and apply them."""
        self.theme.select_option(theme)
        self.mode.select_option(label=self.words(mode))
        name = self.words("Apply")
        self.visitor.follow(self.header.get_by_role("button", name=name, exact=True))
        return HomePage(self.visitor).arrived()

    def follow_sessions_link(self) -> None:
        """Follow the link to the sessions. The next page depends on whether the visitor is signed in."""
        link = self.navigation.get_by_role("link", name=self.words("Your sessions"))
        self.visitor.follow(link)

    def wait_for_ended_notice(self) -> SessionEndedNotice:
        """Wait for the notice that opens without a click when the session was ended."""
        return SessionEndedNotice(self).arrived()

    def sign_out_by_header(self) -> HomePage:
        self.visitor.follow(self.header_sign_out_button)
        return HomePage(self.visitor).arrived()

    def sign_in_from_another_device(self) -> SessionListPage:
        name = self.words("Sign in from another device")
        self.visitor.follow(self.page.get_by_role("button", name=name))
        return SessionListPage(self.visitor).arrived()

    def choose_language(self, name: str) -> None:
        self.visitor.follow(self.footer.get_by_role("button", name=name, exact=True))


class SessionEndedNotice:
    """The modal notice on an open page whose session was ended."""

    def __init__(self, page: SitePage) -> None:
        self.page = page
        name = page.words("This session was ended")
        self.dialog = page.page.get_by_role("alertdialog", name=name, exact=True)
        self.link = self.dialog.get_by_role("link", name=page.words("Sign in"), exact=True)

    def arrived(self) -> Self:
        expect(self.dialog).to_be_visible()
        assert self.dialog.evaluate("dialog => dialog.matches(':modal')")
        expect(self.link).to_be_focused()
        if self.page.visitor.variant.runs_axe:
            self.page.run_axe()
        return self

    def sign_in(self) -> SignInPage:
        self.page.visitor.follow(self.link)
        return SignInPage(self.page.visitor).arrived()


class HomePage(SitePage):
    """The home page with the tour."""

    path = "/"
    title = "Where are you signed in?"

    def sign_in(self) -> SignInPage:
        name = self.words("Sign in")
        self.visitor.follow(self.header.get_by_role("link", name=name, exact=True))
        return SignInPage(self.visitor).arrived()


class SignInPage(SitePage):
    """The sign-in page of allauth."""

    path = "/account/login/"
    title = "Sign In"

    def fill_in(self, username: str, password: str) -> None:
        """Fill in the form and send it."""
        self._field("Username").fill(username)
        self._field("Password").fill(password)
        name = self.words("Sign In")
        self.visitor.follow(self.content.get_by_role("button", name=name, exact=True))

    def sign_in(self, username: str, password: str) -> SessionListPage:
        self.fill_in(username, password)
        return SessionListPage(self.visitor).arrived()

    def sign_in_with_error(self, username: str, password: str) -> SignInPage:
        self.fill_in(username, password)
        return SignInPage(self.visitor).arrived()

    def _field(self, label: str) -> Locator:
        return self.content.get_by_label(self.words(label), exact=True)


class SessionCard:
    """One session in the list."""

    def __init__(self, visitor: Visitor, card: Locator, device: str) -> None:
        self.visitor = visitor
        self.words = visitor.words
        self.card = card
        self.device = device

    @property
    def current_label(self) -> Locator:
        """The label of the current session."""
        return self.card.get_by_text(self.words("This device"), exact=True)

    @property
    def details(self) -> Locator:
        """The summary element of the details; Playwright has no role for it."""
        return self.card.get_by_text(self.words("Details"), exact=True)

    @property
    def end_button(self) -> Locator:
        name = f"{self.words('End session')} {self.device}"
        return self.card.get_by_role("button", name=name, exact=True)

    @property
    def end_url(self) -> str:
        """The path that the button posts to. A GET opens the confirmation page."""
        button = self.card.get_by_role("button")
        return str(button.evaluate("button => button.form.getAttribute('action')"))

    def end(self) -> SessionListPage:
        self.visitor.follow(self.end_button)
        return SessionListPage(self.visitor).arrived()

    def sign_out(self) -> HomePage:
        name = self.words("Sign out")
        self.visitor.follow(self.card.get_by_role("button", name=name, exact=True))
        return HomePage(self.visitor).arrived()

    def open_details(self) -> Locator:
        """Open the details, and return the element with the user agent."""
        self.visitor.press(self.details)
        return self.card.get_by_role("definition").last


class SessionListPage(SitePage):
    """The list of sessions."""

    path = "/account/sessions/"
    title = "Where you're signed in"

    def __init__(self, visitor: Visitor) -> None:
        super().__init__(visitor)
        self.current = self._region("Current session")
        self.others = self._region("Other sessions")
        self.cards = self.content.get_by_role("article")
        self.other_cards = self.others.get_by_role("article")
        self.empty = self.content.get_by_text(self.words("You aren't signed in anywhere else."))
        self.pages = self.page.get_by_role("navigation", name=self.words("Pages"), exact=True)
        self.next_link = self.pages.get_by_role("link", name=self.words("Next"))
        self.previous_link = self.pages.get_by_role("link", name=self.words("Previous"))

    def _region(self, name: str) -> Locator:
        return self.content.get_by_role("region", name=self.words(name), exact=True)

    def card(self, browser: str, platform: str) -> SessionCard:
        return self.card_of(self.words.device(browser, platform))

    def card_of(self, device: str) -> SessionCard:
        card = self.content.get_by_role("article", name=device, exact=True)
        return SessionCard(self.visitor, card, device)

    def end_others_link(self, count: int) -> Locator:
        name = end_others_label(self.visitor, count)
        return self.content.get_by_role("link", name=name, exact=True)

    def end_others(self, count: int) -> EndOthersPage:
        self.visitor.follow(self.end_others_link(count))
        return EndOthersPage(self.visitor).arrived()

    def next(self) -> SessionListPage:
        self.visitor.follow(self.next_link)
        return SessionListPage(self.visitor).arrived()

    def previous(self) -> SessionListPage:
        self.visitor.follow(self.previous_link)
        return SessionListPage(self.visitor).arrived()


class EndSessionPage(SitePage):
    """The confirmation page before another session is ended."""

    title = "End this session?"

    def confirm(self) -> SessionListPage:
        name = self.words("End session")
        self.visitor.follow(self.content.get_by_role("button", name=name, exact=True))
        return SessionListPage(self.visitor).arrived()

    def cancel(self) -> SessionListPage:
        return cancel(self)


class ConfirmSignOutPage(SitePage):
    """The confirmation page before the current session is ended."""

    title = "Sign out on this device?"

    @property
    def sign_out_button(self) -> Locator:
        return self.content.get_by_role("button", name=self.words("Sign out"), exact=True)


class EndOthersPage(SitePage):
    """The confirmation page before all other sessions are ended."""

    path = "/account/sessions/other/delete/"
    title = "End all other sessions?"

    def confirm(self, count: int) -> SessionListPage:
        name = end_others_label(self.visitor, count)
        self.visitor.follow(self.content.get_by_role("button", name=name, exact=True))
        return SessionListPage(self.visitor).arrived()

    def cancel(self) -> SessionListPage:
        return cancel(self)


def cancel(page: SitePage) -> SessionListPage:
    name = page.words("Cancel")
    page.visitor.follow(page.content.get_by_role("link", name=name, exact=True))
    return SessionListPage(page.visitor).arrived()


def end_others_label(visitor: Visitor, count: int) -> str:
    return visitor.words.counted(
        "End %(count)s other session", "End all %(count)s other sessions", count
    )


class PatternsPage(SitePage):
    """The page of everything that a theme styles."""

    path = "/patterns/"
    title = "Patterns"


# --- allauth's pages ------------------------------------------------------------------------------


class SignUpPage(SitePage):
    path = "/account/signup/"
    title = "Signup"
    heading = "Sign Up"


class SignOutPage(SitePage):
    path = "/account/logout/"
    title = "Sign Out"


class InactivePage(SitePage):
    path = "/account/inactive/"
    title = "Account Inactive"


class EmailPage(SitePage):
    path = "/account/email/"
    title = "Email Addresses"


class VerifyEmailPage(SitePage):
    path = "/account/confirm-email/"
    title = "Verify Your Email Address"


class ConfirmEmailPage(SitePage):
    path = "/account/confirm-email/no-such-key/"
    title = "Confirm Email Address"


class ChangePasswordPage(SitePage):
    path = "/account/password/change/"
    title = "Change Password"


class ResetPasswordPage(SitePage):
    path = "/account/password/reset/"
    title = "Password Reset"


class ResetMailSentPage(SitePage):
    path = "/account/password/reset/done/"
    title = "Password Reset"


class NewPasswordPage(SitePage):
    """The page of the link in the e-mail."""

    title = "Change Password"


class BadTokenPage(SitePage):
    path = "/account/password/reset/key/1-no-such-key/"
    title = "Change Password"
    heading = "Bad Token"


class PasswordIsChangedPage(SitePage):
    path = "/account/password/reset/key/done/"
    title = "Change Password"


class ConfirmAccessPage(SitePage):
    path = "/account/reauthenticate/"
    title = "Confirm Access"


class SecondFactorPage(SitePage):
    path = "/account/2fa/"
    title = "Two-Factor Authentication"


class ActivateSecondFactorPage(SitePage):
    path = "/account/2fa/totp/activate/"
    title = "Activate Authenticator App"


class DeactivateSecondFactorPage(SitePage):
    path = "/account/2fa/totp/deactivate/"
    title = "Deactivate Authenticator App"


class RecoveryCodesPage(SitePage):
    path = "/account/2fa/recovery-codes/"
    title = "Recovery Codes"


class NewRecoveryCodesPage(SitePage):
    path = "/account/2fa/recovery-codes/generate/"
    title = "Recovery Codes"


class GiveCodePage(SitePage):
    """The page that asks for the second factor after the password."""

    path = "/account/2fa/authenticate/"
    title = "Sign In"
    heading = "Two-Factor Authentication"
