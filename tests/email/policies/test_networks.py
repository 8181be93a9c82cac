from ipaddress import ip_address

import pytest

from interfaces.email.policies.networks import address, around, networks, within
from interfaces.shared.errors import ConfigError


def test_addresses() -> None:
    """A client has an address, or none: on a unix socket. An IPv4 one within IPv6 is that one."""
    assert address(("192.0.2.1", 25)) == ip_address("192.0.2.1")
    assert address(("::ffff:192.0.2.1", 25)) == ip_address("192.0.2.1")
    assert address(("fe80::1%eth0", 25)) == ip_address("fe80::1")
    assert address(None) is None
    assert address(("/run/mail", None)) is None


def test_networks() -> None:
    """What one client moves in, and whether it is in a network that was named."""
    assert around(ip_address("192.0.2.77"), 24) == "192.0.2.0/24"
    assert around(ip_address("2001:db8::77")) == "2001:db8::/64"
    some = networks(["192.0.2.0/24", "2001:db8::1"], "--option")
    assert within(ip_address("192.0.2.77"), some)
    assert within(ip_address("2001:db8::1"), some)
    assert not within(ip_address("2001:db8::2"), some)
    with pytest.raises(ConfigError, match=r"--option.*x"):
        networks(["x"], "--option")
