"""Durable queues: what was put is kept until somebody has said what became of it.

As work queues, a queue is a stream with one consumer group, but an entry is acknowledged *after* the verdict. Who
takes an item holds it by a lease that is renewed while it is held; a dead owner's items are taken over, with the
attempt counted on. So an item is given at least once, each time with the same ``dedupe_key``, and never lost. Who was
stopped for longer than its lease finds out: its verdict on what another owns by now is refused.

Items of one conversation are given one after another, in the order in which they were put; items of different ones
side by side. One that is to be tried again lets the next pass (relaxed), or holds them up (``strict``).

A layer's ``flush`` leaves all of this alone.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any

from interfaces.layers import durable_scripts as scripts
from interfaces.layers.base import ChannelFull, Message
from interfaces.layers.durability import Durability, Keeping, answer
from interfaces.layers.durable_body import Body
from interfaces.layers.durable_items import LIMITS, TERMS, Item, Limits, Terms, back_off
from interfaces.layers.hub import Hub
from interfaces.layers.node import Node
from interfaces.layers.pipe import Word
from interfaces.layers.scripts import FORGET
from interfaces.shared.errors import Unavailable

__all__ = ["LATE", "POLL", "DurableQueues", "Item", "Limits", "Terms", "back_off"]

POLL = 1.0
"""Seconds between looks while nobody rings: for lapsed leases, and for bells that were lost."""
LATE = 0.5
"""Seconds after which a take goes on without the brokers that do not answer, when others do."""
FORGOTTEN = 3600.0
"""Seconds after which an owner that holds and asks for nothing is forgotten."""


class DurableQueues:
    """The durable queues of a hub's brokers; used in the hub's event loop. :meth:`open` first, :meth:`close` before it.

    ``durability`` is what ``put`` waits for (see :mod:`interfaces.layers.durability`), ``replicas`` how many with
    "replica"; ``strict`` lets a failing item hold its conversation up.
    """

    def __init__(
        self,
        hub: Hub,
        *,
        durability: Durability = "process-crash",
        replicas: int = 1,
        strict: bool = False,
        limits: Limits = LIMITS,
    ) -> None:
        self.hub = hub
        self.durability: Durability = durability
        self.strict = strict
        self.limits = limits
        self.owner = secrets.token_hex(8)  # not the hub's: it may have several of us
        self.held: set[Item] = set()
        """What was taken here and not settled yet."""
        self.closed = False
        self._rules = hub.queues.rules
        self._bell = scripts.durable_bell(self._rules.prefix, self.owner)
        self._bell_name = self._bell.encode()
        self._keeping = Keeping(hub.settings, replicas, f"{self._rules.prefix}:Qf")
        self._bells: dict[asyncio.Future[str], Sequence[str]] = {}
        """Who waits here, for which queues; rung with the queue that has something, or "" to look again."""
        self._late: set[str] = set()
        """Queues whose broker was asked and has not answered yet."""
        self._reclaimed: dict[str, float] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._turn = 0
        self._timer: asyncio.TimerHandle | None = None

    def __repr__(self) -> str:
        return f"<DurableQueues {self.owner}: {len(self.held)} held, {self.durability}>"

    # --- life -------------------------------------------------------------------------------------

    async def open(self) -> None:
        """Look whether the brokers keep what is asked for, and listen.

        Raises ConfigError, one line that says what to set, when one keeps less; Unavailable without a broker.
        """
        await self.hub.started()
        for node in self.hub.nodes:
            await self._keeping.waits(node, self.durability)
            node.on_message = partial(self._heard, node.on_message)
            node.on_state.append(self._on_state)
            await node.subscribe(self._bell)
        self._loop = asyncio.get_running_loop()
        self._renewal()

    async def close(self) -> None:
        """Stop to take, give back what is held; those who wait for items get none."""
        if self.closed:
            return
        self.closed = True
        if self._timer is not None:
            self._timer.cancel()
        self._ring()
        # first: what is given back is told to others, and not to us
        quiet = (node.unsubscribe(self._bell) for node in self.hub.nodes)
        await asyncio.gather(*quiet, return_exceptions=True)
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=POLL)
        await asyncio.gather(*map(self.give_back, list(self.held)), return_exceptions=True)
        words: list[Word] = [self.owner, int(FORGOTTEN * 1000)]
        left = [self._node(queue).run(FORGET, [self._keys(queue)[0]], words) for queue in self._reclaimed]
        await asyncio.gather(*left, return_exceptions=True)
        await self._keeping.close()

    def describe(self) -> str:
        """One line for the start: the class, and why the brokers are thought to keep it."""
        return f"durable queues: {self.durability} ({self._keeping.describe(self.durability)})"

    def _heard(self, others: Callable[[bytes, bytes], None], name: bytes, payload: bytes) -> None:
        if name != self._bell_name:
            others(name, payload)
            return
        queue = payload.decode().removeprefix(self._keys("")[0])
        if not self._ring(queue):
            self._pass_on(queue)

    def _on_state(self, up: bool, _reason: str) -> None:
        if up:
            self._ring()

    def _ring(self, queue: str = "") -> bool:
        """Wake who waits here for the queue, or everybody; whether there was somebody."""
        waiting = [bell for bell, queues in self._bells.items() if not queue or queue in queues]
        for bell in waiting:
            if not bell.done():
                bell.set_result(queue)
        return bool(waiting)

    def _pass_on(self, queue: str) -> None:
        """Have another told, as nobody takes here."""
        self._node(queue).tell_script(None, scripts.RING, self._keys(queue), [])

    def _node(self, queue: str) -> Node:
        return self.hub.node_of(queue)

    def _keys(self, queue: str) -> tuple[str, ...]:
        return scripts.durable_keys(self._rules.prefix, queue)

    # --- put --------------------------------------------------------------------------------------

    async def put(
        self,
        queue: str,
        message: Message,
        *,
        id: str,
        dedupe_key: str = "",
        conversation: str | None = None,
        terms: Terms = TERMS,
    ) -> None:
        """Keep ``message``; returns when it is kept as the durability says.

        An ``id`` that is there already is not put twice, so a put whose fate is unknown can be repeated;
        ``dedupe_key`` is the id unless said. Raises ChannelFull, Unavailable (nobody knows whether it is kept),
        ConfigError when the broker never kept things as well as is asked, TypeError and ValueError for what cannot
        be encoded.
        """
        node, keys = self._node(queue), self._keys(queue)
        waits = await self._keeping.waits(node, terms.durability or self.durability)
        body = Body(message, dedupe_key or id, conversation, node.server_time())
        data = body.sealed(self._rules.cipher, keys[1])
        start, end = int(terms.not_before * 1000), int(terms.deadline * 1000)
        words: list[Word] = [
            id,
            data,
            conversation or "",
            start,
            end,
            self.limits.most,
            queue,
            bool(waits) + 0,
        ]
        names = scripts.names_key(self._rules.prefix)
        taken, run = await answer(node.run(scripts.PUT, [*keys, names], words))
        if not taken:
            raise ChannelFull(f"{queue}: {self.limits.most} items are waiting")
        if waits:
            await self._keeping.confirm(node, waits, run)

    async def length(self, queue: str) -> int:
        """How many items the queue has: waiting, held and delayed."""
        count: int = await answer(self._node(queue).call("HLEN", self._keys(queue)[1]))
        return count

    # --- take -------------------------------------------------------------------------------------

    async def take(self, queues: Sequence[str], n: int = 1, *, wait: float | None = None) -> list[Item]:
        """Between 1 and ``n`` items of the queues, in fair shares; waits for them, through outages.

        ``wait`` is how many seconds at most, then there are none; so there are once this is closed. May be
        cancelled: what was taken meanwhile goes back.
        """
        end = None if wait is None else self._loop.time() + wait
        while not self.closed:
            bell, leaves = self._loop.create_future(), True
            self._bells[bell] = queues
            try:
                items, pause = await self._look(queues, n)
                if items:
                    return items
                left = pause if end is None else min(pause, end - self._loop.time())
                if left <= 0 and end is not None and end <= self._loop.time():
                    return []
                await asyncio.wait([bell], timeout=max(0.001, left))
                leaves = False
            finally:
                del self._bells[bell]
                if leaves and bell.done() and bell.result():
                    self._pass_on(bell.result())
        return []

    async def _look(self, queues: Sequence[str], n: int) -> tuple[list[Item], float]:
        """What there is now, and in how many seconds to look again."""
        try:
            items, due = await self._shielded(self._take(queues, n))
        except Unavailable:
            if self.hub.closed:
                raise
            return [], POLL
        return items, min(POLL, due)

    async def _shielded(self, work: "Awaitable[tuple[list[Item], float]]") -> tuple[list[Item], float]:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            task.add_done_callback(self._unwanted)
            raise

    def _unwanted(self, task: "asyncio.Task[tuple[list[Item], float]]") -> None:
        if not task.cancelled() and task.exception() is None:
            for item in task.result()[0]:
                back = self._loop.create_task(self._give_back_quietly(item))
                self._tasks.add(back)
                back.add_done_callback(self._tasks.discard)

    async def _give_back_quietly(self, item: Item) -> None:
        try:
            await self.give_back(item)
        except Unavailable:
            pass  # its lease lapses

    async def _take(self, queues: Sequence[str], n: int) -> tuple[list[Item], float]:
        self._turn += 1
        # a broker that is away, or owes us an answer, holds up nobody else's items
        there = [queue for queue in queues if self._node(queue).up and queue not in self._late] or queues
        turn = self._turn % len(there)
        order = [*there[turn:], *there[:turn]]
        share, more = divmod(n, len(order))
        shares = {queue: share + (at < more) for at, queue in enumerate(order)}
        items: list[Item] = []
        due = await self._together({queue: part for queue, part in shares.items() if part}, items)
        for queue, part in shares.items():
            short = part > sum(item.queue == queue for item in items)
            if len(items) < n and not short:
                due = min(due, await self._together({queue: n - len(items)}, items))
        return items, due

    async def _together(self, shares: Mapping[str, int], items: list[Item]) -> float:
        """Add what is found to ``items``; gives the seconds until more is due.

        Raises what went wrong only while there are none: what was taken is held here, and has to be given. What
        comes too late goes back.
        """
        asked = {asyncio.ensure_future(self._ask(queue, n)): queue for queue, n in shares.items()}
        done, late = await asyncio.wait(asked, timeout=LATE)
        if not done:
            done, late = await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
        for task in late:
            self._late.add(asked[task])
            self._tasks.add(task)
            task.add_done_callback(partial(self._came, asked[task]))
        good = [task.result() for task in done if not task.cancelled() and task.exception() is None]
        for found, _ in good:
            items += found
        if len(good) < len(done) and not items:
            await asyncio.gather(*done)
        return min((due for _, due in good), default=POLL)

    def _came(self, queue: str, task: "asyncio.Task[tuple[list[Item], float]]") -> None:
        """A late answer: the next take asks that broker again."""
        self._late.discard(queue)
        self._tasks.discard(task)
        self._unwanted(task)
        self._ring()

    async def _ask(self, queue: str, n: int) -> tuple[list[Item], float]:
        now, limits = self._loop.time(), self.limits
        lease = 0
        if now - self._reclaimed.get(queue, -POLL) >= min(POLL, limits.lease / 4):
            self._reclaimed[queue] = now
            lease = int(limits.lease * 1000)
            self._renew()  # first: what is held here is not taken over from ourselves
        node, keys = self._node(queue), self._keys(queue)
        words: list[Word] = [
            self.owner, self._bell, n, lease, limits.attempts, limits.letters, int(limits.keep_expired)
        ]  # fmt: skip
        taken, expired, worn, trimmed, due = await answer(node.run(scripts.TAKE, keys, words))
        self._count(expired=expired, worn_out=worn, letters_dropped=trimmed)
        items = [await self._item(queue, node, *fields) for fields in taken]
        return [item for item in items if item], due / 1000 if due >= 0 else POLL

    async def _item(
        self, queue: str, node: Node, entry: bytes, id: bytes, attempt: int, data: bytes
    ) -> Item | None:
        body = Body.opened(self._rules.cipher, self._keys(queue)[1], data)
        of = body or Body({}, "", None, 0)
        item = Item(
            id=id.decode(), queue=queue, message=of.message, attempt=attempt, dedupe_key=of.dedupe_key,
            conversation=of.conversation, taken_at=node.server_time(), put_at=of.put_at, entry=entry,
        )  # fmt: skip
        if body is None:
            self._count(unsealed=1)
            try:
                await self.dead(item, "unsealed")
            except Unavailable:
                pass  # its lease lapses, and whoever takes it then finds out
            return None
        self.held.add(item)
        return item

    def _count(self, **counts: int) -> None:
        for name, by in counts.items():
            if by:
                self._rules.count(f"layer.{name}", by)

    # --- leases -----------------------------------------------------------------------------------

    def _renewal(self) -> None:
        self._renew()
        self._timer = self._loop.call_later(self.limits.lease / 3, self._renewal)

    def _renew(self) -> None:
        """Renew what is held: one command a broker."""
        nodes: dict[Node, list[Item]] = {}
        for item in self.held:
            nodes.setdefault(self._node(item.queue), []).append(item)
        for node, items in nodes.items():
            streams = {item.queue: self._keys(item.queue)[0] for item in items}
            at = {queue: n for n, queue in enumerate(streams, 1)}
            words: list[Word] = [self.owner]
            for item in items:
                words += [at[item.queue], item.entry]
            node.tell_script(partial(self._renewed, items), scripts.RENEW, list(streams.values()), words)

    def _renewed(self, items: list[Item], reply: Any) -> None:
        for n in [] if isinstance(reply, Exception) else reply:
            if items[n] in self.held:
                self.held.discard(items[n])
                items[n].lost = True
                self._count(lease_lost=1)

    # --- verdicts ---------------------------------------------------------------------------------

    async def done(self, item: Item) -> bool:
        """It is dealt with, and forgotten. False when another owns it by now (it will be repeated there).

        Unavailable, here and below: nobody knows; unless the broker has heard it, its lease lapses and it is repeated.
        """
        return await self._settle(item, "done")

    async def retry(self, item: Item, delay: float | None = None, reason: str = "") -> bool:
        """Try again after ``delay`` seconds (:func:`back_off` unless said), or bury it after its last attempt."""
        if item.attempt >= self.limits.attempts:
            return await self.dead(item, reason or "attempts")
        seconds = back_off(item.attempt) if delay is None else delay
        return await self._settle(item, "retry", int(seconds * 1000), int(self.strict))

    async def dead(self, item: Item, reason: str) -> bool:
        """Make it a dead letter (:mod:`interfaces.layers.dead`)."""
        return await self._settle(item, "dead", reason, self.limits.letters)

    async def give_back(self, item: Item, delay: float = 0.0) -> bool:
        """It was not begun: the next to take has it, after ``delay`` seconds, and the attempt does not count."""
        return await self._settle(item, "back", int(delay * 1000), int(self.strict))

    async def _settle(self, item: Item, verb: str, *more: Word) -> bool:
        self.held.discard(item)  # whatever happens, it is renewed no more
        node, keys = self._node(item.queue), self._keys(item.queue)
        words: list[Word] = [item.entry, item.id, self.owner, item.attempt, verb, *more]
        ours, trimmed = await answer(node.run(scripts.SETTLE, keys, words))
        self._count(letters_dropped=trimmed, late_verdict=not ours)
        item.lost = item.lost or not ours
        return bool(ours)
