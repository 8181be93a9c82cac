"""One instance of an application: the only code that calls one.

A session has an inbox with a bound. Events go in by :meth:`Session.offer` (never waits, says whether there is
still room) or :meth:`Session.put` (waits while it is full); the application takes them out by ``receive()``.

The end has one rule for every kind of scope: after the *last* event, an application that asks for yet another
has nothing to wait for. It is released: ``on_end`` is called at once, the task is cancelled, and that is a
normal end. So consumers that loop for ever, as those of Channels do, end with their scope.
"""

import asyncio
import logging
from asyncio import Future, Task
from collections import deque
from collections.abc import Awaitable, Callable
from time import monotonic
from types import TracebackType
from typing import Any, Final

from interfaces.shared.asgi import Application, Event, Scope, Send
from interfaces.shared.errors import NoRoute, PeerGone, Unavailable
from interfaces.shared.marks import about
from interfaces.shared.meter import NOBODY, Meter, here
from interfaces.shared.strand import lane

__all__ = ["Instance", "Session", "log", "report"]

log = logging.getLogger("interfaces.application")
WEIGHT: Final = 262144
"""What an inbox holds in bytes unless its ``weight`` says otherwise."""
_OURS: Final = ("interfaces.shared.", "interfaces.runner.", "interfaces.console.")
"""Modules through which an application is called: their frames tell its author nothing."""
_Future: Final = Future  # names that a compiled module need not look up
_Task: Final = Task
_clock: Final = monotonic


