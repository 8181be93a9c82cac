"""What the broker is told of the entries that a hub took: acknowledged, given back, or which of them it still has."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from interfaces.layers.entries import Entry, Queue, Rules
from interfaces.layers.pipe import Word
from interfaces.layers.scripts import ACK, FORGET, GIVE_BACK, RECOVER, RING, Script, bell_name

__all__ = ["Settling"]


class Settling:
    """Tells brokers, in the name of the hub ``address``, what became of entries."""

    def __init__(self, address: str, rules: Rules) -> None:
        self.address = address
        self.loop = asyncio.get_running_loop()
        self.open: set[asyncio.Future[None]] = set()
        """Acknowledgements that are under way."""
        self._bells = bell_name(rules.prefix, "")
        self._life = int(rules.expiry * 1000)

    def ack(self, queue: Queue, ids: list[bytes], then: Callable[[Any], None]) -> None:
        """Acknowledge and delete entries; ``then`` has a 1 for each that nobody else had acknowledged, or the error."""
        done: asyncio.Future[None] = self.loop.create_future()
        self.open.add(done)
        done.add_done_callback(self.open.discard)

        def answered(reply: Any) -> None:
            done.set_result(None)
            then(reply)

        queue.node.tell_script(answered, ACK, queue.keys[:1], ids)

    def pop(self, queue: Queue) -> Entry:
        """The first entry, which is ours, to be given; the broker is told at the end of this turn of the loop."""
        entry = queue.buffer.popleft()
        if entry.pending:
            entry.pending = False
            queue.given.add(entry.id)
            queue.untold.append(entry.id)
            if len(queue.untold) == 1:
                self.loop.call_soon(self.tell_given, queue)
        return entry

    def tell_given(self, queue: Queue) -> None:
        """Acknowledge what was given. If nobody knows whether the broker heard it, :meth:`recover` says it again."""
        ids, queue.untold = queue.untold, []
        if ids:
            self.ack(queue, ids, lambda reply: self._known(queue, ids, reply))

    def _known(self, queue: Queue, ids: list[bytes], reply: Any) -> None:
        if isinstance(reply, Exception):
            queue.doubtful = True
        else:
            queue.given.difference_update(ids)

    def drop(self, queue: Queue, id: bytes) -> None:
        """Acknowledge an entry that is no message."""
        self._run(queue, ACK, queue.keys[:1], [id])

    def give_back(self, queue: Queue) -> asyncio.Future[None] | None:
        """Give back what nobody has, in order, to be taken before all others; what is acknowledged stays."""
        back = [entry.id for entry in queue.buffer if entry.pending and not entry.desk and not entry.asked]
        if not back:
            return None
        gone = set(back)
        queue.buffer = deque(entry for entry in queue.buffer if entry.id not in gone)
        words: list[Word] = [self.address, self._bells, queue.name, self._life, *back]
        return self._run(queue, GIVE_BACK, queue.keys, words)  # without an answer the lease finds them

    def recover(self, queue: Queue) -> None:
        """After an outage: give back what was taken and never arrived here, acknowledge what was given."""
        if not queue.doubtful or any(desk.flight for desk in queue.desks):
            return
        queue.doubtful = False
        given, held = list(queue.given), [entry.id for entry in queue.buffer if entry.pending]
        words: list[Word] = [self.address, self._bells, queue.name, self._life, len(given), *given, *held]
        queue.node.tell_script(lambda reply: self._known(queue, given, reply), RECOVER, queue.keys, words)

    def ring(self, queue: Queue) -> None:
        """Let another hub know that there may be something, for nobody waits here any more."""
        self._run(queue, RING, queue.keys[:2], [self._bells, queue.name])

    def forget(self, queue: Queue, idle: float) -> asyncio.Future[None]:
        """Have the broker forget this hub and those that have not asked for ``idle`` seconds, if they hold nothing."""
        return self._run(queue, FORGET, queue.keys[:1], [self.address, int(idle * 1000)])

    def _run(
        self, queue: Queue, script: Script, keys: Sequence[str], words: Sequence[Word]
    ) -> asyncio.Future[None]:
        """Run a script whose answer does not matter; done when it has come."""
        done: asyncio.Future[None] = self.loop.create_future()

        def then(reply: Any) -> None:
            if not done.done():
                done.set_result(None)

        queue.node.tell_script(then, script, keys, words)
        return done
