"""What stands in for connections, loops and mail: it keeps what it is told, and does what a test says."""

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from interfaces.layers.base import ChannelFull
from interfaces.workers.wire import decode, encode


class Carrier:
    """Keeps the frames of sessions as the other side would read them."""

    def __init__(self) -> None:
        self.blocked = False
        self.frames: list[tuple[int, int, Any]] = []
        self.writers: list[asyncio.Future[None]] = []

    def post(self, kind: int, session: int, payload: Any) -> int:
        """Keep it."""
        body = encode(kind, session, payload)
        self.frames.append(decode(body)[:3])
        return len(body)

    async def writable(self) -> None:
        """Wait for :meth:`unblock`."""
        if self.blocked:
            self.writers.append(asyncio.get_running_loop().create_future())
            await self.writers[-1]

    def unblock(self) -> None:
        """What waited has left."""
        self.blocked = False
        for writer in self.writers:
            writer.set_result(None)
        self.writers = []

    def taken(self, kind: int) -> list[Any]:
        """The payloads of the frames of one kind."""
        return [payload for found, _, payload in self.frames if found == kind]


class Timer:
    """A call that is planned."""

    def __init__(self, at: float, call: Callable[[], None]) -> None:
        self.at, self.call, self.cancelled = at, call, False

    def cancel(self) -> None:
        """Not any more."""
        self.cancelled = True


class Loop:
    """A loop whose time a test lets pass."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.soon: list[Callable[[], None]] = []
        self.timers: list[Timer] = []

    def time(self) -> float:
        """Seconds."""
        return self.now

    def call_soon(self, call: Callable[[], None]) -> None:
        """At :meth:`turn`."""
        self.soon.append(call)

    def call_later(self, seconds: float, call: Callable[[], None]) -> Timer:
        """At :meth:`later`."""
        self.timers.append(Timer(self.now + seconds, call))
        return self.timers[-1]

    def turn(self) -> None:
        """One turn ends."""
        soon, self.soon = self.soon, []
        for call in soon:
            call()

    def later(self, seconds: float) -> None:
        """Let time pass; what is due runs when it is."""
        until = self.now + seconds
        while due := [one for one in self.planned if one.at <= until]:
            first = min(due, key=lambda one: one.at)
            self.timers.remove(first)
            self.now = max(self.now, first.at)
            first.call()
        self.now = until

    @property
    def planned(self) -> list[Timer]:
        """What will still be called."""
        return [timer for timer in self.timers if not timer.cancelled]


class Wire:
    """An asyncio transport: keeps each write, and how it was closed."""

    def __init__(self) -> None:
        self.writes: list[bytes] = []
        self.ended = ""

    def write(self, data: bytes) -> None:
        """Keep it."""
        self.writes.append(data)

    def close(self) -> None:
        """Close when all has left."""
        self.ended = self.ended or "closed"

    def abort(self) -> None:
        """Close at once."""
        self.ended = self.ended or "aborted"

    def is_closing(self) -> bool:
        """Whether it was asked to."""
        return bool(self.ended)

    def take(self) -> bytes:
        """What was written since the last time."""
        writes, self.writes = self.writes, []
        return b"".join(writes)


class Mail:
    """A hub's mail, with a credit that a test gives."""

    def __init__(self, address: str = "me") -> None:
        self.address = address
        self.handlers: dict[int, Callable[[str, Any, int], None]] = {}
        self.posted: list[tuple[str, Any]] = []
        self.credit = 1 << 20
        self.trouble: Exception | None = None
        self.watched: dict[str, Callable[[str, str], None]] = {}
        self.read: list[tuple[str, int]] = []
        self.waiting: list[asyncio.Future[None]] = []

    def post(self, to: str, kind: int, item: bytes) -> None:
        """Keep it, or refuse it."""
        if self.trouble is not None:
            raise self.trouble
        if len(item) > self.credit:
            raise ChannelFull(to)
        self.credit -= len(item)
        self.posted.append((to, decode(item)[:3]))

    async def room(self, to: str, size: int = 1) -> None:
        """Wait for :meth:`give`."""
        while self.credit < size:
            self.waiting.append(asyncio.get_running_loop().create_future())
            await self.waiting[-1]

    def give(self, credit: int) -> None:
        """More may be posted."""
        self.credit += credit
        waiting, self.waiting = self.waiting, []
        for one in waiting:
            one.set_result(None)

    def fail(self, error: Exception) -> None:
        """Whoever waits for room gets this."""
        waiting, self.waiting = self.waiting, []
        for one in waiting:
            one.set_exception(error)

    def watch(self, peer: str, gone: Callable[[str, str], None]) -> None:
        """Tell when it is gone."""
        self.watched[peer] = gone

    def unwatch(self, peer: str, gone: Callable[[str, str], None]) -> None:
        """Not any more."""
        assert self.watched[peer] == gone
        del self.watched[peer]

    def consumed(self, sender: str, size: int) -> None:
        """It was read."""
        self.read.append((sender, size))

    def lose(self, peer: str, reason: str = "gone") -> None:
        """A hub is gone."""
        self.watched.pop(peer)(peer, reason)

    def frames(self, to: str | None = None) -> list[Any]:
        """What was posted, to one hub or all."""
        return [frame for whom, frame in self.posted if to in (None, whom)]


