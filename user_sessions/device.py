"""Parse a user agent into the names that users know: browser, platform and kind of device."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

import user_agents
from django.utils.translation import gettext as _

# A page shows a few dozen devices, an admin list some hundred. Parsing one takes about a millisecond.
CACHE_SIZE = 2048
# Limits the time of parsing. The app's own model stores half as many characters.
MAX_PARSED_LENGTH = 1024

KINDS = ("phone", "tablet", "computer", "tv", "bot", "other")

# The parser's name of a browser, and its vendor's name.
_BROWSERS = {
    "AVG": "AVG Secure Browser",
    "bingbot": "Bingbot",
    "Chrome Mobile": "Chrome",
    "Chrome Mobile iOS": "Chrome",
    "Chrome Mobile WebView": "Chrome",
    "DuckDuckGo Mobile": "DuckDuckGo",
    "Ecosia Android": "Ecosia",
    "Ecosia iOS": "Ecosia",
    "Edge Mobile": "Edge",
    "Epiphany": "GNOME Web",
    "Firefox Mobile": "Firefox",
    "Firefox iOS": "Firefox",
    "HeadlessChrome": "Headless Chrome",
    "IE": "Internet Explorer",
    "IE Mobile": "Internet Explorer",
    "insomnia": "Insomnia",
    "MiuiBrowser": "Mi Browser",
    "Mobile Safari": "Safari",
    "Mobile Safari UI/WKWebView": "Safari",
    "Oculus Browser": "Meta Quest Browser",
    "okhttp": "OkHttp",
    "Opera Mobile": "Opera",
    "Opera Touch": "Opera",
    "PostmanRuntime": "Postman",
    "QQ Browser Mobile": "QQ Browser",
    "VivoBrowser": "vivo Browser",
    "WindowsPowerShell": "PowerShell",
}
# Names that the parser returns as a browser, but that are a system, a media player or a TV standard.
_NOT_BROWSERS = frozenset({"", "Android", "AppleCoreMedia", "Apple Watch App", "HbbTV", "Other"})
# Browsers that the parser confuses with another, mostly with the one that they are derived from. The
# first pattern that matches the user agent gives the name. Each has a row in tests/user_agents.csv.
_CORRECTED_BROWSERS = tuple(
    (re.compile(pattern), name)
    for pattern, name in (
        # apps that show pages
        ("FBAN/(?:Messenger|mLite)|FB_IAB/(?:MESSENGER|Orca)", "Messenger"),
        ("AlipayClient/", "Alipay"),
        ("baiduboxapp/", "Baidu"),
        ("Bing(?:Sapphire|Web)/", "Bing"),
        ("KAKAOTALK", "KakaoTalk"),
        ("LinkedInApp", "LinkedIn"),
        ("(?i:MicroMessenger)/", "WeChat"),
        (r"NAVER\(", "NAVER"),
        ("TeamsMobile", "Microsoft Teams"),
        ("Valve Steam", "Steam"),
        (r"\bWeibo\b", "Weibo"),
        ("YJApp-", "Yahoo! JAPAN"),
        (r"\bZalo/", "Zalo"),
        # browsers derived from another
        (r"Chrome/\S+ Safari/\S+ Atlas/", "ChatGPT Atlas"),
        (r"\bLibreWolf/", "LibreWolf"),
        (r"\bMXiOS/", "Maxthon"),
        (r"\bOPR?GX/|\bOPX/", "Opera GX"),
        (r"\bPicoBrowser/", "PICO Browser"),
        ("QIHU 360|QihooBrowser/", "360 Browser"),
        (r"\bQuark/", "Quark"),
        (r"\bQwantMobile/", "Qwant"),
        (r"\bVivaldi/", "Vivaldi"),
        (r"Macintosh.*Mobile/\w+$", "Safari"),
        ("YaSearchBrowser/", "Yandex"),
        # programs, and apps without a browser: they send their own name
        ("com.tinyspeck.chatlyio/", "Slack"),
        (r"\bdiscord/", "Discord"),
        (r"\) ([\w-]{1,40})/\S+ Chrome/\S+ Electron/", r"\1"),
        (
            r"^(?!Mozilla)(\w[\w %-]{0,40}?)(?:-iOS| for iOS)?[/ ]\d\S* (?:rv:\d+ )?\(i(?:Phone|Pad)",
            r"\1",
        ),
        (r"^(\w[\w %-]{0,40}?)(?:-iOS)?/\S+ CFNetwork/", r"\1"),
        (r"\b(ChatGPT-User|Perplexity-User)/", r"\1"),
        ("^(?i:Go-http-client)/", "Go-http-client"),
        ("^GuzzleHttp/", "Guzzle"),
        ("^Java-http-client/", "Java"),
        ("^python-(httpx|urllib3)/", r"Python \1"),
        ("^(Dart|Kodi|node-fetch|Playwright)/", r"\1"),
    )
)
# Bots whose name the parser returns without recognizing them as bots.
_BOT = re.compile("(?:bot|spider|-User)$", re.IGNORECASE)
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
# Browsers always send version 10, so 10 and 11 can't be distinguished (WICG User-Agent Reduction).
_WINDOWS_VERSIONS = {"10": "Windows 10/11", "11": "Windows 10/11"}
# Devices that users know by their own name instead of their system's. The first pattern that matches
# "<the parser's name of the device>; <user agent>" applies.
_DEVICES = tuple(
    (re.compile(pattern), name, kind)
    for pattern, name, kind in (
        ("^iPhone", "iPhone", "phone"),
        ("^iPad", "iPad", "tablet"),
        # An iPad that requests desktop pages, in a browser for iOS. In Safari it looks like a Mac.
        ("Macintosh.*(?:CriOS|FxiOS|EdgiOS|Mobile)/", "iPad", "tablet"),
        (r"Darwin/\S+ \(x86_64", "macOS", "computer"),
        ("^iPod", "iPod", "phone"),
        ("^AppleTV", "Apple TV", "tv"),
        ("watchOS", "Apple Watch", "other"),
        (r"\bSM-R\d", "Galaxy Watch", "other"),
        (r"\bAFT[A-Z]", "Fire TV", "tv"),
        (r"Tizen.*TV\b|TV\b.*Tizen", "Samsung TV", "tv"),
        (r"Web0S|webOS\.?TV", "LG TV", "tv"),
        ("CrKey|Chromecast", "Chromecast", "tv"),
        ("Roku", "Roku", "tv"),
        (r"Andr[o0]id.*(?:TV\b|BRAVIA)", "Android TV", "tv"),
        (r"TV\b|NetCast|VIDAA", "Smart TV", "tv"),
        ("Kindle/", "Kindle", "tablet"),
        ("Nintendo Switch", "Nintendo Switch", "other"),
        ("(?i:PlayStation)", "PlayStation", "other"),
        (r"\b(?:PICO|Pico) ", "PICO", "other"),
        (r"\bQuest\b", "Meta Quest", "other"),
        (r"\bTesla/\d|QtCarBrowser", "Tesla", "other"),
        (r"\bXbox\b", "Xbox", "other"),
    )
)
# The parser takes a user agent for a feature phone if it begins with one of some hundred four-letter
# words, such as "http" or "play". A real one also matches _FEATURE_PHONE.
_GUESSED_PHONE = "Generic Feature Phone"
_FEATURE_PHONE = re.compile(r"\bMIDP\b|Opera Mini|Mobile", re.IGNORECASE)
_COMPUTERS = frozenset({"Linux", "FreeBSD", "NetBSD", "OpenBSD"})
_PHONES = frozenset({"iOS", "KaiOS"})
_UNKNOWN = frozenset({"", "Other"})


@dataclass(frozen=True, slots=True)
class Device:
    """A parsed user agent, with names as vendors write them. A name is None if it is unknown."""

    browser: str | None
    platform: str | None
    kind: str


def device_name(user_agent: str | None) -> str | None:
    """Return the name of a device in the active language, or None if it is unknown.

    For example "Firefox on Linux", "Firefox" or "Linux".
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
    """Return the device of a user agent. The names are None if it is empty or unknown.

    A bot has no platform. If its user agent names one, the bot only imitates that device.
    """
    parsed = user_agents.parse(user_agent[:MAX_PARSED_LENGTH])
    family = _corrected_browser(parsed.ua_string) or parsed.browser.family
    browser = _browser(family, parsed.os.family)
    if parsed.is_bot or _BOT.search(browser or ""):
        return Device(browser, None, "bot")
    platform, kind = _known_device(parsed) or _system(parsed)
    return Device(None if browser == platform else browser, platform, kind)


