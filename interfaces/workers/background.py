"""Work that an application sends to itself: functions on channels of its own, and the loop that feeds them.

::

    @background("thumbnails.make")
    def make(message): ...

    Channel("thumbnails.make").send({"photo": 7})     # in a view, a consumer, a shell

A message is taken by one worker and at most once; for work that must not be lost there are durable queues.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterable
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from interfaces.layers.base import ChannelFull, copied
from interfaces.shared.asgi import Event
from interfaces.shared.errors import ConfigError, Unavailable
from interfaces.shared.strand import lane
from interfaces.workers.calling import Consumer
from interfaces.workers.message import perform
from interfaces.workers.outcome import Outcome

__all__ = ["DROPPED", "FUNCTIONS", "RETRIES", "STORES", "Background", "Signal", "Store", "background",
           "consumer_failed", "consumer_finished", "consumer_started", "finished", "worker_ready"]  # fmt: skip

log = logging.getLogger("interfaces.workers")

RETRIES = 10
"""Times that a message whose consumer raised ConsumeLater is tried again."""
_FIRST, _MOST = 0.1, 30.0
_KEY = "__retries__"
_PAUSE, _TRIES = 0.02, 100
_BROKEN = 1.0
"""Seconds of rest when the layer cannot be read."""

FUNCTIONS: dict[str, Consumer] = {}
"""Channel → function, as :func:`background` has collected them."""


class Store(Protocol):
    """Keeps messages somewhere else than in the layer's channels, such as in durable queues, and has them handled."""

    async def receive_any(self, channels: Iterable[str], /) -> tuple[str, Event]:
        """Wait for a message of one of the channels. Unavailable for now."""

    async def attempt(self, message: dict[str, Any], session: dict[str, Any], channel: str, /) -> Outcome:
        """Have it handled, and say what became of it."""


STORES: dict[str, Callable[[Any], AbstractAsyncContextManager[Store]]] = {}
"""Channel → what opens, on the worker's layer, the store of its messages. Entering raises ConfigError, Unavailable."""
DROPPED: Counter[str] = Counter()
"""Why messages were given up ("retries", "no-route", "raised", "unavailable", "full") → count."""


def background(channel: str) -> Callable[[Consumer], Consumer]:
    """Let the function, sync or async, handle the messages of ``channel``: ``function(message)``.

    Its module has to be imported by the application. ConfigError when two functions want the same channel.
    """

    def register(function: Consumer) -> Consumer:
        known = FUNCTIONS.setdefault(channel, function)
        if _name(known) != _name(function):
            raise ConfigError(f"both {_name(known)} and {_name(function)} want the channel {channel}")
        FUNCTIONS[channel] = function  # a module that is loaded again
        return function

    return register


def _name(function: Any) -> str:
    return f"{function.__module__}.{getattr(function, '__qualname__', function)}"


