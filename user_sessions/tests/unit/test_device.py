from __future__ import annotations

import pytest

from user_sessions.device import CACHE_SIZE, KINDS, MAX_PARSED_LENGTH, Device, device_name, parse
from user_sessions.tests.support.user_agents import (
    CHROME_ON_WINDOWS,
    FIREFOX_ON_LINUX,
    SAFARI_ON_IPHONE,
)

WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) "
LINUX = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
CHROMEBOOK = (
    "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/141.0.0.0 Safari/537.36"
)
ANDROID = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
IPAD = "Mozilla/5.0 (iPad; CPU OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
GALAXY = "Mozilla/5.0 (Linux; Android 13; SM-S908B; wv) AppleWebKit/537.36 (KHTML, like Gecko) "
IN_APP = "Version/4.0 Chrome/141.0.0.0 Mobile Safari/537.36"
CHROME = "Chrome/141.0.0.0 Safari/537.36"
CHROME_MOBILE = "Chrome/141.0.0.0 Mobile Safari/537.36"
SAFARI = "Version/18.5 Safari/605.1.15"
SAFARI_MOBILE = "Version/18.5 Mobile/15E148 Safari/604.1"
MOBILE = "Mobile/15E148 Safari/604.1"


def firefox(system):
    return f"Mozilla/5.0 ({system}; rv:143.0) Gecko/20100101 Firefox/143.0"


def bot(name):
    return f"Mozilla/5.0 (compatible; {name}/2.1; +https://bot.example/)"


# The name that a device's owner would use, and the device's user agent.
NameAndUserAgent = tuple[str | None, str]

