"""What the connections of one listener share: a clock that sweeps their deadlines, who is there, and the drain."""

import asyncio
import logging
from typing import Any

from mypy_extensions import mypyc_attr

from interfaces.shared.interface import Context
from interfaces.shared.meter import here
from interfaces.shared.session import Instance
from interfaces.shared.stream import Stream

__all__ = ["TICK", "Serving", "endpoint"]

TICK = 0.5
"""Seconds between two sweeps."""


@mypyc_attr(allow_interpreted_subclasses=True)
class Serving:
    """Holds connections and sessions; one timer sweeps the deadlines.

    ``now`` is the loop's time, up to half a second ahead: what is planned from it is never early.
    """

    def __init__(self, context: Context, loop: asyncio.AbstractEventLoop, log: logging.Logger) -> None:
        self.context = context
        self.loop = loop
        self.log = log
        self.connections: set[Stream] = set()
        self.sessions: set[Instance] = set()
        self.draining: bool = False
        self.now: float = loop.time()
        self.idle: Any = None
        self.per_address: int = 1 << 30
        self._addresses: dict[str, int] = {}
        self._timer: Any = None
        here().gauge("connections", self.open_connections, protocol=log.name.rpartition(".")[2])

    def tick(self) -> None:
        """Run now and every half second until :meth:`stop`."""
        now = self.loop.time()
        late = now - self.now
        self.now = now + TICK  # a deadline is never early
        self.ticked()
        self._timer = self.loop.call_later(TICK, self.tick)  # first: the clock goes on whatever happens below
        for connection in list(self.connections):
            if late > TICK:
                connection.excuse(late)
            connection.sweep(now)

    def ticked(self) -> None:
        """Half a second went by: for a subclass; does nothing here."""

    def stop(self) -> None:
        """Stop the clock."""
        if self._timer is not None:
            self._timer.cancel()

    def open_connections(self) -> int:
        """How many there are now, for the figures."""
        return len(self.connections)

    def count(self, name: str) -> None:
        """Count something that is rare."""
        self.context.telemetry.count(name)

    def joined(self, connection: Stream, address: str) -> bool:
        """A connection came; False when it is one too many of its address and must go. On a unix socket it has none."""
        self.connections.add(connection)
        if not address:
            return True
        held = self._addresses.get(address, 0) + 1
        self._addresses[address] = held
        return held <= self.per_address

    def moved(self, connection: Stream, old: str, new: str) -> bool:
        """A connection turned out to be of another address; False when it is one too many of that."""
        if old == new:
            return True
        self._one_less(old)
        return self.joined(connection, new)

    def left(self, connection: Stream, address: str) -> None:
        """A connection is gone."""
        self.connections.discard(connection)
        self._one_less(address)
        self.check_idle()

    def _one_less(self, address: str) -> None:
        held = self._addresses.get(address, 0) - 1
        if held > 0:
            self._addresses[address] = held
        else:
            self._addresses.pop(address, None)

    def check_idle(self) -> None:
        """Tell :meth:`drained` when nothing is left."""
        idle = self.idle
        if idle is not None and not self.connections and not self.sessions and not idle.done():
            idle.set_result(None)

    def begin_drain(self) -> None:
        """Have every connection end as soon as its protocol allows."""
        self.draining = True
        self.now = self.loop.time()
        for connection in list(self.connections):
            if not connection.spread:
                connection.drain()

    async def drain(self, seconds: float) -> None:
        """Wait until nothing is left; what is after ``seconds`` is cut."""
        if not await self.drained(seconds):
            self.log.warning("%d connections and %d calls of the application were cut after %s s",
                             len(self.connections), len(self.sessions), seconds)  # fmt: skip
            for session in list(self.sessions):
                session.cancel()
            for connection in list(self.connections):
                connection.abort()
            await self.drained(1)

    async def drained(self, seconds: float) -> bool:
        """Wait until all connections and sessions are gone; False after ``seconds``."""
        if self.connections or self.sessions:
            self.idle = self.loop.create_future()
            await asyncio.wait({self.idle}, timeout=seconds)
        return not self.connections and not self.sessions


def endpoint(address: Any) -> tuple[str, int | None] | None:
    """asyncio's peername or sockname as ASGI has it; (path, None) for a unix socket that has one."""
    if isinstance(address, tuple):
        return (address[0], address[1])
    return (address, None) if address else None
