"""Twisted's reactor on an event loop that runs already; see :func:`interfaces.shared.endpoint.reactor`."""

import asyncio
import logging
import selectors
import sys
from collections.abc import Callable
from functools import cache, partial
from typing import Any

from twisted.internet.asyncioreactor import AsyncioSelectorReactor
from twisted.internet.main import installReactor
from twisted.internet.posixbase import PosixReactorBase
from twisted.logger import STDLibLogObserver, globalLogBeginner

from interfaces.shared.errors import ConfigError

__all__ = ["LoopReactor", "Polling", "reactor_on"]

_log = logging.getLogger("interfaces.listen")
_MODULE = "twisted.internet.reactor"
_ENDING = 5.0
"""Seconds that what Twisted does at shutdown may take."""
_EVENTS = (selectors.EVENT_READ, selectors.EVENT_WRITE)


class Polling:
    """What Twisted's reactor needs of an event loop, the descriptors polled by a selector behind one of them.

    uvloop calls the reader of a connection that its peer has reset once, and then forgets the descriptor,
    however much there is to read (libuv's UV_EBADF, https://github.com/MagicStack/uvloop/issues/552).
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.time = loop.time
        self.call_at = loop.call_at
        self.call_soon_threadsafe = loop.call_soon_threadsafe
        self.add_reader = partial(self._add, 0)
        self.add_writer = partial(self._add, 1)
        self.remove_reader = partial(self._remove, 0)
        self.remove_writer = partial(self._remove, 1)
        self._loop = loop
        self._ready = selectors.DefaultSelector()
        loop.add_reader(self._ready.fileno(), self._poll)

    def close(self) -> None:
        """Poll no more."""
        self._loop.remove_reader(self._ready.fileno())
        self._ready.close()

    def _calls(self, fd: int) -> list[Callable[[], object] | None]:
        """What is called when ``fd`` can be read, and when it can be written."""
        key = self._ready.get_map().get(fd)
        return [None, None] if key is None else list(key.data)

    def _add(self, which: int, fd: int, call: Callable[..., object], *given: Any) -> None:
        calls = self._calls(fd)
        calls[which] = partial(call, *given)
        self._watch(fd, calls)

    def _remove(self, which: int, fd: int) -> bool:
        calls = self._calls(fd)
        known = calls[which] is not None
        calls[which] = None
        self._watch(fd, calls)
        return known

    def _watch(self, fd: int, calls: list[Callable[[], object] | None]) -> None:
        events = sum(event for event, call in zip(_EVENTS, calls, strict=True) if call is not None)
        known = fd in self._ready.get_map()
        if events:
            (self._ready.modify if known else self._ready.register)(fd, events, calls)
        elif known:
            self._ready.unregister(fd)

    def _poll(self) -> None:
        for key, events in self._ready.select(0):
            for which, event in enumerate(_EVENTS):
                # Asked for again: an earlier call of this turn may have removed it.
                call = self._calls(key.fd)[which]
                if events & event and call is not None:
                    call()


class LoopReactor(AsyncioSelectorReactor):
    """Twisted's reactor on a loop that is not Twisted's to run or to stop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._polling = Polling(loop) if type(loop).__module__.startswith("uvloop") else None
        super().__init__(self._polling or loop)
        self.startRunning(installSignalHandlers=False)
        self.life = loop.create_task(self._live())

    def installWaker(self) -> None:
        """None is needed: the loop wakes itself."""

    def crash(self) -> None:
        """Twisted is over; whoever runs the loop stops it."""
        PosixReactorBase.crash(self)

    async def _live(self) -> None:
        """Wait for the end of the loop, which cancels its tasks; then end Twisted's threads and sockets."""
        try:
            await self.loop.create_future()
        finally:
            ended = self.loop.create_future()
            self.addSystemEventTrigger("after", "shutdown", ended.set_result, None)
            self.fireSystemEvent("shutdown")
            await asyncio.wait({ended}, timeout=_ENDING)
            if self._polling is not None:
                self._polling.close()


def reactor_on(loop: asyncio.AbstractEventLoop) -> Any:
    """The process's reactor, if need be made now; ConfigError when it runs, and not on ``loop``."""
    installed: Any = sys.modules.get(_MODULE)
    if installed is not None:
        if getattr(installed, "running", False):
            if loop in (getattr(installed, "loop", None), getattr(installed, "_asyncioEventloop", None)):
                return installed
            raise ConfigError("Twisted's reactor runs already, and not on this event loop; a process has one")
        if not isinstance(installed, LoopReactor):
            # Daphne's Django app makes one as soon as it is imported, and runs it only in its own server.
            _log.warning("a Twisted reactor that never ran is replaced (does INSTALLED_APPS have daphne?)")
        del sys.modules[_MODULE]
    _log_as_python_does()
    made = LoopReactor(loop)
    installReactor(made)
    return made


@cache
def _log_as_python_does() -> None:
    globalLogBeginner.beginLoggingTo([STDLibLogObserver("twisted")], redirectStandardIO=False)
