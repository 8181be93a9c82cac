"""Work queues: streams at the broker that many push to and many take from, each entry given to one receiver.

Pushes of one loop turn are one call a queue. Nothing blocks at the broker: a hub takes when somebody waits, and where
there is too little it is registered and rung by the next push; a poll every POLL seconds, only while somebody
waits, makes up for a bell that was lost and takes over what the dead had taken.

An entry is given at most once, whoever is killed, stopped or cut off. What receivers wait for is taken for good, and
for one that comes back quickly a few more (BURST at most): it is given at once and acknowledged after that, and what
its hub did not live to acknowledge is dropped after the lease and counted (``layer.uncertain``). What else is taken
ahead for it (PREFETCH at most) anybody may take over after the lease, so it is claimed first (BURST at most), and
given when the broker has said that it is ours, too, for good. What was taken and not given goes back (see
:data:`scripts.GIVE_BACK`): at once when the hub closes, after STALL seconds when its receivers are slow; and when an
answer was lost, what that was is found out by a script (:data:`scripts.RECOVER`) before anything more is taken.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec

from interfaces.layers.base import Message
from interfaces.layers.desks import POLL, Bells, Desk
from interfaces.layers.entries import Entry, Found, Queue, Rules, batches
from interfaces.layers.frames import encode, opened, sealed
from interfaces.layers.node import Node
from interfaces.layers.scripts import bell_name, queue_keys
from interfaces.layers.settling import Settling
from interfaces.shared.errors import Unavailable

__all__ = ["POLL", "STALL", "Queues"]

STALL = 0.25
"""Seconds after which entries that were taken ahead and that nobody asks for go back."""
SWEEP = 60.0
"""Seconds between looks for hubs that hold nothing and no longer ask: the broker forgets them."""
KNOWN = 1024
"""Queues that are remembered without being in use."""
CLOSING = 2.0
"""Seconds that giving back may take."""

_decode = msgspec.msgpack.Decoder(dict[str, Any]).decode


class Queues:
    """The queues of one hub: ``address`` names it at the broker, ``node`` says where a queue lives."""

    def __init__(self, address: str, node: Callable[[str], Node], rules: Rules) -> None:
        self.address = address
        self.rules = rules
        self.loop = asyncio.get_running_loop()
        self.life = int(rules.expiry * 1000)
        self.closing = False
        self._node = node
        self._queues: dict[str, Queue] = {}
        self._desks: dict[tuple[tuple[str, ...], bool], Desk] = {}
        self._room = KNOWN
        self._turn: list[Queue] = []
        self.bells = Bells(bell_name(rules.prefix, address))
        self._settling = Settling(address, rules, self.watch)
        self._tick: asyncio.TimerHandle | None = None
        self._swept = rules.clock()

    def __repr__(self) -> str:
        return f"<Queues of {self.address}: {self.buffered} entries here, {self.waiting} receivers>"

    @property
    def buffered(self) -> int:
        """Entries that were taken and not given yet."""
        return sum(len(queue.buffer) for queue in self._queues.values())

    @property
    def names(self) -> list[str]:
        """The queues that were used lately."""
        return list(self._queues)

    @property
    def waiting(self) -> int:
        """Receivers that wait."""
        return sum(len(desk.waiters) for desk in self._desks.values())

    def _queue(self, name: str) -> Queue:
        queue = self._queues.get(name)
        if queue is None:
            if len(self._queues) >= self._room:
                self._tidy()
            rules, unused = self.rules, self.life + max(self.life, 60_000)
            limits = (rules.capacity(name), self.life, unused, bell_name(rules.prefix, ""), name)
            queue = Queue(name, self._node(name), queue_keys(rules.prefix, name), limits)
            self._queues[name] = queue
        return queue

    # --- push -------------------------------------------------------------------------------------

    def push(self, name: str, message: Message) -> asyncio.Future[None]:
        """Put ``message`` into the queue ``name``; done when the broker has it.

        The future raises ChannelFull when it did not fit, Unavailable when there is no broker (or nobody knows
        whether it took the message). TypeError or ValueError at once for what cannot be encoded.
        """
        queue = self._queue(name)
        data = encode(message)
        if self.rules.cipher is not None:
            data = sealed(self.rules.cipher, queue.keys.stream.encode(), data)
        future: asyncio.Future[None] = self.loop.create_future()
        if not queue.sends:
            if not self._turn:
                self.loop.call_soon(self._flush)
            self._turn.append(queue)
        queue.sends.append((data, future))
        return future

    def _flush(self) -> None:
        """Send what was pushed in this turn of the loop."""
        turn, self._turn = self._turn, []
        for queue in turn:
            sends, queue.sends = queue.sends, []
            for batch in batches(sends):
                queue.push(batch, self.rules.count)

    # --- receive ----------------------------------------------------------------------------------

    async def receive(self, names: Sequence[str], *, ahead: bool = True) -> tuple[str, Message]:
        """Wait for a message of one of the queues, which take turns: (queue, message).

        May be cancelled: an entry is either given or stays. Waits through outages. Without ``ahead`` no more
        is taken than there are receivers.
        """
        return self.give(await self.take(names, ahead=ahead))

    async def take(self, names: Sequence[str], *, ahead: bool = True) -> Found:
        """As :meth:`receive`; what comes is not given yet: :meth:`give` it, or :meth:`put_back`."""
        if self.closing:
            raise Unavailable("the channel layer is closed")
        key = tuple(names), ahead
        desk = self._desks.get(key)
        if desk is None:
            desk = self._open(key)
        clock = self.rules.clock
        while True:
            queue = desk.holder()
            if queue is None:
                queue, entry = await desk.wait()
            else:
                entry = self._settling.pop(queue)
                if entry.until <= clock():
                    self._expired(queue, entry)
                    continue
                self._claim(queue)
                if len(queue.buffer) <= desk.prefetch // 2:
                    desk.pull()
            queue.asked = desk.given = clock()
            return queue, entry

    def give(self, found: Found) -> tuple[str, Message]:
        """A receiver has it from now on: (queue, message)."""
        queue, entry = found
        self._settling.give(queue, entry)
        return queue.name, entry.message

    def put_back(self, found: Found) -> None:
        """Nobody has seen it: it is the next receiver's, before what is newer."""
        queue, entry = found
        queue.put_back(entry)
        if self.closing:
            self._settling.give_back(queue)
        else:
            self.serve(queue)
            self.watch()

    def _expired(self, queue: Queue, entry: Entry) -> None:
        self.rules.count("layer.expired", 1)
        self._settling.give(queue, entry)

    def _open(self, key: tuple[tuple[str, ...], bool]) -> Desk:
        if len(self._desks) >= self._room:
            self._tidy()
        queues = [self._queue(name) for name in dict.fromkeys(key[0])]
        desk = self._desks[key] = Desk(self, queues, key[1])
        for queue in queues:
            queue.desks.append(desk)
        return desk

    def _tidy(self) -> None:
        """Forget queues and receivers' places that are not in use; next when there are twice as many."""
        for key, desk in list(self._desks.items()):
            if desk.idle:
                del self._desks[key]
                for queue in desk.queues:
                    queue.desks.remove(desk)
        self._queues = {name: queue for name, queue in self._queues.items() if not queue.idle}
        self._room = max(KNOWN, 2 * len(self._queues), 2 * len(self._desks))

    def _claim(self, queue: Queue) -> None:
        """Ask the broker for what is wanted and was taken ahead, so that it becomes ours."""
        if claimed := queue.claim():
            self._settling.claim(queue, claimed, lambda reply: self._claimed(queue, claimed, reply))

    def _claimed(self, queue: Queue, claimed: list[Entry], reply: Any) -> None:
        """The broker says which are ours; if it does not, :meth:`watch` asks again."""
        failed = isinstance(reply, Exception)
        queue.settle(claimed, None if failed else reply)
        if self.closing:
            return
        if not failed:
            self.serve(queue)
            for desk in queue.desks:
                desk.pull()
        self.watch()

    # --- what was taken ---------------------------------------------------------------------------

    def took(self, queue: Queue, found: list[Any], sent: float) -> None:
        """Entries came: to those who wait, the rest into the buffer."""
        expired, uncertain, ours = found[:3]
        if expired:
            self.rules.count("layer.expired", expired)
        if uncertain:
            self.rules.count("layer.uncertain", uncertain)
        if len(found) == 3:
            return
        now, until, entries = queue.node.server_time(), sent + self.rules.expiry, []
        for at in range(3, len(found), 2):
            message = self._read(queue, found[at + 1])
            if message is None:
                self._settling.drop(queue, found[at])
            else:
                age = now - int(found[at].partition(b"-")[0]) / 1000
                entries.append(Entry(found[at], message, until - age, ours=at < 3 + 2 * ours))
        if not self.closing:  # else they go back, as all that nobody here knows of
            queue.keep(entries)
            self.serve(queue)
            self.watch()

    def _read(self, queue: Queue, data: bytes) -> Message | None:
        plain = opened(self.rules.cipher, queue.keys.stream.encode(), data)
        try:
            if plain is not None:
                return _decode(plain)
        except (msgspec.MsgspecError, RecursionError, TypeError, ValueError, OverflowError):
            pass
        self.rules.count("layer.unsealed" if plain is None else "layer.damaged", 1)
        return None

    def serve(self, queue: Queue) -> None:
        """Give what is ours to those who wait, and make as much more ours as they want."""
        now = self.rules.clock()
        while queue.buffer and queue.buffer[0].ours:
            if queue.buffer[0].until <= now:
                self._expired(queue, self._settling.pop(queue))
            elif waiter := queue.waiter():
                waiter.set_result((queue, self._settling.pop(queue)))
            else:
                break
        self._claim(queue)

    # --- bells, outages, looking after --------------------------------------------------------------

    def on_bell(self, payload: bytes) -> None:
        """A push rang: take, or let another hub know when nobody waits here any more."""
        queue = self._queues.get(payload.decode("ascii", "replace"))
        if queue is None:
            return
        wanted = [desk.rung(queue.node) for desk in queue.desks]
        if not any(wanted) and not any(desk.flight for desk in queue.desks):
            self._settling.ring(queue)

    def on_up(self, node: Node) -> None:
        """The connections to ``node`` are back: settle what was taken, and look what bells were missed."""
        for queue in [queue for queue in self._queues.values() if queue.node is node]:
            self.recover(queue)
            for desk in queue.desks:
                desk.rung(node)

    def recover(self, queue: Queue) -> None:
        """Settle what a lost answer left open, once no take is under way; then desks go on."""
        if queue.doubtful and self._settling.recover(queue):
            for desk in queue.desks:
                desk.pull()

    def watch(self) -> None:
        """Look after receivers and buffers while there are any."""
        if self._tick is None and not self.closing:
            self._tick = self.loop.call_later(STALL, self._look)

    def _look(self) -> None:
        self._tick = None
        now = self.rules.clock()
        held = [queue for queue in self._queues.values() if queue.buffer or queue.doubtful]
        for queue in held:
            self._look_at(queue, now)
        asking = [desk for desk in self._desks.values() if desk.waiters]
        for desk in asking:
            if now - desk.parts[0].polled >= POLL:
                desk.pull(reclaim=True)
        if held or asking:
            self.watch()

    def _look_at(self, queue: Queue, now: float) -> None:
        self.recover(queue)
        if any(desk.waiters for desk in queue.desks):
            self.serve(queue)
        if now - queue.asked > STALL and self._settling.give_back(queue):
            for desk in queue.desks:  # its receivers became slow: others may have it
                desk.prefetch = 0

    def sweep(self) -> None:
        """To be called now and then: have the brokers forget hubs that are no more."""
        now = self.rules.clock()
        if now - self._swept > SWEEP:
            self._swept = now
            for queue in filter(lambda queue: queue.desks, self._queues.values()):
                self._settling.forget(queue, 2 * SWEEP)

    def forget(self) -> None:
        """Drop what was taken and not given."""
        for queue in self._queues.values():
            queue.buffer.clear()

    async def length(self, name: str) -> int:
        """How many entries the queue ``name`` has, with those that were taken and not given yet."""
        queue = self._queue(name)
        self._settling.tell_given(queue)
        return int(await queue.node.call("XLEN", queue.keys.stream))

    async def lengths(self, names: Iterable[str]) -> dict[str, int]:
        """The lengths of several queues."""
        wanted = list(names)
        return dict(zip(wanted, await asyncio.gather(*map(self.length, wanted)), strict=True))

    async def close(self) -> None:
        """Send what was pushed, tell receivers that there is nothing more, give back what nobody received."""
        if self.closing:
            return
        self.closing = True
        if self._tick is not None:
            self._tick.cancel()
        self.bells.close()
        self._flush()
        for desk in self._desks.values():
            desk.fail(Unavailable("the channel layer was closed"))
        await asyncio.sleep(0)  # who was given something runs, and has it
        waits = [self._leave(queue) for queue in self._queues.values() if not queue.idle]
        if waits:
            await asyncio.wait(waits, timeout=CLOSING)

    def _leave(self, queue: Queue) -> asyncio.Future[None]:
        """Give back all that was taken and that no receiver has, also what is on its way to us."""
        queue.buffer.clear()
        self._settling.tell_given(queue)
        self._settling.account(queue)
        return self._settling.forget(queue, 2 * SWEEP)
