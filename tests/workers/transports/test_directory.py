"""Addresses of containers: what can be dialled."""

import asyncio

import pytest

from interfaces.shared.errors import ConfigError
from interfaces.workers.transports.directory import Place, Places, dialled


@pytest.mark.parametrize("address", ["host:notaport", "http://host", "fd:3", "systemd:", "udp:h:1", "unix:"])
def test_what_nobody_can_connect_to_is_the_operators_mistake(address: str) -> None:
    """Told before anything is tried, since a worker that dials nothing would look idle."""
    with pytest.raises(ConfigError):
        Places([address])


def test_places_are_those_that_were_given() -> None:
    """In order, with no token of their own; nobody is told of a container."""
    places = Places(["host:1", "unix:/run/c"])
    asyncio.run(places.announce(Place("other:1")))
    assert [*asyncio.run(places.places())] == [Place("host:1"), Place("unix:/run/c")]


def test_a_port_is_7800_unless_it_is_said() -> None:
    """The containers' own default."""
    assert (dialled("host").port, dialled("host:1").port, dialled("unix:/run/c").path) == (7800, 1, "/run/c")
