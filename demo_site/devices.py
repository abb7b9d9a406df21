"""Made-up devices: real user agents with documentation addresses, and the sign-in on one of them."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from itertools import cycle, islice
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.models import User
from django.http import HttpRequest

from demo_site.places import address_in

if TYPE_CHECKING:
    from user_sessions.backends.base import SessionStore

USER_AGENTS = {
    "firefox-linux": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "firefox-windows": "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:142.0) Gecko/20100101 Firefox/142.0",
    "chrome-windows": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36",
    "chrome-macos": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36",
    "chrome-android": "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Mobile Safari/537.36",
    "edge-windows": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36 Edg/139.0.0.0",
    "safari-macos": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15",
    "safari-iphone": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
    "safari-ipad": "Mozilla/5.0 (iPad; CPU OS 17_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.6 Mobile/15E148 Safari/604.1",
    "samsung-internet": "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36",
    "instagram-iphone": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/22F76 Instagram 390.0.0.28.85 (iPhone16,2; iOS 18_5; en_US; en; scale=3.00; 1290x2796; IABMV/1)",
    "television": "Mozilla/5.0 (SMART-TV; LINUX; Tizen 7.0) AppleWebKit/537.36 (KHTML, like Gecko) 94.0.4606.31/7.0 TV Safari/537.36",
    "curl": "curl/8.14.1",
}

PHONES_AND_TABLETS = {
    "chrome-android",
    "samsung-internet",
    "safari-iphone",
    "safari-ipad",
    "instagram-iphone",
}


@dataclass(frozen=True)
class Device:
    """A browser in a place, e.g. ("safari-iphone", "tokyo"); `number` selects the address there."""

    browser: str
    place: str
    number: int = 5

    @property
    def user_agent(self) -> str:
        return USER_AGENTS[self.browser]

    @property
    def ip(self) -> str:
        """The device's address: IPv6 for phones and tablets, as in mobile networks, otherwise IPv4."""
        version = 6 if self.browser in PHONES_AND_TABLETS else 4
        return address_in(self.place, self.number, version=version)


# The devices of the button "Sign in from another device", in this order.
OTHER_DEVICES = (
    Device("chrome-android", "tokyo"),
    Device("firefox-windows", "berlin"),
    Device("safari-macos", "new-york"),
    Device("samsung-internet", "nairobi"),
    Device("edge-windows", "warsaw"),
    Device("instagram-iphone", "paris"),
    Device("television", "madrid"),
    Device("chrome-macos", "sydney"),
    Device("safari-ipad", "haifa"),
    Device("chrome-windows", "cairo"),
    Device("firefox-linux", "beijing"),
    Device("safari-iphone", "thiruvananthapuram"),
    Device("curl", "switzerland"),
)


def sample_devices(count: int) -> list[Device]:
    """Return as many devices as asked for, cycling through all browsers and places."""
    places = cycle(device.place for device in OTHER_DEVICES[::-1])
    browsers = cycle(USER_AGENTS)
    numbers = (3 + index // 8 for index in range(count))
    return [Device(*parts) for parts in islice(zip(browsers, places, numbers, strict=False), count)]


def session_store_class() -> type[SessionStore]:
    """Return the SessionStore class of the configured engine."""
    store: type[SessionStore] = import_module(settings.SESSION_ENGINE).SessionStore
    return store


def next_device(user: User) -> Device:
    """Return the first listed device on which the user isn't signed in; if all are in use, cycle."""
    sessions = session_store_class().get_model_class()._default_manager.active().filter(user=user)
    in_use = list(sessions.values_list("user_agent", "ip"))
    free = (device for device in OTHER_DEVICES if (device.user_agent, device.ip) not in in_use)
    return next(free, OTHER_DEVICES[len(in_use) % len(OTHER_DEVICES)])


def sign_in(user: User, device: Device) -> SessionStore:
    """Sign a user in on a device, as Django's test client does, and return the session.

    It is a real session with the user's password hash, so that changing the password ends it too.
    Only its cookie isn't sent anywhere.
    """
    request = HttpRequest()
    session = session_store_class()(user_agent=device.user_agent, ip=device.ip)
    request.session = session
    login(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])
    session.save()
    return session
