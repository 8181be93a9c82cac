"""One instance of an application: the only code that calls one.

A session has an inbox with a bound. Events go in by :meth:`Session.offer` (never waits, says whether there is
still room) or :meth:`Session.put` (waits while it is full); the application takes them out by ``receive()``.

The end has one rule for every kind of scope: after the *last* event, an application that asks for yet another
has nothing to wait for. It is released: ``on_end`` is called at once, the task is cancelled, and that is a
normal end. So consumers that loop for ever, as those of Channels do, end with their scope.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Any

from interfaces.shared.asgi import Application, Event, Scope, Send
from interfaces.shared.errors import NoRoute

__all__ = ["PeerGone", "Session", "log"]

log = logging.getLogger("interfaces.application")


class PeerGone(OSError):
    """What ``send`` raises when there is nobody to send to any more (ASGI spec_version 2.4)."""


class Session:
    """One scope: a request, a socket, a message from outside.

    ``on_end(session)`` is called once: when the application returned, raised, or was released. Then ``error``
    is None or what it raised, and ``unrouted`` tells that it knows no such address.
    """

    def __init__(
        self,
        app: Application,
        scope: Scope,
        send: Send,
        *,
        capacity: int = 32,
        on_end: Callable[["Session"], None] | None = None,
    ) -> None:
        self.app = app
        self.scope = scope
        self.capacity: int = capacity
        self.error: BaseException | None = None
        self.ended: bool = False
        self.closing: bool = False
        self.task: Any = None
        self._send = send
        self._on_end = on_end
        self._inbox: deque[Event] = deque()
        self._waiter: Any = None
        self._room: list[Any] = []

    def __repr__(self) -> str:
        state = "ended" if self.ended else "running" if self.task is not None else "new"
        return f"<Session {self.scope['type']} {self.scope.get('path', '')} {state}>"

    @property
    def unrouted(self) -> bool:
        """Whether the application said that it knows no such address."""
        return isinstance(self.error, NoRoute)

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Call the application."""
        call: Any = self.app(self.scope, self.receive, self.send)
        self.task = asyncio.Task(call, loop=loop, name="application")
        self.task.add_done_callback(self._done)

    async def receive(self) -> Event:
        """The application's ``receive``."""
        while not self._inbox:
            if self.closing:
                self._release()
            await self._arrival()
        event = self._inbox.popleft()
        if self._room:
            self._make_room()
        return event

    async def send(self, event: Event) -> None:
        """The application's ``send``; PeerGone after the session has ended."""
        if self.ended:
            raise PeerGone("the session has ended")
        await self._send(event)

    def offer(self, event: Event) -> bool:
        """Put ``event`` in; False when there is no room for a further one (pause the peer, then)."""
        if self.ended or self.closing:
            return True
        self._inbox.append(event)
        self._wake()
        return len(self._inbox) < self.capacity

    async def put(self, event: Event) -> None:
        """Put ``event`` in, waiting while the inbox is full; returns at once when the application has ended."""
        while len(self._inbox) >= self.capacity and not self.ended:
            waiter = asyncio.get_running_loop().create_future()
            self._room.append(waiter)
            await waiter
        self.offer(event)

    def last(self, event: Event | None = None) -> None:
        """Put in the last event, if there is one; it is never refused for want of room."""
        if not self.closing and not self.ended:
            if event is not None:
                self._inbox.append(event)
            self.closing = True
            self._wake()

    def cancel(self) -> None:
        """End the application now."""
        if self.task is not None:
            self.task.cancel()

    async def wait(self, seconds: float) -> None:
        """Wait until the application has ended; after ``seconds`` it is cancelled."""
        if self.task is not None and not self.task.done():
            await asyncio.wait({self.task}, timeout=seconds)
            if not self.task.done():
                self.task.cancel()
                await asyncio.wait({self.task}, timeout=seconds)

    async def __aenter__(self) -> "Session":
        self.start(asyncio.get_running_loop())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self.cancel()
        self.last()
        await self.wait(10)

    def _wake(self) -> None:
        waiter = self._waiter
        if waiter is not None:
            self._waiter = None
            if not waiter.done():
                waiter.set_result(None)

    async def _arrival(self) -> None:
        """Wait for :meth:`_wake`; a second caller waits beside the first and cannot cancel it."""
        waiter = self._waiter
        if waiter is not None and not waiter.done():
            await asyncio.wait({waiter})
            return
        waiter = asyncio.get_running_loop().create_future()
        self._waiter = waiter
        await waiter

    def _make_room(self) -> None:
        room = self._room
        self._room = []
        for waiter in room:
            if not waiter.done():
                waiter.set_result(None)

    def _release(self) -> None:
        self._end()
        if self.task is not None:
            self.task.cancel()

    def _done(self, task: Any) -> None:
        if not task.cancelled():
            error = task.exception()
            if error is not None and not isinstance(error, PeerGone) and not self.ended:
                self.error = error
        self._end()

    def _end(self) -> None:
        if not self.ended:
            self.ended = True
            self._wake()
            self._make_room()
            if self._on_end is not None:
                self._on_end(self)


def report(session: Session) -> None:
    """Log what the application raised, with the frames that are its own."""
    error = session.error
    if error is None or isinstance(error, NoRoute):
        return
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_globals.get("__name__", "").startswith("interfaces.shared."):
        trace = trace.tb_next
    kind = session.scope["type"]
    log.error("%s %s: the application raised", kind, session.scope.get("path", ""), exc_info=(type(error), error, trace))
