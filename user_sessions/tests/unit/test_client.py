from __future__ import annotations

import pytest
from django.test import RequestFactory, override_settings

from user_sessions.client import clean_user_agent, client_address, parse_address, trusted_networks

PROXY = "10.0.0.1"
CLIENT = "203.0.113.7"
FORGED = "198.51.100.66"
LENGTH = 512


@pytest.fixture
def proxies(settings):
    """Trust proxies in 10.0.0.0/8, on one IPv6 address, and on a socket."""
    settings.USER_SESSIONS_TRUSTED_PROXIES = ["10.0.0.0/8", "2001:db8:ffff::1", "unix"]


@pytest.fixture
def forwarded(proxies, settings):
    """Read Forwarded, from the same proxies."""
    settings.USER_SESSIONS_FORWARDED_HEADER = "Forwarded"


def request_from(peer, **headers):
    request = RequestFactory().get(
        "/", headers={name.replace("_", "-"): value for name, value in headers.items()}
    )
    if peer is None:
        del request.META["REMOTE_ADDR"]
    else:
        request.META["REMOTE_ADDR"] = peer
    return request


def always_the_same(request):
    return f" {CLIENT}:443"


def from_own_header(request):
    return request.headers.get("x-own")


@pytest.mark.parametrize(
    ("text", "address"),
    [
        pytest.param("192.0.2.1", "192.0.2.1", id="IPv4"),
        pytest.param("192.0.2.1:4711", "192.0.2.1", id="IPv4 with port"),
        pytest.param("192.0.2.1:", "192.0.2.1", id="IPv4 with an empty port"),
        pytest.param(" 192.0.2.1 ", "192.0.2.1", id="spaces"),
        pytest.param("2001:db8::1", "2001:db8::1", id="IPv6"),
        pytest.param("2001:0DB8:0:0:0:0:0:1", "2001:db8::1", id="IPv6 written at length"),
        pytest.param("[2001:db8::1]", "2001:db8::1", id="brackets"),
        pytest.param("[2001:db8::1]:4711", "2001:db8::1", id="brackets and port"),
        pytest.param('"[2001:db8::1]:4711"', "2001:db8::1", id="quoted"),
        pytest.param("fe80::1%eth0", "fe80::1", id="scope"),
        pytest.param("[fe80::1%25eth0]:80", "fe80::1", id="scope in brackets"),
        pytest.param("::ffff:192.0.2.1", "192.0.2.1", id="IPv4-mapped"),
        pytest.param("[::ffff:c000:201]:80", "192.0.2.1", id="IPv4-mapped in hexadecimal"),
        pytest.param(None, None, id="None"),
        pytest.param("", None, id="empty"),
        pytest.param("unknown", None, id="unknown"),
        pytest.param("_hidden", None, id="obfuscated"),
        pytest.param("localhost", None, id="a name"),
        pytest.param("192.0.2.1, 192.0.2.2", None, id="two"),
        pytest.param("192.0.2.256", None, id="out of range"),
        pytest.param("192.0.2.010", None, id="octal"),
        pytest.param("3232235777", None, id="a number"),
        pytest.param("[]", None, id="empty brackets"),
        pytest.param("[192.0.2.1", None, id="half a bracket"),
        pytest.param("192.0.2.1\x00", None, id="NUL"),
        pytest.param("١٩٢.0.2.1", None, id="digits of another script"),
        pytest.param("\ud800", None, id="lone surrogate"),
    ],
)
class TestAddress:
    def test_parse_address(self, text, address):
        assert parse_address(text) == address

    def test_remote_addr(self, text, address):
        assert client_address(request_from(text)) == address


