"""interfaces.email.routes: which recipients a route is for, and with which keywords."""

from typing import Any

import pytest

from interfaces.email.routes import address, anyone, domain, matching, tagged
from interfaces.shared.errors import ConfigError

Said = dict[str, Any]


async def app(_scope: Any, _receive: Any, _send: Any) -> None:
    """Nobody calls it."""


@pytest.mark.parametrize(
    ("make", "wanted", "recipient", "kwargs"),
    [
        (address, "sales@shop.example", "sales@shop.example", {}),
        (address, "Sales@Shop.example", "sALES@sHOP.EXAMPLE", {}),
        (address, "sales@shop.example", "sales+x@shop.example", None),
        (address, "sales@shop.example", "sales@other.example", None),
        (address, "postmaster", "postmaster", {}),
        (address, "postmaster", "postmaster@shop.example", None),
        (tagged, "help@shop.example", "help@shop.example", {"tag": None}),
        (tagged, "help@shop.example", "Help+12+b@Shop.example", {"tag": "12+b"}),
        (tagged, "help@shop.example", "help+@shop.example", {"tag": None}),
        (tagged, "help@shop.example", "helpful@shop.example", None),
        (domain, "shop.example", "any.one+x@Shop.Example", {}),
        (domain, "shop.example", "a@b.shop.example", None),
        (domain, "*.shop.example", "a@b.c.shop.example", {}),
        (domain, "*.shop.example", "a@shop.example", None),
        (domain, "*.shop.example", "a@myshop.example", None),
        (address, "a@köln.example", "a@xn--kln-sna.example", {}),
        (domain, "*.köln.example", "a@b.xn--kln-sna.example", {}),
        (domain, "köln.example", "a@koln.example", None),
        (matching, r"inv-(?P<number>\d+)@", "Inv-17@shop.example", {"number": "17"}),
        (matching, r"inv-(?P<number>\d+)@", "x-inv-17@shop.example", None),
        (matching, r"(?P<who>postmaster)$", "postmaster", {"who": "postmaster"}),
    ],
)
def test_what_matches(make: Any, wanted: str, recipient: str, kwargs: Said | None) -> None:
    """And with which keywords; None is another route's."""
    local, at, host = recipient.rpartition("@")
    assert make(wanted, app).match(*((local, host) if at else (host, ""))) == kwargs


@pytest.mark.parametrize("recipient", [("a", "b.example"), ("postmaster", ""), ("", "")])
def test_anyone_is_anyone(recipient: tuple[str, str]) -> None:
    """Without keywords."""
    assert anyone(app).match(*recipient) == {}


def test_a_domain_may_be_written_either_way() -> None:
    """In the route, and by a client that says SMTPUTF8."""
    route = tagged("a@xn--kln-sna.example", app)
    assert route.match("a+1", "KÖLN.example") == {"tag": "1"} == route.match("A+1", "XN--kln-sna.example")
    assert domain("*.köln.example", app).match("a", "b.köln.example") == {}


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: address("", app), "'' is no address: write one such as sales@shop.example"),
        (lambda: address("@b.example", app), "'@b.example' is no address"),
        (lambda: address("a b@c", app), "'a b@c' is no address"),
        (lambda: tagged("a+b@c", app), "write the address without a tag"),
        (lambda: domain("a@b", app), "write a domain, such as shop.example or *.shop.example"),
        (lambda: domain("*.", app), "write a domain"),
        (lambda: matching("(", app), "is no regular expression"),
        (lambda: matching("(a)", app), "give each group a name"),
        (lambda: anyone("app"), "anyone(): 'app' is no application"),
        (
            lambda: address("a@b", None),
            "address('a@b'): None is no application; of a consumer it is as_asgi()",
        ),
    ],
)
def test_a_mistake_is_told_when_it_is_made(make: Any, said: str) -> None:
    """In one line that says how to mend it."""
    with pytest.raises(ConfigError) as raised:
        make()
    assert said in str(raised.value) and "\n" not in str(raised.value)


def test_a_route_shows_what_was_written() -> None:
    """Without its application, which may be long."""
    routes = [address("a@b", app), tagged("c@d", app), domain("*.e", app), matching("f", app), anyone(app)]
    assert [repr(one) for one in routes] == [
        "address('a@b')", "tagged('c@d')", "domain('*.e')", "matching('f')", "anyone()",
    ]  # fmt: skip
