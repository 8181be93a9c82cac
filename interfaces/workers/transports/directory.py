"""Where containers that listen for workers, and workers that dial them, find each other."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

__all__ = ["PORT", "Directory", "Place", "Places"]

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


class Places:
    """A directory that stands on the command line."""

    def __init__(self, addresses: Iterable[str]) -> None:
        self._places = [Place(address) for address in addresses]

    async def announce(self, place: Place | None) -> None:
        """Nobody is told."""

    async def places(self) -> Iterable[Place]:
        """Those that were given."""
        return self._places
