"""What processes tell each other through the broker of a layer: a hash, with a field for each under a lease."""

import asyncio
import os
from typing import Any

import msgspec

from interfaces.shared.noise import Trouble

__all__ = ["FORGOTTEN", "LEASE", "RENEW", "Leases"]

LEASE = 30.0
"""Seconds after which a process that says nothing more is forgotten."""
RENEW = 10.0
"""Seconds between two renewals."""
FORGOTTEN = 60.0
"""Seconds after the end of a lease until whoever reads it takes it out."""

_encode = msgspec.msgpack.encode
_decode = msgspec.msgpack.Decoder(list[Any]).decode


class Leases:
    """The hash ``name`` of the broker of ``layer``, with a random field for each process.

    Its value is an array: the facts, then the lease's end; later versions may add to that. ``without`` says in the log
    what is not so while the broker refuses: "workers may not find this container".
    """

    def __init__(self, layer: Any, name: str, without: str) -> None:
        self._layer = layer
        self._name = name
        self._trouble = Trouble(without)
        self._field = os.urandom(8).hex()
        self._renewing: asyncio.Task[None] | None = None

    def __repr__(self) -> str:
        return f"<Leases {self._name}{', announced' if self._renewing else ''}>"

    async def announce(self, facts: tuple[Any, ...] | None) -> None:
        """Tell others, from now on; None: not any more. A broker that refuses is logged, and asked again."""
        if self._renewing is not None:
            self._renewing.cancel()
            await asyncio.gather(self._renewing, return_exceptions=True)
            self._renewing = None
        await self._say(facts)
        if facts is not None:
            self._renewing = asyncio.ensure_future(self._renew(facts))

    async def found(self, size: int) -> list[list[Any]]:
        """The facts, ``size`` of each, of every process whose lease has not ended. Unavailable without a broker."""
        node = await self._node()
        rows = await node.call("HGETALL", self._key)
        now = node.server_time()
        found, dead = [], []
        for field, value in zip(rows[::2], rows[1::2], strict=True):
            *facts, until = _row(value, size)
            if until > now:
                found.append(facts)
            elif until + FORGOTTEN < now:
                dead.append(field)
        if dead:
            node.tell(None, "HDEL", self._key, *dead)
        return found

    @property
    def _key(self) -> str:
        return f"{self._layer.hub().settings.prefix}:{self._name}"

    async def _node(self) -> Any:
        hub = self._layer.hub()
        await hub.started()
        return hub.nodes[0]

    async def _say(self, facts: tuple[Any, ...] | None) -> None:
        """Write it, or take it out. One line for each kind of trouble."""
        try:
            node = await self._node()
            if facts is None:
                await node.call("HDEL", self._key, self._field)
            else:
                value = _encode([*facts, node.server_time() + LEASE])
                await node.call("HSET", self._key, self._field, value)
        except Exception as error:  # noqa: BLE001 - whatever a broker says, it may say something else later
            self._trouble(error)
        else:
            self._trouble(None)

    async def _renew(self, facts: tuple[Any, ...]) -> None:
        while True:
            await asyncio.sleep(RENEW)
            await self._say(facts)


def _row(value: bytes, size: int) -> list[Any]:
    """``size`` facts and the lease's end; one that cannot be read has never ended, and is not there either."""
    try:
        row = _decode(value)[: size + 1]
    except msgspec.MsgspecError:
        row = []
    readable = len(row) == size + 1 and isinstance(row[-1], int | float)
    return row if readable else [*[None] * size, float("nan")]