@pytest.mark.usefixtures("proxies")
class TestBehindProxies:
    @pytest.mark.parametrize(
        ("peer", "header", "address"),
        [
            pytest.param(PROXY, CLIENT, CLIENT, id="one proxy"),
            pytest.param(PROXY, f"{FORGED}, {CLIENT}", CLIENT, id="a forged left part is ignored"),
            pytest.param(PROXY, f"{PROXY}, {CLIENT}", CLIENT, id="a forged proxy is ignored"),
            pytest.param(PROXY, f"{FORGED},{CLIENT},10.2.2.2,10.3.3.3", CLIENT, id="three proxies"),
            pytest.param(PROXY, "10.4.4.4, 10.3.3.3", "10.4.4.4", id="only proxies"),
            pytest.param(PROXY, None, PROXY, id="no header"),
            pytest.param(PROXY, "", PROXY, id="empty header"),
            pytest.param(PROXY, " , ,", PROXY, id="only commas"),
            pytest.param(PROXY, f"{CLIENT}, ,10.2.2.2,", CLIENT, id="empty hops"),
            pytest.param(PROXY, f"{CLIENT}:4711", CLIENT, id="port"),
            pytest.param(PROXY, "2001:db8::7", "2001:db8::7", id="IPv6"),
            pytest.param(PROXY, "[2001:db8::7]:4711", "2001:db8::7", id="IPv6 with port"),
            pytest.param(PROXY, f"::ffff:{CLIENT}", CLIENT, id="IPv4-mapped"),
            pytest.param(PROXY, f"{CLIENT}, ::ffff:10.2.2.2", CLIENT, id="IPv4-mapped proxy"),
            pytest.param(PROXY, f"{FORGED}, unknown", None, id="unknown"),
            pytest.param(PROXY, f"{FORGED}, _hidden", None, id="obfuscated"),
            pytest.param(PROXY, f"{FORGED}, \x00garbage", None, id="garbage"),
            pytest.param(PROXY, f"{FORGED}, unknown, 10.2.2.2", None, id="unknown before a proxy"),
            pytest.param(f"::ffff:{PROXY}", CLIENT, CLIENT, id="the peer is IPv4-mapped"),
            pytest.param("2001:db8:ffff::1", CLIENT, CLIENT, id="the peer is an IPv6 proxy"),
            pytest.param("2001:db8:ffff::2", FORGED, "2001:db8:ffff::2", id="its neighbour isn't"),
            pytest.param("192.0.2.1", FORGED, "192.0.2.1", id="the peer isn't trusted"),
            pytest.param("nonsense", FORGED, None, id="the peer is nonsense"),
            pytest.param("", f"{FORGED}, {CLIENT}", CLIENT, id="socket"),
            pytest.param(None, CLIENT, CLIENT, id="socket under ASGI"),
            pytest.param("", None, None, id="socket without header"),
        ],
    )
    def test_address_is_the_rightmost_that_is_not_a_proxy(self, peer, header, address):
        headers = {} if header is None else {"x_forwarded_for": header}
        assert client_address(request_from(peer, **headers)) == address

    def test_socket_is_trusted_only_if_the_setting_names_it(self, settings):
        settings.USER_SESSIONS_TRUSTED_PROXIES = ["10.0.0.0/8"]
        assert client_address(request_from("", x_forwarded_for=FORGED)) is None

    def test_changed_settings_apply_to_the_next_call(self):
        request = request_from(PROXY, x_forwarded_for=CLIENT)
        with override_settings(USER_SESSIONS_TRUSTED_PROXIES=()):
            assert client_address(request) == PROXY
        assert client_address(request) == CLIENT

    def test_forwarded_is_not_read(self):
        assert client_address(request_from(PROXY, forwarded=f"for={FORGED}")) == PROXY

    @pytest.mark.parametrize(
        "header",
        [
            pytest.param("10.0.0.1," * 110_000, id="proxies"),
            pytest.param("," * 1_000_000, id="commas"),
            pytest.param("1" * 1_000_000, id="digits"),
            pytest.param("[" * 1_000_000, id="brackets"),
            pytest.param("1:" * 500_000, id="colons"),
            pytest.param(" " * 1_000_000 + "x", id="spaces"),
        ],
    )
    def test_header_of_a_megabyte_takes_linear_time(self, header):
        """With more than linear time, this test would not finish."""
        assert client_address(request_from(PROXY, x_forwarded_for=header)) in {None, PROXY}


