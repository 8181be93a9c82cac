"""What every transport has: sessions with credit at both ends, and how they are opened and taken."""

import asyncio
from abc import abstractmethod
from collections import deque
from collections.abc import Callable
from time import monotonic
from typing import Any, Protocol

import msgspec

from interfaces.shared.asgi import Event, Scope
from interfaces.shared.errors import Unavailable
from interfaces.shared.meter import here
from interfaces.workers.wire import (
    ASK,
    BACK,
    CANCEL,
    CREDIT,
    END,
    EVENT,
    LAST,
    REFUSE,
    REJECT,
    SEND,
    TAKEN,
    WINDOW,
    packed,
    travelling,
)  # fmt: skip

__all__ = ["Busy", "Carrier", "Link", "Lost", "Source", "Taken", "Transport"]

GRANT = WINDOW // 4
"""Bytes that are consumed before the other side is told."""


class Busy(Unavailable):
    """No worker had a free slot in time, or too many openings wait for one already."""


class Lost(Unavailable):
    """The worker is gone."""


class Carrier(Protocol):
    """What takes the frames of sessions to one peer."""

    blocked: bool
    """Whether more is waiting to leave than should."""

    @abstractmethod
    def post(self, kind: int, session: int, payload: Any) -> int:
        """Send a frame; its bytes. RuntimeError for what cannot travel; a lost peer swallows it."""

    @abstractmethod
    async def writable(self) -> None:
        """Wait while it is blocked."""


class End:
    """One end of a session: how much it may still send, and how much it has consumed."""

    def __init__(self, session: int = 0, carrier: Carrier | None = None) -> None:
        self.session = session
        self.carrier = carrier
        self.closed = False
        self._under_way = 0
        self._owed = 0
        self._waiter: asyncio.Future[None] | None = None

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.session}{' closed' if self.closed else ''}>"

    @property
    def blocked(self) -> bool:
        """Whether the other side has enough for now."""
        return self._under_way >= WINDOW or (self.carrier is not None and self.carrier.blocked)

    async def room(self) -> None:
        """Wait until it may want more: look again then."""
        if self._under_way < WINDOW and self.carrier is not None:
            await self.carrier.writable()
        else:
            if self._waiter is None or self._waiter.done():
                self._waiter = asyncio.get_running_loop().create_future()
            await asyncio.wait({self._waiter})

    def credited(self, size: int) -> None:
        """The other side has consumed ``size`` bytes."""
        self._under_way -= size
        self.wake()

    def consumed(self, size: int) -> None:
        """We have; the other is told when it is worth a frame."""
        self._owed += size
        if self._owed >= GRANT and not self.closed:
            self.post(CREDIT, self._owed)
            self._owed = 0

    def post(self, kind: int, payload: Any) -> int:
        """Send a frame of this session; its bytes."""
        return self.carrier.post(kind, self.session, payload) if self.carrier is not None else 0

    def wake(self) -> None:
        """Let who waits for room look again."""
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def close(self) -> None:
        """It is over."""
        self.closed = True
        self.wake()


class Link(End):
    """The interface container's end. Events that are put in before a worker has taken it go with the opening.

    ``style`` is the worker's, "" until it has taken it; ``limits`` those of its requests in event style, if it said so.
    """

    def __init__(
        self, scope: Scope, *, attempt: int = 1, asks: bool = False, more: dict[str, Any] | None = None
    ) -> None:
        super().__init__()
        self.more = {"asks": asks, **(more or {})}
        """What else is in the opening."""
        self.kind: str = scope["type"]
        self.attempt = attempt
        self.style = ""
        self.worker = ""
        self.limits: tuple[int, float] | None = None
        self.news: deque[tuple[int, Any, int]] = deque()
        """What came: kind (SEND, ASK, END; 0 with an Unavailable), payload, bytes."""
        self._scope = travelling(scope)
        self._before: list[tuple[int, msgspec.Raw, Event]] | None = []
        """What was put in until it is taken: it may have to go to another worker."""
        self._opened: list[msgspec.Raw] = []
        self._wanted: asyncio.Future[None] | None = None
        self._made = monotonic()
        self._waits = here().histogram("queue.wait", queue="relay")

    def put(self, event: Event, *, last: bool = False) -> None:
        """Send an event to the application. RuntimeError for what cannot travel."""
        kind = LAST if last else EVENT
        if self._before is None:
            self._under_way += self.post(kind, event)
            return
        raw = packed(event)
        self._before.append((kind, raw, event))
        size = self.post(kind, raw)
        self._under_way += size or len(bytes(raw))

    def opening(self) -> dict[str, Any]:
        """What opens it at a worker, with the events that were put in until now."""
        self._opened = [raw for kind, raw, _ in self._before or () if kind == EVENT]
        return {"scope": self._scope, "events": self._opened, "attempt": self.attempt, **self.more}

    def assigned(self, carrier: Carrier, session: int) -> None:
        """A worker has the opening, or is sent it now: so is all that came after it."""
        self.carrier, self.session = carrier, session
        self._waits.add(monotonic() - self._made)
        self._under_way = 0
        before = len(self._opened)
        for number, (kind, raw, _) in enumerate(self._before or ()):
            if number >= before:
                self._under_way += self.post(kind, raw)
        self.wake()

    @property
    def unheard(self) -> list[Event]:
        """What was put in and is still the container's to deal with: all of it, in event style."""
        return [event for _, _, event in self._before or ()]

    def unassigned(self) -> None:
        """The worker gave it back before it began."""
        self.carrier, self.session, self._opened = None, 0, []
        self._under_way = sum(len(bytes(raw)) for _, raw, _ in self._before or ())

    def heard(self, kind: int, payload: Any, size: int) -> None:
        """A frame of this session came."""
        if kind == CREDIT:
            if isinstance(payload, int):
                self.credited(payload)
        elif kind == TAKEN:
            facts = payload if isinstance(payload, dict) else {}
            self.style, self.worker = str(facts.get("style", "session")), str(facts.get("worker", ""))
            self.limits = _limits(facts.get("limits"))
            if self.style != "event":
                self._before = None
        elif kind in (SEND, ASK, END):
            self._tell(kind, payload, size)

    def failed(self, error: Unavailable) -> None:
        """No worker has it, or has it any more."""
        self._tell(0, error, 0)

    async def next(self) -> tuple[int, Any, int]:
        """Wait for news."""
        while not self.news:
            self._wanted = asyncio.get_running_loop().create_future()
            await self._wanted
        return self.news.popleft()

    def cancel(self) -> None:
        """End the application at the worker."""
        if not self.closed:
            self.post(CANCEL, None)

    def reject(self, reason: str) -> None:
        """What it sent does not fit."""
        self.post(REJECT, {"reason": reason})

    def _tell(self, kind: int, payload: Any, size: int) -> None:
        if self.closed:
            return
        self.news.append((kind, payload, size))
        if self._wanted is not None and not self._wanted.done():
            self._wanted.set_result(None)