class Clock:
    """asyncio, with sleep that a test ends."""

    def __init__(self) -> None:
        self.sleeping: list[tuple[float, asyncio.Future[None]]] = []
        self.deadlines: list[tuple[float, asyncio.Timeout]] = []

    def __getattr__(self, name: str) -> Any:
        """The rest is asyncio's."""
        return getattr(asyncio, name)

    async def sleep(self, seconds: float) -> None:
        """Until :meth:`wake`."""
        self.sleeping.append((seconds, asyncio.get_running_loop().create_future()))
        await self.sleeping[-1][1]

    def timeout(self, seconds: float) -> asyncio.Timeout:
        """A deadline, which comes with :meth:`overdue`."""
        self.deadlines.append((seconds, asyncio.timeout(None)))
        return self.deadlines[-1][1]

    def overdue(self, seconds: float) -> None:
        """Let deadlines of so many seconds be over that somebody still waits for."""
        for found, deadline in self.deadlines:
            if found == seconds and "active" in repr(deadline):
                deadline.reschedule(0)

    async def wake(self, *, seconds: float) -> int:
        """End what sleeps so long; how many."""
        await turns()
        due = [one for one in self.sleeping if one[0] == seconds and not one[1].done()]
        self.sleeping = [one for one in self.sleeping if not one[1].done() and one not in due]
        for _, future in due:
            future.set_result(None)
        await turns(40)
        return len(due)


class Broker:
    """A hub, its node and its hashes."""

    def __init__(self) -> None:
        self.settings, self.nodes = SimpleNamespace(prefix="p"), [self]
        self.now = 100.0
        self.trouble: Exception | None = None
        self.hashes: dict[str, dict[Any, bytes]] = {}

    def hub(self) -> "Broker":
        """It is the layer as well."""
        return self

    async def started(self) -> None:
        """It is."""

    def server_time(self) -> float:
        """Seconds."""
        return self.now

    async def call(self, word: str, key: str, *more: Any) -> Any:
        """A command."""
        if self.trouble is not None:
            raise self.trouble
        fields = self.hashes.setdefault(key, {})
        if word == "HSET":
            fields[more[0]] = more[1]
        elif word == "HDEL":
            for field in more:
                fields.pop(field, None)
        return [one for pair in fields.items() for one in pair]

    def tell(self, then: None, *words: Any) -> None:
        """A command whose answer nobody wants."""
        assert words[0] == "HDEL"
        for field in words[2:]:
            self.hashes[words[1]].pop(field, None)


async def turns(number: int = 5) -> None:
    """Let tasks that are ready run."""
    for _ in range(number):
        await asyncio.sleep(0)