class Instance:
    """A running application: its task, how it ended, and who waits in ``receive``.

    ``error`` is None or what it raised. A subclass has ``receive`` and ``send``, and may extend :meth:`end`.
    """

    def __init__(self, app: Application, scope: Scope) -> None:
        self.app = app
        self.scope = scope
        self.error: BaseException | None = None
        self.ended: bool = False
        self.task: Any = None
        self.lane: Any = None
        self.meter: Meter = NOBODY
        """The figures of its type, once it is started."""
        self.started: float = 0.0
        self._loop: Any = None
        self._waiter: Any = None

    def __repr__(self) -> str:
        state = "ended" if self.ended else "running" if self.task is not None else "new"
        return f"<{type(self).__name__} {self.scope.get('type', '')} {self.scope.get('path', '')} {state}>"

    @property
    def asking(self) -> bool:
        """Whether the application waits for an event."""
        return self._waiter is not None and not self._waiter.done()

    @property
    def unrouted(self) -> bool:
        """Whether the application said that it knows no such address."""
        return isinstance(self.error, NoRoute)

    @property
    def unavailable(self) -> bool:
        """Whether what the application needs is not there for now: the peer is to try again."""
        return isinstance(self.error, Unavailable)

    def about(self) -> dict[str, str]:
        """What logs say of it beside their message: the id of its scope, and its trace, if there is one."""
        return about(self.scope)

    async def receive(self) -> Event:
        """The application's ``receive``."""
        raise NotImplementedError

    async def send(self, event: Event) -> None:
        """The application's ``send``."""
        raise NotImplementedError

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Call the application; one that fails to give a coroutine has raised."""
        self._loop = loop
        if self.meter is NOBODY:
            self.meter = here().of(self.scope.get("type", ""))
        self.meter.begun += 1
        self.started = _clock()
        call: Any = None
        try:
            call = self.app(self.scope, self.receive, self.send)
            found = lane(self.scope["type"])
            if found is None:
                self.task = _Task(call, loop=loop, name="application")
            else:
                self.lane = found
                self.task = found.task(call, loop)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever it is, it is the application's
            self.error = error
            loop.call_soon(self._failed)
        else:
            self.task.add_done_callback(self._done)

    def cancel(self) -> None:
        """End the application now."""
        if self.task is not None:
            self.task.cancel()

    async def wait(self, seconds: float) -> bool:
        """Wait until the application has ended; after ``seconds`` it is cancelled, and False comes back."""
        if self.task is None or self.task.done():
            return True
        await asyncio.wait({self.task}, timeout=seconds)
        if self.task.done():
            return True
        self.task.cancel()
        await asyncio.wait({self.task}, timeout=1)
        return False

    def end(self) -> None:
        """It is over: called once or more often, the first time counts."""
        self.ended = True
        self.wake()

    def wake(self) -> None:
        """Let ``receive`` look again."""
        waiter = self._waiter
        if waiter is not None:
            self._waiter = None
            if not waiter.done():
                waiter.set_result(None)

    def arrival(self) -> Awaitable[object]:
        """What to await until :meth:`wake`; a second caller waits beside the first and cannot cancel it."""
        waiter = self._waiter
        if waiter is not None and not waiter.done():
            return asyncio.wait({waiter})
        self._waiter = waiter = _Future(loop=self._loop)
        return waiter

    def _done(self, task: Any) -> None:
        if self.lane is not None:
            self.lane.close()
        how = ""
        if not task.cancelled():
            error = task.exception()
            if error is not None and not self.ended and not isinstance(error, PeerGone):
                self.error = error
                how = self._how()
        elif not self.ended:  # who was released is cancelled, too
            how = "cancelled"
        self.end()
        self.measured(how)

    def _failed(self) -> None:
        """There was no coroutine to run."""
        self.end()
        self.measured(self._how())

    def _how(self) -> str:
        return "unrouted" if self.unrouted else "unavailable" if self.unavailable else "failed"

    def measured(self, how: str) -> None:
        """Add to the figures that it has ended, and ``how``: "" for well. Called once."""
        if how:
            self.meter.ended(how, _clock() - self.started)
        else:  # a request may be done in a few microseconds: no call more than is needed
            self.meter.lasted.add(_clock() - self.started)


class Session(Instance):
    """One scope with an inbox: a socket, a message from outside, a lifespan.

    The inbox holds ``capacity`` events or, as far as their sizes are told, ``weight`` bytes; once full it stays so
    until it is empty. ``on_room()`` is called when it was full and no longer is; ``on_end(session)`` once: when the
    application returned, raised, or was released.
    """

    def __init__(
        self,
        app: Application,
        scope: Scope,
        send: Send,
        *,
        capacity: int = 32,
        on_end: Callable[["Session"], None] | None = None,
        on_room: Callable[[], None] | None = None,
    ) -> None:
        super().__init__(app, scope)
        self.capacity: int = capacity
        self.weight: int = WEIGHT
        self.full: bool = False
        self.closing: bool = False
        self._send = send
        self._on_end = on_end
        self._on_room = on_room
        self._weight: int = 0
        self._inbox: deque[Event] = deque()
        self._room: Any = None

    async def receive(self) -> Event:
        """The next event; after the last one the application is released."""
        while not self._inbox:
            if self.closing:
                self._release()
            await self.arrival()
        event = self._inbox.popleft()
        self.meter.taken += 1
        if not self._inbox:
            self._weight = 0
            if self.closing:
                self.emptied()
            if self.full:
                self._make_room()
        return event

    async def send(self, event: Event) -> None:
        """Hand ``event`` to the interface; PeerGone after the session has ended."""
        if self.ended:
            raise PeerGone("the session has ended")
        self.meter.sent += 1
        await self._send(event)

    @property
    def waiting(self) -> bool:
        """Whether events wait for the application."""
        return bool(self._inbox)

    def emptied(self) -> None:
        """The application has taken the last event: for who extends this; does nothing here."""

    def offer(self, event: Event, size: int = 0) -> bool:
        """Put ``event`` of ``size`` bytes in; False when the inbox is full now (pause the peer, then)."""
        if self.ended or self.closing:
            return True
        self._inbox.append(event)
        self._weight += size
        if len(self._inbox) >= self.capacity or self._weight >= self.weight:
            self.full = True
        self.wake()
        return not self.full

    async def put(self, event: Event, size: int = 0) -> None:
        """Put ``event`` in, waiting while the inbox is full; returns at once when the application has ended."""
        while self.full and not self.ended:
            if self._room is None:
                self._room = asyncio.Event()
            await self._room.wait()
        self.offer(event, size)

    def last(self, event: Event | None = None) -> None:
        """Put in the last event, if there is one; it is never refused for want of room."""
        if not self.closing and not self.ended:
            if event is not None:
                self._inbox.append(event)
            self.closing = True
            self.wake()

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

    def end(self) -> None:
        """It is over: whoever waits for room goes on, and ``on_end`` is called."""
        if not self.ended:
            super().end()
            if self.full:
                self._make_room()
            on_end, self._on_end = (
                self._on_end,
                None,
            )  # kept, it might hold us in a circle, with all that came
            if on_end is not None:
                on_end(self)

    def _make_room(self) -> None:
        self.full = False
        if self._on_room is not None:
            self._on_room()
        if self._room is not None:
            self._room.set()
            self._room = None

    def _release(self) -> None:
        self.end()
        self.cancel()


def report(session: Instance) -> None:
    """Log what the application raised, with the frames that are its own; one line for what is Unavailable."""
    error = session.error
    if error is None or isinstance(error, NoRoute):
        return
    kind, path = session.scope.get("type", ""), session.scope.get("path", "")
    if kind == "upstream" and isinstance(session, Session) and session.waiting:
        log.debug("the application does not speak upstream: %r", error)  # it has refused the type, as it may
        return
    if isinstance(error, Unavailable):  # nobody's mistake: no frame says more than its words
        reason = " ".join(str(error).split()) or type(error).__name__
        log.warning("%s %s: unavailable: %s", kind, path, reason, extra=session.about())
        return
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_globals.get("__name__", "").startswith(_OURS):
        trace = trace.tb_next
    raised = (type(error), error, trace)
    log.error("%s %s: the application raised", kind, path, exc_info=raised, extra=session.about())
