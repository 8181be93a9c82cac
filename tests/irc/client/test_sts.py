"""Strict transport security."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.irc.client.sts import HOSTS, Policies, Upgrade, read


def test_without_tls_the_port_is_where_to_go():
    """Whatever else is said."""
    with pytest.raises(Upgrade) as found:
        Policies().plain("duration=300,port=6697,preload")
    assert found.value.port == 6697


@pytest.mark.parametrize("value", ["", "duration=300", "port=", "port=x", "port=0", "port=65536", "port=-1"])
def test_without_a_port_we_stay(value):
    """A policy that names none says nothing without TLS."""
    Policies().plain(value)


def test_a_policy_holds_for_its_time():
    """Of that host, in any case, and at the port that was reached."""
    policies = Policies()
    policies.secure("Irc.Example", 6697, "duration=100", 1000.0)
    assert policies.port("irc.example", 1099.0) == 6697
    assert policies.port("other.example", 1099.0) is None
    assert policies.port("irc.example", 1100.0) is None


def test_its_time_begins_anew_at_the_end_of_a_connection():
    """But not once it is over."""
    policies = Policies()
    policies.secure("a", 1, "duration=100", 0.0)
    policies.left("a", 90.0)
    assert policies.port("a", 180.0) == 1
    policies.left("a", 500.0)
    assert policies.port("a", 501.0) is None
    policies.left("b", 0.0)


def test_a_duration_of_none_takes_it_back():
    """And one that is no number changes nothing."""
    policies = Policies()
    policies.secure("a", 1, "duration=100", 0.0)
    policies.secure("a", 1, "duration=x", 0.0)
    assert policies.port("a", 1.0) == 1
    policies.secure("a", 1, "duration=0", 0.0)
    assert policies.port("a", 1.0) is None


def test_so_many_hosts_are_remembered():
    """The oldest is forgotten."""
    policies = Policies()
    for number in range(HOSTS + 1):
        policies.secure(f"h{number}", 1, "duration=100", 0.0)
    assert policies.port("h0", 1.0) is None
    assert policies.port(f"h{HOSTS}", 1.0) == 1


@given(st.text())
def test_any_value_is_read(value):
    """Nothing raises but Upgrade."""
    read(value)
    with suppress(Upgrade):
        Policies().plain(value)
    Policies().secure("a", 1, value, 0.0)
