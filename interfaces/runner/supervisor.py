"""Several serving processes under one that supervises them, and does nothing else.

It opens the sockets once, so that they are never closed while workers come and go. A worker that ends is
replaced: at once when it had lived for a while, else after a pause that doubles. SIGTERM or SIGINT drains
all, a second one kills; SIGHUP replaces one after the other, the new one ready before the old one drains.
What the first worker cannot start with ends the whole, as in one process. Workers whose supervisor was killed
drain by themselves. A worker that hangs is not noticed: it is alive.
"""

import asyncio
import logging
import os
import signal
import time
from collections import Counter
from collections.abc import Coroutine, Mapping
from contextlib import AsyncExitStack
from typing import Any

from interfaces.runner.binds import Held
from interfaces.runner.child import Child, command, ending
from interfaces.runner.ops import Ops, serve_ops
from interfaces.runner.ops_figures import Samples, added
from interfaces.runner.options import ServeOptions
from interfaces.runner.readiness import Readiness
from interfaces.runner.server import Chosen
from interfaces.runner.voice import banner, beat, ops_lines, say
from interfaces.shared.bind import Address
from interfaces.shared.errors import ConfigError
from interfaces.shared.metrics import METRICS
from interfaces.shared.notify import ready, reloading, stopping

__all__ = ["Failures", "Supervisor", "first_of", "supervise"]

log = logging.getLogger("interfaces.runner")

EARLY = 1.0
"""Seconds in which workers that are not ready yet should have ended, before the others drain."""
STARTED = 5.0
"""Seconds in which workers with sockets of their own may still get ready, to serve what waits in them."""
GRACE = 10.0
"""Seconds beyond ``drain`` until a worker that was told to end is killed."""


class Failures:
    """Counts the early deaths of one worker after another, and says how long to wait before the next."""

    FIRST = 0.25
    LONGEST = 10.0
    """Seconds; doubled in between."""
    LIVED = 10.0
    """Seconds in which a worker has proved itself."""
    STARTS = 5
    """Failed starts in a row that end the whole if no other worker serves: after about 4 s."""

    def __init__(self) -> None:
        self._early = 0
        self._starts = 0

    def pause(self, lived: float, *, was_up: bool) -> float:
        """A worker ended after ``lived`` seconds: how many to wait before the next."""
        self._starts = 0 if was_up else self._starts + 1
        self._early = 0 if was_up and lived >= self.LIVED else self._early + 1
        return float(min(self.LONGEST, self.FIRST * 2 ** (self._early - 1))) if self._early else 0.0

    @property
    def hopeless(self) -> bool:
        """Whether the last starts have all failed."""
        return self._starts >= self.STARTS


