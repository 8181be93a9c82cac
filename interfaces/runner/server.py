"""Several interfaces in one process: lifespan, readiness, and an ordered drain."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from interfaces import registry
from interfaces.runner.lifespan import Lifespan
from interfaces.runner.ops import Ops, serve_ops
from interfaces.runner.ops_figures import Figures
from interfaces.runner.options import ServeOptions
from interfaces.runner.readiness import Readiness
from interfaces.runner.traces import ready
from interfaces.shared.asgi import Application
from interfaces.shared.errors import ApplicationError, ConfigError
from interfaces.shared.interface import Context, Interface
from interfaces.shared.listen import Address, Listening
from interfaces.shared.meter import metered
from interfaces.shared.telemetry import Telemetry
from interfaces.shared.webhook import Mounts

__all__ = ["Chosen", "Served", "Serving", "mounts_of"]

log = logging.getLogger("interfaces.runner")

Chosen = Sequence[tuple[Interface[Any], tuple[str, ...]]]
"""Interfaces, and the names of each that are served."""
CLEANUP = 5.0
"""Seconds that the application gets for its shutdown when the drain has left fewer."""


@dataclass(slots=True, eq=False)
class Served:
    """One interface of the process: what it is, under which names, and where it listens."""

    interface: Interface[Any]
    names: tuple[str, ...]
    addresses: list[Address] = field(default_factory=list)
    context: Context | None = None
    task: asyncio.Task[None] | None = None


def mounts_of(app: Application, chosen: Chosen) -> Mounts | None:
    """What stands in front of the application where HTTP is served, and interfaces answer some of it."""
    paths = [path for interface, _ in chosen for path in interface.paths]
    http = any("http" in names for _, names in chosen)
    return Mounts(app, paths) if http and paths else None


class Serving:
    """``async with`` it: entered when all interfaces are ready, left when they are drained.

    Started are the operations port, the layer, the lifespan, the interfaces; ended in reverse. ``/readyz`` says no
    first; listeners stay open for ``drain_delay`` after that, for a load balancer to notice, and what is
    in flight gets ``drain``. A ``supervised`` one leaves the operations port and the delay to its supervisor.
    Raises ConfigError or ApplicationError on entry.
    """

    def __init__(
        self,
        app: Application | None,
        chosen: Chosen,
        options: ServeOptions,
        *,
        listening: Listening,
        telemetry: Telemetry | None = None,
        supervised: bool = False,
    ) -> None:
        self.readiness = Readiness()
        self.telemetry = telemetry or Telemetry()
        self.figures = Figures(self.telemetry)
        self.stop: Callable[[], None] | None = None
        """Begins the end, where that may be asked for at the operations port."""
        self._chosen = chosen
        self.served = [Served(interface, names) for interface, names in chosen]
        self.behind = ""
        """Who runs what is served, in words, where that is not the application alone; ``{app}`` is its name."""
        self._app = app
        self._options = options
        self._layer: Any = None
        self._lifespan: Lifespan | None = None
        self._listening = listening
        self._drain = options.drain
        self._drain_delay = 0.0 if supervised else options.drain_delay
        self._stop = asyncio.Event()
        self._ops = "" if supervised else options.ops_bind
        self.ops: list[Address] = []
        """Where the operations port is."""
        self.beside: list[str] = []
        """What else listens, and where: lines for who started it."""
        self._outer = AsyncExitStack()

    def _tells(self) -> Ops:
        return Ops(
            readiness=self.readiness,
            counters=self.figures.counters,
            gauges=self.figures.gauges,
            facts=lambda: {"listens": self.listens()},
            stop=self.stop,
        )

    def listens(self) -> list[str]:
        """What is served where, a line each."""
        return [f"{' '.join(one.names)}: {', '.join(map(str, one.addresses)) or '–'}" for one in self.served]

    @property
    def layer(self) -> Any:
        """The channel layer, once it is open; None without one."""
        return self._layer

    @property
    def addresses(self) -> list[Address]:
        """Where it listens, with the ports that were taken."""
        return [address for served in self.served for address in served.addresses]

    def reload(self) -> bool:
        """Read all certificates again; False when one of them had to stay as it was."""
        return self._listening.reload()

    async def __aenter__(self) -> Self:
        self.figures.begin()
        try:
            if self._ops:
                self.ops = await self._outer.enter_async_context(serve_ops(self._ops, self._tells()))
            app = await self._traced(await self._application())
            if self._options.console:
                app = await self._outer.enter_async_context(registry.console()(app, self, self._options))
            self._lifespan = Lifespan(app, self._options.lifespan if self._app is not None else "off")
            await self._lifespan.startup()
            mounts = mounts_of(app, self._chosen)
            for served in self.served:
                await self._start(served, app, self._lifespan.state, mounts)
            if self._layer is not None:
                await self._watch_layer()
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
            _raise_readable(task)

    async def _application(self) -> Application:
        """Open the layer, and what stands in for the application where workers run it. Raises ConfigError."""
        options = self._options
        if options.layer:
            from interfaces.runner.layer import opened  # noqa: PLC0415 - only where one is asked for

            self._layer = await self._outer.enter_async_context(opened(options.layer, self.telemetry))
        if self._app is not None and not options.relay:
            return self._app
        from interfaces.runner.distributed import relaying  # noqa: PLC0415 - as above

        names = [name for served in self.served for name in served.names]
        relayed = relaying(self._app, options, self._layer, self.telemetry, names)
        with metered(self.telemetry.meters):
            app, self.behind = await self._outer.enter_async_context(relayed)
        return app

    async def _traced(self, app: Application) -> Application:
        """``app`` in spans, where traces are asked for. Raises ConfigError."""
        if not self._options.trace:
            return app
        traced, tracing = ready()
        made: Application = traced(app, await self._outer.enter_async_context(tracing("interfaces")))
        return made

    async def _watch_layer(self) -> None:
        """Make the layer a part of what is to be ready."""
        from interfaces.runner.layer import watched  # noqa: PLC0415 - as above
        from interfaces.runner.ops_layer import measured  # noqa: PLC0415 - as above

        await self._outer.enter_async_context(watched(self._layer, self.readiness))
        await self._outer.enter_async_context(measured(self._layer, self.telemetry.meters))

    async def _start(
        self, served: Served, app: Application, state: dict[str, Any], mounts: Mounts | None
    ) -> None:
        """Enter the interface, in a task of its own, so that its failure ends nothing else."""
        if mounts is not None and "http" in served.names:
            app = mounts
        served.context = context = Context(
            names=served.names,
            state=state,
            listening=self._listening,
            telemetry=self.telemetry,
            layer=self._layer,
            mounts=mounts,
            on_ready=self.readiness.tell,
            drain=self._drain,
        )
        ready = asyncio.Event()
        with metered(self.telemetry.meters):
            served.task = asyncio.ensure_future(_serve(served, app, context, ready, self._stop))
        waiting = asyncio.ensure_future(ready.wait())
        try:
            await asyncio.wait({waiting, served.task}, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            if served.task.done():
                _raise_readable(served.task)  # else asyncio tells why it cannot start, as a traceback
            served.task.cancel()  # it is not ready, so it has nothing to finish; it might wait for ever
            raise
        finally:
            waiting.cancel()
        if served.task.done():
            _raise_readable(served.task)

    async def _end(self, delay: float) -> None:
        """Say no to new work, let what is in flight finish, then tell the application."""
        loop = asyncio.get_running_loop()
        self.readiness.draining = True
        self.readiness.on_change()
        running = [served for served in self.served if served.task is not None and not served.task.done()]
        for served in running:
            if served.context is not None:
                served.context.draining = True
        if running and delay:
            await asyncio.sleep(delay)
        began = loop.time()
        for served in running:
            if served.context is not None:
                served.context.ends = began + self._drain
        self._stop.set()
        await _ended(running)
        if self._lifespan is not None:
            await self._lifespan.shutdown(max(CLEANUP, self._drain - (loop.time() - began)))
        await self._outer.aclose()
        self.figures.end()


async def _serve(
    served: Served, app: Application, context: Context, ready: asyncio.Event, stop: asyncio.Event
) -> None:
    async with served.interface.serve(app, context) as addresses:
        served.addresses = addresses
        ready.set()
        await stop.wait()


def _raise_readable(task: asyncio.Task[None]) -> None:
    """Raise what ended ``task``; of a group, as a TaskGroup raises it, what a person can be told."""
    try:
        task.result()
    except BaseExceptionGroup as group:
        known: BaseException | None = group.subgroup((ConfigError, ApplicationError))
        while isinstance(known, BaseExceptionGroup):
            known = known.exceptions[0]
        raise known or group from None


async def _ended(every: Sequence[Served]) -> None:
    """Wait for all of them; one that fails hinders no other."""
    for served in every:
        if served.task is None:
            continue
        await asyncio.wait({served.task})
        if not served.task.cancelled() and (error := served.task.exception()) is not None:
            log.error("%s did not end well", " ".join(served.names), exc_info=error)
