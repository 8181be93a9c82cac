"""Where accepted messages are kept at a broker: a durable queue, which all containers with this layer share.

Any of them gives a message to its application, or to the workers behind it; what a dead one had is taken over once its
lease has lapsed. A body is in the message, so it is bounded by what a broker's message may have.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from pathlib import Path
from secrets import token_hex
from typing import Any

import msgspec

from interfaces.email.kept import Mark
from interfaces.layers.base import ChannelFull
from interfaces.layers.durable import Item, Terms
from interfaces.layers.frames import MESSAGE_LIMIT
from interfaces.layers.outgoing import DurableStore
from interfaces.shared.errors import ConfigError, Unavailable

__all__ = ["CARRIED", "QUEUE", "LayerStore"]

log = logging.getLogger("interfaces.email")

QUEUE = "email.accepted"
CARRIED = MESSAGE_LIMIT - 2**20
"""Bytes of a content, with room for its envelope."""


@dataclass(slots=True, eq=False)
class _Held:
    """A message that was taken."""

    number: str
    head: bytes
    content: bytes
    attempt: int
    note: bytes
    put_at: float
    item: Item


class LayerStore:
    """The durable queue ``email.accepted`` of ``layer``: a store of accepted messages.

    It keeps what was put as well as the layer's ``durability`` says, ``process-crash`` unless that is given.
    """

    def __init__(self, layer: Any, *, most: int, strict: bool) -> None:
        if not hasattr(layer, "hub"):
            raise ConfigError(
                "--email-ack accepted: a layer without a broker keeps nothing; name one, or --email-spool DIR"
            )
        self.store = DurableStore(layer.hub(), QUEUE, durability=layer.durability or "process-crash")
        self.queues = self.store.queues
        self.queues.limits = replace(self.queues.limits, most=most)
        self.queues.strict = strict
        self._server_time = layer.hub().node_of(QUEUE).server_time
        self._tasks: set[asyncio.Task[None]] = set()

    def __repr__(self) -> str:
        return f"<LayerStore {self.queues!r}>"

    # --- life -------------------------------------------------------------------------------------

    async def open(self) -> None:
        """ConfigError when the broker keeps less than is asked for, Unavailable without one."""
        try:
            await self.store.open()
        except ConfigError as error:
            raise ConfigError(f"--email-ack accepted: {error}; or name --email-spool DIR") from error

    async def close(self) -> None:
        """What is held goes back."""
        while self._tasks:
            await asyncio.wait(self._tasks)
        await self.store.close()

    def leave(self) -> None:
        """Nothing more is taken."""
        self.store.leave()

    def describe(self) -> str:
        """One line for the start."""
        return self.store.describe()

    # --- in and out -------------------------------------------------------------------------------

    def put(
        self, head: bytes, content: bytes, then: Callable[[bool], None], *, conversation: str | None = None,
        source: int = -1, size: int = 0,
    ) -> bool:  # fmt: skip
        """As the protocol says; a file of this machine cannot be kept."""
        if source >= 0 or len(content) > CARRIED:
            return False
        self._run(self._put(_message(head, content, b"", 0), then, conversation))
        return True

    async def _put(
        self, message: dict[str, Any], then: Callable[[bool], None], conversation: str | None
    ) -> None:
        kept = True
        try:
            await self.queues.put(QUEUE, message, id=token_hex(12), conversation=conversation)
        except (ChannelFull, Unavailable, ConfigError) as error:
            log.error("a message cannot be kept: %s", error)  # noqa: TRY400 - no frame says more
            kept = False
        then(kept)

    async def take(self, n: int) -> list[_Held]:
        """As the protocol says."""
        return [_held(one.item) for one in await self.store.take(n)]

    async def load(self, kept: _Held) -> _Held:
        """It is here."""
        return kept

    def path(self, _kept: _Held) -> Path | None:
        """It has none."""
        return None

    # --- what became of it ------------------------------------------------------------------------

    def done(self, kept: _Held) -> None:
        """As the protocol says."""
        self._run(self._settle(kept, self.queues.done(kept.item)))

    def give_back(self, kept: _Held) -> None:
        """As the protocol says."""
        self._run(self._settle(kept, self.queues.give_back(kept.item)))

    def later(self, kept: _Held, delay: float, note: bytes = b"") -> None:
        """As the protocol says. One that is for fewer recipients from now on is another item."""
        mark = msgspec.msgpack.decode(note, type=Mark) if note else Mark()
        before = msgspec.msgpack.decode(kept.note, type=Mark) if kept.note else Mark()
        if mark.left == before.left:
            self._run(self._settle(kept, self.queues.retry(kept.item, delay, mark.reason)))
        else:
            message = _message(kept.head, kept.content, note, kept.attempt)
            self._run(self._settle(kept, self._replace(kept, message, delay)))

    async def _replace(self, kept: _Held, message: dict[str, Any], delay: float) -> bool:
        await self.queues.put(
            QUEUE, message, id=f"{kept.item.id}.{kept.attempt}", conversation=kept.item.conversation,
            terms=Terms(not_before=self._server_time() + delay),
        )  # fmt: skip
        return await self.queues.done(kept.item)

    def dead(self, kept: _Held, reason: str, *, copy: bool = False) -> None:
        """A dead letter: ``interfaces dead`` shows it, and puts it back."""
        if copy:
            self._run(self._settle(kept, self.store.letter(kept.item, reason)))
        else:
            self._run(self._settle(kept, self.queues.dead(kept.item, reason)))

    async def _settle(self, kept: _Held, deed: Coroutine[Any, Any, Any]) -> None:
        try:
            await deed
        except (ChannelFull, Unavailable) as error:
            log.warning("%s: is taken up again once its lease has lapsed: %s", kept.number, error)

    def _run(self, steps: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(steps)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _message(head: bytes, content: bytes, note: bytes, before: int) -> dict[str, Any]:
    return {"head": head, "content": content, "note": note, "before": before}


def _held(item: Item) -> _Held:
    said = item.message
    return _Held(
        item.id, said.get("head", b""), said.get("content", b""), said.get("before", 0) + item.attempt,
        said.get("note", b""), item.put_at, item,
    )  # fmt: skip
