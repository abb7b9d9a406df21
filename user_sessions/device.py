"""What a user agent says about the device, in words that its owner would use."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

import user_agents
from django.utils.translation import gettext as _

# A page shows a few dozen devices, a busy admin some hundred; parsing one takes about a millisecond.
CACHE_SIZE = 2048
# Parsing takes longer the longer the text; the app's own model stores half as many characters.
LONGEST_PARSED = 1024

KINDS = ("phone", "tablet", "computer", "tv", "bot", "other")

# How the parser calls a browser, and how its maker does.
_BROWSERS = {
    "bingbot": "Bingbot",
    "Chrome Mobile": "Chrome",
    "Chrome Mobile iOS": "Chrome",
    "Chrome Mobile WebView": "Chrome",
    "DuckDuckGo Mobile": "DuckDuckGo",
    "Edge Mobile": "Edge",
    "Epiphany": "GNOME Web",
    "Firefox Mobile": "Firefox",
    "Firefox iOS": "Firefox",
    "HeadlessChrome": "Headless Chrome",
    "IE": "Internet Explorer",
    "IE Mobile": "Internet Explorer",
    "Mobile Safari": "Safari",
    "Mobile Safari UI/WKWebView": "Safari",
    "Opera Mobile": "Opera",
}
_PLATFORMS = {
    "Arch Linux": "Linux",
    "CentOS": "Linux",
    "Chrome OS": "ChromeOS",
    "Debian": "Linux",
    "Fedora": "Linux",
    "Gentoo": "Linux",
    "Kubuntu": "Linux",
    "Linux Mint": "Linux",
    "Lubuntu": "Linux",
    "Mac OS X": "macOS",
    "Mageia": "Linux",
    "Mandriva": "Linux",
    "PCLinuxOS": "Linux",
    "Red Hat": "Linux",
    "SUSE": "Linux",
    "Slackware": "Linux",
    "Ubuntu": "Linux",
    "openSUSE": "Linux",
}
# Browsers froze the version at 10, so newer ones can't be told apart (WICG User-Agent Reduction).
_WINDOWS_VERSIONS = {"10": "Windows 10/11", "11": "Windows 10/11"}
# Devices that people know by their own name and not by their system's: the first that is found in
# "<the parser's word for the device>; <user agent>".
_DEVICES = tuple(
    (re.compile(pattern), name, kind)
    for pattern, name, kind in (
        ("^iPhone", "iPhone", "phone"),
        ("^iPad", "iPad", "tablet"),
        ("^iPod", "iPod", "phone"),
        ("^AppleTV", "Apple TV", "tv"),
        (r"\bAFT[A-Z]", "Fire TV", "tv"),
        (r"Tizen.*TV\b|TV\b.*Tizen", "Samsung TV", "tv"),
        (r"Web0S|webOS\.?TV", "LG TV", "tv"),
        ("CrKey|Chromecast", "Chromecast", "tv"),
        ("Roku", "Roku", "tv"),
        (r"Android.*(?:TV\b|BRAVIA)", "Android TV", "tv"),
        (r"TV\b|NetCast|VIDAA", "Smart TV", "tv"),
        ("Kindle/", "Kindle", "tablet"),
        ("Nintendo Switch", "Nintendo Switch", "other"),
        ("PlayStation", "PlayStation", "other"),
        (r"\bQuest\b", "Meta Quest", "other"),
        (r"\bXbox\b", "Xbox", "other"),
    )
)
_COMPUTERS = frozenset({"Linux", "FreeBSD", "NetBSD", "OpenBSD"})
_PHONES = frozenset({"iOS", "KaiOS"})
_UNKNOWN = frozenset({"", "Other"})


@dataclass(frozen=True, slots=True)
class Device:
    """A parsed user agent: names as their makers write them, None for what can't be told."""

    browser: str | None
    platform: str | None
    kind: str


def device_name(user_agent: str | None) -> str | None:
    """Return a device as a person would name it, in the active language.

    "Firefox on Linux", "Firefox", "Linux", or None where the user agent tells neither.
    """
    device = parse(user_agent or "")
    if device.browser and device.platform:
        return _("%(browser)s on %(platform)s") % {
            "browser": device.browser,
            "platform": device.platform,
        }
    return device.browser or device.platform


@lru_cache(maxsize=CACHE_SIZE)
def parse(user_agent: str) -> Device:
    """Return what a user agent says; of an empty or unknown one, nothing.

    A bot has no platform: where it names one, it only acts as such a device.
    """
    parsed = user_agents.parse(user_agent[:LONGEST_PARSED])
    browser = _browser(parsed.browser.family, parsed.os.family)
    if parsed.is_bot:
        return Device(browser, None, "bot")
    platform, kind = _known_device(parsed) or _system(parsed)
    return Device(None if browser == platform else browser, platform, kind)


def _browser(family: str, system: str) -> str | None:
    """Return a browser's name. The parser takes any WebKit for Safari, which only Apple has."""
    name = None if family in _UNKNOWN else _BROWSERS.get(family, family)
    return None if name == "Safari" and system not in {"Mac OS X", "iOS"} else name


def _known_device(parsed: user_agents.parsers.UserAgent) -> tuple[str, str] | None:
    """Return name and kind of a device that people know by its own name, or None."""
    described = f"{parsed.device.family}; {parsed.ua_string}"
    found = ((name, kind) for pattern, name, kind in _DEVICES if pattern.search(described))
    return next(found, None)


def _system(parsed: user_agents.parsers.UserAgent) -> tuple[str | None, str]:
    """Return name and kind of a device that people know by its system."""
    platform = _platform(parsed.os.family, parsed.os.version_string)
    return platform, _kind(platform, parsed)


def _platform(system: str, version: str) -> str | None:
    if system == "Windows":
        return _WINDOWS_VERSIONS.get(version, f"Windows {version}".strip())
    return None if system in _UNKNOWN else _PLATFORMS.get(system, system)


def _kind(platform: str | None, parsed: user_agents.parsers.UserAgent) -> str:
    if platform == "Android":
        return "tablet" if _is_android_tablet(parsed.ua_string) else "phone"
    if parsed.is_tablet:
        return "tablet"
    if parsed.is_mobile or platform in _PHONES or "Mobile" in parsed.ua_string:
        return "phone"
    return "computer" if parsed.is_pc or platform in _COMPUTERS else "other"


def _is_android_tablet(user_agent: str) -> bool:
    """Tell by what browsers write: Firefox says "Tablet", Chrome and those built on it leave out "Mobile"."""
    return "Tablet" in user_agent or ("Chrome/" in user_agent and "Mobile" not in user_agent)
