"""What waits to go out, durably: channels whose messages are kept at the broker until an outbox has sent them.

What is sent to such a channel is put into the durable queue of its name, by whoever sends it: so from then on no
process can lose it, not even that of the sender. What became of each attempt is a record beside the queue.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from secrets import token_hex
from typing import Any
from weakref import WeakKeyDictionary

import msgspec

from interfaces.layers.base import KEPT, Message, checked_delay
from interfaces.layers.durability import CLASSES, Durability, answer, facts_of, wait_for
from interfaces.layers.durable import DurableQueues, Item, Limits, Terms
from interfaces.layers.durable_body import Body
from interfaces.layers.durable_items import LETTERS
from interfaces.layers.durable_scripts import durable_keys
from interfaces.layers.frames import encode, opened, sealed
from interfaces.layers.homes import begin
from interfaces.layers.hub import Hub
from interfaces.layers.pipe import Word
from interfaces.layers.scripts import Script
from interfaces.shared.errors import ConfigError, Unavailable
from interfaces.shared.sendings import NOTHING, Held, Record, conversation, digest

__all__ = ["ATTEMPTS", "DurableStore", "keep"]

ATTEMPTS = 200
"""Attempts for one message; with the outbox's delays it is given up before, by its lifetime."""

_BEGIN = Script("""
local known = redis.call('HMGET', KEYS[1], 'n', 'b')
if (known[1] or '0') ~= ARGV[1] or known[2] == '1' then return 0 end
redis.call('HSET', KEYS[1], 'n', tonumber(ARGV[1]) + 1, 'b', 1, 'f', 0)
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
""")
"""Key: the record. Arguments: how many attempts were seen, milliseconds to keep it. Answers whether it is so."""
_SETTLE = Script("""
local known = redis.call('HMGET', KEYS[1], 'n', 'b')
if (known[1] or '0') ~= ARGV[1] or (known[2] or '0') ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], 'n', ARGV[3], 'b', 0, 'f', ARGV[4], 'o', ARGV[5], 'd', ARGV[6])
redis.call('PEXPIRE', KEYS[1], ARGV[7])
return 1
""")
"""Key: the record. Arguments: attempts and "begun" as they have to be; attempts, "final", owner and what was told as
they become; milliseconds to keep it. Answers whether it is so.
"""

_putting: WeakKeyDictionary[Hub, tuple[DurableQueues, AsyncGenerator[None, None]]] = WeakKeyDictionary()
"""For putting, one a hub; with what closes it when the hub's loop ends."""


async def keep(
    hub: Hub, channel: str, message: Message, durability: Durability | None, delay: float = 0.0
) -> None:
    """Put ``message`` into the durable queue ``channel``; returns when it is kept as well as is asked.

    It is not taken before its ``not_before``, nor before ``delay`` seconds have passed.
    ChannelFull; Unavailable: nobody knows; TypeError and ValueError for what it says; ConfigError.
    """
    if hub not in _putting:
        queues = DurableQueues(hub)
        keeper = _kept(queues)
        begin(keeper)
        _putting[hub] = queues, keeper
    start, now = message.get("not_before") or 0.0, hub.node_of(channel).server_time()
    checked_delay(start - now if isinstance(start, int | float) else start)
    await _putting[hub][0].put(
        channel,
        message,
        id=token_hex(12),
        dedupe_key=str(message.get("dedupe_key") or ""),
        conversation=conversation(message, KEPT.get(channel, ())),
        terms=Terms(
            not_before=max(float(start), now + delay if delay else 0.0), durability=durability or "memory"
        ),
    )


async def _kept(queues: DurableQueues) -> AsyncGenerator[None, None]:
    """Begun in a loop, closed by it when it ends."""
    try:
        yield
    finally:
        await queues.close()


