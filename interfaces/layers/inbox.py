"""The channels of one event loop: messages that wait for a receiver, receivers that wait for a message. No I/O.

A message is either given to one receiver or stays: what was assigned to a receiver that was cancelled goes back to the
front. A channel that has neither messages nor receivers takes no memory.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from interfaces.layers.base import Message, copied

__all__ = ["Entry", "Inbox"]


class Entry(NamedTuple):
    """One message: until when (by the clock), who is told that it was consumed, and with how many bytes."""

    message: Message
    deadline: float
    sender: Any
    size: int


Plain = tuple[Message, float, Any, int]  # an Entry, made quickly: a group of 1000 takes as many of them
Found = tuple[str, Plain]
Waiter = asyncio.Future[Found]


SHARED, NESTED = -1, -2
"""Sizes of what waits in several channels: whoever receives it gets a copy, of all that is nested too."""


class _Box(deque[Plain]):
    """What waits in one channel; ``capacity`` is how many may."""

    __slots__ = ("capacity",)

    capacity: int


class Inbox:
    """Local channels, within one event loop.

    ``capacity(channel)``: how many messages a channel holds; asked when one begins to hold some.
    ``expiry``: seconds that a message waits; one that is older is dropped, counted as ``layer.expired``.
    ``count(name, n)``: is told what is dropped. ``on_consumed(sender, size)``: is told of each message that came with
    a ``sender`` once it is out of here, received or dropped, so that the sender gets its credit back.
    """

    def __init__(
        self,
        capacity: Callable[[str], int],
        expiry: float = 60,
        *,
        count: Callable[[str, int], None] = lambda _name, _by: None,
        on_consumed: Callable[[Any, int], None] = lambda _sender, _size: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.expiry = expiry
        self.count = count
        self.on_consumed = on_consumed
        self._capacity = capacity
        self._clock = clock
        self._boxes: dict[str, _Box] = {}
        self._waiters: dict[str, dict[Waiter, Sequence[str]]] = {}
        self._turn = 0

    def __repr__(self) -> str:
        return f"<Inbox of {len(self._boxes)} channels, {len(self)} messages, {len(self._waiters)} awaited>"

    def __len__(self) -> int:
        """How many messages wait."""
        return sum(map(len, self._boxes.values()))

    @property
    def channels(self) -> list[str]:
        """The channels that hold messages."""
        return list(self._boxes)

    def buffered(self, channel: str) -> int:
        """How many messages ``channel`` holds."""
        return len(self._boxes.get(channel, ()))

    def waiting(self, channel: str) -> int:
        """How many receivers wait for a message of ``channel``."""
        return len(self._waiters.get(channel, ()))

    # --- in ---------------------------------------------------------------------------------------

    def deliver(self, channel: str, message: Message, size: int = 0, sender: Any = None) -> bool:
        """Put ``message`` (which is ours from now on) into ``channel``; False when that is full.

        A ``sender``, anything but None, says that it comes from elsewhere: then a full channel is counted
        (``layer.full``) and the ``size`` given back here; without one the caller raises ChannelFull.
        """
        entry = (message, self._clock() + self.expiry, sender, size)
        if channel in self._waiters and self._hand(channel, entry):
            return True
        box = self._boxes.get(channel)
        if box is None:
            box = self._open(channel)
        if len(box) < box.capacity or self._purge(box):
            box.append(entry)
            return True
        if sender is not None:
            self.count("layer.full", 1)
            self.on_consumed(sender, size)
        return False

    def fan_out(self, channels: Iterable[str], message: Message) -> int:
        """Put ``message`` into each of ``channels``, of which each receiver gets a copy; how many were full."""
        deadline = self._clock() + self.expiry
        waiters, find, full = self._waiters, self._boxes.get, 0
        nested = any(isinstance(value, dict | list) for value in message.values())
        entry = message, deadline, None, NESTED if nested else SHARED
        for channel in channels:
            if channel in waiters and self._hand(channel, entry):
                continue
            box = find(channel)
            if box is None:
                box = self._open(channel)
            if len(box) < box.capacity or self._purge(box):
                box.append(entry)
            else:
                full += 1
        if full:
            self.count("layer.full", full)
        return full

    def _open(self, channel: str) -> _Box:
        box = self._boxes[channel] = _Box()
        box.capacity = self._capacity(channel)
        return box

    def _hand(self, channel: str, entry: Plain) -> bool:
        """Assign to the receiver that has waited longest; False when all of them were cancelled just now."""
        while waiters := self._waiters.get(channel):
            waiter = next(iter(waiters))
            channels = waiters[waiter]
            if len(channels) > 1 or len(waiters) == 1:
                self._leave(waiter, channels)
            else:
                del waiters[waiter]
            if not waiter.done():
                waiter.set_result((channel, entry))
                return True
        return False

    def _leave(self, waiter: Waiter, channels: Sequence[str]) -> None:
        """It waits no more."""
        for channel in channels:
            waiters = self._waiters.get(channel)
            if waiters is not None and waiters.pop(waiter, None) is not None and not waiters:
                del self._waiters[channel]

    # --- out --------------------------------------------------------------------------------------

    async def receive(self, channels: Sequence[str]) -> tuple[str, Message]:
        """Wait for a message of one of ``channels``, which take turns: its channel, and the message.

        May be cancelled at any time: then the message stays, in front.
        """
        found = self.take(channels)
        if found is None:
            waiter = self._wait(channels)
            try:
                found = await waiter
            except BaseException:
                if not waiter.done() or waiter.cancelled():
                    self._leave(waiter, channels)
                elif waiter.exception() is None:
                    self.put_back(*waiter.result())
                raise
        channel, (message, _, sender, size) = found
        if sender is not None:
            self.on_consumed(sender, size)
        return channel, message if size >= 0 else {**message} if size == SHARED else copied(message)

    def pop(self, channel: str) -> Message | None:
        """The next message of ``channel``, or None: the short way for a receiver of one channel."""
        box = self._boxes.get(channel)
        if box is None:
            return None
        message, deadline, sender, size = entry = box.popleft()
        if deadline <= self._clock():
            box.appendleft(entry)
            return None  # expired: that is receive's
        if not box:
            del self._boxes[channel]
        if sender is not None:
            self.on_consumed(sender, size)
        return message if size >= 0 else {**message} if size == SHARED else copied(message)

    def take(self, channels: Sequence[str]) -> Found | None:
        """The next entry of ``channels`` that has not expired, or None; ``on_consumed`` is the caller's to call."""
        boxes = self._boxes
        count = len(channels)
        first = self._turn
        if count > 1:
            self._turn = first + 1
        for step in range(count):
            channel = channels[(first + step) % count]
            box = boxes.get(channel)
            if box is None:
                continue
            if box[0][1] <= self._clock():
                self._purge(box)
            entry = box.popleft() if box else None
            if not box:
                del boxes[channel]
            if entry is not None:
                return channel, entry
        return None

    def _wait(self, channels: Sequence[str]) -> Waiter:
        waiter: Waiter = asyncio.get_running_loop().create_future()
        for channel in channels:
            waiters = self._waiters.get(channel)
            if waiters is None:
                self._waiters[channel] = {waiter: channels}
            else:
                waiters[waiter] = channels
        return waiter

    def put_back(self, channel: str, entry: Plain) -> None:
        """An entry that nobody has seen: the next receiver's, before all others, whatever the capacity."""
        if not self._hand(channel, entry):
            (self._boxes.get(channel) or self._open(channel)).appendleft(entry)

    def fail(self, error: Exception) -> None:
        """Tell all who wait that nothing will come."""
        waiting, self._waiters = self._waiters, {}
        for waiter in {waiter for waiters in waiting.values() for waiter in waiters}:
            if not waiter.done():
                waiter.set_exception(error)

    # --- what nobody receives ---------------------------------------------------------------------

    def forget(self, channel: str) -> list[Entry]:
        """Drop what ``channel`` holds, giving credit back; what it was, for who counts it or gives it back."""
        box = self._boxes.pop(channel, ())
        for _, _, sender, size in box:
            if sender is not None:
                self.on_consumed(sender, size)
        return [Entry(*entry) for entry in box]

    def sweep(self) -> None:
        """Drop what has expired in all channels: to be called now and then, for those that nobody receives."""
        for channel, box in list(self._boxes.items()):
            self._purge(box)
            if not box:
                del self._boxes[channel]

    def _purge(self, box: _Box) -> bool:
        """Drop what has expired; whether there was any."""
        now, before = self._clock(), len(box)
        while box and box[0][1] <= now:
            _, _, sender, size = box.popleft()
            if sender is not None:
                self.on_consumed(sender, size)
        expired = before - len(box)
        if expired:
            self.count("layer.expired", expired)
        return bool(expired)
