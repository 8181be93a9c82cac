"""Several interfaces in one process: lifespan, readiness, and an ordered drain."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

from interfaces.runner.lifespan import Lifespan
from interfaces.runner.ops import ops_application
from interfaces.runner.readiness import Readiness
from interfaces.shared.asgi import Application
from interfaces.shared.interface import Context, Interface
from interfaces.shared.listen import Address, Listening
from interfaces.shared.telemetry import Telemetry

__all__ = ["Served", "Serving"]

log = logging.getLogger("interfaces")


@dataclass(slots=True)
class Served:
    """One interface of the process: what it is, under which names, and where it listens."""

    interface: Interface[Any]
    names: tuple[str, ...]
    addresses: list[Address] = field(default_factory=list)
    context: Context | None = None
    task: asyncio.Task[None] | None = None


class Serving:
    """``async with`` it: entered when all interfaces are ready, left when they are drained.

    ``drain`` are the seconds that what is in flight may take, ``drain_delay`` those in which listeners stay open
    after ``/readyz`` says no, for a load balancer to notice. Raises ConfigError or ApplicationError on entry.
    """

    def __init__(
        self,
        app: Application,
        chosen: Sequence[tuple[Interface[Any], tuple[str, ...]]],
        *,
        listening: Listening | None = None,
        telemetry: Telemetry | None = None,
        lifespan: str = "auto",
        drain: float = 30.0,
        drain_delay: float = 0.0,
        ops: Interface[Any] | None = None,
    ) -> None:
        self.readiness = Readiness()
        self.served = [Served(interface, names) for interface, names in chosen]
        self._app = app
        self._lifespan = Lifespan(app, lifespan)
        self._listening = listening or Listening()
        self._telemetry = telemetry or Telemetry()
        self._drain = drain
        self._drain_delay = drain_delay
        self._stop = asyncio.Event()
        self._ops = Served(ops, ("http",)) if ops is not None else None
        self._ops_stop = asyncio.Event()

    @property
    def addresses(self) -> list[Address]:
        """Where it listens, with the ports that were taken."""
        return [address for served in self.served for address in served.addresses]

    def reload(self) -> None:
        """Read all certificates again."""
        self._listening.reload()

    async def __aenter__(self) -> "Serving":
        try:
            if self._ops is not None:
                await self._start(self._ops, ops_application(self.readiness), self._ops_stop)
            await self._lifespan.startup()
            for served in self.served:
                await self._start(served, self._app, self._stop)
        except BaseException:
            await self._end(0)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._end(self._drain_delay)

    async def failed(self) -> None:
        """Wait until an interface ends by itself, and raise why; for ever when none does."""
        tasks = [served.task for served in self.served if served.task is not None]
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()

    async def _start(self, served: Served, app: Application, stop: asyncio.Event) -> None:
        ready = asyncio.Event()
        ops = served is self._ops
        context = Context(
            names=served.names,
            state={} if ops else self._lifespan.state,
            listening=Listening() if ops else self._listening,
            telemetry=Telemetry() if ops else self._telemetry,
            on_ready=_unheard if ops else self.readiness.tell,
            drain=1.0 if ops else self._drain,
        )
        served.context = context
        served.task = asyncio.ensure_future(_serve(served, app, context, ready, stop))
        waiting = asyncio.ensure_future(ready.wait())
        await asyncio.wait({waiting, served.task}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if served.task.done():
            served.task.result()

    async def _end(self, delay: float) -> None:
        """Say no to new work, let what is in flight finish, then tell the application."""
        self.readiness.draining = True
        running = [served for served in self.served if served.task is not None and not served.task.done()]
        for served in running:
            if served.context is not None:
                served.context.draining = True
        if running and delay:
            await asyncio.sleep(delay)
        self._stop.set()
        await _ended(running)
        await self._lifespan.shutdown(self._drain)
        self._ops_stop.set()
        await _ended([self._ops] if self._ops is not None else [])


def _unheard(name: str, ok: bool, reason: str) -> None:
    """The operations port is no part of its own readiness."""


async def _serve(
    served: Served, app: Application, context: Context, ready: asyncio.Event, stop: asyncio.Event
) -> None:
    async with served.interface.serve(app, context) as addresses:
        served.addresses = addresses
        ready.set()
        await stop.wait()


async def _ended(every: Sequence[Served]) -> None:
    for served in every:
        if served.task is not None:
            await asyncio.wait({served.task})
            if not served.task.cancelled() and (error := served.task.exception()) is not None:
                log.error("%s did not end well: %r", " ".join(served.names), error)
