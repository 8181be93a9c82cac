"""One event loop's share of the brokers: connections, mail, local channels, queues, groups and delays.

Names say where things are: ``<prefix>.<hub>!<n>`` is a channel of that hub, which it alone receives; every other
name is a queue. Hubs, queues and groups are spread over the brokers by the CRC-32 of that part of their name.
"""

import asyncio
import re
import secrets
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import partial
from itertools import count
from typing import Any
from zlib import crc32

from interfaces.layers.base import ChannelFull, Layer, Message, copied
from interfaces.layers.delays import Delays
from interfaces.layers.entries import Found, Rules
from interfaces.layers.frames import Cipher
from interfaces.layers.groups import Groups
from interfaces.layers.inbox import Inbox
from interfaces.layers.mail import MESSAGE, Mail
from interfaces.layers.node import Node
from interfaces.layers.peers import owner
from interfaces.layers.queues import Queues
from interfaces.layers.scripts import bell_name
from interfaces.layers.settings import Settings
from interfaces.shared.errors import Unavailable

__all__ = ["Hub"]

DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


class Hub:
    """Made within an event loop and used there only; :meth:`started` before anything else.

    ``layer`` says expiry, capacities, and where counts and losses are told.
    """

    def __init__(
        self, settings: Settings, layer: Layer, cipher: Cipher | None = None, most_delayed: int = 10_000
    ) -> None:
        self.settings = settings
        self.layer = layer
        self.running = False
        """Whether it can be used."""
        self.closed = False
        self.counts: Counter[str] = Counter()
        self.nodes = [Node(settings, host) for host in settings.hosts]
        rules = Rules(
            prefix=settings.prefix,
            expiry=layer.expiry,
            capacity=layer.get_capacity,
            count=self.count,
            cipher=cipher,
        )
        self.mail = Mail(
            self.node_of, settings.prefix, address=secrets.token_hex(8), window=settings.window, cipher=cipher
        )
        self.mail.count = self.count
        self.address = self.mail.address
        self.inbox = Inbox(layer.get_capacity, layer.expiry, count=self.count, on_consumed=self.mail.consumed)
        self.pop = self.inbox.pop
        self.queues = Queues(self.address, self.node_of, rules)
        self.groups = Groups(self.mail, self.inbox, self.node_of, self.send, group_expiry=layer.group_expiry)
        self.delays = Delays(self.nodes, self.node_of, self.send, rules, most_delayed)
        self.mail.handlers[MESSAGE] = self._arrived
        self.mail.on_beat += [self.inbox.sweep, self.queues.sweep]
        self.mark = f".{self.address}!"
        """What is in the name of each channel that this hub receives, and in no other."""
        self._bell = bell_name(settings.prefix, self.address).encode()
        self._numbers = count(1)
        self._starting: asyncio.Task[None] | None = None
        self._connecting = False
        self._turn = False
        for node in self.nodes:
            node.on_message = self._on_message
            node.on_state.append(partial(self._on_state, node))

    def __repr__(self) -> str:
        state = "closed" if self.closed else "ready" if self.ready else "not ready"
        return f"<Hub {self.address}, {len(self.nodes)} brokers, {state}>"

    @property
    def ready(self) -> bool:
        """Whether every broker is there, with all subscriptions."""
        return self.running and all(node.up for node in self.nodes)

    @property
    def reason(self) -> str:
        """Why it is not ready; "" when it is."""
        return next(
            (node.reason for node in self.nodes if not node.up), "" if self.running else "not started"
        )

    def count(self, name: str, by: int) -> None:
        """Tell the layer what was dropped."""
        self.counts[name] += by
        self.layer.count(name, by)

    def node_of(self, name: str) -> Node:
        """The broker of a hub, a queue or a group."""
        nodes = self.nodes
        return nodes[0] if len(nodes) == 1 else nodes[crc32(name.encode()) % len(nodes)]

    # --- life -------------------------------------------------------------------------------------

    async def started(self) -> None:
        """Connect and listen, once; may be called again after an error.

        Raises Unavailable when a broker cannot be reached within the timeout, ConfigError when it is not one for us.
        """
        if self.closed:
            raise Unavailable("the channel layer is closed")
        if self.running:
            return
        if self._starting is None:
            self._starting = asyncio.ensure_future(self._start())
        starting = self._starting
        try:
            await asyncio.shield(starting)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if starting.cancelled() and not (task and task.cancelling()):  # by close, and not by who waits
                raise Unavailable("the channel layer was closed") from None
            raise
        finally:
            if starting.done() and self._starting is starting:
                self._starting = None

    async def _start(self) -> None:
        if not self._connecting:
            self._connecting = True
            for node in self.nodes:
                await node.start()
        await asyncio.gather(*(node.ready(self.settings.timeout) for node in self.nodes))
        await self.mail.start()
        self.delays.start()
        self.running = True

    async def close(self) -> None:
        """Give back what nobody received, say goodbye, disconnect."""
        if self.closed:
            return
        self.closed, was_running, self.running = True, self.running, False
        if self._starting is not None:
            self._starting.cancel()
            await asyncio.wait([self._starting])
        self.inbox.fail(Unavailable("the channel layer was closed"))
        if was_running:
            await self.delays.close()
            await self.queues.close()
            await self.groups.close()
            await self.mail.close()
        await asyncio.gather(*(node.close() for node in self.nodes))

    def _on_state(self, node: Node, up: bool, reason: str) -> None:
        if up:
            self.queues.on_up(node)
        elif not self.closed:
            for hook in self.layer.on_loss:
                hook(reason)

    def _on_message(self, name: bytes, payload: bytes) -> None:
        if name == self.mail.topic:
            self.mail.feed(payload)
        elif name == self._bell:
            self.queues.on_bell(payload)
        else:
            self.groups.feed(name, payload)

    def _arrived(self, sender: str, item: Any, size: int) -> None:
        channel, message = item
        if type(channel) is not str or type(message) is not dict:
            raise TypeError("no [channel, message]")
        self.inbox.deliver(channel, message, size, sender)

    # --- channels ---------------------------------------------------------------------------------

    def new_channel(self, prefix: str) -> str:
        """The name of a channel that this hub receives."""
        number, digits = next(self._numbers), ""
        while number:
            number, digit = divmod(number, 36)
            digits = DIGITS[digit] + digits
        return f"{prefix}{self.mark}{digits}"

    async def send(self, channel: str, message: Message) -> None:
        """Put a copy of ``message`` into ``channel``; ChannelFull, Unavailable, TypeError."""
        message = copied(message)  # also what leaves: a wire takes more, and less, than every layer does
        if self.mark in channel:
            if not self.inbox.deliver(channel, message):
                raise ChannelFull(channel)
        elif "!" in channel and (hub := owner(channel)):
            self.mail.post(hub, MESSAGE, (channel, message))
            await self.mail.sent(hub)
        else:
            await self.queues.push(channel, message)

    async def receive(self, channels: Sequence[str], *, ahead: bool = True) -> tuple[str, Message]:
        """Wait for a message of one of ``channels``, which take turns: its channel, and the message.

        May be cancelled without loss. A channel of another hub never has one here: ValueError. Unavailable when this
        hub is closed.
        """
        if self.closed:
            raise Unavailable("the channel layer is closed")
        local = [channel for channel in channels if self.mark in channel]
        for channel in channels:
            if "!" in channel and owner(channel) not in ("", self.address):
                raise ValueError(f"{channel} is received in the event loop that made it, and in no other")
        if not local:
            return await self.queues.receive(channels, ahead=ahead)
        if len(local) == len(channels):
            return await self.inbox.receive(channels)
        queues = [channel for channel in channels if channel not in local]
        return await self._either(local, queues)

    async def _either(self, local: Sequence[str], queues: Sequence[str]) -> tuple[str, Message]:
        """Local channels and queues: what comes first, and in turns when both have something."""
        mine = asyncio.ensure_future(self.inbox.receive(local))
        queued = asyncio.ensure_future(self.queues.take(queues))
        both: list[asyncio.Future[Any]] = [mine, queued]
        self._turn = not self._turn
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            winner = next(task for task in (both[:: 1 if self._turn else -1]) if task.done())
            both.remove(winner)
            return self.queues.give(queued.result()) if winner is queued else mine.result()
        finally:
            for task in both:
                task.add_done_callback(self._return_queued if task is queued else self._return)
                task.cancel()

    def _return(self, task: "asyncio.Future[tuple[str, Message]]") -> None:
        """A receiver that is not wanted any more: what it got meanwhile goes back, in front."""
        if not task.cancelled() and task.exception() is None:
            channel, message = task.result()
            self.inbox.put_back(channel, (message, time.monotonic() + self.layer.expiry, None, 0))

    def _return_queued(self, task: "asyncio.Future[Found]") -> None:
        if not task.cancelled() and task.exception() is None:
            self.queues.put_back(task.result())

    async def statistics(self, names: Iterable[str]) -> dict[str, int]:
        """Channels, groups, messages and receivers of this hub; messages in queues and delays at the brokers."""
        queued = await self.queues.lengths(names)
        return {
            "channels": len(self.inbox.channels) + sum(map(bool, queued.values())),
            "groups": len(self.groups),
            "messages": len(self.inbox) + sum(queued.values()),
            "delayed": await self.delays.count(),
            "receivers": self.queues.waiting,
        }

    async def flush(self) -> None:
        """Delete everything under the prefix at all brokers, and what waits here."""
        prefix = re.sub(r"([][*?\\^-])", r"\\\1", self.settings.prefix)  # of a glob
        for node in self.nodes:
            cursor: bytes | int = 0
            while True:
                cursor, keys = await node.call("SCAN", cursor, "MATCH", f"{prefix}:[qwbmd]:*", "COUNT", 1000)
                if keys:
                    await node.call("UNLINK", *keys)
                if int(cursor) == 0:
                    break
            await node.call("UNLINK", f"{self.settings.prefix}:d")
        for channel in self.inbox.channels:
            self.inbox.forget(channel)
        self.queues.forget()
        self.groups.clear()
