import asyncio
from typing import Any

from interfaces.email.auth.resolver import Answer, Kind
from interfaces.email.auth.zone import Zone
from interfaces.email.policies.names import LOOKUPS, Names
from interfaces.email.translate import Place

ZONE = {"1.2.0.192.in-addr.arpa": {"PTR": ["mx.example"]}, "mx.example": {"A": ["192.0.2.1"]}}


class Deaf(Zone):
    """Never answers."""

    async def ask(self, name: str, kind: Kind) -> Answer:
        await asyncio.Event().wait()
        raise AssertionError


def looked(client: Any, zone: Zone | None = None, *, moved: Any = None) -> tuple[str | None, int]:
    """The name of a client, and how many lookups were begun; ``moved``: another is told before the end."""
    place = Place(protocol="smtp", client=client, server=None)
    begun: list[Any] = []
    Names(zone or Zone(ZONE), begun.append, 0.05).look(place)
    if moved is not None:
        place.client = moved
    for steps in begun:
        asyncio.run(steps)
    return place.client_name, len(begun)


def test_a_name_is_there_once_it_is_known() -> None:
    """Only an address is looked up; a name that does not lead back, or does not come in time, is none."""
    assert looked(("192.0.2.1", 4000)) == ("mx.example", 1)
    assert looked(("192.0.2.2", 4000)) == (None, 1)
    assert looked(None) == (None, 0)
    assert looked(("192.0.2.1", 4000), Deaf({})) == (None, 1)


def test_a_client_that_turns_out_to_be_another() -> None:
    """A name is not given to an address that it is not of."""
    assert looked(("192.0.2.1", 4000), moved=("192.0.2.9", 1)) == (None, 1)


def test_clients_that_only_come_and_go() -> None:
    """However many there are, no more than the limit are looked for at once; then others are again."""
    begun: list[Any] = []
    names = Names(Zone(ZONE), begun.append, 0.05)
    place = Place(protocol="smtp", client=("192.0.2.1", 4000), server=None)
    for _ in range(LOOKUPS + 5):
        names.look(place)
    assert len(begun) == LOOKUPS
    for steps in begun:
        asyncio.run(steps)
    names.look(place)
    assert len(begun) == LOOKUPS + 1
    begun[-1].close()
