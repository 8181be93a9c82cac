"""What waits in the channel layer, looked at now and then: a broker is asked no more often, whoever scrapes."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from importlib import import_module
from math import nan
from typing import Any

from interfaces.shared.errors import Unavailable
from interfaces.shared.meter import Meters

__all__ = ["LOOK", "QUEUES", "Looked", "measured"]

log = logging.getLogger("interfaces.runner")

LOOK = 5.0
"""Seconds between two looks."""
ANSWER = 5.0
"""Seconds that the broker has for all of one."""
QUEUES = 100
"""Durable queues that are told of; they are the application's, and so few."""
TOLD = ("messages", "delayed", "channels", "groups", "receivers")
"""Of a layer's statistics."""


class Looked:
    """What the last look has found; nan while nothing is known."""

    def __init__(self, layer: Any, meters: Meters, clock: Callable[[], float] = time.time) -> None:
        self.layer = layer
        self.meters = meters
        self.clock = clock
        self._found: dict[tuple[str, str], float] = {}
        self._named: set[tuple[str, str]] = set()
        for name in TOLD:
            meters.gauge(f"layer.{name}", partial(self._read, (f"layer.{name}", "")))

    async def look(self) -> None:
        """Look once; what cannot be found out is not known any more."""
        found: dict[tuple[str, str], float] = {}
        try:
            async with asyncio.timeout(ANSWER):
                statistics = await self.layer.statistics()
                found |= {(f"layer.{name}", ""): statistics[name] for name in TOLD if name in statistics}
                if hasattr(self.layer, "hub"):
                    found |= await self._queues()
        except (Unavailable, TimeoutError) as error:
            log.debug("the layer cannot be looked at: %s", error)
        except Exception:  # whatever a broker answers: serving goes on
            log.debug("the layer cannot be looked at", exc_info=True)
        self._found = found
        for figure, queue in found.keys() - self._named:
            if queue:
                self._named.add((figure, queue))
                self.meters.gauge(figure, partial(self._read, (figure, queue)), queue=queue)

    def _read(self, key: tuple[str, str]) -> float:
        return self._found.get(key, nan)

    async def _queues(self) -> dict[tuple[str, str], float]:
        """Of the durable queues: what is in them, since when, and what they have given up."""
        # only where its packages are installed is there a broker
        letters = import_module("interfaces.layers.dead").DeadLetters(self.layer.hub())
        found: dict[tuple[str, str], float] = {}
        for queue, (items, dead) in list((await letters.queues()).items())[:QUEUES]:
            ready = await letters.ready_since(queue)
            found["layer.items", queue] = items
            found["layer.dead", queue] = dead
            found["layer.oldest", queue] = max(0.0, self.clock() - ready) if ready else 0.0
        return found


@asynccontextmanager
async def measured(layer: Any, meters: Meters) -> AsyncIterator[None]:
    """Look at the layer again and again while it is entered."""
    looked = Looked(layer, meters)

    async def again() -> None:
        while True:
            await looked.look()
            await asyncio.sleep(LOOK)

    looking = asyncio.ensure_future(again())
    try:
        yield
    finally:
        looking.cancel()
        await asyncio.wait({looking})
