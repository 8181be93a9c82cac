"""Acknowledgement ``accepted``: what was acknowledged once it was kept is given to the application after that.

"Try again" is tried again by us; a refusal, and what has used up its attempts, is a dead letter. What is taken up while
its call still runs elsewhere, or has ended, is known by its key.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from time import time
from typing import Any

from interfaces.shared.delivery import DEFERRED
from interfaces.shared.errors import Unavailable
from interfaces.shared.intake import BUSY, Intake
from interfaces.shared.marks import about
from interfaces.shared.meter import here, stored
from interfaces.shared.pacing import back_off
from interfaces.shared.parcel import Parcel
from interfaces.shared.sendings import Held, Store

__all__ = ["Accepted"]

log = logging.getLogger("interfaces.intake")

AGAIN = 1.0
"""Seconds until what there was no room for is taken up again."""

Put = Callable[[dict[str, Any], str | None, float], Awaitable[None]]
"""(message, conversation, seconds before it is taken) → kept. Unavailable."""


class Accepted:
    """Keeps parcels by ``put``, takes them from ``store``, and gives them to ``intake``, ``at_once`` at a time."""

    def __init__(
        self, intake: Intake, store: Store, put: Put, *, attempts: int, at_once: int, state: Mapping[str, Any]
    ) -> None:
        self.intake = intake
        self.store = store
        self.attempts = attempts
        self.at_once = at_once
        self.state = state
        self.running: set[asyncio.Task[None]] = set()
        self.leaving = False
        self._put = put
        stored(f"{intake.name}.accepted", store)
        self._waits = here().histogram("queue.wait", queue=f"{intake.name}.accepted")

    def __repr__(self) -> str:
        return f"<Accepted {self.intake.name}: {len(self.running)} running>"

    async def keep(self, parcel: Parcel, delay: float) -> None:
        """Keep ``parcel``, which is not taken up before ``delay`` seconds have passed. Raises Unavailable."""
        scope = {key: value for key, value in parcel.scope.items() if key != "state"}
        event = dict(parcel.event)
        if delay:  # it has been begun
            event["attempt"] = event.get("attempt", 1) + 1
        message = {"scope": scope, "event": event, "key": parcel.key}
        await self._put(message, parcel.conversation, delay)

    async def run(self) -> None:
        """Give what is kept to the application, until :meth:`leave`; then wait for what runs."""
        try:
            while found := await self._take():
                for held in found:
                    task = asyncio.ensure_future(self._one(held))
                    self.running.add(task)
                    task.add_done_callback(self.running.discard)
        finally:
            if self.running:
                await asyncio.wait(self.running)

    def leave(self) -> None:
        """The process is to end: no more is begun."""
        self.leaving = True
        self.store.leave()

    async def _take(self) -> list[Held]:
        while len(self.running) >= self.at_once:
            await asyncio.wait(self.running, return_when=asyncio.FIRST_COMPLETED)
        return await self.store.take(self.at_once - len(self.running))

    async def _one(self, held: Held) -> None:
        try:
            await self._settled(held)
        except asyncio.CancelledError:
            await self.store.give_back(held)
            raise
        except Unavailable as error:
            where = self.intake.name
            log.warning("%s: %s is taken up again: %s", where, held.id, error, extra=_about(held))
        except Exception:
            where = self.intake.name
            log.exception("%s: %s cannot be given to the application", where, held.id, extra=_about(held))
            await self.store.dead(held, "it cannot be read")

    async def _settled(self, held: Held) -> None:
        if held.attempt == 1:
            self._waits.add(max(0.0, time() - held.put_at))
        said = held.message
        event = {**said["event"], "attempt": said["event"].get("attempt", 1) + held.attempt - 1}
        parcel = Parcel(
            scope={**said["scope"], "state": dict(self.state)},
            event=event,
            key=said["key"],
            conversation=said["scope"].get("conversation"),
        )
        verdict = await self.intake.deliver(parcel, None)
        if verdict is None:  # its call runs already, here or elsewhere: that is no attempt
            await self.store.give_back(held, self.intake.rules.lease / 2)
        elif verdict.kind == "accept":
            await self.store.done(held)
        elif verdict is BUSY:
            await self.store.give_back(held, AGAIN)
        elif self.leaving and verdict is DEFERRED:
            await self.store.give_back(held)  # it was cut
        elif verdict.kind == "reject":
            await self._given_up(
                held, f"refused after it was acknowledged: {verdict.detail.get('text') or ''}"
            )
        elif held.attempt >= self.attempts:
            await self._given_up(held, f"{held.attempt} attempts: the application raised, or said: try again")
        else:
            await self.store.retry(held, back_off(held.attempt), "the application raised, or said: try again")

    async def _given_up(self, held: Held, reason: str) -> None:
        log.error("%s: %s is given up: %s", self.intake.name, held.id, reason, extra=_about(held))
        await self.store.dead(held, reason)


def _about(held: Held) -> dict[str, str]:
    """What logs say of it, as far as it can be read."""
    said = held.message
    return about(said.get("scope") or {}, said.get("key", ""))
