"""One queue as a hub sees it: what it pushes, the entries that it took, and which of them may be given."""

import asyncio
import itertools
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from interfaces.layers.base import ChannelFull, Message
from interfaces.layers.frames import Cipher
from interfaces.layers.node import Node
from interfaces.layers.scripts import PUSH, Keys

__all__ = [
    "BATCH", "BATCH_BYTES", "LEASE", "Entry", "Found", "Queue", "Rules", "Waiter", "Wanting", "batches",
]  # fmt: skip

LEASE = 30.0
"""Seconds after which what a hub took and did not acknowledge has lapsed; at most half of the expiry."""
BATCH, BATCH_BYTES = 1000, 8388608
"""Messages, and bytes, in one PUSH: more would hold up everybody else at the broker, and this process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What queues need to know of their layer."""

    prefix: str
    expiry: float
    """Seconds that an entry waits."""
    capacity: Callable[[str], int]
    count: Callable[[str, int], None]
    cipher: Cipher | None = None
    clock: Callable[[], float] = time.monotonic

    @property
    def lease(self) -> float:
        """Seconds after which entries of a dead hub are taken over."""
        return min(LEASE, self.expiry / 2)


Send = tuple[bytes, asyncio.Future[None]]
"""A message on its way, and who waits until the broker has it."""


def batches(sends: Iterable[Send]) -> Iterator[list[Send]]:
    """Sends, in order, as many together as one PUSH takes; a single one may be larger."""
    batch: list[Send] = []
    size = 0
    for send in sends:
        if batch and (len(batch) == BATCH or size + len(send[0]) > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(send)
        size += len(send[0])
    if batch:
        yield batch


class Entry:
    """What was taken; it expires at ``until`` by the clock.

    ``ours``: it may be given, for the broker has it as taken for good. One that was taken ahead is not, until the
    broker has been asked; while that is under way, ``desk`` is whose receivers it is for.
    """

    __slots__ = ("desk", "id", "message", "ours", "until")

    def __init__(self, id: bytes, message: Message, until: float, *, ours: bool) -> None:
        self.id = id
        self.message = message
        self.until = until
        self.ours = ours
        self.desk: Wanting | None = None

    @property
    def age(self) -> tuple[int, ...]:
        """What orders the entries of a queue: the older one is less."""
        return tuple(map(int, self.id.split(b"-")))


class Wanting(Protocol):
    """Receivers, as a queue sees them: those of one desk."""

    claims: int
    flight: asyncio.Future[None] | None
    prefetch: int
    waiters: "deque[Waiter]"

    def waiter(self) -> "Waiter | None":
        """Who has waited longest, and waits no more now."""
        ...

    def lacks(self, ready: int) -> int:
        """How many entries more they want to be theirs, where ``ready`` are."""
        ...

    def pull(self) -> None:
        """Take what is needed."""
        ...

    def rung(self, node: Node) -> bool:
        """There may be something on this broker; whether anybody here wants it."""
        ...


class Queue:
    """One queue as this hub sees it.

    An entry is in ``buffer``, then with a receiver that has not run yet (``between``), then ``given``.
    """

    __slots__ = (
        "asked", "between", "buffer", "desks", "doubtful", "given", "keys", "limits", "name", "node", "sends", "untold",
    )  # fmt: skip

    def __init__(self, name: str, node: Node, keys: Keys, limits: tuple[int | str, ...]) -> None:
        self.name = name
        self.node = node
        self.keys = keys
        self.limits = limits
        self.buffer: deque[Entry] = deque()
        self.between: set[bytes] = set()
        self.given: set[bytes] = set()  # the broker has not said that it knows of these
        self.untold: list[bytes] = []  # and has not been told of these
        self.desks: list[Wanting] = []
        self.sends: list[Send] = []
        self.doubtful = False  # an answer is missing that would say what we hold
        self.asked = 0.0

    def push(self, sends: list[Send], count: Callable[[str, int], None]) -> None:
        """Push messages in one call; each one's future is told."""

        def then(reply: Any) -> None:
            taken = 0
            if isinstance(reply, Exception):
                error = reply
            else:
                taken, expired = reply
                if expired:
                    count("layer.expired", expired)
                error = ChannelFull(self.name)
            for n, (_, future) in enumerate(sends):
                if not future.done():
                    if n < taken:
                        future.set_result(None)
                    else:
                        future.set_exception(error)

        words = [*self.limits, *[data for data, _ in sends]]
        self.node.tell_script(then, PUSH, self.keys[:2], words)

    def waiter(self) -> "Waiter | None":
        """Who waits, of its desks in turns, and waits no more now."""
        for desk in self.desks:
            if waiter := desk.waiter():
                if len(self.desks) > 1:
                    self.desks.append(self.desks.pop(0))
                return waiter
        return None

    @property
    def idle(self) -> bool:
        """Whether nobody would miss it."""
        return not (self.buffer or self.desks or self.sends or self.between or self.given or self.doubtful)

    @property
    def held(self) -> list[bytes]:
        """What we know that we have, and have not given."""
        return [*self.between, *(entry.id for entry in self.buffer)]

    def keep(self, entries: list[Entry]) -> None:
        """Put what was taken into the buffer; what was there already had lapsed, and perhaps is ours now."""
        known = {entry.id: entry for entry in self.buffer}
        for entry in entries:
            if old := known.get(entry.id):
                old.ours = old.ours or entry.ours
            elif entry.id not in self.between and entry.id not in self.given:
                self.buffer.append(entry)

    def put_back(self, entry: Entry) -> None:
        """What was to be given and was not is ours still, and in its place."""
        self.between.discard(entry.id)
        older = itertools.takewhile(lambda one: one.ours and one.age < entry.age, self.buffer)
        self.buffer.insert(sum(1 for _ in older), entry)

    def claim(self) -> list[Entry]:
        """The next entries that are wanted, each for a desk from now on."""
        claimed: list[Entry] = []
        ready = sum(1 for _ in itertools.takewhile(lambda entry: entry.ours, self.buffer))
        free = (entry for entry in self.buffer if not entry.ours and entry.desk is None)
        for desk in self.desks:
            for entry in itertools.islice(free, max(0, desk.lacks(ready))):
                entry.desk = desk
                desk.claims += 1
                claimed.append(entry)
        return claimed

    def settle(self, claimed: list[Entry], mine: Sequence[int] | None) -> None:
        """Make those ours for which ``mine`` is 1, and drop the others, which are another's.

        Without an answer they are to be asked for again.
        """
        for entry in claimed:
            if entry.desk is not None:
                entry.desk.claims -= 1
                entry.desk = None
        if mine is not None:
            for entry, one in zip(claimed, mine, strict=True):
                entry.ours = entry.ours or one == 1
            gone = {entry.id for entry in claimed if not entry.ours}
            if gone:
                self.buffer = deque(entry for entry in self.buffer if entry.id not in gone)


Found = tuple[Queue, Entry]
Waiter = asyncio.Future[Found]
