"""Tasks in durable queues: put by the backend, taken by ``manage.py runworker``, given up only as dead letters.

A task is settled when it has ended. One whose worker died is run again by another once the lease has lapsed; one that
raised is a dead letter (``interfaces dead list django.tasks.default``), from where it can be put back.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping
from typing import Any
from weakref import WeakKeyDictionary

from interfaces.layers.durable import DurableQueues, Item, Limits, Terms
from interfaces.layers.homes import begin
from interfaces.layers.hub import Hub
from interfaces.shared.asgi import Event
from interfaces.shared.errors import ConfigError, Unavailable
from interfaces.workers.outcome import Outcome

__all__ = ["DurableTasks", "put"]

log = logging.getLogger("interfaces.django")

_queues: WeakKeyDictionary[Hub, tuple[DurableQueues, AsyncGenerator[None, None]]] = WeakKeyDictionary()
"""For putting, one a hub; with what closes it when the hub's loop ends."""


async def put(
    layer: Any, queue: str, message: dict[str, Any], limits: Mapping[str, Any], not_before: float = 0.0
) -> None:
    """Keep ``message``, which is not to be taken before that Unix time; returns when it is kept.

    ChannelFull, Unavailable, TypeError; ConfigError where the broker or the layer does not keep it.
    """
    if not hasattr(layer, "hub"):
        raise ConfigError(f"a {type(layer).__name__} has no durable queues for tasks")

    async def work(hub: Hub) -> None:
        if hub not in _queues:
            queues = DurableQueues(hub, limits=Limits(**limits))
            keeper = _keep(queues)
            begin(keeper)
            _queues[hub] = queues, keeper
        await _queues[hub][0].put(queue, message, id=message["id"], terms=Terms(not_before=not_before))

    await layer.with_hub(work)


async def _keep(queues: DurableQueues) -> AsyncGenerator[None, None]:
    """Begun in a loop, closed by it when it ends."""
    try:
        yield
    finally:
        await queues.close()


class DurableTasks:
    """Stands before ``run(message, session, channel, attempt)`` and in place of the layer of a ``Background``."""

    def __init__(self, hub: Hub, limits: Mapping[str, Any], run: Callable[..., Awaitable[Outcome]]) -> None:
        self.queues = DurableQueues(hub, limits=Limits(**limits))
        self._run = run
        self._taken: dict[str, Item] = {}

    def __repr__(self) -> str:
        return f"<DurableTasks, {self.queues!r}>"

    async def receive_any(self, channels: Iterable[str]) -> tuple[str, Event]:
        """Wait for a task of one of the queues, which is held from now on. Unavailable once they are closed."""
        items = await self.queues.take(list(channels), 1)
        if not items:
            raise Unavailable("the durable queues are closed")
        (item,) = items
        self._taken[item.id] = item
        return item.queue, {**item.message, "id": item.id}

    async def attempt(self, message: Event, session: Mapping[str, Any], channel: str) -> Outcome:
        """Run one, and say what became of it; a broker that cannot be told lets the lease lapse: it is repeated."""
        item = self._taken.pop(message["id"])
        try:
            outcome = await self._run(message, session, channel, item.attempt)
        except asyncio.CancelledError:
            await self._settled(item, self.queues.retry(item, 0.0, "cut by the end of its worker"))
            raise
        verdict = self.queues.dead(item, outcome.reason) if outcome.error else self.queues.done(item)
        await self._settled(item, verdict)
        return outcome

    async def _settled(self, item: Item, verdict: Awaitable[bool]) -> None:
        try:
            if not await verdict:
                log.warning("task %s was taken over by another worker while it ran here", item.id)
        except Unavailable as error:
            log.warning("task %s will be repeated, its end could not be told: %s", item.id, error)