class Supervisor:
    """Keeps ``options.workers`` processes alive on the sockets ``held``; :meth:`run` gives the exit code."""

    def __init__(self, held: Held, options: ServeOptions) -> None:
        self.held = held
        self.options = options
        self.readiness = Readiness(enough=any)
        self.counted: Counter[str] = Counter()
        """What all workers have counted, those that are gone included."""
        self.current: dict[int, Child] = {}
        """The worker of each number; while it is being replaced, still the old one."""
        self.alive: set[Child] = set()
        self.ops: list[Address] = []
        self._stop = asyncio.Event()
        self._roll = asyncio.Event()

    async def run(self) -> int:
        """Supervise until told to stop, or until nothing can be started. Raises ConfigError."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._told, number)
        loop.add_signal_handler(signal.SIGHUP, self._roll.set)
        loop.add_signal_handler(signal.SIGCHLD, self._reap)
        async with AsyncExitStack() as stack:
            if self.options.ops_bind:
                self.ops = await stack.enter_async_context(serve_ops(self.options.ops_bind, self._tells()))
            working = asyncio.ensure_future(self.work())
            stopped = asyncio.ensure_future(self._stop.wait())
            await asyncio.wait({working, stopped}, return_when=asyncio.FIRST_COMPLETED)
            stopped.cancel()
            failed = working.result() if working.done() else 0
            working.cancel()
            await asyncio.wait({working})
            clean = await self._drain(failed)
        return failed or (0 if clean else 1)

    def _tells(self) -> Ops:
        """What the operations port tells: of all workers together, and of each whether it may be given work."""
        return Ops(
            readiness=self.readiness,
            counters=lambda: dict(self.counted),
            gauges=self._gauges,
            facts=self._facts,
            stop=self._stop.set,
        )

    def _count(self, counts: Mapping[str, float]) -> None:
        self.counted.update(counts)

    def _gauges(self) -> Samples:
        wanted = {METRICS["processes.wanted"].exposed: float(self.options.workers)}
        return added([*(child.gauges for child in self.alive), wanted])

    def _facts(self) -> dict[str, Any]:
        workers = [
            {"number": child.number, "pid": child.pid, "ok": child.ok, "lines": child.lines}
            for child in sorted(self.alive, key=lambda one: one.number)
        ]
        listens = next((child.banner[0] for child in self.current.values() if child.banner[0]), [])
        return {"listens": listens, "workers": workers}

    async def work(self) -> int:
        """Keep the workers; returns only with the exit code of what cannot be started."""
        first = self.start(1)
        if not await first.up():
            return self.failure(await first.ended())
        workers = self.options.workers
        self.announce(first, f"{workers} workers")
        for number in range(2, workers + 1):
            self.start(number)
        return await first_of(self._rolls(), *(self._keep(number) for number in range(1, workers + 1)))

    def start(self, number: int, *, successor: bool = False) -> Child:
        """Start worker ``number``; a ``successor`` takes no place yet. OSError when that cannot be."""
        child = Child(number, self.held.of(number), self._changed, self._count)
        self.alive.add(child)
        if not successor:
            self.current[number] = child
            self._changed(child)
        return child

    def announce(self, first: Child, mode: str) -> None:
        """Tell who started us that ``first`` listens."""
        where, loop = first.banner
        banner([*where, *ops_lines(self.ops)], mode, loop)
        ready(mode)
        beat()

    def failure(self, code: int) -> int:
        """The exit code for a worker that could not start; it has said why, unless a signal ended it."""
        if code <= 0:
            say(f"the application did not start: its process {ending(code)}")
        return code if code > 0 else 1

    def _changed(self, child: Child) -> None:
        if not child.alive:
            self.alive.discard(child)
        if self.current.get(child.number) is child:
            self.readiness.tell(f"worker {child.number}", child.ok, ", ".join(child.lines))

    def _reap(self) -> None:
        for child in tuple(self.alive):
            child.poll()

    def _told(self, number: signal.Signals) -> None:
        if self._stop.is_set():
            say(f"{number.name} again: stopping at once")
            for child in self.alive:
                child.kill()
            self.held.close()
            os._exit(1)
        self._stop.set()

    async def _keep(self, number: int) -> int:
        """Let worker ``number`` be there, whatever happens to its process."""
        failures = Failures()
        while True:
            child = self.current[number]
            code = await child.ended()
            if self.current[number] is not child:
                continue  # another has taken its place
            lived = asyncio.get_running_loop().time() - child.began
            pause = failures.pause(lived, was_up=child.was_up)
            log.warning("%r %s after %.1f s; the next starts in %g s", child, ending(code), lived, pause)
            if failures.hopeless and not any(other.ok for other in self.current.values()):
                say(f"no worker can be started: {Failures.STARTS} in a row failed")
                return max(code, 1)
            await asyncio.sleep(pause)
            while self.current[number] is child and not self._started(number):  # noqa: ASYNC110 - the system's turn
                await asyncio.sleep(Failures.LONGEST)

    def _started(self, number: int, *, successor: bool = False) -> Child | None:
        """As :meth:`start`; None, and a line in the log, when the system cannot."""
        try:
            return self.start(number, successor=successor)
        except OSError as error:
            log.error("worker %d cannot be started: %s", number, error)  # noqa: TRY400 - the system's reason is all
            return None

    async def _rolls(self) -> int:
        """Replace all workers each time that SIGHUP says so."""
        while True:
            await self._roll.wait()
            self._roll.clear()
            reloading(time.monotonic())
            say("SIGHUP: replacing one worker after the other")
            done = [number for number in sorted(self.current) if await self._replace(number)]
            say(f"replaced {len(done)} of {len(self.current)} workers")
            ready(f"{self.options.workers} workers")

    async def _replace(self, number: int) -> bool:
        """Start the successor of a worker; when it is ready, let the old one finish and end."""
        successor = self._started(number, successor=True)
        if successor is None:
            return False
        limit = asyncio.get_running_loop().call_later(self.options.start_timeout, successor.kill)
        ready_now = await successor.up()
        limit.cancel()
        if not ready_now:
            code = await successor.ended()
            how = ending(code)
            log.error("the successor of worker %d %s before it was ready: the old one serves on", number, how)
            return False
        old, self.current[number] = self.current[number], successor
        self._changed(successor)
        await old.end(self.options.drain + GRACE)
        return True

    async def _drain(self, failed: int) -> bool:
        """Refuse new work, let every worker finish; whether all did."""
        self.readiness.draining = True
        stopping("draining")
        if not failed:
            say(f"stopping: finishing what is in flight, for {self.options.drain:g} s at most")
            await asyncio.sleep(self.options.drain_delay)
        self.held.close()
        seconds = self.options.drain + GRACE
        children = tuple(self.alive)
        starting = [asyncio.ensure_future(child.up()) for child in children if not child.was_up]
        if starting and self.options.reuse_port:
            # What waits in the socket of one that is starting waits for that one alone.
            await asyncio.wait(starting, timeout=STARTED)
        # Who is not up yet holds the sockets without accepting: what comes after the others have closed
        # theirs would wait there in vain. So it goes first.
        early = [asyncio.ensure_future(child.end(seconds)) for child in children if not child.was_up]
        if early:
            await asyncio.wait(early, timeout=EARLY)
        codes = await asyncio.gather(*(child.end(seconds) for child in children))
        if not failed:
            say("stopped")
        # One that was told before it was ready has no handler yet, and nothing to finish.
        return all(code == 0 or not child.was_up for child, code in zip(children, codes, strict=True))


async def first_of(*each: Coroutine[Any, Any, int]) -> int:
    """What the first of them to end gives; the others are cancelled, as all are when this is."""
    tasks = {asyncio.ensure_future(one) for one in each}
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        return done.pop().result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


def supervise(chosen: Chosen, options: ServeOptions, kind: type[Supervisor] = Supervisor) -> int:
    """Start this program again ``options.workers`` times and keep it so until told to stop.

    0 after a clean drain, 2 for a configuration mistake, 1 otherwise. In what is started,
    :meth:`interfaces.runner.worker.Worker.here` is not None.
    """
    try:
        command()
        http = any("http" in names for _, names in chosen)
        interfaces = [interface for interface, _ in chosen]
        with Held(interfaces, options, http=http) as held, asyncio.Runner() as runner:
            return runner.run(kind(held, options).run())
    except (ConfigError, OSError) as error:
        say(str(error))
        return 2 if isinstance(error, ConfigError) else 1