COMPUTERS: list[NameAndUserAgent] = [
    ("Chrome on Windows 10/11", CHROME_ON_WINDOWS),
    ("Edge on Windows 10/11", f"{WINDOWS}{CHROME} Edg/141.0.0.0"),
    ("Edge on Windows 10/11", f"{WINDOWS}Chrome/64.0.3282.140 Safari/537.36 Edge/18.17763"),
    ("Opera on Windows 10/11", f"{WINDOWS}{CHROME} OPR/122.0.0.0"),
    ("Vivaldi on Windows 10/11", f"{WINDOWS}{CHROME} Vivaldi/7.6"),
    ("Yandex Browser on Windows 10/11", f"{WINDOWS}Chrome/138.0.0.0 YaBrowser/25.8.0.0 Safari/537"),
    ("Firefox on Windows 10/11", firefox("Windows NT 10.0; Win64; x64")),
    ("Firefox on Windows 8.1", firefox("Windows NT 6.3; Win64; x64")),
    ("Firefox on Windows 7", firefox("Windows NT 6.1; Win64; x64")),
    ("Firefox on Windows XP", firefox("Windows NT 5.1")),
    (
        "Internet Explorer on Windows 10/11",
        "Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko",
    ),
    ("Windows 10/11", "Mozilla/5.0 (Windows NT 10.0)"),
    ("Chrome on macOS", f"{MAC}{CHROME}"),
    ("Edge on macOS", f"{MAC}{CHROME} Edg/141.0.0.0"),
    ("Opera on macOS", f"{MAC}{CHROME} OPR/122.0.0.0"),
    ("Safari on macOS", f"{MAC}{SAFARI}"),
    ("Firefox on macOS", firefox("Macintosh; Intel Mac OS X 10.15")),
    ("Firefox on Linux", FIREFOX_ON_LINUX),
    ("Playwright on Linux", "Playwright/1.65 (x64; debian 12)"),
    ("Firefox on Linux", firefox("Wayland; Linux x86_64")),
    ("Firefox on Linux", firefox("X11; Ubuntu; Linux x86_64")),
    ("Firefox on Linux", firefox("X11; Fedora; Linux x86_64")),
    ("Firefox on Linux", firefox("X11; Debian; Linux x86_64")),
    ("Firefox on Linux", firefox("X11; Linux Mint; Linux x86_64")),
    ("Firefox on Linux", firefox("X11; Arch Linux; Linux x86_64")),
    ("Firefox on Linux", firefox("X11; SUSE; Linux x86_64")),
    ("Chrome on Linux", f"{LINUX}{CHROME}"),
    ("Headless Chrome on Linux", f"{LINUX}HeadlessChrome/141.0.0.0 Safari/537.36"),
    ("GNOME Web on Linux", f"{LINUX}{SAFARI} Epiphany/605.1.15"),
    ("Linux", f"{LINUX}{SAFARI}"),
    ("Linux", "Mozilla/5.0 (X11; U; Linux)"),
    ("Firefox on FreeBSD", firefox("X11; FreeBSD amd64")),
    ("Firefox on OpenBSD", firefox("X11; OpenBSD amd64")),
    ("Chrome on ChromeOS", CHROMEBOOK),
]
PHONES: list[NameAndUserAgent] = [
    ("Safari on iPhone", SAFARI_ON_IPHONE),
    ("Opera Mini", "Opera/9.80 (J2ME/MIDP; Opera Mini/7.1.32052/191.273; U; en) Presto/2.12"),
    ("Chrome on iPhone", f"{IPHONE}CriOS/141.0.0.0 {MOBILE}"),
    ("Firefox on iPhone", f"{IPHONE}FxiOS/143.0 {MOBILE}"),
    ("Edge on iPhone", f"{IPHONE}Version/18.0 EdgiOS/141.0.0.0 {MOBILE}"),
    ("DuckDuckGo on iPhone", f"{IPHONE}{SAFARI_MOBILE} Ddg/18.5"),
    ("Safari on iPhone", f"{IPHONE}Mobile/15E148"),
    ("Facebook on iPhone", f"{IPHONE}Mobile/15E148 [FBAN/FBIOS;FBAV/430.0;FBDV/iPhone15,2]"),
    ("Instagram on iPhone", f"{IPHONE}Mobile/22F76 Instagram 390.0.0.28.85 (iPhone16,2; iOS 18_5)"),
    ("Safari on iPhone", f"{IPHONE}Mobile/15E148 MyTV/1.0"),
    ("Safari on iPod", f"{IPHONE}{SAFARI_MOBILE}".replace("(iPhone;", "(iPod touch;")),
    ("MyApp on iOS", "MyApp/1.0 CFNetwork/1494.0.7 Darwin/23.4.0"),
    ("iOS", "App/1 (com.example; build:1; iOS 17.0.0) Alamofire/5.8"),
    ("Chrome on Android", f"{ANDROID}{CHROME_MOBILE}"),
    ("Edge on Android", f"{ANDROID}{CHROME_MOBILE} EdgA/141.0.0.0"),
    ("Opera on Android", f"{ANDROID}{CHROME_MOBILE} OPR/90.0.0.0"),
    ("Opera Mini on Android", "Opera/9.80 (Android; Opera Mini/36.2/119; U; id) Presto/2.12.423"),
    ("Firefox on Android", "Mozilla/5.0 (Android 15; Mobile; rv:143.0) Gecko/143.0 Firefox/143.0"),
    ("Samsung Internet on Android", f"{ANDROID}SamsungBrowser/28.0 {CHROME_MOBILE}"),
    ("DuckDuckGo on Android", f"{ANDROID}Chrome/141.0.0.0 Mobile DuckDuckGo/5 Safari/537.36"),
    ("Chrome on Android", f"{GALAXY}{IN_APP}"),
    ("Facebook on Android", f"{GALAXY}{IN_APP} [FB_IAB/FB4A;FBAV/430.0.0.0.0;]"),
    ("Instagram on Android", f"{GALAXY}{IN_APP} Instagram 300.0.0.0 Android"),
    ("Android", "Dalvik/2.1.0 (Linux; U; Android 14; Pixel 8 Build/UQ1A)"),
    (
        "Internet Explorer on Windows Phone",
        "Mozilla/5.0 (Mobile; Windows Phone 8.1; Android 4.0; ARM; Trident/7.0; Touch; rv:11.0; "
        "IEMobile/11.0; NOKIA; Lumia 520) like iPhone OS 7_0_3 Mac OS X AppleWebKit/537",
    ),
    ("Firefox on KaiOS", "Mozilla/5.0 (Mobile; Nokia 8110 4G; rv:48.0) Firefox/48.0 KAIOS/2.5"),
    (
        "Huawei Browser",
        "Mozilla/5.0 (Phone; OpenHarmony 5.0) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/132.0.0.0 Safari/537.36 ArkWeb/4.1.6.1 Mobile HuaweiBrowser/5.0.4.300",
    ),
]
TABLETS: list[NameAndUserAgent] = [
    ("Safari on iPad", f"{IPAD}{SAFARI_MOBILE}"),
    ("Chrome on iPad", f"{IPAD}CriOS/141.0.0.0 {MOBILE}"),
    ("Firefox on iPad", f"{IPAD}FxiOS/143.0 {MOBILE}"),
    ("Edge on iPad", f"{IPAD}Version/18.0 EdgiOS/141.0.0.0 {MOBILE}"),
    ("Chrome on Android", f"{ANDROID}{CHROME}"),
    ("Samsung Internet on Android", f"{ANDROID}SamsungBrowser/28.0 {CHROME}"),
    ("Firefox on Android", "Mozilla/5.0 (Android 15; Tablet; rv:143.0) Gecko/143.0 Firefox/143.0"),
    ("Amazon Silk on Android", f"{ANDROID}Silk/120.4 like {CHROME}".replace("; K)", "; KFTRWI)")),
    (
        "Kindle",
        "Mozilla/5.0 (X11; U; Linux armv7l like Android; en-us) AppleWebKit/531.2+ "
        "(KHTML, like Gecko) Version/5.0 Safari/533.2+ Kindle/3.0+",
    ),
    (
        "Internet Explorer on Windows RT",
        "Mozilla/5.0 (compatible; MSIE 10.0; Windows NT 6.2; ARM; Trident/6.0)",
    ),
]
TVS: list[NameAndUserAgent] = [
    (
        "Samsung Internet on Samsung TV",
        "Mozilla/5.0 (SMART-TV; Linux; Tizen 7.0) AppleWebKit/537.36 (KHTML, like Gecko) "
        "SamsungBrowser/4.0 Chrome/94.0.4606.31 TV Safari/537.36",
    ),
    (
        "Samsung TV",
        "Mozilla/5.0 (SMART-TV; LINUX; Tizen 5.0) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Version/5.0 TV Safari/537.36",
    ),
    (
        "Chrome on LG TV",
        "Mozilla/5.0 (Web0S; Linux/SmartTV) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/94.0.4606.128 Safari/537.36 WebAppManager",
    ),
    ("Apple TV", "AppleTV11,1/11.1"),
    ("Apple TV", "AppleCoreMedia/1.0.0.20L563 (Apple TV; U; CPU OS 16_5 like Mac OS X; en_us)"),
    ("Amazon Silk on Fire TV", f"{ANDROID}Silk/120.4 like {CHROME}".replace("; K)", "; AFTMM)")),
    ("Chrome on Fire TV", f"{GALAXY}{IN_APP}".replace("SM-S908B", "AFTS Build/NS6265")),
    ("Chrome on Android TV", f"{ANDROID}{CHROME}".replace("; K)", "; BRAVIA 4K VH2)")),
    ("Chrome on Android TV", f"{ANDROID}{CHROME}".replace("; K)", "; SHIELD Android TV)")),
    ("Chrome on Chromecast", f"{ANDROID}{CHROME} CrKey/1.56.500000 DeviceType/AndroidTV"),
    ("Roku", "Roku/DVP-12.0 (12.0.0.4183-88)"),
    (
        "Chrome on Smart TV",
        "Mozilla/5.0 (Linux; U; VIDAA 6.0; HbbTV/1.6.1) AppleWebKit/537.36 Chrome/88.0 Safari/537.36",
    ),
]
BOTS: list[NameAndUserAgent] = [
    ("Googlebot", bot("Googlebot")),
    ("Googlebot", f"{ANDROID}{CHROME_MOBILE} (compatible; Googlebot/2.1; +https://bot.example/)"),
    ("Bingbot", bot("bingbot")),
    ("GPTBot", bot("GPTBot")),
    ("Python-urllib", "Python-urllib/3.13"),
]
OTHERS: list[NameAndUserAgent] = [
    ("curl", "curl/8.14.1"),
    ("Wget", "Wget/1.21.4"),
    ("Python Requests", "python-requests/2.32.3"),
    ("PlayStation", f"Mozilla/5.0 (PlayStation; PlayStation 5/8.00) AppleWebKit/605.1.15 {SAFARI}"),
    ("Edge on Xbox", f"{WINDOWS}{CHROME} Edge/44.18363".replace("x64)", "x64; Xbox; Xbox One)")),
    ("Nintendo Switch", "Mozilla/5.0 (Nintendo Switch; WifiWebAuthApplet) NintendoBrowser/5.1"),
    (None, ""),
    (None, " "),
    (None, "Mozilla/5.0"),
    (None, "?\x00!\ud800\ufffd \U0001f98a"),
    (None, "a" * 10_000),
]
DEVICES: dict[str, list[NameAndUserAgent]] = {
    "computer": COMPUTERS,
    "phone": PHONES,
    "tablet": TABLETS,
    "tv": TVS,
    "bot": BOTS,
    "other": OTHERS,
}


