"""A browser on a site of which only URLs, fields and forms are known."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

from playwright.sync_api import Browser, Error, Locator, Page, Response, StorageState
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from e2e.anywhere.account import Account, origin_of
from user_sessions.keys import digest_of

LIST = "/account/sessions/"
TIMEOUT = 20_000  # milliseconds, for a page or an answer

USERNAMES = (
    "input[autocomplete~=username]:visible",
    "input:is([type=text], [type=email], [type=tel], :not([type])):visible",
)
PASSWORD = "input[type=password]:visible"
CODE = "form[method=post i] input:is([type=text], [type=number], [type=tel], :not([type])):visible"
FORM_ERROR = "[role=alert]:visible, .errorlist:visible"

# Store in each button and link the path that it posts or leads to, and return these paths. Read the
# attributes: a field named "action" hides the property form.action.
MARK = """() => {
  const path = (address) => {
    try {
      return decodeURIComponent(new URL(address, document.baseURI).pathname);
    } catch {
      return "";
    }
  };
  const attribute = (element, name) => element.getAttribute(name);
  for (const button of document.querySelectorAll("button, input")) {
    if (!button.form || !["submit", "image"].includes(button.type)) continue;
    const method = attribute(button, "formmethod") ?? attribute(button.form, "method") ?? "get";
    const action = attribute(button, "formaction") ?? attribute(button.form, "action") ?? "";
    button.dataset[method.toLowerCase() === "post" ? "posts" : "leads"] = path(action);
  }
  for (const link of document.querySelectorAll("a[href]")) link.dataset.leads = path(link.href);
  const marked = [...document.querySelectorAll("[data-posts], [data-leads]")];
  return marked.map((element) => element.dataset.posts ?? element.dataset.leads);
}"""

CONNECTION_ERRORS = {
    "ERR_NAME_NOT_RESOLVED": "there is no such host",
    "ERR_CONNECTION_REFUSED": "no server answers there",
    "ERR_CERT": "browsers don't trust its certificate",
    "ERR_SSL": "the server doesn't support HTTPS",
    "ERR_HTTP_RESPONSE_CODE_FAILURE": "it answers with an error and an empty page",
    "ERR_TOO_MANY_REDIRECTS": "it redirects in a loop",
}
STATUS_HINTS = {
    403: "the form lacks {% csrf_token %}, or CSRF_TRUSTED_ORIGINS lacks the site",
    404: "the site has no such URL, or the session belongs to another user",
    405: "the site accepts no POST there",
    429: "the site rejects further attempts for now, so wait",
}


class SiteProblem(Exception):
    """A problem of the site, with a message for its owner."""


class SiteBrowser:
    """One browser, which may start with the cookies of another one.

    `path` is the unquoted path of a URL on the site. Each method raises SiteProblem.
    """

    def __init__(
        self,
        browser: Browser,
        account: Account,
        cookies: StorageState | None = None,
        timeout: float = TIMEOUT,
    ) -> None:
        self.account = account
        self.context = browser.new_context(storage_state=cookies)
        self.context.set_default_timeout(timeout)
        self.list_path = urlsplit(account.site).path + LIST
        self.tab = self._new_tab()

    # --- Navigation -------------------------------------------------------------------------------

    def open(self, path: str) -> Response:
        """Open a path on the host of BASE_URL. Redirects must stay on that host."""
        address = origin_of(self.account.site) + path
        try:
            response = self.tab.goto(address)
        except Error as error:
            raise SiteProblem(f"{address} can't be opened: {reason_of(error)}.") from error
        assert response, "A navigation to another page always has a response"
        if origin_of(self.tab.url) != origin_of(self.account.site):
            raise SiteProblem(
                f"{address} redirects to {origin_of(self.tab.url)}. The password is only entered on the "
                "host of BASE_URL. If the other host is yours, use it in BASE_URL."
            )
        return response

    def _new_tab(self) -> Page:
        tab = self.context.new_page()
        tab.on("dialog", lambda dialog: dialog.accept())  # a script may call confirm()
        return tab

    def is_signed_in(self) -> bool:
        """Open the list, and return whether it is shown; otherwise the sign-in page is open."""
        response = self.open(self.list_path)
        opened = urlsplit(self.tab.url)
        shown = opened.path.endswith(LIST)
        if response.status == 404 and shown:
            raise SiteProblem(
                f"{self.tab.url} doesn't exist. Include user_sessions.urls in the site's URLs. If "
                "they have a prefix, add it to the end of BASE_URL."
            )
        if response.status == 404:
            raise SiteProblem(
                f"The list redirects signed-out visitors to {self.tab.url}, which doesn't exist: set "
                "LOGIN_URL to the sign-in page."
            )
        if not response.ok:
            raise SiteProblem(f"{self.tab.url} answers {response.status}: see the site's log.")
        if shown:  # it may have a language prefix
            self.list_path = unquote(opened.path)
        return shown

    # --- Signing in -------------------------------------------------------------------------------

    def sign_in(self) -> None:
        """Sign in, unless this browser is signed in."""
        if self.is_signed_in():
            return
        status = self._send_sign_in_form()
        if status >= 400:
            raise SiteProblem(
                f"The sign-in form is answered with {status}: {STATUS_HINTS.get(status, 'see its log')}."
            )
        problem = self._sign_in_problem()
        if not self.is_signed_in():
            raise SiteProblem(problem)

    def _send_sign_in_form(self) -> int:
        """Fill in the form, press Enter, and return the status of the next page."""
        form = self._sign_in_form()
        field_for(form, USERNAMES).fill(self.account.username)
        form.locator(PASSWORD).fill(self.account.password)
        try:
            with self.tab.expect_navigation() as following:
                form.locator(PASSWORD).press("Enter")
        except PlaywrightTimeout as error:
            raise SiteProblem(
                f"No page follows when the sign-in form at {self.tab.url} is sent. Does a field reject "
                "E2E_USER, for example because it must be an e-mail address?"
            ) from error
        return following.value.status

    def _sign_in_form(self) -> Locator:
        """Return the first form with a name and one password; a sign-up form has two passwords."""
        for form in self.tab.locator("form").all():
            if form.locator(PASSWORD).count() == 1 and field_for(form, USERNAMES).count():
                return form
        raise SiteProblem(
            f"The list redirects signed-out visitors to {self.tab.url}, where no form has a field "
            "for a user name or e-mail address and one for a password."
        )

    def _sign_in_problem(self) -> str:
        """Return why the browser is still signed out after it sent the password."""
        where = self.tab.url
        if self.tab.locator(PASSWORD).count():
            errors = self.tab.locator(FORM_ERROR).all_inner_texts()
            quoted = " ".join(errors[0].split()) if errors else ""
            detail = f" Its message: {quoted[:300]}" if quoted else ""
            return (
                f"The site rejected the password of {self.account.username} and asks for it again "
                f"at {where}.{detail}"
            )
        if self.tab.locator(CODE).count():
            return (
                f"After the password, the site asks for more at {where}, probably a second factor. "
                "Use an account without one."
            )
        return (
            f"The site accepted the password and redirected to {where}, but the browser isn't signed in. "
            "Is the account active, and is its e-mail address confirmed?"
        )

    # --- Sessions ---------------------------------------------------------------------------------

    def own_digest(self) -> str:
        """Return the digest of this browser's own session.

        The name of the session cookie is unknown: try each cookie, and return the digest for which
        the site has a confirmation page.
        """
        for cookie in self.context.cookies(self.account.site):
            digest = digest_of(str(cookie.get("value")))
            answer = self.context.request.get(
                origin_of(self.account.site) + self.path_of(digest), max_redirects=0
            )
            if answer.status == 200:
                return digest
        raise SiteProblem(
            f"The site has no page at {self.path_of('<digest>')} for the session of a browser "
            "that is signed in. Check that user_sessions.urls are included, and that SESSION_ENGINE "
            "and the middleware are those of user_sessions."
        )

    def path_of(self, digest: str) -> str:
        return f"{self.list_path}{digest}/delete/"

    def listed_paths(self) -> list[str]:
        """Open the list, and return the paths of its buttons and links."""
        self.is_signed_in()
        return self._mark_targets()

    def listed_digests(self) -> set[str]:
        """Open the list, and return the digests of the sessions that it can end."""
        pattern = re.compile(re.escape(self.list_path) + r"(sha256\$[\w-]{43})/delete/")
        return {found[1] for found in map(pattern.fullmatch, self.listed_paths()) if found}

    def end(self, path: str) -> None:
        """Press the button that posts to a path: on the list, or else on the page at this path."""
        self.listed_paths()
        if not self._button(path).count():
            self.open(path)
            self._mark_targets()
        if not self._button(path).count():
            raise SiteProblem(
                f"Neither the list nor the page at {path} has a visible button of a form that posts "
                "to this path."
            )
        self._press(path)

    def _mark_targets(self) -> list[str]:
        return list(self.tab.evaluate(MARK))

    def _button(self, path: str) -> Locator:
        return self.tab.locator(f'[data-posts="{path}"]').filter(visible=True).first

    def _press(self, path: str) -> None:
        def is_answer(response: Response) -> bool:
            same_path = unquote(urlsplit(response.url).path) == path
            return response.request.method == "POST" and same_path

        try:
            with self.tab.expect_response(is_answer) as answer:
                self._button(path).click()
        except PlaywrightTimeout as error:
            raise SiteProblem(
                f"The button on {self.tab.url} that posts to {path} can't be pressed, or sends nothing."
            ) from error
        if (status := answer.value.status) >= 400:
            reason = STATUS_HINTS.get(status, "see the site's log")
            raise SiteProblem(f"A POST to {path} is answered with {status}: {reason}.")
        # Use a new tab: the old one may still be loading the next page. Leave it open, because
        # Chromium sometimes doesn't close a tab during a navigation and reports no error.
        self.tab = self._new_tab()


def field_for(form: Locator, selectors: tuple[str, ...]) -> Locator:
    """Return the first field that a selector finds; earlier selectors win."""
    matching = (selector for selector in selectors if form.locator(selector).count())
    return form.locator(next(matching, selectors[-1])).first


def reason_of(error: Error) -> str:
    """Return why a URL could not be opened."""
    if isinstance(error, PlaywrightTimeout):
        return "it doesn't answer in time"
    known = (reason for code, reason in CONNECTION_ERRORS.items() if code in error.message)
    return next(known, error.message.partition("\n")[0])
