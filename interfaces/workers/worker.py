"""The worker's side: what interface containers open runs here, each in a slot: a session, or one event of a scope."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any

from interfaces.shared.asgi import Application
from interfaces.shared.errors import PeerError
from interfaces.shared.meter import here
from interfaces.shared.noise import uncounted
from interfaces.workers.handling import Handling
from interfaces.workers.routing import Routing, find_routing
from interfaces.workers.running import STUCK, Running
from interfaces.workers.transports.base import Source, Taken

__all__ = ["Worker"]

log = logging.getLogger("interfaces.workers")

KNOWN = 5.0
"""Seconds for the containers to take note that nothing more may come."""
SPREAD = 10.0
"""Seconds over which WebSockets are moved elsewhere, if the drain is not shorter."""


class Worker:
    """Runs ``app`` for whatever ``source`` brings while it is entered, ``concurrency`` scopes at once.

    ``state`` is the lifespan's. :meth:`drain` before leaving finishes what runs. ``count`` is told of ``worker.stuck``.
    """

    def __init__(
        self,
        app: Application,
        source: Source,
        *,
        name: str,
        concurrency: int,
        state: Mapping[str, Any],
        count: Callable[[str], None] = uncounted,
    ) -> None:
        self.app = app
        self.name = name
        self.state = state
        self.draining = False
        self.running: set[Running | Handling] = set()
        self._source = source
        self._concurrency = concurrency
        self.count = count
        self._routings: dict[str, Routing] = {}
        self._idle: asyncio.Future[None] | None = None
        here().gauge("worker.slots", lambda: concurrency)
        here().gauge("worker.slots_taken", lambda: len(self.running))
        source.on_opening = self.opened
        source.free(concurrency)

    def __repr__(self) -> str:
        return f"<Worker {self.name}, {len(self.running)} of {self._concurrency} slots taken>"

    def opened(self, taken: Taken) -> None:
        """An opening came, for which there is a slot. PeerError for one that is none."""
        try:
            running = self._made(taken)
            if running is None:
                self._source.free(self._concurrency - len(self.running))
                return
        except (KeyError, TypeError, ValueError, AttributeError):
            raise PeerError("malformed frame") from None
        self.running.add(running)
        self._source.free(self._concurrency - len(self.running))
        taken.take({"style": "session", "worker": self.name})
        running.start()

    def _made(self, taken: Taken) -> Running | Handling | None:
        """What runs it; None for a scope in event style, which the container leads from now on."""
        kind = taken.opening["scope"]["type"]
        routing = self._routings.get(kind) or find_routing(self.app, kind)
        if routing is not None:  # so there are as many as it has, whatever types strangers send
            self._routings[kind] = routing
        if "event" in taken.opening and routing is not None:
            return Handling(self, taken, routing.attempt)
        if "event" in taken.opening:
            taken.end({"how": "no-route"})
            return None
        if routing is None or (routing.fallback is not None and not routing.speaks(taken.opening["scope"])):
            return Running(self, taken)
        taken.take({"style": "event", "worker": self.name, "limits": list(routing.limits)})
        taken.end({"how": "ok"})
        return None

    def left(self, running: Running | Handling) -> None:
        """It is over, and its slot is free."""
        self.running.discard(running)
        self._source.free(self._concurrency - len(self.running))
        if self._idle is not None and not self.running and not self._idle.done():
            self._idle.set_result(None)

    def stuck(self, running: Running) -> None:
        """Its application goes on though its client has gone long ago: somebody may wonder where the slots are."""
        self.count("worker.stuck")
        taken = f"{len(self.running)} of {self._concurrency} slots are taken"
        log.warning("%r goes on %g s after its client has gone; it keeps its slot, %s", running, STUCK, taken)

    async def drain(self, seconds: float) -> None:
        """Take nothing more, finish what runs, send WebSockets elsewhere; what is after ``seconds`` is cut."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        self.draining = True
        await self._source.drain(min(KNOWN, seconds))
        sockets = [running for running in self.running if running.lasting]
        pause = min(SPREAD, seconds / 2) / max(1, len(sockets))
        for at, running in enumerate(sockets):
            loop.call_later(at * pause, running.move)
        if not await self._drained(until - loop.time()):
            log.warning("%d scopes were cut after %g s", len(self.running), seconds)
            for running in list(self.running):
                running.cut()
            await self._drained(1)

    async def _drained(self, seconds: float) -> bool:
        if self.running:
            self._idle = asyncio.get_running_loop().create_future()
            await asyncio.wait({self._idle}, timeout=max(0.0, seconds))
        return not self.running
