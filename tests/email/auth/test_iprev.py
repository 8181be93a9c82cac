import asyncio

import pytest

from interfaces.email.auth import iprev
from interfaces.email.auth.zone import Zone

ZONE = {
    "1.2.0.192.in-addr.arpa": {"PTR": ["other.example", "evil (x\\032y).example", "MX.Example"]},
    "2.2.0.192.in-addr.arpa": {"PTR": ["other.example"]},
    "3.2.0.192.in-addr.arpa": {"PTR": ["x.broken.example", "mx.example"]},
    "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa": {"PTR": ["mx.example"]},
    "mx.example": {"A": ["192.0.2.1", "192.0.2.7"], "AAAA": ["2001:db8::1"]},
    "evil (x\\032y).example": {"A": ["192.0.2.1"]},
    "other.example": {"A": ["192.0.2.9", "no address"]},
}


@pytest.mark.parametrize(
    ("client", "result", "name"),
    [
        ("192.0.2.1", "pass", "mx.example"), ("::ffff:192.0.2.1", "pass", "mx.example"),
        ("2001:db8::1%eth0", "pass", "mx.example"),
        ("192.0.2.2", "fail", ""), ("192.0.2.3", "temperror", ""), ("192.0.2.4", "permerror", ""),
        ("198.51.100.1", "temperror", ""),
    ],
)  # fmt: skip
def test_a_name_counts_when_it_leads_back(client: str, result: str, name: str) -> None:
    """Only a name whose own addresses have the client among them is the client's."""
    zone = Zone(ZONE, broken=["broken.example", "100.51.198.in-addr.arpa"])
    found = asyncio.run(iprev.check(zone, client))
    assert (found.result, found.domain) == (result, name)


def test_many_names() -> None:
    """An address may have a thousand names: ten are looked at."""
    zone = Zone({"1.2.0.192.in-addr.arpa": {"PTR": [f"{n}.example" for n in range(1000)]}})
    assert asyncio.run(iprev.check(zone, "192.0.2.1")).result == "fail"
    assert len(zone.asked) == 1 + iprev.NAMES
