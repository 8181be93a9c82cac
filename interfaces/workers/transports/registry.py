"""The directory in the broker: containers say where workers may connect, under a lease."""

import asyncio
import logging
import os
from collections.abc import Iterable
from typing import Any

import msgspec

from interfaces.shared.errors import Unavailable
from interfaces.workers.transports.directory import Place

__all__ = ["Registry"]

log = logging.getLogger("interfaces.workers")

LEASE = 30.0
"""Seconds after which a container that says nothing more is forgotten."""
RENEW = 10.0
"""Seconds between two renewals."""


class Registry:
    """A hash of the broker of ``layer``: a random field for each container, with address, token and the lease's end.

    Whoever may write to the broker may run consumers anyway, hence the token stands there.
    """

    def __init__(self, layer: Any) -> None:
        self._layer = layer
        self._field = os.urandom(8).hex()
        self._renewing: asyncio.Task[None] | None = None

    @property
    def _key(self) -> str:
        return f"{self._layer.hub().settings.prefix}:relay"

    async def _node(self) -> Any:
        hub = self._layer.hub()
        await hub.started()
        return hub.nodes[0]

    async def announce(self, place: Place | None) -> None:
        """Container: here I am, from now on; None: not any more."""
        if self._renewing is not None:
            self._renewing.cancel()
            await asyncio.gather(self._renewing, return_exceptions=True)
            self._renewing = None
        if place is not None:
            await self._say(place)
            self._renewing = asyncio.ensure_future(self._renew(place))
            return
        try:
            await (await self._node()).call("HDEL", self._key, self._field)
        except Unavailable as error:
            log.warning("the broker could not be told that this container ends: %s", error)

    async def places(self) -> Iterable[Place]:
        """Worker: every container whose lease has not ended. Unavailable without a broker."""
        node = await self._node()
        found: list[Place] = []
        for value in await node.call("HVALS", self._key):
            try:
                address, token, until = msgspec.msgpack.decode(value, type=tuple[str, bytes, float])
            except msgspec.MsgspecError:
                continue  # of another version
            if until > node.server_time():
                found.append(Place(address, token))
        return found

    async def _say(self, place: Place) -> None:
        node = await self._node()
        value = msgspec.msgpack.encode((place.address, place.token, node.server_time() + LEASE))
        await node.call("HSET", self._key, self._field, value)

    async def _renew(self, place: Place) -> None:
        while True:
            await asyncio.sleep(RENEW)
            try:
                await self._say(place)
            except Exception as error:  # noqa: BLE001 - the broker may refuse for a while: no memory
                log.warning("workers may not find this container: %s", error)
