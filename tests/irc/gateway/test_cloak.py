"""Hosts as others see them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.irc.gateway.cloak import Cloak, block

ADDRESSES = st.ip_addresses(v=4).map(str) | st.ip_addresses(v=6).map(str)


@given(ADDRESSES)
def test_an_address_is_not_told(address: str) -> None:
    """Its cloak is always the same, fits into a line and names nothing."""
    host = Cloak("secret").host(address)
    assert host == Cloak("secret").host(address) != Cloak("other").host(address)
    assert host.endswith(".ip") and host.count(".") == 3 and host.isascii() and " " not in host
    assert address not in host


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [
        ("192.0.2.1", "192.0.2.2", 2),
        ("192.0.2.1", "192.0.3.2", 1),
        ("192.0.2.1", "192.1.2.1", 0),
        ("192.0.2.1", "::ffff:192.0.2.1", 3),
        ("2001:db8:1:1::1", "2001:db8:1:1:2::", 3),
        ("2001:db8:1:1::1", "2001:db8:1:2::1", 2),
        ("2001:db8:1:1::1", "2001:db8:2:1::1", 1),
        ("fe80::1%eth0", "fe80::1", 3),
    ],
)
def test_neighbours_have_parts_in_common(one: str, other: str, shared: int) -> None:
    """So a mask may ban all of a network."""
    first, second = (Cloak("secret").host(address).split(".")[:3] for address in (one, other))
    common = [a == b for a, b in zip(reversed(first), reversed(second), strict=True)]
    assert common == [True] * shared + [False] * (3 - shared)


def test_who_is_logged_in_has_a_host_by_the_account() -> None:
    """Wherever it comes from; what cannot stand in a host becomes a dash."""
    assert Cloak("secret").host("192.0.2.1", "anna") == Cloak("other").host("", "anna") == "user/anna"
    assert Cloak("secret").host("192.0.2.1", "a@b!c d") == "user/a-b-c-d"


def test_a_unix_socket_has_none() -> None:
    """As it has no address."""
    assert Cloak("secret").host("") == "local"


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("", ""),
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:1::1", "2001:db8:1:1::/64"),
        ("2001:db8:1:1:ffff::2%eth0", "2001:db8:1:1::/64"),
    ],
)
def test_an_address_is_counted_to_its_customer(address: str, counted: str) -> None:
    """Who has one of IPv6 has a /64 of them."""
    assert block(address) == counted