class Signal:
    """Tells plain functions, in the event loop: ``signal.connect(function)``, then ``function(**facts)``."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.receivers: list[Callable[..., Any]] = []

    def __repr__(self) -> str:
        return f"<Signal {self.name}>"

    def connect(self, receiver: Callable[..., Any]) -> Callable[..., Any]:
        """Tell ``receiver`` too; also as a decorator. Connecting it twice is connecting it once."""
        if receiver not in self.receivers:
            self.receivers.append(receiver)
        return receiver

    def disconnect(self, receiver: Callable[..., Any]) -> None:
        """Tell it no more."""
        if receiver in self.receivers:
            self.receivers.remove(receiver)

    def send(self, **facts: Any) -> None:
        """Tell all; one that raises is logged and hinders no other."""
        for receiver in self.receivers:
            try:
                receiver(**facts)
            except Exception:
                log.exception("a receiver of %s raised", self.name)


consumer_started = Signal("consumer_started")
"""``message``: a consumer is about to run."""
consumer_finished = Signal("consumer_finished")
"""``message``: it has run, well or not."""
consumer_failed = Signal("consumer_failed")
"""``message``, ``error``: it has raised."""
worker_ready = Signal("worker_ready")
"""No facts: this process takes work from now on, as a worker or beside its server."""


class Background:
    """``await Background(handle, channels, layer).run()`` takes messages until it is cancelled.

    ``handle(event, session, channel)`` gives the outcome and does not raise; ``channels()`` are asked for before each
    message. ``concurrency`` messages are handled at once; no more are taken from the layer than can be.
    """

    def __init__(
        self,
        handle: Callable[[dict[str, Any], dict[str, Any], str], Awaitable[Outcome]],
        channels: Callable[[], Iterable[str]],
        layer: Any,
        *,
        concurrency: int = 10,
    ) -> None:
        self.handle = handle
        self.channels = channels
        self.layer = layer
        self.running: set[asyncio.Task[None]] = set()
        self._room = asyncio.Semaphore(concurrency)

    def __repr__(self) -> str:
        return f"<Background of {', '.join(sorted(self.channels()))}, {len(self.running)} running>"

    async def run(self) -> None:
        """Take messages and have them handled; once cancelled, finish those that were taken."""
        try:
            while True:
                await self._room.acquire()
                try:
                    channel, message = await self._next()
                except BaseException:
                    self._room.release()
                    raise
                self._start(channel, message)
        finally:
            while self.running:
                await asyncio.wait(self.running)

    async def _next(self) -> tuple[str, dict[str, Any]]:
        while True:
            try:
                found: tuple[str, dict[str, Any]] = await self.layer.receive_any(sorted(self.channels()))
            except Unavailable as error:
                log.warning("no background work for now: %s", error)
                await asyncio.sleep(_BROKEN)
            else:
                return found

    def _start(self, channel: str, message: dict[str, Any]) -> None:
        loop = asyncio.get_running_loop()
        found = lane("background")
        call = self._handle(channel, message)
        task = loop.create_task(call) if found is None else found.task(call, loop)
        self.running.add(task)

        def done(task: asyncio.Task[None]) -> None:
            self.running.discard(task)
            self._room.release()
            if found is not None:
                found.close()
            if not task.cancelled() and (error := task.exception()) is not None:
                log.error("%s: a message was given up", channel, exc_info=error)

        task.add_done_callback(done)

    async def _handle(self, channel: str, message: dict[str, Any]) -> None:
        tried = message.pop(_KEY, 0)
        outcome = await self.handle(copied(message), {}, channel)
        if outcome.error == "later":
            await self._later(channel, message, tried)
        elif outcome.error:
            DROPPED[outcome.error] += 1
        else:
            for operation in (*outcome.groups, *outcome.sends):
                await self._deliver(operation)

    async def _later(self, channel: str, message: dict[str, Any], tried: int) -> None:
        if tried >= RETRIES:
            DROPPED["retries"] += 1
            log.error("%s: given up after %d retries", channel, tried)
            return
        await self.layer.send_later(channel, message | {_KEY: tried + 1}, min(_MOST, _FIRST * 2**tried))

    async def _deliver(self, operation: list[Any]) -> None:
        for _ in range(_TRIES):
            try:
                await perform(operation, self.layer)
            except ChannelFull:
                await asyncio.sleep(_PAUSE)
            else:
                return
        DROPPED["full"] += 1
        log.error("channel %s stayed full; a message to it was given up", operation[1])


async def finished(
    tasks: Collection[asyncio.Task[None]], works: Iterable[Background], seconds: float
) -> None:
    """Wait for ``tasks``, in which ``works`` ran, and which were told to end; what takes longer is cut and told."""
    if not tasks:
        return
    _, late = await asyncio.wait(tasks, timeout=seconds)
    running = [task for work in works for task in work.running]
    if late:
        log.warning("%d messages were cut after %g s", len(running), seconds)
    for task in (*running, *late):
        task.cancel()
    await asyncio.wait(tasks)
