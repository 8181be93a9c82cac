"""The worker of a Django project, as an interface of a serving process: ``manage.py runworker``."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import Any, ClassVar

from interfaces.django.channels import ChannelScopes
from interfaces.django.layer import Each, readable
from interfaces.django.outbox import relay
from interfaces.runner.distributed import BACKGROUND, WorkerProcess
from interfaces.runner.options import WorkerOptions
from interfaces.shared.asgi import Application, Event
from interfaces.shared.interface import Context, Interface
from interfaces.shared.listen import Address
from interfaces.workers.background import Background, finished, worker_ready
from interfaces.workers.outcome import Outcome

__all__ = ["DjangoWorker", "Duties"]

TASKS = "django.tasks.*"
"""The channels of Django's tasks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Duties:
    """What a worker does besides running scopes for interface containers."""

    channels: Sequence[str] = ()
    """Whose messages become scopes of type ``channel``."""
    tasks: Mapping[str, Mapping[str, Any] | None] = field(default_factory=dict)
    """Channels of Django's tasks: None, or the limits of a durable queue."""
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
                exclude = (*self.options.exclude, TASKS)  # a duty, as they are named
                remote = WorkerProcess(replace(self.options, exclude=exclude))
                remote.alone = False
                await stack.enter_async_context(remote.serve(app, replace(context, layer=self.layer)))
            await work.start()
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
        self.concurrency = concurrency
        self.count = context.telemetry.count
        self.scopes = ChannelScopes(app, self.count)
        self.stopped = asyncio.Event()
        self.taking: list[Background] = []
        self.durable: list[Any] = []
        self.tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Begin to take. ConfigError when the broker does not keep durable tasks, Unavailable without one."""
        handlers = dict.fromkeys(self.duties.channels, self.scopes.attempt)
        if self.duties.tasks:
            runner = import_module("interfaces.django.running").TaskRunner(self.count)  # with Django 6 only
            handlers |= {name: runner.attempt for name, limits in self.duties.tasks.items() if limits is None}
            for name, limits in self.duties.tasks.items():
                if limits is not None:
                    await self._open(name, limits, runner)
        if handlers:
            self.taking.append(self._taker(handlers, self.readable))
        self.tasks = [asyncio.ensure_future(taker.run()) for taker in self.taking]
        if self.duties.outbox:
            self.tasks.append(asyncio.ensure_future(relay(self.layer, stop=self.stopped)))

    async def _open(self, name: str, limits: Mapping[str, Any], runner: Any) -> None:
        made = import_module("interfaces.django.durable_tasks").DurableTasks
        queue = made(self.layer.hub(), limits, runner.attempt)
        await queue.queues.open()
        self.durable.append(queue)
        self.taking.append(self._taker({name: queue.attempt}, queue))

    def _taker(self, handlers: Mapping[str, Callable[..., Awaitable[Outcome]]], source: Any) -> Background:
        async def handle(message: Event, session: dict[str, Any], channel: str) -> Outcome:
            return await handlers[channel](message, session, channel)

        return Background(handle, lambda: handlers, source, concurrency=self.concurrency)

    def stop(self) -> None:
        """Take nothing more."""
        self.stopped.set()
        for task, _ in zip(self.tasks, self.taking, strict=False):
            task.cancel()

    async def finish(self) -> None:
        """Wait for what was taken, for the time of a drain; what runs longer is cut and told."""
        await finished(self.tasks, self.taking, self.drain)
        for queue in self.durable:
            await queue.queues.close()
        if isinstance(self.readable, Each):
            await self.readable.close()