class DurableStore:
    """The store of an outbox: see :class:`interfaces.shared.sendings.Store`.

    ``durability`` None: as well as the broker keeps things by itself. ``redact(message)``, when given, makes what a
    dead letter has of it.
    """

    durable = True

    def __init__(
        self,
        hub: Hub,
        channel: str,
        *,
        durability: Durability | None = None,
        redact: Callable[[Message], Message] | None = None,
    ) -> None:
        limits = Limits(attempts=ATTEMPTS)
        strict = bool(KEPT.get(channel))
        self.queues = DurableQueues(hub, durability=durability or "memory", strict=strict, limits=limits)
        self.channel = channel
        self.durability = durability
        self.redact = redact
        self._hub = hub
        self._rules = hub.queues.rules
        self._found = ""
        self._leaving = False
        self._taking: asyncio.Task[list[Item]] | None = None

    def __repr__(self) -> str:
        return f"<DurableStore of {self.channel}, {self.queues!r}>"

    # --- life -------------------------------------------------------------------------------------

    async def open(self) -> None:
        """As the protocol says; Unavailable without a broker."""
        await self.queues.open()
        if self.durability is None:
            self._found = await self._by_itself()

    async def _by_itself(self) -> str:
        """How well its broker keeps what it has answered."""
        node = self._hub.node_of(self.channel)
        facts = await facts_of(node)
        found: Durability = "memory"
        for asked in CLASSES[:3]:
            try:
                if not wait_for(facts, asked, 1, node.host.name):
                    found = asked
            except ConfigError:
                break
        return f"a durable queue: {found} ({node.host.name}: {facts.described})"

    async def close(self) -> None:
        """As the protocol says."""
        self.leave()
        await self.queues.close()

    def leave(self) -> None:
        """As the protocol says."""
        self._leaving = True
        if self._taking is not None:
            self._taking.cancel()

    def describe(self) -> str:
        """As the protocol says."""
        return self._found or self.queues.describe().replace("durable queues", "a durable queue", 1)

    # --- messages ---------------------------------------------------------------------------------

    async def take(self, n: int) -> list[Held]:
        """As the protocol says."""
        if self._leaving:
            return []
        taking = self._taking = asyncio.ensure_future(self.queues.take([self.channel], n))
        try:
            await asyncio.wait({taking})
        finally:
            taking.cancel()
        if taking.cancelled():
            return []
        return [
            Held(item.id, item.message, item.attempt, item.put_at, item, item.conversation)
            for item in taking.result()
        ]

    async def done(self, held: Held) -> None:
        """As the protocol says."""
        await self.queues.done(held.item)

    async def retry(self, held: Held, delay: float, reason: str) -> None:
        """As the protocol says."""
        await self.queues.retry(held.item, delay, reason)

    async def dead(self, held: Held, reason: str) -> None:
        """A dead letter: ``interfaces dead`` shows it, and puts it back."""
        item: Item = held.item
        if self.redact is None:
            await self.queues.dead(item, reason)
        elif await self.queues.done(item):  # what is another's by now it still has to send
            await self.letter(item, reason)

    async def letter(self, item: Item, reason: str) -> None:
        """A dead letter of what was taken, redacted where that is asked for; the item itself is settled apart."""
        message = dict(item.message)
        if self.redact is not None:
            message = self.redact(message)
        keys = durable_keys(self._rules.prefix, self.channel)
        body = Body(message, item.dedupe_key, item.conversation, item.put_at)
        fields: dict[str, Word] = {
            "i": item.id, "b": body.sealed(self._rules.cipher, keys.bodies), "t": item.attempt,
            "c": item.conversation or "", "r": reason, "o": self.queues.owner,
        }  # fmt: skip
        words = [word for pair in fields.items() for word in pair]
        node = self._hub.node_of(self.channel)
        await answer(node.call("XADD", keys.dead, "MAXLEN", LETTERS, "*", *words))

    async def give_back(self, held: Held, delay: float = 0.0) -> None:
        """As the protocol says."""
        await self.queues.give_back(held.item, delay)

    # --- records ----------------------------------------------------------------------------------

    def _name(self, key: str) -> str:
        return f"{self._rules.prefix}:Qo:{self.channel}:{digest(key)}"

    async def _run(self, script: Script, name: str, *words: Any) -> bool:
        return bool(await answer(self._hub.node_of(self.channel).run(script, [name], words)))

    async def read(self, key: str) -> Record:
        """As the protocol says."""
        name = self._name(key)
        node = self._hub.node_of(self.channel)
        number, begun, final, owner, data = await answer(node.call("HMGET", name, *"nbfod"))
        if number is None:
            return NOTHING
        return Record(
            number=int(number),
            begun=begun == b"1",
            final=final == b"1",
            owner=(owner or b"").decode(),
            told=self._told(name, data) if data else {},
        )

    def _told(self, name: str, data: bytes) -> dict[str, Any]:
        plain = opened(self._rules.cipher, name.encode(), data)
        if plain is None:
            raise Unavailable("a record is sealed with a key that is not ours")
        told: dict[str, Any] = msgspec.msgpack.decode(plain)
        return told

    async def begin(self, key: str, seen: int, keep: float) -> bool:
        """As the protocol says."""
        return await self._run(_BEGIN, self._name(key), seen, int(keep * 1000))

    async def settle(self, key: str, record: Record, keep: float) -> bool:
        """As the protocol says."""
        name, begun = self._name(key), int(record.begun)
        data = sealed(self._rules.cipher, name.encode(), encode(record.told))
        seen = record.number - (not record.begun)
        words = (seen, begun, record.number, int(record.final), record.owner, data, max(1, int(keep * 1000)))
        return await self._run(_SETTLE, name, *words)
