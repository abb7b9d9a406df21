"""The demo accounts and their sessions, which are the same at each seeding."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from demo_site.conf import demo_mode
from demo_site.devices import Device, sample_devices, session_store_class, sign_in


@dataclass(frozen=True)
class SampleSession:
    """A session to create: its device, and the time since its sign-in and its last activity."""

    device: Device
    signed_in: timedelta
    active: timedelta


@dataclass(frozen=True)
class Person:
    """A demo account. Its password is its name, which is quick to type."""

    username: str
    purpose: str | Promise
    sample_sessions: tuple[SampleSession, ...] = ()
    is_staff: bool = False

    @property
    def password(self) -> str:
        return self.username

    @property
    def email(self) -> str:
        return f"{self.username}@example.org"


def _sample_session(
    browser: str, place: str, signed_in: timedelta, active: timedelta, *, number: int = 5
) -> SampleSession:
    return SampleSession(Device(browser, place, number), signed_in, active)


def _many_sample_sessions(count: int) -> tuple[SampleSession, ...]:
    """Return sessions spread over a month, each active at some time since its sign-in."""
    return tuple(
        SampleSession(
            device,
            signed_in=timedelta(hours=11 * number + 2, minutes=7 * number % 60),
            active=timedelta(hours=7 * number + 1, minutes=13 * number % 60),
        )
        for number, device in enumerate(sample_devices(count))
    )


PEOPLE = (
    Person(
        "ada",
        _("Signed in on five devices. One of them is not hers: can you tell which?"),
        (
            _sample_session(
                "firefox-linux", "zwolle", timedelta(days=23, hours=4), timedelta(minutes=4)
            ),
            _sample_session(
                "safari-iphone", "zwolle", timedelta(days=12, hours=1), timedelta(minutes=38)
            ),
            _sample_session("chrome-android", "sao-paulo", timedelta(hours=5), timedelta(hours=3)),
            _sample_session(
                "safari-ipad", "zwolle", timedelta(days=17), timedelta(days=2, hours=6), number=9
            ),
            _sample_session("television", "zwolle", timedelta(days=26), timedelta(days=9, hours=2)),
        ),
    ),
    Person(
        "grace",
        _("A member of staff: sees and ends the sessions of other users in the admin."),
        (
            _sample_session("edge-windows", "new-york", timedelta(days=6), timedelta(hours=1)),
            _sample_session(
                "safari-macos", "new-york", timedelta(days=3, hours=2), timedelta(hours=20)
            ),
            _sample_session("curl", "montreal", timedelta(days=1), timedelta(days=1)),
        ),
        is_staff=True,
    ),
    Person("many", _("Signed in on 60 devices, to show a long list."), _many_sample_sessions(60)),
    Person("single", _("Signed in nowhere else, to show a list with one session.")),
)


def seed(now: datetime, people: Iterable[Person] = PEOPLE) -> list[Person]:
    """Create the missing accounts with their sessions, and return those people.

    Existing accounts stay unchanged. Raises ImproperlyConfigured without DEMO_MODE, because the
    passwords are public.
    """
    if not demo_mode():
        raise ImproperlyConfigured(
            "Set DEMO_MODE to create demo accounts, whose passwords are public."
        )
    users = get_user_model()._default_manager
    missing = [p for p in people if not users.filter(username=p.username).exists()]
    for person in missing:
        _create(person, now)
    return missing


def remove(people: Iterable[Person] = PEOPLE) -> None:
    """Delete the accounts, which deletes their sessions."""
    usernames = [person.username for person in people]
    get_user_model()._default_manager.filter(username__in=usernames).delete()


@transaction.atomic
def _create(person: Person, now: datetime) -> None:
    """Create one account. Skip the password validators: they would reject the short password."""
    user = get_user_model()(
        username=person.username,
        email=person.email,
        is_staff=person.is_staff,
        is_superuser=person.is_staff,
    )
    user.set_password(person.password)
    user.save()
    EmailAddress.objects.create(user=user, email=person.email, verified=True, primary=True)
    for sample_session in person.sample_sessions:
        _create_session(user, sample_session, now)


def _create_session(user: User, sample_session: SampleSession, now: datetime) -> None:
    """Sign in on the device, then date the session back.

    Compute the expiry from the clock, not from `now`: sessions that a test dates back from a
    fixed time must still be active.
    """
    session = sign_in(user, sample_session.device)
    life = timedelta(seconds=settings.SESSION_COOKIE_AGE)
    rows = session_store_class().get_model_class()._default_manager
    rows.filter(pk=session.session_key).update(
        created_at=now - sample_session.signed_in,
        last_activity=now - sample_session.active,
        expire_date=timezone.now() - sample_session.signed_in + life,
    )
