"""The search for a network: the text that users type, and the addresses found in each database."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import NotSupportedError, connection
from django.utils import timezone

from user_sessions.admin.networks import InNetwork, _is_in, in_network, network_of


@pytest.mark.parametrize(
    ("text", "network"),
    [
        ("192.0.2.7", "192.0.2.7/32"),
        ("192.0.2.7:443", "192.0.2.7/32"),
        ("::ffff:192.0.2.7", "192.0.2.7/32"),
        ("192.0.2.0/24", "192.0.2.0/24"),
        ("192.0.2.7/24", "192.0.2.0/24"),
        ("192.0.2.", "192.0.2.0/24"),
        ("10.", "10.0.0.0/8"),
        ("2001:DB8::7", "2001:db8::7/128"),
        ("2001:db8::/32", "2001:db8::/32"),
        ("2001:db8:", "2001:db8::/32"),
        ("2001:db8::", "2001:db8::/32"),
        ("2001:0db8:0:5:", "2001:db8:0:5::/64"),
        ("0.0.0.0/0", "0.0.0.0/0"),
        ("::/0", "::/0"),
    ],
)
def test_text_is_parsed_as_a_network(text, network):
    assert str(network_of(text)) == network


@pytest.mark.parametrize(
    "text", ["", "ada", "10", "192.0.2", "256.", "1.2.3.4.", "2001::5:", "g:", "10.0.0.0/33", "٣."]
)
def test_other_text_is_not_parsed_as_a_network(text):
    assert network_of(text) is None


ADDRESSES = (
    "192.0.2.7",
    "192.0.20.7",
    "192.0.3.255",
    "32.1.13.184",  # the bytes of 2001:db8
    "2001:db8::1",
    "2001:db8:0:5::1",
    "2001:db8:5::1",
    "c000:200::",  # begins with the bytes of 192.0.2
    "::1",
)


@pytest.fixture
def sessions(db, session_model):
    expire_date = timezone.now() + timedelta(days=1)
    for number, ip in enumerate([*ADDRESSES, None]):
        session_model.objects.create(session_key=f"key-{number}", ip=ip, expire_date=expire_date)
    return session_model.objects.order_by("ip")


@pytest.mark.parametrize(
    ("network", "inside"),
    [
        ("192.0.2.7", {"192.0.2.7"}),
        ("192.0.2.0/24", {"192.0.2.7"}),
        ("192.0.2.0/23", {"192.0.2.7", "192.0.3.255"}),
        ("192.0.2.128/25", set()),
        ("0.0.0.0/0", {"192.0.2.7", "192.0.20.7", "192.0.3.255", "32.1.13.184"}),
        ("2001:db8::/32", {"2001:db8::1", "2001:db8:0:5::1", "2001:db8:5::1"}),
        ("2001:db8::/64", {"2001:db8::1"}),
        ("2001:db8:0:5::/64", {"2001:db8:0:5::1"}),
        ("2001:d00::/24", {"2001:db8::1", "2001:db8:0:5::1", "2001:db8:5::1"}),
        ("::/0", {"2001:db8::1", "2001:db8:0:5::1", "2001:db8:5::1", "c000:200::", "::1"}),
    ],
)
def test_addresses_inside_a_network_are_found(sessions, network, inside):
    found = sessions.filter(in_network("ip", network_of(network)))
    assert set(found.values_list("ip", flat=True)) == inside


@pytest.mark.parametrize("text", [None, "", "nonsense"])
def test_text_that_is_not_an_address_is_in_no_network(text):
    assert not _is_in(text, "0.0.0.0/0")


class TestSql:
    """The SQL of each database, which can be compiled on another database too."""

    @pytest.fixture
    def sql_for(self, session_model):
        def sql_for(vendor, network):
            query = session_model.objects.all().query
            condition = InNetwork("ip", network_of(network)).resolve_expression(query)
            compiler = query.get_compiler(connection=connection)
            return getattr(condition, f"as_{vendor}")(compiler, connection)

        return sql_for

    def test_postgresql_compares_networks(self, sql_for):
        sql, parameters = sql_for("postgresql", "192.0.2.0/24")
        assert sql.endswith(" <<= %s::inet")
        assert parameters == ["192.0.2.0/24"]

    def test_mysql_compares_numbers_or_bytes(self, sql_for):
        sql, parameters = sql_for("mysql", "192.0.2.0/24")
        assert sql.startswith("INET_ATON(")
        assert parameters == ["192.0.2.0", "192.0.2.255"]
        assert "INET6_ATON(" in sql_for("mysql", "2001:db8::/32")[0]

    def test_another_database_raises_an_error(self):
        with pytest.raises(NotSupportedError, match="oracle"):
            InNetwork("ip", network_of("10.")).as_sql(None, SimpleNamespace(vendor="oracle"))
