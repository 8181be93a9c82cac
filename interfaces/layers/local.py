"""The channel layer of one process: nothing is sent anywhere, and all event loops and threads share it.

A message stays in its channel until a receiver that runs takes it. A send wakes one receiver; one that is cancelled
before it ran wakes the next, so cancelling loses nothing. The work for a message does not depend on how many
channels there are: opening a channel looks at two others, and forgets those that hold nothing and nobody waits for.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from heapq import heappop, heappush
from itertools import count
from secrets import token_hex
from time import monotonic
from typing import Any

from interfaces.layers.base import (
    DELAY,
    KEPT,
    Capacities,
    ChannelFull,
    Layer,
    Message,
    checked_count,
    checked_delay,
    copied,
    delayed,
)
from interfaces.shared.tracing import stamped

__all__ = ["LocalChannelLayer"]

Loop = asyncio.AbstractEventLoop
Waiter = asyncio.Future[None]
_SWEPT = 2
"""Channels, or groups, that are looked at when one is made: more than one, so that the dead stay a fraction."""


class _Queue:
    """One channel."""

    __slots__ = ("capacity", "later", "messages", "name", "served", "waiters")

    def __init__(self, name: str, capacity: int) -> None:
        self.name = name
        self.capacity = capacity
        self.messages: deque[tuple[float, Message]] = deque()
        """(when it expires, message)"""
        self.later: list[tuple[float, int, Message]] = []
        """A heap of (when it is due, number, message)."""
        self.waiters: dict[Waiter, Sequence[_Queue]] = {}
        """Receivers in the order of their coming, and all channels that each of them waits for."""
        self.served = 0
        """When one of several channels was last chosen."""


class LocalChannelLayer(Layer):
    """Channels, groups and delays of one process; see :class:`interfaces.layers.base.Layer` for the keywords.

    ``max_delayed``: messages that wait for their time, in the whole layer; ``clock`` gives seconds.
    It can be called from every event loop and thread, and so by ``async_to_sync`` in a WSGI view.
    """

    def __init__(
        self,
        *,
        expiry: float = 60,
        group_expiry: float = 86400,
        capacity: int = 100,
        channel_capacity: Capacities | None = None,
        max_delayed: int = 10_000,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        super().__init__(
            expiry=expiry, group_expiry=group_expiry, capacity=capacity, channel_capacity=channel_capacity
        )
        self.max_delayed = checked_count("max_delayed", max_delayed, 0)
        self.clock = clock
        self._lock = threading.Lock()  # held for moments, and never while anything is awaited
        self._id = token_hex(8)
        self._numbers = count(1)
        self._channels: dict[str, _Queue] = {}
        self._swept: deque[_Queue] = deque()
        self._groups: dict[str, dict[str, float]] = {}
        self._swept_groups: deque[tuple[str, dict[str, float]]] = deque()
        self._delayed = 0
        self._expired = 0
        self._full = 0

    # --- channels ---------------------------------------------------------------------------------

    async def send(self, channel: str, message: Message) -> None:
        """Put a copy of ``message`` into ``channel``. TypeError, ChannelFull."""
        if channel == DELAY:
            await self.send_later(*delayed(message))
            return
        message = copied(stamped(message) if channel in KEPT else message)
        loop = asyncio.get_running_loop()
        with self._lock:
            queue = self._channels.get(channel) or self._open(channel)
            if not self._push(queue, message, self.clock(), loop):
                raise ChannelFull(channel)

    async def send_later(self, channel: str, message: Message, delay_seconds: float) -> None:
        """Send it when the delay is over; ChannelFull when ``max_delayed`` messages wait for that."""
        if checked_delay(delay_seconds) <= 0:
            await self.send(channel, message)
            return
        message = copied(stamped(message) if channel in KEPT else message)
        loop = asyncio.get_running_loop()
        with self._lock:
            queue = self._channels.get(channel) or self._open(channel)
            if self._delayed >= self.max_delayed:
                raise ChannelFull(f"{channel}: {self.max_delayed} messages wait for their time")
            self._delayed += 1
            heappush(queue.later, (self.clock() + delay_seconds, next(self._numbers), message))
            self._wake(queue, loop)  # whoever waits will set a timer

    async def receive(self, channel: str, *more: str) -> Message:
        """Wait for a message of ``channel``, or of one of several."""
        return (await self.receive_any((channel, *more)))[1]

    async def receive_any(self, channels: Iterable[str]) -> tuple[str, Message]:
        """Wait for a message: (its channel, message). Of channels that have some, the least recently served."""
        names = tuple(channels)
        if not names:
            raise TypeError("receive_any() takes at least one channel")
        loop = asyncio.get_running_loop()
        while True:
            with self._lock:
                known = len(self._channels)
                queues = [self._channels.get(name) or self._open(name, sweep=False) for name in names]
                now = self.clock()
                found = self._take(queues, now, loop)
                if found is None:
                    waiter: Waiter = loop.create_future()
                    for queue in queues:
                        queue.waiters[waiter] = queues
                    timer = self._timer(queues, waiter, now, loop)
                if len(self._channels) > known:  # only now: what was opened here is not to be swept
                    self._sweep(_SWEPT * (len(self._channels) - known), now)
            if found is not None:
                return found
            try:
                await waiter
            except asyncio.CancelledError:
                with self._lock:
                    self._forget(waiter, queues)
                    self._pass_on(queues, loop)  # it had been woken, or has set the timer
                raise
            finally:
                if timer is not None:
                    timer.cancel()

    async def new_channel(self, prefix: str = "specific") -> str:
        """A name that nobody else has."""
        name = f"{prefix}.{self._id}!{next(self._numbers):x}"
        self.require_valid_channel_name(name)
        return name

    # --- groups -----------------------------------------------------------------------------------

    async def group_add(self, group: str, channel: str) -> None:
        """Add ``channel``, or renew it for ``group_expiry`` seconds."""
        self.require_valid_group_name(group)
        self.require_valid_channel_name(channel)
        now = self.clock()
        with self._lock:
            members = self._members(group, now)
            if not members:
                self._sweep_groups(now)
                self._swept_groups.append((group, members))
                self._groups[group] = members
            members.pop(channel, None)  # so that the oldest stand in front
            members[channel] = now + self.group_expiry

    async def group_discard(self, group: str, channel: str) -> None:
        """Take ``channel`` out, if it is in."""
        self.require_valid_group_name(group)
        self.require_valid_channel_name(channel)
        with self._lock:
            members = self._members(group, self.clock())
            members.pop(channel, None)
            if not members:
                self._groups.pop(group, None)

    async def group_send(self, group: str, message: Message) -> None:
        """Send a copy to each channel; those that are full are left out and counted."""
        self.require_valid_group_name(group)
        message = copied(message)
        loop = asyncio.get_running_loop()
        full = 0
        with self._lock:
            now = self.clock()
            for name in self._members(group, now):
                queue = self._channels.get(name) or self._open(name)
                full += not self._push(queue, copied(message), now, loop)
            self._dropped(full=full)

    async def group_channels(self, group: str) -> list[str]:
        """The channels of ``group``, the one that was added first in front."""
        self.require_valid_group_name(group)
        with self._lock:
            return [*self._members(group, self.clock())]

    # --- the whole --------------------------------------------------------------------------------

    async def statistics(self) -> dict[str, int]:
        """``channels`` ``groups`` ``messages`` ``delayed`` ``receivers`` now; ``expired`` ``full`` since the start."""
        with self._lock:
            now = self.clock()
            self._sweep(len(self._swept), now)
            self._sweep_groups(now, len(self._swept_groups))
            queues = self._channels.values()
            return {
                "channels": len(queues),
                "groups": len(self._groups),
                "messages": sum(len(queue.messages) for queue in queues),
                "delayed": self._delayed,
                "receivers": len({waiter for queue in queues for waiter in queue.waiters}),
                "expired": self._expired,
                "full": self._full,
            }

    async def flush(self) -> None:
        """Forget all messages, groups and delays; who waits, waits on."""
        with self._lock:
            for queue in self._channels.values():
                queue.messages.clear()
                queue.later.clear()
            self._sweep(len(self._swept), self.clock())
            self._groups.clear()
            self._swept_groups.clear()
            self._delayed = 0

    async def close(self) -> None:
        """Forget everything: there is nothing else to give back."""
        await self.flush()

    # --- under the lock ---------------------------------------------------------------------------

    def _open(self, channel: str, sweep: bool = True) -> _Queue:
        """Make a channel, and look whether others can be forgotten. TypeError."""
        self.require_valid_channel_name(channel)
        if channel == DELAY:
            raise TypeError(f"what is sent to {DELAY} is received from the channel it names")
        if sweep:
            self._sweep(_SWEPT, self.clock())
        queue = self._channels[channel] = _Queue(channel, self.get_capacity(channel))
        self._swept.append(queue)
        return queue

    def _sweep(self, number: int, now: float) -> None:
        """Look at some channels, in turn, and forget those without messages and receivers."""
        for _ in range(min(number, len(self._swept))):
            queue = self._swept.popleft()
            self._settle(queue, now)
            if queue.messages or queue.waiters or queue.later:
                self._swept.append(queue)
            else:
                del self._channels[queue.name]

    def _sweep_groups(self, now: float, number: int = _SWEPT) -> None:
        """Look at some groups, in turn, and forget those without members."""
        for _ in range(min(number, len(self._swept_groups))):
            group, members = self._swept_groups.popleft()
            if self._groups.get(group) is not members:
                continue  # it was emptied meanwhile; one that was made again has an entry of its own
            if self._members(group, now):
                self._swept_groups.append((group, members))
            else:
                del self._groups[group]

    def _members(self, group: str, now: float) -> dict[str, float]:
        """The channels of ``group`` whose time is not over; a new dict where there are none."""
        members = self._groups.get(group)
        while members:
            oldest = next(iter(members))
            if members[oldest] > now:
                return members
            del members[oldest]
        return {}

    def _settle(self, queue: _Queue, now: float) -> None:
        """Drop what has expired, and let in what is due."""
        messages, later, expiry = queue.messages, queue.later, self.expiry
        expired = full = 0
        while messages and messages[0][0] <= now:
            messages.popleft()
            expired += 1
        while later and later[0][0] <= now:
            due, _, message = heappop(later)
            self._delayed -= 1
            if due + expiry <= now:
                expired += 1
            elif len(messages) >= queue.capacity:
                full += 1
            else:
                messages.append((due + expiry, message))
        self._dropped(expired=expired, full=full)

    def _dropped(self, *, expired: int = 0, full: int = 0) -> None:
        """Count it."""
        if expired:
            self._expired += expired
            self.count("layer.expired", expired)
        if full:
            self._full += full
            self.count("layer.full", full)

    def _push(self, queue: _Queue, message: Message, now: float, loop: Loop) -> bool:
        """Put ``message`` in, and wake a receiver; False when there is no room."""
        messages = queue.messages
        if queue.later or (messages and messages[0][0] <= now):
            self._settle(queue, now)
        if len(messages) >= queue.capacity:
            return False
        messages.append((now + self.expiry, message))
        if queue.waiters:
            self._wake(queue, loop)
        return True

    def _take(self, queues: Sequence[_Queue], now: float, loop: Loop) -> tuple[str, Message] | None:
        """The next message of the channel that was served least recently."""
        chosen = None
        for queue in queues:
            messages = queue.messages
            if queue.later or (messages and messages[0][0] <= now):
                self._settle(queue, now)
            if messages and (chosen is None or queue.served < chosen.served):
                chosen = queue
        if chosen is None:
            return None
        message = chosen.messages.popleft()[1]
        if len(queues) > 1:
            chosen.served = next(self._numbers)
            self._pass_on(queues, loop)
        elif chosen.later:
            self._pass_on(queues, loop)
        return chosen.name, message

    # --- receivers, under the lock too ------------------------------------------------------------

    def _wake(self, queue: _Queue, loop: Loop) -> None:
        """Let the first receiver look; ``loop`` is the one that runs here."""
        waiters = queue.waiters
        while waiters:
            waiter = next(iter(waiters))
            self._forget(waiter, waiters[waiter])
            home = waiter.get_loop()
            if waiter.done():
                continue
            if home is loop:
                waiter.set_result(None)
                return
            try:
                home.call_soon_threadsafe(_resolve, waiter)
            except RuntimeError:
                continue  # its loop is closed
            return

    def _pass_on(self, queues: Sequence[_Queue], loop: Loop) -> None:
        """Whoever leaves lets the others see what is still there, and what they have to set a timer for."""
        for queue in queues:
            if queue.waiters and (queue.messages or queue.later):
                self._wake(queue, loop)

    def _forget(self, waiter: Waiter, queues: Sequence[_Queue]) -> None:
        """Take a receiver out of all its channels."""
        for queue in queues:
            queue.waiters.pop(waiter, None)

    def _timer(self, queues: Sequence[_Queue], waiter: Waiter, now: float, loop: Loop) -> Any:
        """What wakes the receiver when the first delayed message is due, or None."""
        due = min((queue.later[0][0] for queue in queues if queue.later), default=None)
        return None if due is None else loop.call_later(due - now, self._due, waiter, queues)

    def _due(self, waiter: Waiter, queues: Sequence[_Queue]) -> None:
        with self._lock:
            self._forget(waiter, queues)
        _resolve(waiter)


def _resolve(waiter: Waiter) -> None:
    """In the receiver's own loop; it may have been cancelled."""
    if not waiter.done():
        waiter.set_result(None)
