"""One event of a scope in event style: handled here, for an interface container that keeps the session."""

import asyncio
from dataclasses import asdict
from time import monotonic
from typing import Any, Protocol

from interfaces.shared.meter import here
from interfaces.shared.strand import lane
from interfaces.workers.outcome import Outcome, Runner
from interfaces.workers.transports.base import Taken
from interfaces.workers.wire import CANCEL

__all__ = ["Handling", "Owner"]


class Owner(Protocol):
    """The worker in which it is handled."""

    def left(self, running: Any) -> None:
        """It is over."""


class Handling:
    """``runner`` gives the outcome, which goes back with the end. Nothing is known here of the scope."""

    lasting = False

    def __init__(self, owner: Owner, taken: Taken, runner: Runner) -> None:
        opening = taken.opening
        self._owner = owner
        self._taken = taken
        self._runner = runner
        self._event: dict[str, Any] = opening["event"]
        self._session: dict[str, Any] = opening["session"]
        if opening["attempt"] > 1:
            self._event["attempt"] = opening["attempt"]
        self._task: asyncio.Task[Outcome] | None = None
        taken.on_event = self.heard

    def __repr__(self) -> str:
        return f"<Handling {self._event.get('type', '')}>"

    def start(self) -> None:
        """Have it handled, its sync work on one strand."""
        loop = asyncio.get_running_loop()
        meter, began = here().of(f"{self._event.get('type', '').partition('.')[0]} event"), monotonic()
        meter.begun += 1
        call = self._handled()
        found = lane("worker")
        self._task = loop.create_task(call) if found is None else found.task(call, loop)

        def done(task: asyncio.Task[Outcome]) -> None:
            if found is not None:
                found.close()
            self._done(task)
            meter.ended(_how(task), monotonic() - began)

        self._task.add_done_callback(done)

    def heard(self, kind: int, payload: Any, size: int) -> None:
        """A frame came: of all there are only the end counts. That the container is gone stops no event."""
        if kind == CANCEL:
            self.cut()

    def move(self) -> None:
        """It ends by itself."""

    def cut(self) -> None:
        """End it now: the event goes to somebody else."""
        if self._task is not None:
            self._task.cancel()

    async def _handled(self) -> Outcome:
        return await self._runner(self._event, self._session)

    def _done(self, task: asyncio.Task[Outcome]) -> None:
        if task.cancelled():
            self._taken.end({"how": "cancelled"})
        elif task.exception() is not None:
            self._taken.end({"how": "error"})
        else:
            try:
                self._taken.end({"how": "ok", "outcome": asdict(task.result())})
            except RuntimeError as error:
                outcome = asdict(Outcome(error="raised", reason=str(error)))
                self._taken.end({"how": "ok", "outcome": outcome})
        self._owner.left(self)


def _how(task: "asyncio.Task[Outcome]") -> str:
    """How it ended, for the figures."""
    if task.cancelled():
        return "cancelled"
    error = "raised" if task.exception() is not None else task.result().error
    return {"": "", "no-route": "unrouted", "raised": "failed"}.get(error, error)
