"""The application of one connection: an instance at a time, and the events that wait for it.

An instance that ends while the connection stands is followed by another, after a back-off, which is told how things
stand. What it is slow to take waits in a backlog, which is bounded; the connection never waits for it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final

from interfaces.irc.client.backlog import Backlog
from interfaces.shared.asgi import Application, Event
from interfaces.shared.session import Session, report

__all__ = ["GOOD", "LONGEST", "Instance", "Voice"]

log = logging.getLogger("interfaces.irc")
GOOD: Final = 60.0
"""Seconds after which an instance was good: the back-off begins anew."""
LONGEST: Final = 60.0
"""The longest back-off, in seconds."""


class Instance(Session):
    """One call of the application, which takes what ``backlog`` has."""

    def __init__(
        self,
        app: Application,
        scope: dict[str, Any],
        backlog: Backlog,
        send: Callable[[Event], Awaitable[None]],
        on_end: Callable[[Session], None],
    ) -> None:
        super().__init__(app, scope, send, on_end=on_end)
        self._backlog = backlog

    async def receive(self) -> Event:
        """The next event; after the last one the application is released."""
        while True:
            event = self._backlog.take()
            if event is not None:
                self.meter.taken += 1
                return event
            if self.closing:
                self._release()
            await self.arrival()


class Voice:
    """Calls ``app``. ``scope()`` makes a scope, ``resumed()`` the first event of another instance."""

    def __init__(
        self,
        app: Application,
        backlog: Backlog,
        *,
        scope: Callable[[], dict[str, Any]],
        resumed: Callable[[], Event],
        send: Callable[[Event], Awaitable[None]],
        restart: float,
    ) -> None:
        self.backlog = backlog
        self._app = app
        self._scope = scope
        self._resumed = resumed
        self._send = send
        self._restart = restart
        self._failures = 0
        self._began = 0.0
        self._instance: Instance | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._over = asyncio.Event()
        self._last = False
        self._deaf = False

    def __repr__(self) -> str:
        return f"<Voice {self._instance!r}, {len(self.backlog)} wait>"

    @property
    def idle(self) -> bool:
        """Whether the application has dealt with all that there is."""
        instance = self._instance
        return not len(self.backlog) and (instance is None or instance.ended or instance.asking)

    def start(self) -> None:
        """Call the application for the first time."""
        if self._over.is_set():
            return
        loop = asyncio.get_running_loop()
        self._began = loop.time()
        instance = Instance(self._app, self._scope(), self.backlog, self._send, self._ended)
        instance.closing = self._last
        self._instance = instance
        instance.start(loop)

    def tell(self, event: Event) -> None:
        """Have it told."""
        if not self._deaf and not self._last:
            self.backlog.add(event)
            if self._instance is not None:
                self._instance.wake()

    def finish(self, event: Event) -> None:
        """The last event."""
        if self._last:
            return
        self.tell(event)
        self._last = True
        instance = self._instance
        if instance is None or instance.ended:
            self._close()
        else:
            instance.closing = True
            instance.wake()

    async def over(self, seconds: float) -> None:
        """Wait until the application has ended; it is cancelled after so long."""
        instance = self._instance
        if instance is not None and not self._over.is_set():
            await instance.wait(seconds)
        self._close()

    # --- instances --------------------------------------------------------------------------------

    def _ended(self, instance: Session) -> None:
        """One has ended: by itself, or since there was nothing more to tell."""
        if instance.error is not None:
            report(instance)
        if self._last:
            self._close()
            return
        path = instance.scope["path"]
        if instance.unrouted:
            log.warning("%s: the application has no route for it: nobody is told what happens there", path)
            self._deaf = True
            return
        loop = asyncio.get_running_loop()
        if loop.time() - self._began >= GOOD:
            self._failures = 0
        delay = min(LONGEST, self._restart * 2.0 ** min(self._failures, 30))
        self._failures += 1
        if instance.error is None:
            log.warning("%s: the application returned; it is called again in %g s", path, delay)
        self._timer = loop.call_later(delay, self._again)

    def _again(self) -> None:
        self._timer = None
        self.backlog.renew(self._resumed())
        self.start()

    def _close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._over.set()
