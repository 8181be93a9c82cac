"""Calls of the application that no peer has asked for: replays, and messages that chaos brings twice.

Nothing of what the application says in them leaves: it is noted.
"""

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from interfaces.shared.asgi import Event, Receive, Scope, Send
from interfaces.shared.session import Session

if TYPE_CHECKING:
    from interfaces.console.tap import Tap

__all__ = ["AT_ONCE", "LONGEST", "Repeating"]

AT_ONCE = 16
"""Calls; a further one is refused, and chaos leaves it out."""
LONGEST = 60.0
"""Seconds after which one is ended."""


class Repeating:
    """Runs them, until :meth:`close`."""

    def __init__(self, tap: "Tap") -> None:
        self.tap = tap
        self.running: set[asyncio.Task[None]] = set()

    @property
    def full(self) -> bool:
        """Whether no further one may run."""
        return len(self.running) >= AT_ONCE

    def start(self, scope: Scope, events: Iterable[Event], replayed: int) -> int:
        """Call the application with these events, and what ends them; the number of the scope."""
        watch = self.tap.watched(scope, replayed)

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await self.tap.noted(watch, scope, receive, send)

        session = Session(app, scope, _nowhere, capacity=1000)
        task = asyncio.ensure_future(_run(session, list(events)))
        self.running.add(task)
        task.add_done_callback(self.running.discard)
        return self.tap.scopes

    def heard(self, scope: dict[str, Any], receive: Receive) -> Receive:
        """``receive`` of a delivery, which is called once more where chaos says so: beside it, or as the next try."""
        chaos, kind = self.tap.chaos, scope["type"]
        first = True

        async def hear() -> Event:
            nonlocal first
            event = await receive()
            if first and not event.get("more_body", False):
                first = False
                if not self.full and chaos.strikes("duplicate", kind):
                    self._again(scope, dict(event))
                if not self.full and chaos.strikes("redeliver", kind):
                    self._again(scope, {**event, "attempt": event.get("attempt", 1) + 1})
            return event

        return hear

    async def close(self) -> None:
        """End all of them."""
        tasks = list(self.running)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _again(self, scope: dict[str, Any], event: Event) -> None:
        self.start({**scope}, [event], self.tap.book.last + 1)


async def _run(session: Session, events: list[Event]) -> None:
    async with session:
        for event in events[:-1]:
            await session.put(event)
        session.last(events[-1] if events else None)
        await session.wait(LONGEST)


async def _nowhere(_event: Event) -> None:
    """What is said in a call that nobody waits for."""
