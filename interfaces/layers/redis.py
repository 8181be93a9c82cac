"""The channel layer over Redis or Valkey: the class for ``CHANNEL_LAYERS``.

Everything is in the parts: :mod:`homes` finds the hub of the calling loop, :mod:`hub` does the work.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from secrets import token_hex
from threading import get_ident
from typing import Any, TypeVar

from interfaces.layers.base import (
    DELAY,
    KEPT,
    Capacities,
    Layer,
    Message,
    checked_count,
    checked_delay,
    copied,
    delayed,
)
from interfaces.shared.errors import ConfigError, Unavailable
from interfaces.shared.options import did_you_mean
from interfaces.shared.sendings import Store
from interfaces.shared.tracing import stamped

try:
    import hiredis as _hiredis
    import redis as _redis
except ImportError as missing:
    raise ConfigError(
        f"RedisChannelLayer needs {missing.name}: pip install 'asgi-interfaces[redis]'"
    ) from None

from interfaces.layers.durability import CLASSES, Durability
from interfaces.layers.homes import Homes
from interfaces.layers.hub import Hub
from interfaces.layers.keywords import read_hosts
from interfaces.layers.outgoing import DurableStore, keep
from interfaces.layers.seal import Seal
from interfaces.layers.settings import Settings

__all__ = ["RedisChannelLayer"]

_NEEDED = (_hiredis, _redis)
RETRY = 1.0
"""Seconds between attempts of a receiver to reach a broker that is not there yet."""

T = TypeVar("T")

CHECKED = 4096
"""Names that are remembered to be valid."""


class RedisChannelLayer(Layer):
    """Channels, groups and work queues over one or several brokers (``hosts``: shards), between processes.

    Keywords: those of :class:`interfaces.layers.base.Layer`; ``max_delayed``: messages that may wait for their time at
    one broker; ``durability``: what a send to a channel that is kept waits for, else what the broker gives by itself;
    ``on_loss``: a callable, or several, told why when a broker was lost; and those of
    :class:`interfaces.layers.settings.Settings` (hosts, prefix, timeout, symmetric_encryption_keys,
    signing_keys …). Unknown ones are a ConfigError. What the URLs of ``hosts`` say (``redis://a,redis://b?prefix=x``)
    holds where no keyword says otherwise. Can be used from every event loop, thread and forked process.
    """

    def __init__(
        self,
        hosts: object = None,
        *,
        expiry: float | None = None,
        group_expiry: float | None = None,
        capacity: int | None = None,
        channel_capacity: Capacities | None = None,
        **keywords: Any,
    ) -> None:
        hosts, said = read_hosts(hosts)
        every = {
            "expiry": expiry,
            "group_expiry": group_expiry,
            "capacity": capacity,
            "channel_capacity": channel_capacity,
        }
        said |= keywords | {key: value for key, value in every.items() if value is not None}
        super().__init__(**{key: said.pop(key) for key in every if key in said})
        self.on_loss += _hooks(said.pop("on_loss", None))
        self.max_delayed = checked_count("max_delayed", said.pop("max_delayed", 10_000), 0)
        self.durability = _durability(said.pop("durability", None))
        self.settings = Settings.of(hosts, **said)
        seal = Seal(self.settings.symmetric_encryption_keys, self.settings.signing_keys)
        self._cipher = seal or None
        self._homes = Homes(self._make)
        self._checked: set[str] = set()

    def __repr__(self) -> str:
        return f"RedisChannelLayer({[host.name for host in self.settings.hosts]}, prefix={self.settings.prefix!r})"

    def _make(self) -> Hub:
        return Hub(self.settings, self, self._cipher, self.max_delayed)

    def hub(self) -> Hub:
        """The hub of this event loop, with ``mail``, ``address``, ``queues``, ``nodes``; await its ``started()``."""
        return self._homes.own()

    async def with_hub(self, work: Callable[[Hub], Awaitable[T]]) -> T:
        """Do ``work`` in a loop that lasts, with its hub: this one, or that of the thread which all others share."""
        return await self._homes.call(work)

    @property
    def ready(self) -> bool:
        """Whether every hub of this process has its brokers and subscriptions."""
        return all(hub.ready for hub in self._homes.hubs())

    async def _own(self) -> Hub:
        """The hub of the running loop; waits until there is a broker."""
        while True:
            hub = self._homes.own()
            try:
                return await self._homes.started()
            except Unavailable:
                if hub.closed:  # the layer was, and receives nothing more
                    raise
            await asyncio.sleep(RETRY)
            if hub.closed:
                raise Unavailable("the channel layer was closed")

    def _check_channel(self, name: str) -> None:
        if name not in self._checked:
            self.require_valid_channel_name(name)
            if len(self._checked) >= CHECKED:
                self._checked.clear()
            self._checked.add(name)

    # --- channels ---------------------------------------------------------------------------------

    async def send(self, channel: str, message: Message) -> None:
        """Put ``message`` into ``channel``: ChannelFull, TypeError; Unavailable without a broker."""
        self._check_channel(channel)
        _check_message(message)
        if channel == DELAY:
            await self.send_later(*delayed(message))
            return
        if channel in KEPT:
            kept = stamped(message)
            await self._homes.call(lambda hub: keep(hub, channel, kept, self.durability))
            return
        hub = self._homes.running()
        if hub is not None:
            await hub.send(channel, message)
        else:
            await self._homes.call(lambda hub: hub.send(channel, message))

    def store(self, channel: str, redact: Callable[[Message], Message] | None = None) -> Store:
        """A durable queue at the broker, for this event loop."""
        return DurableStore(self.hub(), channel, durability=self.durability, redact=redact)

    async def send_later(self, channel: str, message: Message, delay_seconds: float) -> None:
        """Send it when the delay is over, by whichever process looks first. ChannelFull beyond ``max_delayed``."""
        self._check_channel(channel)
        message, delay_seconds = copied(message), checked_delay(delay_seconds)
        if delay_seconds <= 0:
            await self.send(channel, message)
        elif channel in KEPT:
            kept = stamped(message)
            await self._homes.call(lambda hub: keep(hub, channel, kept, self.durability, delay_seconds))
        else:
            await self._homes.call(lambda hub: hub.delays.put(channel, message, delay_seconds))

    async def receive_any(self, channels: Iterable[str]) -> tuple[str, Message]:
        """Wait for a message of one of ``channels``, queues and own ones mixed; waits through outages."""
        names = (channels,) if isinstance(channels, str) else tuple(channels)
        for name in names:
            self._check_channel(name)
        if not names or DELAY in names:
            raise TypeError(f"receive_any() takes at least one channel, and not {DELAY}")
        return await (self._homes.running() or await self._own()).receive(names)

    async def receive(self, channel: str, *more: str) -> Message:
        """Wait for a message of ``channel``, or of one of several."""
        if not more:  # a connection's own channel is the most frequent by far, and a burst is in its inbox
            hub = self._homes.by_thread.get(get_ident())
            if hub is not None:
                message = hub.pop(channel)
                if message is not None:
                    return message
                if hub is self._homes.running() and isinstance(channel, str) and hub.mark in channel:
                    return (await hub.inbox.receive((channel,)))[1]
        return (await self.receive_any((channel, *more)))[1]

    async def new_channel(self, prefix: str = "specific") -> str:
        """A channel that this event loop receives: ``<prefix>.<hub>!<n>``.

        In a loop that ends with this call it is one that any loop and process receives.
        """
        if self._homes.running() is None and self._homes.fleeting():
            name = f"{prefix}.q{token_hex(8)}!1"
            self.require_valid_channel_name(name)
            return name
        hub = self._homes.running() or await self._homes.started()
        name = hub.new_channel(prefix)
        self.require_valid_channel_name(name)
        return name

    # --- groups -----------------------------------------------------------------------------------

    async def group_add(self, group: str, channel: str) -> None:
        """Add ``channel``; when this returns, its owner has confirmed."""
        self.require_valid_group_name(group)
        self._check_channel(channel)
        await self._homes.call(lambda hub: hub.groups.add(group, channel))

    async def group_discard(self, group: str, channel: str) -> None:
        """Take ``channel`` out, if it is in."""
        self.require_valid_group_name(group)
        self._check_channel(channel)
        await self._homes.call(lambda hub: hub.groups.discard(group, channel))

    async def group_send(self, group: str, message: Message) -> None:
        """Send to each channel of ``group``; full ones are left out and counted where they are."""
        self.require_valid_group_name(group)
        _check_message(message)
        hub = self._homes.running()
        if hub is not None:
            await hub.groups.send(group, message)
        else:
            await self._homes.call(lambda hub: hub.groups.send(group, message))

    async def group_channels(self, group: str) -> list[str]:
        """The channels that this process and the broker know of."""
        self.require_valid_group_name(group)
        return await self._homes.call(lambda hub: hub.groups.channels(group))

    # --- the whole --------------------------------------------------------------------------------

    async def statistics(self) -> dict[str, int]:
        """Of this process: channels, groups and messages here; delayed at the brokers; and all counts."""
        hubs = self._homes.hubs()
        names = {name for hub in hubs for name in hub.queues.names}
        found = Counter(await self._homes.call(lambda hub: hub.statistics(names)))
        for hub in hubs:
            found.update({name.removeprefix("layer."): by for name, by in hub.counts.items()})
        return found

    async def flush(self) -> None:
        """Delete all messages, groups and delays under the prefix."""
        await self._homes.call(lambda hub: hub.flush())

    async def close(self) -> None:
        """Give back what was not received, and close the connections of this process."""
        await self._homes.close()


def _hooks(given: object) -> list[Callable[[str], None]]:
    """None, one or several."""
    hooks = [given] if callable(given) else given or []
    if not isinstance(hooks, (list, tuple)) or not all(map(callable, hooks)):
        raise ConfigError(f"on_loss: a callable, or a list of them, not {given!r}")
    return [*hooks]


def _durability(given: object) -> Durability | None:
    """None, or one of the classes."""
    for one in CLASSES:
        if given == one:
            return one
    if given is None:
        return None
    raise ConfigError(
        f"layer: durability={given}: there is {', '.join(CLASSES)}{did_you_mean(str(given), CLASSES)}"
    )


def _check_message(message: object) -> None:
    if not isinstance(message, dict):
        raise TypeError(f"a message is a dict, not {type(message).__name__}")
