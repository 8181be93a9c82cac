"""The directory in the broker: containers say where workers may connect, under a lease."""

from collections.abc import Iterable
from typing import Any

from interfaces.workers.transports.directory import Place
from interfaces.workers.transports.leases import Leases

__all__ = ["Registry"]


class Registry:
    """The leases ``relay`` of the broker of ``layer``, with address and token of each container.

    Whoever may write to the broker may run consumers anyway, hence the token stands there.
    """

    def __init__(self, layer: Any) -> None:
        self._leases = Leases(layer, "relay", "workers may not find this container")

    def __repr__(self) -> str:
        return f"Registry({self._leases!r})"

    async def announce(self, place: Place | None) -> None:
        """Container: here I am, from now on; None: not any more."""
        await self._leases.announce((place.address, place.token) if place is not None else None)

    async def places(self) -> Iterable[Place]:
        """Worker: every container whose lease has not ended. Unavailable without a broker."""
        return [
            Place(address, token)
            for address, token in await self._leases.found(2)
            if isinstance(address, str) and isinstance(token, bytes)
        ]
