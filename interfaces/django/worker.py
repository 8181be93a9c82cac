"""The worker of a Django project, as an interface of a serving process: ``manage.py runworker``."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from interfaces.django.channels import ChannelScopes
from interfaces.django.layer import Each, readable
from interfaces.django.outbox import relay
from interfaces.runner.distributed import BACKGROUND, WorkerProcess
from interfaces.runner.options import WorkerOptions
from interfaces.shared.asgi import Application
from interfaces.shared.interface import Context, Interface
from interfaces.shared.listen import Address
from interfaces.workers.background import Background, worker_ready

__all__ = ["DjangoWorker", "Duties"]

log = logging.getLogger("interfaces.django")


@dataclass(frozen=True, slots=True, kw_only=True)
class Duties:
    """What a worker does besides running scopes for interface containers."""

    channels: Sequence[str] = ()
    """Whose messages become scopes of type ``channel``."""
    outbox: bool = False
    """Whether it sends what the outbox has."""


class DjangoWorker(Interface[WorkerOptions]):
    """Serves on ``layer``, that of the project, which it closes in the end where it is one of ours."""

    names: ClassVar[tuple[str, ...]] = ("worker",)
    options_class: ClassVar[type] = WorkerOptions

    def __init__(self, options: WorkerOptions, layer: Any, duties: Duties) -> None:
        super().__init__(options)
        self.layer = layer
        self.duties = duties

    @asynccontextmanager
    async def serve(self, app: Application, context: Context) -> AsyncIterator[list[Address]]:
        """Work while it is entered; on leaving take nothing more, and finish what was taken.

        Raises ConfigError, and Unavailable without a broker.
        """
        async with AsyncExitStack() as stack:
            ours = hasattr(self.layer, "hub")
            if ours:
                self.layer.count = context.telemetry.count
                stack.push_async_callback(self.layer.close)
                await self.layer.hub().started()
            work = _Work(app, context, self.layer, self.duties, min(self.options.concurrency, BACKGROUND))
            stack.push_async_callback(work.finish)
            if ours:
                remote = WorkerProcess(self.options).serve(app, replace(context, layer=self.layer))
                await stack.enter_async_context(remote)
            work.start()
            stack.callback(work.stop)
            context.ready("worker", True)
            worker_ready.send()
            yield []


class _Work:
    """The tasks of a worker's duties."""

    def __init__(
        self, app: Application, context: Context, layer: Any, duties: Duties, concurrency: int
    ) -> None:
        self.layer = layer
        self.duties = duties
        self.drain = context.drain
        self.readable = readable(layer)
        self.background = Background(
            ChannelScopes(app, context.telemetry.count).attempt,
            lambda: duties.channels,
            self.readable,
            concurrency=concurrency,
        )
        self.stopped = asyncio.Event()
        self.tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to take."""
        if self.duties.channels:
            self.tasks.append(asyncio.ensure_future(self.background.run()))
        if self.duties.outbox:
            self.tasks.append(asyncio.ensure_future(relay(self.layer, stop=self.stopped)))

    def stop(self) -> None:
        """Take nothing more."""
        self.stopped.set()
        if self.duties.channels and self.tasks:
            self.tasks[0].cancel()

    async def finish(self) -> None:
        """Wait for what was taken, for the time of a drain; what runs longer is cut and told."""
        if self.tasks:
            _, late = await asyncio.wait(self.tasks, timeout=self.drain)
            if late:
                log.warning("%d messages were cut after %g s", len(self.background.running), self.drain)
            for task in (*self.background.running, *late):
                task.cancel()
            await asyncio.wait(self.tasks)
        if isinstance(self.readable, Each):
            await self.readable.close()