def _corrected_browser(user_agent: str) -> str | None:
    """Return the name of a browser that the parser confuses with another, or None."""
    found = ((pattern.search(user_agent), name) for pattern, name in _CORRECTED_BROWSERS)
    names = (match.expand(name) for match, name in found if match)
    return next((name.replace("%20", " ") for name in names), None)


def _browser(family: str, system: str) -> str | None:
    """Return a browser's name. The parser takes every WebKit for Safari, which exists on Apple's systems only."""
    name = None if family in _NOT_BROWSERS else _BROWSERS.get(family, family)
    return None if name == "Safari" and system not in {"Mac OS X", "iOS"} else name


def _known_device(parsed: user_agents.parsers.UserAgent) -> tuple[str, str] | None:
    """Return name and kind of a device that users know by its own name, or None."""
    described = f"{parsed.device.family}; {parsed.ua_string}"
    found = ((name, kind) for pattern, name, kind in _DEVICES if pattern.search(described))
    return next(found, None)


def _system(parsed: user_agents.parsers.UserAgent) -> tuple[str | None, str]:
    """Return name and kind of a device that users know by its system."""
    platform = _platform(parsed.os.family, parsed.os.version_string)
    return platform, _kind(platform, parsed)


def _platform(system: str, version: str) -> str | None:
    if system == "Windows":
        return _WINDOWS_VERSIONS.get(version, f"Windows {version}".strip())
    return None if system in _UNKNOWN else _PLATFORMS.get(system, system)


def _kind(platform: str | None, parsed: user_agents.parsers.UserAgent) -> str:
    if platform == "Android":
        return "tablet" if _is_android_tablet(parsed.ua_string) else "phone"
    if platform is None and "(" not in parsed.ua_string:
        return "other"  # a program that sends only its own name
    if parsed.is_tablet:
        return "tablet"
    if _is_phone(platform, parsed):
        return "phone"
    return "computer" if parsed.is_pc or platform in _COMPUTERS else "other"


def _is_phone(platform: str | None, parsed: user_agents.parsers.UserAgent) -> bool:
    if parsed.device.family == _GUESSED_PHONE:
        return _FEATURE_PHONE.search(parsed.ua_string) is not None
    return parsed.is_mobile or platform in _PHONES or "Mobile" in parsed.ua_string


def _is_android_tablet(user_agent: str) -> bool:
    """Firefox sends "Tablet" on a tablet. Chrome, and browsers derived from it, omit "Mobile"."""
    return "Tablet" in user_agent or ("Chrome/" in user_agent and "Mobile" not in user_agent)