class Taken(End):
    """The worker's end of a session. Who takes it sets ``on_event`` and the rest."""

    def __init__(self, session: int, carrier: Carrier, opening: dict[str, Any]) -> None:
        super().__init__(session, carrier)
        self.opening = opening
        self.on_event: Callable[[int, Any, int], None] = _nothing
        """Kind (EVENT, LAST, CANCEL, REJECT; 0 when the container is gone), payload, bytes."""
        self.on_closed: Callable[[Taken], None] | None = None
        self.version = 0
        """Of the protocol, where that was not agreed upon by introductions."""

    def take(self, facts: dict[str, Any]) -> None:
        """Say that it is being worked on."""
        self.post(TAKEN, facts | {"version": self.version} if self.version else facts)

    def give_back(self) -> None:
        """Say that it has not been begun."""
        self._finish(BACK, None)

    def refuse(self, reason: str) -> None:
        """Say that it cannot be worked on here."""
        self._finish(REFUSE, {"reason": reason})

    def send(self, event: Event) -> None:
        """Send what the application sent. RuntimeError for what cannot travel."""
        self._under_way += self.post(SEND, event)

    def end(self, facts: dict[str, Any]) -> None:
        """Say how it ended."""
        self._finish(END, facts)

    def heard(self, kind: int, payload: Any, size: int) -> None:
        """A frame of this session came."""
        if kind == CREDIT:
            if isinstance(payload, int):
                self.credited(payload)
        elif kind in (EVENT, LAST, CANCEL, REJECT):
            self.on_event(kind, payload, size)

    def lost(self) -> None:
        """The container is gone."""
        self.on_event(0, None, 0)
        self.close()

    def _finish(self, kind: int, payload: Any) -> None:
        if not self.closed:
            self.post(kind, payload)
            self.close()
            if self.on_closed is not None:
                self.on_closed(self)


def _limits(said: Any) -> tuple[int, float] | None:
    """Bytes of a body, and seconds; None for anything else."""
    if not isinstance(said, list) or len(said) != 2:
        return None
    size, seconds = said
    fits = isinstance(size, int) and isinstance(seconds, int | float) and size >= 0 and seconds >= 0
    return (size, seconds) if fits else None


def _nothing(kind: int, payload: Any, size: int) -> None:
    """Where nobody has taken it yet."""


class Transport(Protocol):
    """The interface container's side: finds workers for openings."""

    @abstractmethod
    def submit(self, link: Link) -> None:
        """Find a worker for ``link``, now or when one has a free slot; it fails with Busy or Lost."""

    @abstractmethod
    def withdraw(self, link: Link) -> bool:
        """The peer has left: True when no worker has the opening, nor will have it."""

    @abstractmethod
    def release(self, link: Link) -> None:
        """Nobody is interested in it any more."""


class Source(Protocol):
    """The worker's side: brings openings."""

    on_opening: Callable[[Taken], None]
    """Called for each opening; there is a free slot for it."""

    @abstractmethod
    def free(self, slots: int) -> None:
        """How many openings may come now, from all containers together."""

    @abstractmethod
    async def drain(self, seconds: float) -> None:
        """Let nothing more come; return when every container knows."""
