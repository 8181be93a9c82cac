"""Who waits for which queues, and the demand that makes: one TAKE at a time, of what the receivers need.

A desk is for receivers that wait for the same queues. Its queues may live on several brokers: each is asked in
turn, and once all have said that there is too little and that we are registered, their bells are waited for.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from interfaces.layers.entries import Found, Queue, Rules, Waiter
from interfaces.layers.node import Node
from interfaces.layers.pipe import Word
from interfaces.layers.scripts import TAKE
from interfaces.shared.errors import Unavailable

__all__ = ["AHEAD_BYTES", "BURST", "MOST", "POLL", "PREFETCH", "QUICK", "Bells", "Desk", "Owner"]

PREFETCH = 64
"""Entries taken ahead for a receiver that comes back within QUICK seconds; it starts with none and doubles."""
AHEAD_BYTES = 1048576
"""Bytes of messages beyond which one TAKE takes no more ahead."""
BURST = 16
"""Entries that are taken for good, or claimed, before such a receiver asks for them."""
QUICK = 0.005
RETRY = 1.0
"""Seconds between attempts to hear bells at a broker that is away."""
POLL = 1.0
"""Seconds between looks at a queue for which somebody waits, and for what the dead had taken, however busy it is."""
MOST = 1000
"""Entries in one TAKE: a longer script would hold up everybody else at the broker, and Lua unpacks 8000 at most."""


class Bells:
    """Hears the bells of one hub, at the brokers where it waits for something."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._listening: dict[Node, asyncio.Task[None]] = {}
        self._waiting: dict[Node, set[Callable[[BaseException | None], None]]] = {}

    def heard(self, node: Node, then: Callable[[BaseException | None], None]) -> bool:
        """Whether bells are heard there; if not yet, ``then`` is called when they are, or cannot be."""
        task = self._listening.get(node)
        if task is None or (task.done() and (task.cancelled() or task.exception())):
            task = self._listening[node] = asyncio.ensure_future(self._listen(node))
        if task.done():
            return True
        waiting = self._waiting.setdefault(node, set())
        if not waiting:
            task.add_done_callback(lambda task: self._tell(node, task))
        waiting.add(then)
        return False

    def _tell(self, node: Node, task: "asyncio.Task[None]") -> None:
        waiting = self._waiting.pop(node, set())
        if not task.cancelled():
            for then in waiting:
                then(task.exception())

    async def _listen(self, node: Node) -> None:
        while True:
            try:
                return await node.subscribe(self.name)
            except Unavailable:
                await asyncio.sleep(RETRY)

    def close(self) -> None:
        """Ask no more."""
        for task in self._listening.values():
            task.cancel()


class Owner(Protocol):
    """What a desk needs of the queues it belongs to."""

    address: str
    rules: Rules
    loop: asyncio.AbstractEventLoop
    life: int
    closing: bool
    bells: "Bells"

    def took(self, queue: Queue, found: list[Any], sent: float) -> None:
        """Entries came."""
        ...

    def recover(self, queue: Queue) -> None:
        """Settle what a lost answer left open, once no take is under way; then desks go on."""
        ...

    def serve(self, queue: Queue) -> None:
        """Give what is in the buffer to those who wait."""
        ...

    def put_back(self, found: Found) -> None:
        """Who was to get it was cancelled."""
        ...

    def watch(self) -> None:
        """Somebody waits, or something is in a buffer: look after it now and then."""
        ...


class Part:
    """The queues of a desk that live on one broker."""

    __slots__ = ("again", "node", "polled", "queues", "registered")

    def __init__(self, node: Node, queues: list[Queue]) -> None:
        self.node = node
        self.queues = queues
        self.registered = False
        self.again = False
        self.polled = 0.0


