"""Messages for later: a sorted set at the broker of their channel, which every hub looks through.

Who takes what is due sends it; so a delayed message outlives the process that asked for it, and is sent once at most.
A hub looks every LOOK seconds, and when something it knows of is due.
"""

import asyncio
import secrets
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import msgspec

from interfaces.layers.base import ChannelFull, Message
from interfaces.layers.entries import Rules
from interfaces.layers.frames import encode, opened, sealed
from interfaces.layers.node import Node
from interfaces.layers.scripts import DELAY, DUE
from interfaces.shared.errors import Unavailable

__all__ = ["AT_ONCE", "LOOK", "Delays"]

LOOK = 1.0
"""Seconds between looks for what other processes have put there."""
AT_ONCE = 100
"""Items taken in one look; if there are more, the next look is at once."""
CLOSING = 1.0
"""Seconds that the message which is being sent gets when the hub closes."""

_decode = msgspec.msgpack.Decoder(tuple[str, str, dict[str, Any]]).decode


class Delays:
    """One hub's share. ``send(channel, message)`` is the layer's; ``most`` are how many may wait at one broker."""

    def __init__(
        self,
        nodes: Iterable[Node],
        node: Callable[[str], Node],
        send: Callable[[str, Message], Awaitable[None]],
        rules: Rules,
        most: int = 10_000,
    ) -> None:
        self.rules = rules
        self.most = most
        self._key = f"{rules.prefix}:d"
        self._number, self._salt = 0, secrets.token_hex(8)
        self._node, self._send = node, send
        self._loop = asyncio.get_running_loop()
        self._timers: dict[Node, asyncio.TimerHandle | None] = dict.fromkeys(nodes)
        self._due: deque[tuple[Node, bytes]] = deque()
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    def __repr__(self) -> str:
        return f"<Delays, {len(self._due)} being sent>"

    def start(self) -> None:
        """Begin to look."""
        for node in self._timers:
            self._look_after(node, 0)

    async def put(self, channel: str, message: Message, seconds: float) -> None:
        """Keep ``message`` until it is due. ChannelFull when ``most`` wait, Unavailable without a broker."""
        self._number += 1  # those that are due in one millisecond come in order
        data = encode((f"{self._number:012x}{self._salt}", channel, message))
        data = sealed(self.rules.cipher, self._key.encode(), data)
        node = self._node(channel)
        if not await node.run(DELAY, [self._key], [max(0, int(seconds * 1000)), data, self.most]):
            raise ChannelFull(f"{self.most} messages wait for their time")
        timer = self._timers[node]
        if timer is None or timer.when() > self._loop.time() + seconds:
            self._look_after(node, seconds)

    async def count(self) -> int:
        """How many wait, at all brokers."""
        counts = await asyncio.gather(*(node.call("ZCARD", self._key) for node in self._timers))
        return sum(counts)

    def _look_after(self, node: Node, seconds: float) -> None:
        timer = self._timers[node]
        if timer is not None:
            timer.cancel()
        if not self._closed:
            self._timers[node] = self._loop.call_later(seconds, self._look, node)

    def _look(self, node: Node) -> None:
        def then(reply: Any) -> None:
            if isinstance(reply, Exception):
                self._look_after(node, LOOK)
                return
            wait, items = reply
            self._look_after(node, LOOK if wait < 0 else min(LOOK, wait / 1000))
            self._due.extend((node, item) for item in items)
            if self._due and self._task is None:
                self._task = self._loop.create_task(self._deliver())

        self._look_after(node, LOOK)
        node.tell_script(then, DUE, [self._key], [AT_ONCE, 0])

    async def _deliver(self) -> None:
        """Send what is due, in order; what cannot be sent is counted."""
        try:
            while self._due:
                await self._send_on(self._due.popleft()[1])
        finally:
            self._task = None

    async def _send_on(self, item: bytes) -> None:
        plain = opened(self.rules.cipher, self._key.encode(), item)
        try:
            _, channel, message = _decode(plain or b"")
            await self._send(channel, message)
        except ChannelFull:
            self.rules.count("layer.full", 1)
        except Unavailable:
            self.rules.count("layer.lost", 1)
        except (msgspec.MsgspecError, RecursionError, TypeError, ValueError, OverflowError):
            self.rules.count("layer.unsealed" if plain is None else "layer.damaged", 1)

    async def close(self) -> None:
        """Look no more; what was taken and not sent yet goes back."""
        self._closed = True
        for timer in self._timers.values():
            if timer is not None:
                timer.cancel()
        for node, item in self._due:
            node.tell(None, "ZADD", self._key, 0, item)
        self._due.clear()
        if self._task is not None:
            await asyncio.wait([self._task], timeout=CLOSING)
            if self._task is not None:
                self._task.cancel()
