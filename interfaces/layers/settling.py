"""What the broker is told of the entries that a hub took: claimed, given, given back, or which of them it has."""

import asyncio
import itertools
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from interfaces.layers.entries import Entry, Queue, Rules
from interfaces.layers.pipe import Word
from interfaces.layers.scripts import ACK, CLAIM, FORGET, GIVE_BACK, RECOVER, RING, Script, bell_name

__all__ = ["Settling"]

_MOST = 1000
"""Entries acknowledged in one step: Lua unpacks 8000 at most."""


class Settling:
    """Tells brokers, in the name of the hub ``address``, what became of entries.

    ``watch`` is called when that has to be told again.
    """

    def __init__(self, address: str, rules: Rules, watch: Callable[[], None]) -> None:
        self.address = address
        self.loop = asyncio.get_running_loop()
        self._watch = watch
        self._bells = bell_name(rules.prefix, "")
        self._life = int(rules.expiry * 1000)

    def claim(self, queue: Queue, entries: list[Entry], then: Callable[[Any], None]) -> None:
        """Take for good what was taken ahead; ``then`` has a 1 for each that is ours, or the error."""
        by_age = sorted(entries, key=lambda entry: entry.age)
        words: list[Word] = [self.address, by_age[0].id, by_age[-1].id, *[entry.id for entry in entries]]
        queue.node.tell_script(then, CLAIM, queue.keys[:1], words)

    def pop(self, queue: Queue) -> Entry:
        """The first entry, which is ours, for a receiver; then comes :meth:`give`, or the queue's ``put_back``."""
        entry = queue.buffer.popleft()
        queue.between.add(entry.id)
        return entry

    def give(self, queue: Queue, entry: Entry) -> None:
        """A receiver has it; the broker is told at the end of this turn of the loop."""
        queue.between.discard(entry.id)
        queue.given.add(entry.id)
        queue.untold.append(entry.id)
        if len(queue.untold) == 1:
            self.loop.call_soon(self.tell_given, queue)

    def tell_given(self, queue: Queue) -> None:
        """Acknowledge what was given. If nobody knows whether the broker heard it, :meth:`recover` says it again."""
        untold, queue.untold = iter(queue.untold), []
        while ids := list(itertools.islice(untold, _MOST)):
            queue.node.tell_script(self._known(queue, ids), ACK, queue.keys[:1], ids)

    def _known(self, queue: Queue, given: Sequence[bytes]) -> Callable[[Any], None]:
        """What to do with an answer: the broker knows what became of entries, or :meth:`recover` is to say it again."""

        def then(reply: Any) -> None:
            if isinstance(reply, Exception):
                queue.doubtful = True
                self._watch()
            else:
                queue.given.difference_update(given)

        return then

    def drop(self, queue: Queue, id: bytes) -> None:
        """Acknowledge an entry that is no message."""
        queue.given.add(id)
        queue.node.tell_script(self._known(queue, [id]), ACK, queue.keys[:1], [id])

    def give_back(self, queue: Queue) -> bool:
        """Give back what nobody has, in order, to be taken before all others; whether there was something."""
        back = [entry.id for entry in queue.buffer if not entry.desk]
        if back:
            queue.buffer = deque(entry for entry in queue.buffer if entry.desk)
            words: list[Word] = [self.address, self._bells, queue.name, self._life, *back]
            queue.node.tell_script(self._known(queue, ()), GIVE_BACK, queue.keys, words)
        return bool(back)

    def recover(self, queue: Queue) -> bool:
        """After an answer was lost: give back what was taken and never arrived here, acknowledge what was given.

        What is being taken cannot be told from what never arrived: then this is to be asked for again.
        """
        if any(desk.flight for desk in queue.desks):
            return False
        self.account(queue)
        return True

    def account(self, queue: Queue) -> asyncio.Future[None]:
        """Tell what was given and what we hold; all else that was taken goes back. Done when that was answered."""
        queue.doubtful = False
        given, held = list(queue.given), queue.held
        words: list[Word] = [self.address, self._bells, queue.name, self._life, len(given), *given, *held]
        return self._run(queue, RECOVER, queue.keys, words, self._known(queue, given))

    def ring(self, queue: Queue) -> None:
        """Let another hub know that there may be something, for nobody waits here any more."""
        self._run(queue, RING, queue.keys[:2], [self._bells, queue.name])

    def forget(self, queue: Queue, idle: float) -> asyncio.Future[None]:
        """Have the broker forget this hub and those that have not asked for ``idle`` seconds, if they hold nothing."""
        return self._run(queue, FORGET, queue.keys[:1], [self.address, int(idle * 1000)])

    def _run(
        self,
        queue: Queue,
        script: Script,
        keys: Sequence[str],
        words: Sequence[Word],
        then: Callable[[Any], None] = lambda _reply: None,
    ) -> asyncio.Future[None]:
        """Run a script; done when its answer, or an error, has come."""
        done: asyncio.Future[None] = self.loop.create_future()

        def answered(reply: Any) -> None:
            then(reply)
            if not done.done():
                done.set_result(None)

        queue.node.tell_script(answered, script, keys, words)
        return done
