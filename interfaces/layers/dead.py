"""Dead letters: what durable queues gave up, with why, by whom and after how many attempts; to look at and replay."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from interfaces.layers.base import Message
from interfaces.layers.durable_body import Body
from interfaces.layers.durable_scripts import REPLAY, durable_keys, names_key
from interfaces.layers.hub import Hub

__all__ = ["PAGE", "DeadLetters", "Letter"]

PAGE = 100
"""Letters read in one command."""
_NUMBER = re.compile(r"\d{1,19}(-\d{1,19})?", re.ASCII)
"""What the broker takes for a number; anything else is not there."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One dead letter. ``number`` names it in its queue; ``died_at`` and ``put_at`` are Unix seconds of the broker.

    ``message`` is None when it was sealed with a key that is not ours. ``reason``: "expired", "attempts",
    "unsealed", or what the application said. ``owner`` held it last.
    """

    number: str
    queue: str
    id: str
    reason: str
    attempts: int
    owner: str
    died_at: float
    put_at: float
    dedupe_key: str
    conversation: str
    message: Message | None


class DeadLetters:
    """The dead letters of a started hub's brokers. Everything raises Unavailable without them."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._rules = hub.queues.rules

    async def queues(self) -> dict[str, tuple[int, int]]:
        """Every durable queue that there has been, with the numbers of its items and of its dead letters."""
        found: dict[str, tuple[int, int]] = {}
        for node in self._hub.nodes:
            for name in sorted(await node.call("SMEMBERS", names_key(self._rules.prefix))):
                queue = name.decode()
                keys = durable_keys(self._rules.prefix, queue)
                found[queue] = (await node.call("HLEN", keys.bodies), await node.call("XLEN", keys.dead))
        return found

    async def ready_since(self, queue: str) -> float:
        """Unix seconds of the broker at which the oldest item that waits, or is held, became ready; 0.0 for none."""
        keys = durable_keys(self._rules.prefix, queue)
        entries = await self._hub.node_of(queue).call("XRANGE", keys.stream, "-", "+", "COUNT", 1)
        return _order(entries[0][0].decode())[0] / 1000 if entries else 0.0

    async def page(self, queue: str, n: int = PAGE, after: str = "") -> list[Letter]:
        """Up to ``n`` letters of the queue, oldest first, those that follow the number ``after``."""
        keys = durable_keys(self._rules.prefix, queue)
        start = f"({after}" if after else "-"
        entries = await self._hub.node_of(queue).call("XRANGE", keys.dead, start, "+", "COUNT", n)
        return [self._letter(queue, entry.decode(), fields) for entry, fields in entries]

    async def show(self, queue: str, number: str) -> Letter | None:
        """One letter; None when there is no such one."""
        if not _NUMBER.fullmatch(number):
            return None
        keys = durable_keys(self._rules.prefix, queue)
        entries = await self._hub.node_of(queue).call("XRANGE", keys.dead, number, number)
        return self._letter(queue, entries[0][0].decode(), entries[0][1]) if entries else None

    async def retry(self, queue: str, number: str) -> bool:
        """Put a letter back into its queue, to be tried as often as a new item; False when there is no such one."""
        if not _NUMBER.fullmatch(number):
            return False
        keys = durable_keys(self._rules.prefix, queue)
        return bool(await self._hub.node_of(queue).run(REPLAY, keys, [number]))

    async def retry_all(self, queue: str) -> int:
        """Put back all that are there now; how many."""
        count, last = 0, ""
        letters = await self.page(queue)
        end = await self._hub.node_of(queue).call(
            "XREVRANGE", durable_keys(self._rules.prefix, queue).dead, "+", "-", "COUNT", 1
        )
        newest = _order(end[0][0].decode()) if end else (0, 0)
        while letters:
            for letter in letters:
                if _order(letter.number) > newest:  # died since, perhaps of this retry
                    return count
                count += await self.retry(queue, letter.number)
                last = letter.number
            letters = await self.page(queue, after=last)
        return count

    def _letter(self, queue: str, number: str, fields: Sequence[bytes]) -> Letter:
        said: dict[bytes, Any] = dict(zip(fields[::2], fields[1::2], strict=True))
        body = Body.opened(self._rules.cipher, durable_keys(self._rules.prefix, queue).bodies, said[b"b"])
        return Letter(
            number=number,
            queue=queue,
            id=said[b"i"].decode(),
            reason=said[b"r"].decode("utf-8", "replace"),
            attempts=int(said[b"t"]),
            owner=said[b"o"].decode(),
            died_at=_order(number)[0] / 1000,
            put_at=body.put_at if body else 0.0,
            dedupe_key=body.dedupe_key if body else "",
            conversation=said[b"c"].decode(),
            message=body.message if body else None,
        )


def _order(number: str) -> tuple[int, int]:
    milliseconds, _, sequence = number.partition("-")
    return int(milliseconds), int(sequence or 0)
