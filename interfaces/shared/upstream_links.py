"""The links of an upstream that stand: which of them count, and how each of them ends."""

import asyncio
import logging
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

from interfaces.shared.upstream_link import Link, Patience

__all__ = ["Held", "Links"]

log = logging.getLogger("interfaces.upstream")


@dataclass(slots=True, eq=False)
class Held:
    """A link, and what is known of it."""

    link: Link
    opened: float
    """The loop's time."""
    task: "asyncio.Task[None] | None" = None
    """Serves it."""
    replaced: bool = False
    """Whether another one is to take its place."""
    retired: bool = False
    """Whether another one has taken it, or it is to end."""


@dataclass(slots=True, eq=False)
class Links:
    """Those of the upstream ``label``, of which ``wanted`` are to stand."""

    label: str
    wanted: int
    patience: Patience
    every: list[Held] = field(default_factory=list)
    tasks: "set[asyncio.Task[None]]" = field(default_factory=set)
    """What runs for them."""

    @property
    def standing(self) -> int:
        """How many there are, without those that others have replaced."""
        return sum(not held.retired for held in self.every)

    @property
    def lasting(self) -> int:
        """How many there are that nobody wants to be replaced."""
        return sum(not held.replaced for held in self.every)

    def of(self, link: Link) -> Held | None:
        """What is known of ``link``; None when it has ended."""
        return next((held for held in self.every if held.link is link), None)

    def start(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        """Have ``work`` done beside."""
        task = asyncio.get_running_loop().create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return task

    def retire(self, seconds: float) -> None:
        """A new one stands: let the oldest end that is to be replaced, if there is one."""
        old = next((held for held in self.every if held.replaced and not held.retired), None)
        if old is None:
            return
        old.retired = True
        for one in [held for held in self.every if held.retired][: -self.wanted]:
            self.start(self.end(one, 0))  # so many at once are too many
        self.start(self._retired(old, seconds))

    async def _retired(self, held: Held, seconds: float) -> None:
        """Let it go on for a moment, since something may be on its way, then drain it."""
        if held.task is not None:
            await asyncio.wait({held.task}, timeout=self.patience.linger)
        await self.end(held, seconds)

    async def end(self, held: Held, seconds: float) -> None:
        """Drain and close; what is not done then is cancelled."""
        if held not in self.every or held.task is None:
            return
        try:
            async with asyncio.timeout(seconds + self.patience.closing):
                await held.link.drain(seconds)
        except Exception as error:  # noqa: BLE001 - it ends anyway
            log.debug("%s: %r was not drained: %r", self.label, held.link, error)
        await self.shut(held.link)
        await asyncio.wait({held.task}, timeout=self.patience.closing)
        held.task.cancel()

    async def shut(self, link: Link) -> None:
        """Close ``link``, whatever it says to that."""
        try:
            async with asyncio.timeout(self.patience.closing):
                await link.close()
        except Exception as error:  # noqa: BLE001 - as above
            log.debug("%s: %r was not closed: %r", self.label, link, error)

    def end_all(self, seconds: float) -> "list[asyncio.Task[None]]":
        """End all of them at once, side by side: each takes nothing new from the next turn of the loop on."""
        every = list(self.every)
        for held in every:
            held.retired = True
        return [self.start(self.end(held, seconds)) for held in every]

    async def settled(self) -> None:
        """Wait until what runs for them has ended; what takes too long is cancelled."""
        tasks = set(self.tasks)
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=self.patience.closing)
            for task in late:
                task.cancel()