@pytest.mark.usefixtures("forwarded")
class TestForwarded:
    @pytest.mark.parametrize(
        ("header", "address"),
        [
            pytest.param(f"for={CLIENT}", CLIENT, id="one proxy"),
            pytest.param(f"for={FORGED}, for={CLIENT}", CLIENT, id="a forged element is ignored"),
            pytest.param(f"for={CLIENT}, for=10.2.2.2", CLIENT, id="two proxies"),
            pytest.param(f"For={CLIENT};PROTO=https", CLIENT, id="name in another case"),
            pytest.param(f"by=10.2.2.2;for={CLIENT};proto=https", CLIENT, id="among others"),
            pytest.param(f" by=10.2.2.2 ; for={CLIENT} ", CLIENT, id="spaces"),
            pytest.param(f'for="{CLIENT}:4711"', CLIENT, id="quoted with port"),
            pytest.param('for="[2001:db8::7]:4711"', "2001:db8::7", id="IPv6 with port"),
            pytest.param('for="[2001:db8::7]"', "2001:db8::7", id="IPv6"),
            pytest.param(
                f'for={CLIENT};host="a;for={FORGED}"', CLIENT, id="quoted by another name"
            ),
            pytest.param(f'host="a;for={FORGED}"', None, id="quoted only by another name"),
            pytest.param(f"for={FORGED};for={CLIENT}", None, id="two in one element"),
            pytest.param("proto=https", None, id="no address"),
            pytest.param(f"xfor={FORGED}", None, id="another name that ends in for"),
            pytest.param(f"for={FORGED}, for=unknown", None, id="unknown"),
            pytest.param(f"for={FORGED}, for=_hidden", None, id="obfuscated"),
            pytest.param(f"for={FORGED}, for=", None, id="empty"),
            pytest.param(f'for="{FORGED}, for={CLIENT}', CLIENT, id="a quote left open"),
            pytest.param(f'for="{FORGED}, for="{CLIENT}"', CLIENT, id="a quote left open, quoted"),
            pytest.param(f'for={CLIENT};host="x,for={FORGED}"', None, id="a comma in a host"),
            pytest.param(
                f'for={CLIENT};host="x,for={FORGED};y=\\"z"',
                None,
                id="a comma and a quote in a host",
            ),
        ],
    )
    def test_address_is_the_one_in_the_rightmost_element(self, header, address):
        assert client_address(request_from(PROXY, forwarded=header)) == address

    def test_x_forwarded_for_is_not_read(self):
        assert client_address(request_from(PROXY, x_forwarded_for=FORGED)) == PROXY

    @pytest.mark.parametrize(
        "header",
        [
            pytest.param("for=10.0.0.1," * 80_000, id="proxies"),
            pytest.param("for=" * 250_000, id="names"),
            pytest.param('"' * 1_000_000, id="quotes"),
            pytest.param('";' * 500_000, id="quotes and semicolons"),
            pytest.param(";" + " " * 1_000_000, id="spaces"),
        ],
    )
    def test_header_of_a_megabyte_takes_linear_time(self, header):
        """With more than linear time, this test would not finish."""
        assert client_address(request_from(PROXY, forwarded=header)) in {None, PROXY}


class TestOwnFunction:
    def test_function_of_the_site_is_called(self, settings):
        settings.USER_SESSIONS_CLIENT_IP = f"{__name__}.always_the_same"
        assert client_address(request_from("192.0.2.1")) == CLIENT

    def test_function_gets_the_request(self, settings):
        settings.USER_SESSIONS_CLIENT_IP = f"{__name__}.from_own_header"
        assert client_address(request_from("192.0.2.1", x_own=CLIENT)) == CLIENT

    def test_address_is_none_if_the_function_returns_none(self, settings):
        settings.USER_SESSIONS_CLIENT_IP = f"{__name__}.from_own_header"
        assert client_address(request_from("192.0.2.1")) is None

    @pytest.mark.usefixtures("proxies")
    def test_function_replaces_the_proxies(self, settings):
        settings.USER_SESSIONS_CLIENT_IP = f"{__name__}.always_the_same"
        assert client_address(request_from(PROXY, x_forwarded_for=FORGED)) == CLIENT


def test_trusted_networks_leaves_out_sockets():
    assert list(map(str, trusted_networks(("10.0.0.0/8", "unix", "::1")))) == [
        "10.0.0.0/8",
        "::1/128",
    ]


def as_wsgi(text):
    """Return a header as WSGI gives it: its bytes read as latin-1 (PEP 3333)."""
    return text.encode().decode("latin-1")


