"""Group commit: what is to be written while a group is, or within one turn of the loop, is the next group."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Final

from interfaces.shared.spool.segments import Place, Segments, Write

__all__ = ["GROUP", "PAUSE", "Writer"]

log = logging.getLogger("interfaces.spool")

GROUP: Final = 1000
"""Records of one group."""
PAUSE: Final = 1.0
"""Seconds until what could not be written is tried again."""

Then = Callable[[Place | None], None]


def _nothing(_place: Place | None) -> None:
    """Where nobody waits."""


class Writer:
    """Writes to ``segments`` in a thread of its own; the loop never waits for the disk."""

    def __init__(self, segments: Segments, loop: asyncio.AbstractEventLoop) -> None:
        self.segments = segments
        self._loop = loop
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="spool")
        self._pending: list[tuple[Write, Then]] = []
        self._jobs: deque[tuple[Callable[[], Any], Callable[[Any], None]]] = deque()
        self._busy = False
        self._closing = False
        self._idle: asyncio.Future[None] | None = None

    def __repr__(self) -> str:
        return f"<Writer of {self.segments!r}: {len(self._pending)} pending>"

    def add(self, write: Write, then: Then = _nothing) -> None:
        """Write it with the next group; ``then`` is told where it is, or None: it could not be written.

        What is no message of its own (``write.again``) is tried until it can.
        """
        self._pending.append((write, then))
        self._soon()

    def job(self, work: Callable[[], Any], then: Callable[[Any], None]) -> None:
        """Do ``work`` in the thread between two groups; ``then`` is given what it returns, or raised."""
        self._jobs.append((work, then))
        self._soon()

    async def run(self, work: Callable[[], Any]) -> Any:
        """The same, waited for; raises what it raises."""
        return await self._loop.run_in_executor(self._thread, work)

    async def close(self) -> None:
        """Write what is to be written, as far as that is possible, and end the thread."""
        self._closing = True
        self._idle = self._loop.create_future()
        self._soon()
        await self._idle
        self._thread.shutdown()

    def _soon(self) -> None:
        if not self._busy:
            self._busy = True
            self._loop.call_soon(self._next)

    def _next(self) -> None:
        """The next job, or group; one is in the thread at a time."""
        if self._jobs:
            work, then = self._jobs.popleft()
            self._start(work, partial(self._worked, then))
        elif self._pending:
            group, self._pending = self._pending[:GROUP], self._pending[GROUP:]
            self._start(
                partial(self.segments.add, [write for write, _ in group]), partial(self._written, group)
            )
        else:
            self._busy = False
            if self._idle is not None and not self._idle.done():
                self._idle.set_result(None)

    def _start(self, work: Callable[[], Any], then: Callable[[asyncio.Future[Any]], None]) -> None:
        self._loop.run_in_executor(self._thread, work).add_done_callback(then)

    def _worked(self, then: Callable[[Any], None], done: "asyncio.Future[Any]") -> None:
        error = done.exception()
        if error is not None:
            log.error("%s: %s", self.segments.folder, error, exc_info=_unexpected(error))
        then(error or done.result())
        self._next()

    def _written(self, group: list[tuple[Write, Then]], done: "asyncio.Future[list[Place]]") -> None:
        error = done.exception()
        if error is None:
            for (_, then), place in zip(group, done.result(), strict=True):
                then(place)
            self._next()
            return
        log.error("%s cannot be written: %s", self.segments.folder, error, exc_info=_unexpected(error))
        again = [one for one in group if one[0].again and not self._closing]
        for write, then in group:
            if not write.again or self._closing:
                then(None)
        self._pending[:0] = again
        if again and all(write.again for write, _ in self._pending):
            self._loop.call_later(PAUSE, self._next)
        else:
            self._next()


def _unexpected(error: BaseException) -> BaseException | None:
    """What is not the disk's fault is shown whole."""
    return None if isinstance(error, OSError) else error
