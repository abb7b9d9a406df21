"""The five journeys on any site. Each raises SiteProblem if the site doesn't support it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from playwright.sync_api import Browser, Error

from e2e.anywhere.account import Account
from e2e.anywhere.browser import TIMEOUT, SiteBrowser, SiteProblem

Say = Callable[[str], object]

OTHER_STILL_SIGNED_IN = "The other browser is still signed in after its session was ended."
OWN_SIGNED_OUT = "The browser that ended the session of another one was signed out too."


class Journeys:
    """Two browsers of the same user. Each journey returns a remark, or an empty string."""

    def __init__(self, browser: Browser, account: Account, timeout: float = TIMEOUT) -> None:
        self.browser = browser
        self.account = account
        self.timeout = timeout
        self.opened: list[SiteBrowser] = []

    @cached_property
    def mine(self) -> SiteBrowser:
        return self._open()

    @cached_property
    def other(self) -> SiteBrowser:
        return self._open()

    def _open(self, like: SiteBrowser | None = None) -> SiteBrowser:
        cookies = like.context.storage_state() if like else None
        opened = SiteBrowser(self.browser, self.account, cookies, self.timeout)
        self.opened.append(opened)
        return opened

    def close(self) -> None:
        for opened in self.opened:
            opened.context.close()

    def sign_in(self) -> str:
        if self.mine.is_signed_in():
            raise SiteProblem(
                f"{self.mine.tab.url} is shown to visitors who aren't signed in. If it is the list "
                "of sessions, its view lacks login_required."
            )
        self.mine.sign_in()
        return ""

    def see_the_list(self) -> str:
        self._sign_in_both()
        if not self.mine.listed_digests():
            raise SiteProblem(
                f"The list at {self.mine.tab.url} has neither a form nor a link to "
                f"{self.mine.path_of('<digest>')}, so it can't end a session. In its template, post "
                "to session.summary.end_url."
            )
        for here, elsewhere in ((self.mine, self.other), (self.other, self.mine)):
            if elsewhere.own_digest() not in here.listed_digests():
                raise SiteProblem(
                    f"Two browsers are signed in, but the list at {here.tab.url} doesn't show the "
                    "other one, or can't end it."
                )
        return ""

    def end_one(self) -> str:
        self._sign_in_both()
        digest = self.other.own_digest()
        self.mine.end(self.mine.path_of(digest))
        self._check_only_mine_is_signed_in()
        if digest in self.mine.listed_digests():
            raise SiteProblem("A session that was ended is still on the list.")
        return ""

    def end_all_others(self) -> str:
        self._sign_in_both()
        path = self.mine.path_of("other")
        offered = path in self.mine.listed_paths()
        self.mine.end(path)
        self._check_only_mine_is_signed_in()
        if left := self.mine.listed_digests() - {self.mine.own_digest()}:
            raise SiteProblem(
                f"All other sessions were ended, but the list still shows {len(left)} of them."
            )
        return "" if offered else f"The list has no link to {path}, so users won't find it."

    def sign_out(self) -> str:
        self.mine.sign_in()
        digest = self.mine.own_digest()
        thief = self._open(like=self.mine)
        self.mine.end(self.mine.path_of(digest))
        if self.mine.is_signed_in():
            raise SiteProblem("Ending the current session doesn't sign the browser out.")
        if thief.is_signed_in():
            raise SiteProblem("After sign-out, a copy of the old cookie still opens the list.")
        return ""

    def _sign_in_both(self) -> None:
        self.mine.sign_in()
        self.other.sign_in()
        if not self.mine.is_signed_in():
            raise SiteProblem(
                "Signing in with a second browser signs the first one out. If the site allows one "
                "session per user, the journeys can't run."
            )

    def _check_only_mine_is_signed_in(self) -> None:
        if self.other.is_signed_in():
            raise SiteProblem(OTHER_STILL_SIGNED_IN)
        if not self.mine.is_signed_in():
            raise SiteProblem(OWN_SIGNED_OUT)


STEPS: dict[str, Callable[[Journeys], str]] = {
    "Sign in": Journeys.sign_in,
    "See the list": Journeys.see_the_list,
    "End one session": Journeys.end_one,
    "End all other sessions": Journeys.end_all_others,
    "Sign out": Journeys.sign_out,
}


def run(browser: Browser, account: Account, say: Say, timeout: float = TIMEOUT) -> bool:
    """Run the journeys, report each result, and return whether all passed.

    If the sign-in fails, don't try the other journeys: they would repeat a wrong password.
    """
    journeys = Journeys(browser, account, timeout)
    first, *others = STEPS
    try:
        if run_step(journeys, first, say):
            failed = [name for name in others if not run_step(journeys, name, say)]
            return not failed
    finally:
        journeys.close()
    for name in others:
        say(f"not tried  {name}")
    return False


def run_step(journeys: Journeys, name: str, say: Say) -> bool:
    try:
        remark = STEPS[name](journeys)
    except (SiteProblem, Error) as problem:
        say(f"FAILED     {name}\n           {problem}")
        return False
    say(f"ok         {name}" + (f"\n           {remark}" if remark else ""))
    return True
