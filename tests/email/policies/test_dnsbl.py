import asyncio
from ipaddress import ip_address
from typing import Any

import pytest

from interfaces.email.auth.resolver import Answer, Kind
from interfaces.email.auth.zone import Zone
from interfaces.email.policies.dnsbl import MOST, Lists
from interfaces.shared.delivery import Verdict
from interfaces.shared.errors import ConfigError

RECORDS = {
    "1.2.0.192.bl.example": {"A": ["127.0.0.4", "127.0.0.10"]},
    "2.2.0.192.bl.example": {"A": ["127.255.255.254"]},
    "3.2.0.192.bl.example": {"A": ["192.0.2.99"]},  # a domain that has lapsed answers everything
    "1.2.0.192.soft.example": {"A": ["127.0.0.2"]},
    "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.bl.example": {"A": ["127.0.0.2"]},
}


def verdict(client: str, *lists: str, zone: Any = None, timeout: float = 10) -> Verdict | None:
    """What the lists say of a client."""
    found = Lists(lists, zone or Zone(RECORDS, broken=["broken.example"]), timeout)
    return asyncio.run(found.verdict(ip_address(client)))


@pytest.mark.parametrize(
    ("client", "lists", "kind"),
    [
        ("192.0.2.1", ["bl.example"], "reject"), ("192.0.2.1", ["BL.example=127.0.0.4"], "reject"),
        ("192.0.2.1", ["bl.example=127.0.0.[2;9..11]"], "reject"),
        ("192.0.2.1", ["bl.example=127.0.0.[2;3;5..9]"], None),
        ("192.0.2.1", ["bl.example:defer"], "defer"),
        ("192.0.2.1", ["soft.example:defer", "bl.example"], "reject"),
        ("192.0.2.1", ["bl.example=127.0.0.2", "soft.example:defer"], "defer"),
        ("2001:db8::1", ["bl.example"], "reject"),
        ("192.0.2.2", ["bl.example"], None), ("192.0.2.3", ["bl.example"], None),
        ("192.0.2.4", ["bl.example"], None),
        ("192.0.2.1", ["broken.example"], None), ("192.0.2.1", ["broken.example", "bl.example"], "reject"),
    ],
)  # fmt: skip
def test_who_is_listed(client: str, lists: list[str], kind: str | None) -> None:
    """Only an answer that counts refuses: no error of the list, no lapsed domain, no DNS that fails."""
    found = verdict(client, *lists)
    assert (found.kind if found else None) == kind


def test_the_words() -> None:
    """The client is told which list has it."""
    found = verdict("192.0.2.1", "bl.example")
    assert found == Verdict(
        "reject", {"code": 550, "enhanced": "5.7.1", "text": "192.0.2.1 is listed at bl.example"}
    )


class Deaf(Zone):
    """Only bl.example answers."""

    async def ask(self, name: str, kind: Kind) -> Answer:
        if not name.endswith(".bl.example"):
            await asyncio.Event().wait()
        return await super().ask(name, kind)


def test_lists_that_do_not_answer_hold_nobody_up() -> None:
    """After the deadline those that have answered decide."""
    lists = ["deaf.example", "bl.example"]
    found = verdict("192.0.2.1", *lists, zone=Deaf(RECORDS), timeout=0.05)
    assert found is not None and found.kind == "reject"
    assert verdict("192.0.2.9", *lists, zone=Deaf(RECORDS), timeout=0.05) is None


@pytest.mark.parametrize(
    "text", ["", "bl", "bl.example=127.0.1.2", "bl.example=127.0.0.[2;x]", "bl.example=127.0.0.[2..]",
    "bl.example=127.0.0.[7..4]", "bl.example=127.0.0.999", "a b.c"]
)  # fmt: skip
def test_lists_that_are_none(text: str) -> None:
    """A list is a zone with codes or without."""
    with pytest.raises(ConfigError, match="--email-dnsbl"):
        Lists([text], Zone({}), 1)


def test_too_many_lists() -> None:
    """A client is not looked up in more lists than the limit."""
    with pytest.raises(ConfigError, match="20"):
        Lists(["bl.example"] * (MOST + 1), Zone({}), 1)
