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
    """What was taken; it expires at ``until`` by the clock, and nobody else can have it before ``lapses``.

    ``ours``: it may be given. ``pending``: the broker has it, waiting to be acknowledged or given back. An entry
    taken ahead is pending and not ours; while it is acknowledged, ``desk`` is whose receivers that is for, and
    ``asked`` says that the answer to that was lost.
    """

    __slots__ = ("asked", "desk", "id", "lapses", "message", "ours", "pending", "until")

    def __init__(self, id: bytes, message: Message, until: float, lapses: float, *, ours: bool) -> None:
        self.id = id
        self.message = message
        self.until = until
        self.lapses = lapses
        self.ours = ours
        self.pending = True
        self.asked = False
        self.desk: Wanting | None = None


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
    """One queue as this hub sees it."""

    __slots__ = (
        "asked", "buffer", "desks", "doubtful", "given", "keys", "limits", "name", "node", "sends", "untold",
    )  # fmt: skip

    def __init__(self, name: str, node: Node, keys: Keys, limits: tuple[int | str, ...]) -> None:
        self.name = name
        self.node = node
        self.keys = keys
        self.limits = limits
        self.buffer: deque[Entry] = deque()
        self.given: set[bytes] = set()  # the broker has not said that it knows of these
        self.untold: list[bytes] = []  # and has not been told of these
        self.desks: list[Wanting] = []
        self.sends: list[Send] = []
        self.doubtful = False  # the connection went before an answer that would say what we hold
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
        return not (self.buffer or self.desks or self.sends or self.given)

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

    def settle(self, claimed: list[Entry], mine: Sequence[int], now: float) -> int:
        """Make those ours for which ``mine`` is 1; the others are another's. How many of them may be nobody's.

        Where an answer was lost, what somebody has acknowledged already before it lapsed was by us.
        """
        gone: set[bytes] = set()
        uncertain = 0
        for entry, one in zip(claimed, mine, strict=True):
            self._release(entry)
            if one == 1 or (entry.asked and now < entry.lapses):
                entry.ours, entry.pending = True, False
            else:
                gone.add(entry.id)
                uncertain += entry.asked
        if gone:
            self.buffer = deque(entry for entry in self.buffer if entry.ours or entry.id not in gone)
        return uncertain

    def unsettle(self, claimed: list[Entry], *, lost: bool) -> None:
        """There was no answer, because it was ``lost`` or the broker refused: they are to be asked for again."""
        for entry in claimed:
            self._release(entry)
            entry.asked = entry.asked or lost
        self.doubtful = self.doubtful or lost

    def _release(self, entry: Entry) -> None:
        if entry.desk is not None:
            entry.desk.claims -= 1
            entry.desk = None


Found = tuple[Queue, Entry]
Waiter = asyncio.Future[Found]
