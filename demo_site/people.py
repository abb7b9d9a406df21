"""The people of the demo, and where they have been signed in lately: the same at each seeding."""

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
from demo_site.devices import Device, devices_by_turns, session_store_class, sign_in


@dataclass(frozen=True)
class Visit:
    """One sign-in: on what, how long ago it began, and how long ago it was last used."""

    device: Device
    signed_in: timedelta
    active: timedelta


@dataclass(frozen=True)
class Person:
    """A demo account. The password is the name: short, so that it is quick to type."""

    username: str
    purpose: str | Promise
    visits: tuple[Visit, ...] = ()
    is_staff: bool = False

    @property
    def password(self) -> str:
        return self.username

    @property
    def email(self) -> str:
        return f"{self.username}@example.org"


def _visit(
    browser: str, place: str, signed_in: timedelta, active: timedelta, *, number: int = 5
) -> Visit:
    return Visit(Device(browser, place, number), signed_in, active)


def _many_visits(count: int) -> tuple[Visit, ...]:
    """Return sign-ins spread over a month, each last used somewhere between its start and now."""
    return tuple(
        Visit(
            device,
            signed_in=timedelta(hours=11 * number + 2, minutes=7 * number % 60),
            active=timedelta(hours=7 * number + 1, minutes=13 * number % 60),
        )
        for number, device in enumerate(devices_by_turns(count))
    )


PEOPLE = (
    Person(
        "ada",
        _("Signed in on five devices. One of them is not hers: can you tell which?"),
        (
            _visit("firefox-linux", "zwolle", timedelta(days=23, hours=4), timedelta(minutes=4)),
            _visit("safari-iphone", "zwolle", timedelta(days=12, hours=1), timedelta(minutes=38)),
            _visit("chrome-android", "sao-paulo", timedelta(hours=5), timedelta(hours=3)),
            _visit(
                "safari-ipad", "zwolle", timedelta(days=17), timedelta(days=2, hours=6), number=9
            ),
            _visit("television", "zwolle", timedelta(days=26), timedelta(days=9, hours=2)),
        ),
    ),
    Person(
        "grace",
        _("A member of staff: sees and ends the sessions of other users in the admin."),
        (
            _visit("edge-windows", "new-york", timedelta(days=6), timedelta(hours=1)),
            _visit("safari-macos", "new-york", timedelta(days=3, hours=2), timedelta(hours=20)),
            _visit("curl", "montreal", timedelta(days=1), timedelta(days=1)),
        ),
        is_staff=True,
    ),
    Person("many", _("Signed in on 60 devices, to show a long list."), _many_visits(60)),
    Person("single", _("Signed in nowhere else, to show a list with one session.")),
)


def seed(now: datetime, people: Iterable[Person] = PEOPLE) -> list[Person]:
    """Create the accounts that are missing, with their sessions, and return their people.

    An account that is there stays as it is, however it has changed. Raises ImproperlyConfigured on
    a site without DEMO_MODE: everyone knows these passwords.
    """
    if not demo_mode():
        raise ImproperlyConfigured("Set DEMO_MODE to seed accounts whose passwords everyone knows.")
    users = get_user_model()._default_manager
    missing = [p for p in people if not users.filter(username=p.username).exists()]
    for person in missing:
        _create(person, now)
    return missing


def remove(people: Iterable[Person] = PEOPLE) -> None:
    """Remove the accounts, and so everything that is theirs."""
    usernames = [person.username for person in people]
    get_user_model()._default_manager.filter(username__in=usernames).delete()


@transaction.atomic
def _create(person: Person, now: datetime) -> None:
    """Create one account. Its password goes past the validators, which would find it too short."""
    user = get_user_model()(
        username=person.username,
        email=person.email,
        is_staff=person.is_staff,
        is_superuser=person.is_staff,
    )
    user.set_password(person.password)
    user.save()
    EmailAddress.objects.create(user=user, email=person.email, verified=True, primary=True)
    for visit in person.visits:
        _create_session(user, visit, now)


def _create_session(user: User, visit: Visit, now: datetime) -> None:
    """Sign in on the device, and date that back.

    The expiry counts from the clock and not from `now`, so that sessions seeded at a fixed time, as
    the end-to-end tests do, are alive whenever that is.
    """
    session = sign_in(user, visit.device)
    life = timedelta(seconds=settings.SESSION_COOKIE_AGE)
    rows = session_store_class().get_model_class()._default_manager
    rows.filter(pk=session.session_key).update(
        created_at=now - visit.signed_in,
        last_activity=now - visit.active,
        expire_date=timezone.now() - visit.signed_in + life,
    )
