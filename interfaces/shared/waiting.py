"""A store of an outbox in memory: what waits there is lost with its process. Bounded."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Mapping
from secrets import token_hex

from interfaces.shared.asgi import Event
from interfaces.shared.errors import Unavailable
from interfaces.shared.schedule import Schedule
from interfaces.shared.sendings import NOTHING, Held, Record, conversation, moment

__all__ = ["MOST", "OCTETS", "RECORDS", "MemoryStore"]

log = logging.getLogger("interfaces.outbox")

MOST = 1000
"""Messages that wait here; while there are so many the channel fills up, and then its senders are told."""
OCTETS = 256 * 2**20
"""Of texts and bytes in the messages that wait or are held, beyond which no more are read, likewise."""
RECORDS = 100_000
"""Results that are remembered; the oldest go."""
TURNS = 4
"""Of the event loop, in which at the end what is in the channel can be read."""


class MemoryStore:
    """Takes what ``source`` gives, a channel of a layer, and keeps it until it is sent: a store of an outbox.

    ``clock`` gives Unix seconds, for ``not_before`` too; ``ordered_by``: the keys of a message that name its
    conversation, see :func:`interfaces.shared.sendings.conversation`.
    """

    durable = False

    def __init__(
        self,
        source: AsyncIterator[Event],
        *,
        most: int = MOST,
        octets: int = OCTETS,
        records: int = RECORDS,
        ordered_by: tuple[str, ...] = (),
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.most = most
        self.octets = octets
        self.records = records
        self.ordered_by = ordered_by
        self.clock = clock
        self._source = source
        self._schedule = Schedule(strict=bool(ordered_by))
        self._waiting: set[Held] = set()
        self._held: set[Held] = set()
        self._weight = 0
        self._records: dict[str, tuple[Record, float]] = {}
        self._pump: asyncio.Task[None] | None = None
        self._bell, self._room = asyncio.Event(), asyncio.Event()
        self._leaving = False

    def __repr__(self) -> str:
        return f"<MemoryStore: {len(self._waiting)} wait, {len(self._held)} are held>"

    async def open(self) -> None:
        """Begin to read the source."""
        self._pump = asyncio.ensure_future(self._read())

    async def close(self) -> None:
        """Stop to read; tells how many are lost."""
        self.leave()
        if self._pump is not None:
            self._pump.cancel()
            await asyncio.wait({self._pump})
        if lost := len(self._waiting) + len(self._held):
            log.error("%d messages that were not sent are lost with this process", lost)

    def leave(self) -> None:
        """As the protocol says."""
        self._leaving = True
        self._bell.set()

    def describe(self) -> str:
        """As the protocol says."""
        return "memory: what waits, and what is remembered, ends with this process"

    def __len__(self) -> int:
        """How many are here."""
        return len(self._waiting) + len(self._held)

    def age(self) -> float:
        """Seconds since the oldest of them came; 0.0 for none."""
        now = self.clock()
        return max((now - held.put_at for held in (*self._waiting, *self._held)), default=0.0)

    async def _read(self) -> None:
        try:
            async for message in self._source:
                self._put(message)
                while self._full():
                    self._room.clear()
                    await self._room.wait()
        except Unavailable as error:  # the layer was closed
            log.warning("no more messages come: %s", error)
            self._leaving = True
            self._bell.set()

    def _full(self) -> bool:
        return len(self._waiting) + len(self._held) >= self.most or self._weight >= self.octets

    def _put(self, message: Event) -> None:
        now, due = self.clock(), moment(message.get("not_before"))
        name = conversation(message, self.ordered_by)
        held = Held(token_hex(8), message, 0, now, weight_of(message), name)
        self._weight += held.item
        self._waiting.add(held)
        if due > now:
            self._schedule.add_later(held, due)
        else:
            self._schedule.add(held)
        self._bell.set()

    def _free(self, held: Held, *, waits: bool) -> None:
        """It is held no more."""
        self._held.discard(held)
        if waits:
            self._waiting.add(held)
        self._bell.set()
        self._room.set()

    async def take(self, n: int) -> list[Held]:
        """As the protocol says."""
        while not (found := self._due(n)) and (not self._leaving or (self._held and self._schedule.held_up)):
            self._bell.clear()  # in the end, what waits for another of its conversation has its turn, too
            due = self._schedule.due()
            try:
                async with asyncio.timeout(None if due is None else due - self.clock()):
                    await self._bell.wait()
            except TimeoutError:
                pass
        for _ in range(TURNS):
            if not found:  # what is in the channel is read at once, but not by us
                await asyncio.sleep(0)
                found = self._due(n)
        return found

    def _due(self, n: int) -> list[Held]:
        """Those whose turn it is, which are held from now on."""
        found: list[Held] = self._schedule.take(n, self.clock())
        for held in found:
            held.attempt += 1
        self._held.update(found)
        self._waiting.difference_update(found)
        return found

    async def done(self, held: Held) -> None:
        """As the protocol says."""
        self._weight -= held.item
        self._schedule.leave(held)
        self._free(held, waits=False)

    async def retry(self, held: Held, delay: float, reason: str) -> None:
        """As the protocol says."""
        self._schedule.later(held, self.clock() + delay)
        self._free(held, waits=True)

    async def dead(self, held: Held, reason: str) -> None:
        """It is gone: only its result, and what was logged, tell of it."""
        await self.done(held)

    async def give_back(self, held: Held, delay: float = 0.0) -> None:
        """As the protocol says."""
        held.attempt -= 1
        if delay > 0:
            self._schedule.later(held, self.clock() + delay)
        else:
            self._schedule.give_back(held)
        self._free(held, waits=True)

    # --- records ----------------------------------------------------------------------------------

    async def read(self, key: str) -> Record:
        """As the protocol says."""
        record, until = self._records.get(key, (NOTHING, 0.0))
        return record if until > self.clock() else NOTHING

    async def begin(self, key: str, seen: int, keep: float) -> bool:
        """As the protocol says."""
        return self._write(key, (await self.read(key)).beginning(seen), keep)

    async def settle(self, key: str, record: Record, keep: float) -> bool:
        """As the protocol says."""
        return self._write(key, (await self.read(key)).settled(record), keep)

    def _write(self, key: str, record: Record | None, keep: float) -> bool:
        """Whether there is one to write."""
        if record is None:
            return False
        now = self.clock()
        self._records.pop(key, None)  # so that the oldest stay in front
        self._records[key] = record, now + keep
        while len(self._records) > self.records or self._records[next(iter(self._records))][1] <= now:
            del self._records[next(iter(self._records))]
        return True


def weight_of(value: object) -> int:
    """Octets of texts and bytes in ``value``, about."""
    if isinstance(value, str | bytes):
        return len(value)
    if isinstance(value, Mapping):
        return sum(map(weight_of, value.values()))
    return sum(map(weight_of, value)) if isinstance(value, list | tuple) else 0