@pytest.mark.parametrize(
    ("name", "kind", "user_agent"),
    [
        pytest.param(name, kind, user_agent, id=f"{name} {kind} {number}")
        for kind, devices in DEVICES.items()
        for number, (name, user_agent) in enumerate(devices)
    ],
)
def test_device_is_named_as_its_owner_would(name, kind, user_agent):
    assert (device_name(user_agent), parse(user_agent).kind) == (name, kind)


def test_table_has_every_kind():
    assert tuple(sorted(DEVICES)) == tuple(sorted(KINDS))


@pytest.mark.parametrize(
    ("user_agent", "device"),
    [
        pytest.param(SAFARI_ON_IPHONE, Device("Safari", "iPhone", "phone"), id="both"),
        pytest.param("curl/8.14.1", Device("curl", None, "other"), id="only a browser"),
        pytest.param("AppleTV11,1/11.1", Device(None, "Apple TV", "tv"), id="only a device"),
        pytest.param("", Device(None, None, "other"), id="neither"),
    ],
)
def test_user_agent_is_parsed_into_browser_platform_and_kind(user_agent, device):
    assert parse(user_agent) == device


def test_missing_user_agent_has_no_name():
    assert device_name(None) is None


def test_ipad_that_requests_desktop_pages_is_named_like_a_mac():
    assert device_name(f"{MAC}{SAFARI}") == "Safari on macOS"


@pytest.mark.parametrize("part", ["a", "Mozilla/5.0 (", "Android TV Tizen ", "a/1 ", "(KHTML; "])
def test_only_the_beginning_of_a_long_user_agent_is_parsed(part):
    """All of it would take minutes."""
    assert parse(part * 100_000) == parse((part * 100_000)[:MAX_PARSED_LENGTH])


def test_parsed_user_agent_is_cached():
    parse.cache_clear()
    for _ in range(3):
        parse(FIREFOX_ON_LINUX)
    assert (parse.cache_info().hits, parse.cache_info().misses) == (2, 1)


def test_size_of_the_cache_is_bounded():
    assert parse.cache_info().maxsize == CACHE_SIZE == 2048
