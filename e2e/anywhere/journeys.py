"""The five things that people come for, on any site; each step says what the site lacks."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from playwright.sync_api import Browser, Error

from e2e.anywhere.account import Account
from e2e.anywhere.browser import PATIENCE, Lacking, SiteBrowser

Say = Callable[[str], object]

STILL_IN = "The other browser is still signed in after its session was ended from here."
SIGNED_OUT_HERE = "The browser that ended another one's session was signed out too."


class Journeys:
    """Two browsers of the same person. Each journey returns a remark, mostly an empty one."""

    def __init__(self, browser: Browser, account: Account, patience: float = PATIENCE) -> None:
        self.browser = browser
        self.account = account
        self.patience = patience
        self.opened: list[SiteBrowser] = []

    @cached_property
    def mine(self) -> SiteBrowser:
        return self._open()

    @cached_property
    def other(self) -> SiteBrowser:
        return self._open()

    def _open(self, like: SiteBrowser | None = None) -> SiteBrowser:
        cookies = like.context.storage_state() if like else None
        opened = SiteBrowser(self.browser, self.account, cookies, self.patience)
        self.opened.append(opened)
        return opened

    def close(self) -> None:
        for opened in self.opened:
            opened.context.close()

    def sign_in(self) -> str:
        if self.mine.is_signed_in():
            raise Lacking(
                f"{self.mine.tab.url} is shown to people who aren't signed in. If that is the list "
                "of sessions, its view lacks login_required."
            )
        self.mine.sign_in()
        return ""

    def see_the_list(self) -> str:
        self._both_are_in()
        if not self.mine.listed_digests():
            raise Lacking(
                f"The list at {self.mine.tab.url} has neither a form nor a link to "
                f"{self.mine.address_of('<digest>')}, so nobody can end a session there. In its "
                "template, post to session.summary.end_url."
            )
        for here, elsewhere in ((self.mine, self.other), (self.other, self.mine)):
            if elsewhere.own_digest() not in here.listed_digests():
                raise Lacking(
                    f"Two browsers are signed in, and the list at {here.tab.url} doesn't show the "
                    "other one, or gives no way to end it."
                )
        return ""

    def end_one(self) -> str:
        self._both_are_in()
        digest = self.other.own_digest()
        self.mine.end(self.mine.address_of(digest))
        self._only_mine_is_in()
        if digest in self.mine.listed_digests():
            raise Lacking("A session that was ended is still on the list.")
        return ""

    def end_all_others(self) -> str:
        self._both_are_in()
        address = self.mine.address_of("other")
        offered = address in self.mine.listed()
        self.mine.end(address)
        self._only_mine_is_in()
        if left := self.mine.listed_digests() - {self.mine.own_digest()}:
            raise Lacking(f"All others were ended, and the list still shows {len(left)} of them.")
        return "" if offered else f"The list has no link to {address}, so nobody will find it."

    def sign_out(self) -> str:
        self.mine.sign_in()
        digest = self.mine.own_digest()
        thief = self._open(like=self.mine)
        self.mine.end(self.mine.address_of(digest))
        if self.mine.is_signed_in():
            raise Lacking("Whoever ends the session that they use isn't signed out by that.")
        if thief.is_signed_in():
            raise Lacking("After signing out, a copy of the old cookie still opens the list.")
        return ""

    def _both_are_in(self) -> None:
        self.mine.sign_in()
        self.other.sign_in()
        if not self.mine.is_signed_in():
            raise Lacking(
                "Signing in with a second browser signs the first one out. Does the site allow one "
                "session a person? Then there is nothing to try here."
            )

    def _only_mine_is_in(self) -> None:
        if self.other.is_signed_in():
            raise Lacking(STILL_IN)
        if not self.mine.is_signed_in():
            raise Lacking(SIGNED_OUT_HERE)


STEPS: dict[str, Callable[[Journeys], str]] = {
    "Sign in": Journeys.sign_in,
    "See the list": Journeys.see_the_list,
    "End one session": Journeys.end_one,
    "End all other sessions": Journeys.end_all_others,
    "Sign out": Journeys.sign_out,
}


def run(browser: Browser, account: Account, say: Say, patience: float = PATIENCE) -> bool:
    """Make the journeys, say how each went, and tell whether all went well.

    Who can't sign in can't do the rest, and isn't made to give a wrong password again and again.
    """
    journeys = Journeys(browser, account, patience)
    first, *others = STEPS
    try:
        if succeeds(journeys, first, say):
            failed = [name for name in others if not succeeds(journeys, name, say)]
            return not failed
    finally:
        journeys.close()
    for name in others:
        say(f"not tried  {name}")
    return False


def succeeds(journeys: Journeys, name: str, say: Say) -> bool:
    try:
        remark = STEPS[name](journeys)
    except (Lacking, Error) as problem:
        say(f"FAILED     {name}\n           {problem}")
        return False
    say(f"ok         {name}" + (f"\n           {remark}" if remark else ""))
    return True
