"""Where containers that listen for workers, and workers that dial them, find each other."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

from interfaces.shared.bind import Bind, parse_bind
from interfaces.shared.errors import ConfigError

__all__ = ["PORT", "Directory", "Place", "Places", "dialled"]

PORT = 7800
"""The port of containers, where none is given."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a container listens for workers, "host:port" or "unix:PATH", and its token if it has one of its own."""

    address: str
    token: bytes = field(default=b"", repr=False)


class Directory(Protocol):
    """Tells workers where the containers are."""

    async def announce(self, place: Place | None) -> None:
        """Container: here I am; None: not any more."""

    async def places(self) -> Iterable[Place]:
        """Worker: every container that there is. Unavailable when that cannot be told now."""


def dialled(address: str) -> Bind:
    """What to connect to. ConfigError for an address that can only be listened at, or is none."""
    bind = parse_bind(address, PORT)
    if bind.kind not in ("tcp", "unix"):
        raise ConfigError(f"nobody can connect to {address}: say HOST:PORT or unix:PATH")
    return bind


class Places:
    """A directory that stands on the command line. ConfigError for an address that is none."""

    def __init__(self, addresses: Iterable[str]) -> None:
        self._places = [Place(address) for address in addresses]
        for place in self._places:
            dialled(place.address)

    async def announce(self, place: Place | None) -> None:
        """Nobody is told."""

    async def places(self) -> Iterable[Place]:
        """Those that were given."""
        return self._places
