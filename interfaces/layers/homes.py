"""Which hub serves which event loop: a loop that lasts has its own, all others share one in a thread of this process.

A loop lasts when it receives, makes channels, or sends more often than VISITS times; its hub is closed when it ends.
``async_to_sync`` in a WSGI view runs a loop for one call: what it sends goes over the thread's hub, so that ten
thousand calls need no more connections than one. A forked child begins anew, and leaves its parent's connections alone.
"""

import asyncio
import atexit
import os
import threading
import weakref
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any, TypeVar

from interfaces.layers.hub import Hub

__all__ = ["VISITS", "Homes"]

VISITS = 3
"""Calls of one event loop that go over the shared thread; the next ones have a hub of the loop's own."""
T = TypeVar("T")

_all: "weakref.WeakSet[Homes]" = weakref.WeakSet()
_left: list[Any] = []
"""What belongs to the process we were forked from: kept, so that nothing closes it."""


class _Here(threading.local):
    """What one thread knows of a loop without a hub that it runs, or ran last."""

    loop: asyncio.AbstractEventLoop | None = None
    visits: int = 0


class _Thread:
    """The thread, its loop and the hub in it."""

    def __init__(self, make: Callable[[], Hub]) -> None:
        self._make = make
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run, name="channel-layer", daemon=True)
        self._thread.start()
        self._started.wait()

    def _run(self) -> None:
        asyncio.run(self._main())

    async def _main(self) -> None:
        self.loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        self.hub = self._make()
        self._started.set()
        await self._stop.wait()
        await self.hub.close()

    async def call(self, work: Callable[[Hub], Awaitable[T]]) -> T:
        """Do ``work``, in the thread."""
        if not self.hub.running:
            await self.hub.started()
        return await work(self.hub)

    def stop(self) -> None:
        """End it, and wait for that."""
        try:
            self.loop.call_soon_threadsafe(self._stop.set)
        except RuntimeError:
            return  # it has ended
        self._thread.join(5)


class Homes:
    """The hubs of one layer in this process; ``make`` makes one, within its loop."""

    def __init__(self, make: Callable[[], Hub]) -> None:
        self._make = make
        self._forget()
        _all.add(self)

    def __repr__(self) -> str:
        return f"<Homes: {len(self.of)} loops{', a thread' * (self._thread is not None)}>"

    def _forget(self) -> None:
        """Begin anew, after a fork."""
        self.of: dict[asyncio.AbstractEventLoop, Hub] = {}
        """By loop; some may have to be started."""
        self.up: dict[asyncio.AbstractEventLoop, Hub] = {}
        """By loop, those that can be used at once."""
        self.by_thread: dict[int, Hub] = {}
        """The same by the thread's identity, which is cheaper to ask for: the loop that used the layer last."""
        self._here = _Here()
        self._lock = threading.Lock()
        self._keepers: dict[asyncio.AbstractEventLoop, AsyncGenerator[None, None]] = {}
        self._thread: _Thread | None = None

    def leave(self) -> None:
        """Begin anew in a forked child: the hubs of the parent stay as they are."""
        _left.append((self.of, self._keepers, self._thread))
        self._forget()

    def running(self) -> Hub | None:
        """The hub of this loop, if it has one that can be used at once."""
        return self.up.get(asyncio.get_running_loop())

    async def started(self) -> Hub:
        """The hub of this loop, started. Unavailable and ConfigError as :meth:`Hub.started`."""
        hub = self.own()
        if not hub.running:
            await hub.started()
        self.up[asyncio.get_running_loop()] = self.by_thread[threading.get_ident()] = hub
        return hub

    def own(self) -> Hub:
        """The hub of this loop, made now if need be; it may have to be started."""
        loop = asyncio.get_running_loop()
        hub = self.of.get(loop)
        if hub is None:
            hub = self._make()
            keeper = self._keep(hub, loop)
            begin(keeper)
            with self._lock:
                for other in [other for other in self.of if other.is_closed()]:
                    del self.of[other], self._keepers[other]
                    self.up.pop(other, None)
                self.of[loop], self._keepers[loop] = hub, keeper
        return hub

    async def _keep(self, hub: Hub, loop: asyncio.AbstractEventLoop) -> AsyncGenerator[None, None]:
        """Begun in a loop, closed by it when it ends."""
        try:
            yield
        finally:
            with self._lock:
                if self.of.get(loop) is hub:
                    del self.of[loop], self._keepers[loop]
                    self.up.pop(loop, None)
                if self.by_thread.get(threading.get_ident()) is hub:
                    del self.by_thread[threading.get_ident()]
            await hub.close()

    async def call(self, work: Callable[[Hub], Awaitable[T]]) -> T:
        """Do ``work``, which is no loop's own, with this loop's hub if the loop lasts, else with the thread's."""
        here, loop = self._here, asyncio.get_running_loop()
        if here.loop is not loop:
            here.loop, here.visits = loop, 0
        here.visits += 1
        if loop in self.of or here.visits > VISITS:
            return await work(await self.started())
        thread = self._shared()
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(thread.call(work), thread.loop))

    def _shared(self) -> _Thread:
        with self._lock:
            if self._thread is None:
                self._thread = _Thread(self._make)
                atexit.register(self._thread.stop)
            return self._thread

    def fleeting(self) -> bool:
        """Whether this loop was made for one call of the layer: by ``async_to_sync``, or asyncio.run on its method."""
        loop = asyncio.get_running_loop()
        if loop in self.of or len(tasks := asyncio.all_tasks(loop)) > 1:
            return False
        names = [getattr(task.get_coro(), "__qualname__", "") for task in tasks]
        return all(name.startswith(("AsyncToSync.", "RedisChannelLayer.")) for name in names)

    def hubs(self) -> list[Hub]:
        """All there are."""
        return [*self.of.values()] + ([self._thread.hub] if self._thread else [])

    async def close(self) -> None:
        """Close all hubs: this loop's and the thread's before it returns, those of other loops soon."""
        here = asyncio.get_running_loop()
        with self._lock:
            thread, self._thread = self._thread, None
            found = dict(self._keepers)
        if thread is not None:
            atexit.unregister(thread.stop)
            await here.run_in_executor(None, thread.stop)
        for loop, keeper in found.items():
            if loop is here:
                await keeper.aclose()
            elif loop.is_running():
                asyncio.run_coroutine_threadsafe(end(keeper), loop)


def begin(keeper: AsyncGenerator[None, None]) -> None:
    """Run it up to its yield, so that the running loop closes it in the end."""
    try:
        keeper.asend(None).send(None)
    except (StopIteration, StopAsyncIteration):
        pass


async def end(keeper: AsyncGenerator[None, None]) -> None:
    """Close it, in its loop."""
    await keeper.aclose()


def _forked() -> None:
    for homes in list(_all):
        homes.leave()


os.register_at_fork(after_in_child=_forked)