HOSTILE_USER_AGENTS = [
    pytest.param("a\x00b", "a\ufffdb", id="NUL"),
    pytest.param("a\r\n\tb\x7f", "a\ufffd\ufffd\ufffdb\ufffd", id="control characters"),
    pytest.param(as_wsgi("a\u0085b"), "a\ufffdb", id="C1 control characters"),
    pytest.param(as_wsgi("a\u202eb\u2066c"), "a\ufffdb\ufffdc", id="turned around"),
    pytest.param(as_wsgi("a\u200bb\ufeffc"), "a\ufffdb\ufffdc", id="invisible"),
    pytest.param("a\ud800b\udfff", "a\ufffdb\ufffd", id="lone surrogates"),
    pytest.param("a\udce9b", "a\ufffdb", id="bytes escaped as surrogates"),
    pytest.param("a\xff\xfeb", "a\ufffd\ufffdb", id="bytes that aren't UTF-8"),
    pytest.param("caf\xe9", "caf\ufffd", id="latin-1"),
    pytest.param("a\xed\xa0\x80b", "a\ufffd\ufffd\ufffdb", id="a surrogate in UTF-8"),
    pytest.param(as_wsgi("Café/1 Ω"), "Café/1 Ω", id="UTF-8"),
    pytest.param(as_wsgi("Ünïcödé 浏览器 🦊"), "Ünïcödé 浏览器 🦊", id="emoji"),
    pytest.param("浏览器 🦊", "浏览器 🦊", id="text, not bytes"),
    pytest.param(" Firefox ", "Firefox", id="spaces around"),
    pytest.param("", None, id="empty"),
    pytest.param(" \u00a0 ".encode().decode("latin-1"), None, id="only spaces"),
    pytest.param("a" * 10_000, "a" * LENGTH, id="long"),
    pytest.param(as_wsgi("🦊" * 10_000), "🦊" * LENGTH, id="long, four bytes each"),
    pytest.param("a" + as_wsgi("🦊" * 10_000), "a" + "🦊" * (LENGTH - 1), id="cut between bytes"),
    pytest.param("\x00" * 10_000, "\ufffd" * LENGTH, id="long and unsafe"),
    pytest.param("'; DROP TABLE x; -- %s {} <b>", "'; DROP TABLE x; -- %s {} <b>", id="code"),
]


@pytest.mark.parametrize(("header", "stored"), HOSTILE_USER_AGENTS)
def test_clean_user_agent(header, stored):
    assert clean_user_agent(header, LENGTH) == stored


def test_user_agent_is_cut_to_the_length_asked_for():
    assert clean_user_agent("Firefox", 4) == "Fire"


@pytest.mark.django_db
class TestStored:
    """The database returns what clients send as it was cleaned."""

    def saved(self, store, session_model):
        store["value"] = 1
        store.save()
        return session_model.objects.get(pk=store.session_key)

    @pytest.mark.parametrize(("header", "stored"), HOSTILE_USER_AGENTS)
    def test_user_agent_is_stored_as_it_was_cleaned(
        self, store_class, session_model, header, stored
    ):
        row = self.saved(store_class(user_agent=header), session_model)
        assert row.user_agent == stored

    @pytest.mark.parametrize(
        ("ip", "stored"),
        [
            pytest.param("192.0.2.1", "192.0.2.1", id="IPv4"),
            pytest.param("2001:db8::1", "2001:db8::1", id="IPv6"),
            pytest.param(
                "2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff",
                "2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff",
                id="the longest",
            ),
            pytest.param("fe80::1%" + "e" * 1000, "fe80::1", id="a long scope"),
            pytest.param("::ffff:192.0.2.1", "192.0.2.1", id="IPv4-mapped"),
            pytest.param("[2001:db8::1]:4711", "2001:db8::1", id="port"),
            pytest.param("", None, id="empty"),
            pytest.param("nonsense", None, id="nonsense"),
            pytest.param("192.0.2.1\x00", None, id="NUL"),
            pytest.param("\ud800", None, id="lone surrogate"),
            pytest.param("1" * 10_000, None, id="long"),
        ],
    )
    def test_address_is_stored_as_it_was_cleaned(self, store_class, session_model, ip, stored):
        assert self.saved(store_class(ip=ip), session_model).ip == stored