class Desk:
    """Receivers that wait for the same queues. ``ahead``: entries may be taken for those who are quick."""

    def __init__(self, owner: Owner, queues: Sequence[Queue], ahead: bool) -> None:
        self.owner = owner
        self.queues = queues
        self.waiters: deque[Waiter] = deque()
        self.ahead = ahead and len(queues) == 1
        self.prefetch = 0
        self.claims = 0
        self.given = 0.0
        self.flight: asyncio.Future[None] | None = None
        self._turn = 0
        nodes = dict.fromkeys(queue.node for queue in queues)
        self.parts = [Part(node, [queue for queue in queues if queue.node is node]) for node in nodes]

    def __repr__(self) -> str:
        return f"<Desk {' '.join(queue.name for queue in self.queues)}: {len(self.waiters)} receivers>"

    @property
    def idle(self) -> bool:
        """Whether nobody would miss it."""
        return not (self.waiters or self.flight or any(queue.buffer for queue in self.queues))

    def holder(self) -> Queue | None:
        """A queue whose next entry is ours; they take turns."""
        if self.ahead:
            buffer = self.queues[0].buffer
            return self.queues[0] if buffer and buffer[0].ours else None
        for step in range(len(self.queues)):
            queue = self.queues[(self._turn + step) % len(self.queues)]
            if queue.buffer and queue.buffer[0].ours:
                self._turn += step + 1
                return queue
        return None

    @property
    def _burst(self) -> int:
        return min(BURST, self.prefetch + 1) if self.prefetch else 0

    def lacks(self, ready: int) -> int:
        """How many entries more its receivers want to be theirs, where ``ready`` are."""
        lacking = len(self.waiters) - self.claims
        burst = self._burst
        if not self.claims and ready <= burst // 2:
            lacking = max(lacking, burst - ready)
        return lacking

    async def wait(self) -> Found:
        """Wait for an entry; one that was assigned to a receiver that was cancelled stays, in its place."""
        if self.ahead:
            quick = self.owner.rules.clock() - self.given < QUICK
            self.prefetch = min(PREFETCH, 2 * self.prefetch or 1) if quick else self.prefetch // 2
        waiter: Waiter = self.owner.loop.create_future()
        self.waiters.append(waiter)
        for queue in self.queues:
            if queue.buffer:
                self.owner.serve(queue)
        self.pull()
        self.owner.watch()
        try:
            return await waiter
        except BaseException:
            if not waiter.done() or waiter.cancelled():
                if waiter in self.waiters:
                    self.waiters.remove(waiter)
            elif waiter.exception() is None:
                self.owner.put_back(waiter.result())
            raise

    def waiter(self) -> Waiter | None:
        """Who has waited longest, and waits no more now."""
        while self.waiters:
            waiter = self.waiters.popleft()
            if not waiter.done():
                return waiter
        return None

    def fail(self, error: BaseException) -> None:
        """Tell those who wait."""
        while waiter := self.waiter():
            waiter.set_exception(error)

    def pull(self, *, reclaim: bool = False) -> None:
        """Take what is needed, unless a take is under way or we are registered everywhere.

        Nothing is taken while it is not known what we hold: else nobody could tell the one from the other.
        """
        buffered = sum(len(queue.buffer) for queue in self.queues)
        short = len(self.waiters) - buffered
        if self.flight or not (short > 0 or buffered <= self.prefetch // 2 < self.prefetch):
            return
        if not self._settled():
            return
        for _ in self.parts:
            part = self.parts[0]
            if (reclaim or not part.registered) and self.owner.bells.heard(part.node, self._heard):
                self._take(part, max(0, self.prefetch - buffered), reclaim)
                return
            self.parts.append(self.parts.pop(0))

    def _settled(self) -> bool:
        """Whether a take may be told now."""
        for queue in self.queues:
            self.owner.recover(queue)
        return not (self.owner.closing or self.flight or any(queue.doubtful for queue in self.queues))

    def _heard(self, error: BaseException | None) -> None:
        if error is None:
            self.pull()
        else:
            self.fail(error)

    def _take(self, part: Part, ahead: int, reclaim: bool) -> None:
        buffered = sum(len(queue.buffer) for queue in self.queues)
        short = len(self.waiters) - buffered
        owner, need, sent = self.owner, max(0, min(short, MOST - ahead)), self.owner.rules.clock()
        queues = part.queues
        if len(queues) > 1:
            queues = part.queues = [*queues[1:], queues[0]]  # a single entry is taken of each in turn
        reclaim = reclaim or sent - part.polled >= POLL  # under steady load nobody waits for so long
        lease = int(owner.rules.lease * 1000) if reclaim else 0
        part.again, part.polled = False, sent if reclaim else part.polled
        flight = self.flight = owner.loop.create_future()

        def then(reply: Any) -> None:
            self.flight = None
            flight.set_result(None)
            self.parts.append(self.parts.pop(0))
            if isinstance(reply, Exception):
                self._failed(part, reply)
                return
            part.registered = bool(reply[0]) and not part.again
            for queue, found in zip(queues, reply[1], strict=True):
                owner.took(queue, found, sent)
            for queue in queues:
                owner.recover(queue)
            self.pull()

        keys = [key for queue in queues for key in queue.keys]
        sure = need + max(0, min(ahead, self._burst - buffered))
        numbers = [need + ahead, need, sure, lease, AHEAD_BYTES]
        args: list[Word] = [owner.address, *numbers, *[owner.life] * len(queues)]
        part.node.tell_script(then, TAKE, keys, args)

    def _failed(self, part: Part, error: Exception) -> None:
        """Receivers wait through an outage, and :meth:`pull` again; what no waiting mends they are told."""
        part.registered = False
        if not isinstance(error, Unavailable):
            self.fail(error)
        for queue in part.queues:
            queue.doubtful = True
        self.owner.watch()

    def rung(self, node: Node) -> bool:
        """There may be something on this broker; whether anybody here wants it."""
        for part in self.parts:
            if part.node is node:
                part.registered, part.again = False, True
        if self.waiters:
            self.pull()
        return bool(self.waiters)
