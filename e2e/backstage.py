"""What tests need done behind the scenes, by a second process of the same site.

`python -m e2e.backstage` reads one request per line and answers each in one: a list of a function's
name and its arguments, then what it gives; both are JSON. The tests' own process has no database
and no settings of the site, so it can't look at them by mistake.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Any

import django

if TYPE_CHECKING:
    from demo_site.people import Person


def reseed(username: str) -> int:
    """Make a demo account anew, as it was seeded, and return how many sessions it has then."""
    from django.utils import timezone

    from demo_site import people

    person = person_named(username)
    people.remove([person])
    people.seed(timezone.now(), [person])
    return len(person.visits)


def person_named(username: str) -> Person:
    from demo_site.people import PEOPLE

    return next(person for person in PEOPLE if person.username == username)


def sign_in(username: str, browser: str, place: str) -> dict[str, str]:
    """Sign somebody in on a made-up device, and return the cookie that its browser would hold."""
    from django.conf import settings
    from django.contrib.auth import get_user_model

    from demo_site import devices

    user = get_user_model()._default_manager.get(username=username)
    session = devices.sign_in(user, devices.Device(browser, place))
    return {"name": settings.SESSION_COOKIE_NAME, "value": str(session.session_key)}


def protect(username: str) -> None:
    """Give somebody a second factor, and codes on paper for the day that it is lost."""
    from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
    from allauth.mfa.totp.internal.auth import TOTP
    from django.contrib.auth import get_user_model

    user = get_user_model()._default_manager.get(username=username)
    TOTP.activate(user, "A" * 32)
    RecoveryCodes.activate(user)


def user_agents() -> dict[str, str]:
    """Return the demo's browsers: a short name of each, and how it names itself."""
    from demo_site.devices import USER_AGENTS

    return USER_AGENTS


def phrase(language: str, text: str, plural: str | None = None, count: int = 0) -> str:
    """Return what the site says for a text in a language; in English where that isn't translated."""
    from django.utils import translation

    with translation.override(language):
        if plural is None:
            return translation.gettext(text)
        return translation.ngettext(text, plural, count)


COMMANDS = {
    function.__name__: function for function in (reseed, sign_in, protect, user_agents, phrase)
}


def answers(requests: Iterator[str]) -> Iterator[Any]:
    """Do what each line asks for. An error ends the process: its cause is in the log."""
    for line in requests:
        name, *arguments = json.loads(line)
        yield COMMANDS[name](*arguments)


def main() -> None:
    channel = sys.stdout
    with redirect_stdout(sys.stderr):  # whatever prints doesn't get between the answers
        django.setup()
        for answer in answers(sys.stdin):
            channel.write(json.dumps(answer) + "\n")
            channel.flush()


if __name__ == "__main__":
    main()
