"""A browser on a site that we know only by its addresses, fields and forms."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

from playwright.sync_api import Browser, Error, Locator, Page, Response, StorageState
from playwright.sync_api import TimeoutError as TooLate

from e2e.anywhere.account import Account, host_of
from user_sessions.keys import digest_of

LIST = "/account/sessions/"
PATIENCE = 20_000  # milliseconds, for a page or an answer

USERNAMES = (
    "input[autocomplete~=username]:visible",
    "input:is([type=text], [type=email], [type=tel], :not([type])):visible",
)
PASSWORD = "input[type=password]:visible"
CODE = "form[method=post i] input:is([type=text], [type=number], [type=tel], :not([type])):visible"
COMPLAINT = "[role=alert]:visible, .errorlist:visible"

# Writes to each button where it posts to, and to each link where it leads; returns all of these.
# A property such as form.action may be hidden by a field of that name, so attributes are read.
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

NO_ANSWER = {
    "ERR_NAME_NOT_RESOLVED": "there is no host of that name",
    "ERR_CONNECTION_REFUSED": "nothing answers there",
    "ERR_CERT": "its certificate isn't one that browsers trust",
    "ERR_SSL": "it doesn't speak HTTPS",
    "ERR_HTTP_RESPONSE_CODE_FAILURE": "it answers with an error and an empty page",
    "ERR_TOO_MANY_REDIRECTS": "it goes round in circles",
}
REFUSALS = {
    403: "the form lacks {% csrf_token %}, or CSRF_TRUSTED_ORIGINS lacks the site",
    404: "the site has no such address, or doesn't know it as one of this user's",
    405: "the site takes no POST there",
    429: "the site takes no more attempts for now, so wait a while",
}


class Lacking(Exception):
    """What a site lacks, in a sentence for its owner."""


class SiteBrowser:
    """One browser, which may begin with the cookies of another one.

    `path` is an address within the site, as `unquote` gives it. Each method raises Lacking.
    """

    def __init__(
        self,
        browser: Browser,
        account: Account,
        cookies: StorageState | None = None,
        patience: float = PATIENCE,
    ) -> None:
        self.account = account
        self.context = browser.new_context(storage_state=cookies)
        self.context.set_default_timeout(patience)
        self.list_path = urlsplit(account.site).path + LIST
        self.tab = self._new_tab()

    # --- Going somewhere --------------------------------------------------------------------------

    def open(self, path: str) -> Response:
        """Open an address. It must be on the host that BASE_URL names, before and after redirects."""
        address = host_of(self.account.site) + path
        try:
            response = self.tab.goto(address)
        except Error as error:
            raise Lacking(f"{address} can't be opened: {reason_of(error)}.") from error
        assert response, "The address of another page always has a response"
        if host_of(self.tab.url) != host_of(self.account.site):
            raise Lacking(
                f"{address} leads to {host_of(self.tab.url)}. A password is only typed on the host "
                "that BASE_URL names: if that one is yours too, name it there."
            )
        return response

    def _new_tab(self) -> Page:
        tab = self.context.new_page()
        tab.on("dialog", lambda dialog: dialog.accept())  # a script that asks "really?"
        return tab

    def is_signed_in(self) -> bool:
        """Open the list, and tell whether it is shown; otherwise the sign-in page is open."""
        response = self.open(self.list_path)
        opened = urlsplit(self.tab.url)
        shown = opened.path.endswith(LIST)
        if response.status == 404 and shown:
            raise Lacking(
                f"{self.tab.url} isn't there. Include user_sessions.urls in the site's urls; if it "
                "is included below a prefix, BASE_URL ends with that."
            )
        if response.status == 404:
            raise Lacking(
                f"The list leads whoever isn't signed in to {self.tab.url}, which isn't there: say "
                "in LOGIN_URL where people sign in."
            )
        if not response.ok:
            raise Lacking(f"{self.tab.url} answers {response.status}: see the site's log.")
        if shown:  # maybe below the prefix of a language
            self.list_path = unquote(opened.path)
        return shown

    # --- Signing in -------------------------------------------------------------------------------

    def sign_in(self) -> None:
        """Sign in, unless that is done."""
        if self.is_signed_in():
            return
        status = self._send_sign_in_form()
        if status >= 400:
            raise Lacking(
                f"The sign-in form is answered with {status}: {REFUSALS.get(status, 'see its log')}."
            )
        landed = self._what_is_asked_now()
        if not self.is_signed_in():
            raise Lacking(landed)

    def _send_sign_in_form(self) -> int:
        """Fill in the form and press Enter; return the status of the page that follows."""
        form = self._sign_in_form()
        field_for(form, USERNAMES).fill(self.account.username)
        form.locator(PASSWORD).fill(self.account.password)
        try:
            with self.tab.expect_navigation() as following:
                form.locator(PASSWORD).press("Enter")
        except TooLate as error:
            raise Lacking(
                f"No page follows when the sign-in form at {self.tab.url} is sent. Does a field of it "
                "want something else than E2E_USER, an e-mail address for example?"
            ) from error
        return following.value.status

    def _sign_in_form(self) -> Locator:
        """Return the first form that asks for a name and one password; a sign-up asks for two."""
        for form in self.tab.locator("form").all():
            if form.locator(PASSWORD).count() == 1 and field_for(form, USERNAMES).count():
                return form
        raise Lacking(
            f"The list leads whoever isn't signed in to {self.tab.url}, where no form has a field "
            "for a user name or e-mail address and one for a password."
        )

    def _what_is_asked_now(self) -> str:
        """Say what stands in the way, if after the password nobody is signed in."""
        where = self.tab.url
        if self.tab.locator(PASSWORD).count():
            complaints = self.tab.locator(COMPLAINT).all_inner_texts()
            quoted = " ".join(complaints[0].split()) if complaints else ""
            told = f" It says: {quoted[:300]}" if quoted else ""
            return (
                f"The site didn't take the password of {self.account.username}: it asks for one "
                f"again, at {where}.{told}"
            )
        if self.tab.locator(CODE).count():
            return (
                f"After the password the site asks for more, at {where}: a second factor, by the "
                "look of it. Only a person can give that, so take an account without one."
            )
        return (
            f"The site took the password and leads to {where}, but nobody is signed in then. Is the "
            "account active, and its e-mail address confirmed?"
        )

    # --- Sessions ---------------------------------------------------------------------------------

    def own_digest(self) -> str:
        """Return the digest of this browser's own session.

        It is that of one of its cookies, whatever its name: the one of which the site has a page.
        """
        for cookie in self.context.cookies(self.account.site):
            digest = digest_of(str(cookie.get("value")))
            answer = self.context.request.get(
                host_of(self.account.site) + self.address_of(digest), max_redirects=0
            )
            if answer.status == 200:
                return digest
        raise Lacking(
            f"The site has no page at {self.address_of('<digest>')} for the session of a browser "
            "that has just signed in. Are user_sessions.urls included, and SESSION_ENGINE and the "
            "middleware those of this app?"
        )

    def address_of(self, digest: str) -> str:
        return f"{self.list_path}{digest}/delete/"

    def listed(self) -> list[str]:
        """Open the list, and return where its buttons and links go."""
        self.is_signed_in()
        return self._marked()

    def listed_digests(self) -> set[str]:
        """Open the list, and return the digests of the sessions that can be ended there."""
        pattern = re.compile(re.escape(self.list_path) + r"(sha256\$[\w-]{43})/delete/")
        return {found[1] for found in map(pattern.fullmatch, self.listed()) if found}

    def end(self, path: str) -> None:
        """Press the button on the list that posts to an address, or else that on its own page."""
        self.listed()
        if not self._button(path).count():
            self.open(path)
            self._marked()
        if not self._button(path).count():
            raise Lacking(
                f"Neither the list nor the page at {path} has a button, to be seen there, of a form "
                "that posts to this address."
            )
        self._press(path)

    def _marked(self) -> list[str]:
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
        except TooLate as error:
            raise Lacking(
                f"The button on {self.tab.url} that posts to {path} can't be pressed, or sends nothing."
            ) from error
        if (status := answer.value.status) >= 400:
            reason = REFUSALS.get(status, "see the site's log")
            raise Lacking(f"A POST to {path} is answered with {status}: {reason}.")
        # The old tab may be loading what follows, or showing it by a script. It is left open:
        # Chromium forgets to close a tab that is just changing its page, and nothing says so.
        self.tab = self._new_tab()


def field_for(form: Locator, selectors: tuple[str, ...]) -> Locator:
    """Return the first field that one of the selectors finds, the better selector first."""
    better = (selector for selector in selectors if form.locator(selector).count())
    return form.locator(next(better, selectors[-1])).first


def reason_of(error: Error) -> str:
    """Say in plain words why an address could not be opened."""
    if isinstance(error, TooLate):
        return "it doesn't answer in time"
    known = (reason for code, reason in NO_ANSWER.items() if code in error.message)
    return next(known, error.message.partition("\n")[0])
