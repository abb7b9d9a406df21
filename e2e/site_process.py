"""Commands that create test data and translate texts, in a second process of the demo.

`python -m e2e.site_process` reads one JSON list per line, a function's name and its arguments, and
writes one line of JSON, the return value. The process of the tests has no Django settings, so a test
can't use the database by mistake.
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
    """Delete a demo account, create it again, and return its number of sessions."""
    from django.utils import timezone

    from demo_site import people

    person = person_named(username)
    people.remove([person])
    people.seed(timezone.now(), [person])
    return len(person.sample_sessions)


def person_named(username: str) -> Person:
    from demo_site.people import PEOPLE

    return next(person for person in PEOPLE if person.username == username)


def sign_in(username: str, browser: str, place: str) -> dict[str, str]:
    """Sign a user in on a made-up device, and return the cookie of that browser."""
    from django.conf import settings
    from django.contrib.auth import get_user_model

    from demo_site import devices

    user = get_user_model()._default_manager.get(username=username)
    session = devices.sign_in(user, devices.Device(browser, place))
    return {"name": settings.SESSION_COOKIE_NAME, "value": str(session.session_key)}


def activate_second_factor(username: str) -> None:
    """Activate a second factor and recovery codes for a user."""
    from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
    from allauth.mfa.totp.internal.auth import TOTP
    from django.contrib.auth import get_user_model

    user = get_user_model()._default_manager.get(username=username)
    TOTP.activate(user, "A" * 32)
    RecoveryCodes.activate(user)


def user_agents() -> dict[str, str]:
    """Return the user agents of the demo's browsers by their short names."""
    from demo_site.devices import USER_AGENTS

    return USER_AGENTS


def translate(language: str, text: str, plural: str | None = None, count: int = 0) -> str:
    """Return the translation of a text, or the text itself if it has none."""
    from django.utils import translation

    with translation.override(language):
        if plural is None:
            return translation.gettext(text)
        return translation.ngettext(text, plural, count)


COMMANDS = {
    function.__name__: function
    for function in (reseed, sign_in, activate_second_factor, user_agents, translate)
}


def answers(requests: Iterator[str]) -> Iterator[Any]:
    """Run the command of each line, and yield its return value. An exception ends the process."""
    for line in requests:
        name, *arguments = json.loads(line)
        yield COMMANDS[name](*arguments)


def main() -> None:
    output = sys.stdout
    with redirect_stdout(sys.stderr):  # keep printed text out of the answers
        django.setup()
        for answer in answers(sys.stdin):
            output.write(json.dumps(answer) + "\n")
            output.flush()


if __name__ == "__main__":
    main()
