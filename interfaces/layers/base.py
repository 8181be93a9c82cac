"""What every channel layer has: names, capacities, ChannelFull, and the API of Channels 4 with what it lacks.

A *message* is a dict with str keys and values that msgpack knows (None, bool, int, float, str, bytes, lists and
dicts of them). The layer copies it, so that a receiver may change what it got. Its `type` is the application's affair.

A *channel* is a name. `prefix!rest` is a specific channel: who made it receives it, and `prefix!` is its non-local
part. Delivery is at most once, to one receiver, in order for one sender and one receiver.
"""

import fnmatch
import re
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from typing import Any, ClassVar

from interfaces.shared.asgi import Event
from interfaces.shared.errors import ConfigError
from interfaces.shared.sendings import Store
from interfaces.shared.waiting import MemoryStore

try:
    from channels.exceptions import ChannelFull
except ImportError:

    class ChannelFull(Exception):  # type: ignore[no-redef]  # noqa: N818 - Channels' name
        """The channel holds as many messages as its capacity says; where Channels is installed, its own class."""


__all__ = [
    "DELAY",
    "KEPT",
    "LONGEST",
    "MAX_NAME_LENGTH",
    "NESTING",
    "Capacities",
    "ChannelFull",
    "Layer",
    "Message",
    "checked_count",
    "checked_delay",
    "delayed",
    "non_local",
]

Message = dict[str, Any]
Capacities = Mapping[str | re.Pattern[str], int] | Iterable[tuple[str | re.Pattern[str], int]]
"""Pattern and capacity, the first match counts; a str is a glob, a regular expression matches from the start."""

MAX_NAME_LENGTH = 100
"""Names of channels and groups are shorter than this."""
LONGEST = 10 * 366 * 86400.0
"""Seconds that a message may wait, and that a channel stays in a group."""
NESTING = 100
"""Levels of lists and dicts within each other in a message that is copied; more is a TypeError for who sends it."""
DELAY = "asgi.delay"
"""What is sent to this channel is sent on later; see :func:`delayed`."""

KEPT: Mapping[str, tuple[str, ...]] = {
    "email.send": (),
    "slack.send": ("channel|response_url|view_id|external_id|user_id",),
    "sms.send": (),
    "irc.send": ("network", "target"),
}
"""Channels whose messages are kept, as well as the layer can, until an outbox has sent them; see ``store``.

Each with the keys of a message that name its conversation ("a|b": b where there is no a): those of one leave one after
the other, in their order, and one that is tried again is waited for. Slack's channels have names of their own in all
workspaces: one to which some messages come with a ``team_id``, and others without, is one.
"""

_PLAIN = frozenset({str, bytes, int, float, bool, type(None)})
_EXACT: Mapping[type, Callable[[Any], Any]] = {str: str.__str__, int: int.__int__, float: float.__float__}
"""A value of exactly this type, of one of a subclass that may say something else when it is asked kindly."""
_LEAST, _MOST = -(2**63), 2**64 - 1
"""Integers that a wire has."""
_GROUP = re.compile(r"[a-zA-Z0-9\-_.]+")
_CHANNEL = re.compile(r"[a-zA-Z0-9\-_.]+(![a-zA-Z0-9\-_.]*)?")
_INVALID = (
    f"{{}} name must be a valid unicode string with length < {MAX_NAME_LENGTH} containing only ASCII alphanumerics, "
    "hyphens, underscores, or periods, not {!r}"
)


def non_local(name: str) -> str:
    """The part of a channel's name up to and including ``!``: all of it where there is none."""
    head, mark, _ = name.partition("!")
    return head + mark


def delayed(message: Mapping[str, Any]) -> tuple[str, Message, float]:
    """``asgi.delay {channel, delay (ms), content}`` as (channel, message, seconds). TypeError when it is none."""
    channel, delay, content = (message.get(key) for key in ("channel", "delay", "content"))
    if not isinstance(delay, int | float) or not isinstance(content, dict) or not isinstance(channel, str):
        raise TypeError("asgi.delay takes channel (str), delay (milliseconds) and content (dict)")
    return channel, content, max(0.0, delay / 1000)


def copied(message: Mapping[str, Any]) -> Message:
    """A copy that shares nothing that can be changed; tuples become lists, as on the wire.

    TypeError for what is no dict with str keys, and for values that no wire between processes would take.
    """
    if not isinstance(message, dict):
        raise TypeError(f"a message is a dict, not {type(message).__name__}")
    for key, value in message.items():
        kind = type(value)
        if kind not in _PLAIN or type(key) is not str or (kind is int and not _LEAST <= value <= _MOST):
            break
    else:
        return {**message}  # nearly all of them: nothing in it to be changed
    for key in message:
        if not isinstance(key, str):
            raise TypeError(f"the keys of a message are str, not {key!r}")
    return {str.__str__(key): _copied(value) for key, value in message.items()}


def _copied(value: Any, room: int = NESTING) -> Any:
    """Of one value; subclasses of plain types, such as Django's SafeString, become what they are for a wire."""
    kind = type(value)
    if kind in _PLAIN:
        if kind is int and not _LEAST <= value <= _MOST:
            raise TypeError(f"integers of a message are from -2**63 to 2**64-1, not {value}")
        return value
    if not room:
        raise TypeError(f"a message is nested deeper than {NESTING} levels")
    if isinstance(value, dict):
        return {_key(key): _copied(item, room - 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_copied(item, room - 1) for item in value]
    if isinstance(value, bytearray | memoryview | bytes):
        return bytes(memoryview(value))
    for plain, exact in _EXACT.items():
        if isinstance(value, plain):
            return _copied(exact(value))
    raise TypeError(
        f"messages hold None, bool, int, float, str, bytes, list and dict, not {type(value).__name__}"
    )


def _key(key: Any) -> Any:
    """Of a dict in a message."""
    if isinstance(key, list | tuple | dict):
        raise TypeError(f"the keys of dicts in a message are no {type(key).__name__}: {key!r}")
    return _copied(key)


def _uncounted(name: str, by: int) -> None:
    """Where nobody asked for counts."""


class Layer(ABC):
    """The API of Channels 4; :class:`LocalChannelLayer` and :class:`RedisChannelLayer` are layers.

    ``expiry``: seconds that a message waits for its receiver, then it is dropped and counted (``layer.expired``).
    ``group_expiry``: seconds that a channel stays in a group without being added again.
    ``capacity``: messages that one channel holds; a sender beyond them gets ChannelFull.
    ``channel_capacity``: other capacities by pattern, see :data:`Capacities`. A pattern is tried on the non-local part
    of the name, then on all of it; the count is that of the full name, so that one slow receiver silences no other.

    Raises ConfigError for values that cannot be.
    """

    extensions: ClassVar[list[str]] = [
        "groups",
        "flush",
        "statistics",
        "receive_any",
        "group_channels",
        "delay",
    ]
    MAX_NAME_LENGTH: ClassVar[int] = MAX_NAME_LENGTH

    def __init__(
        self,
        *,
        expiry: float = 60,
        group_expiry: float = 86400,
        capacity: int = 100,
        channel_capacity: Capacities | None = None,
    ) -> None:
        for name, seconds in {"expiry": expiry, "group_expiry": group_expiry}.items():
            if (
                isinstance(seconds, bool)
                or not isinstance(seconds, int | float)
                or not 0 < seconds <= LONGEST
            ):
                raise ConfigError(f"{name}: seconds above 0, at most {LONGEST:.0f}, not {seconds!r}")
        self.expiry = expiry
        self.group_expiry = group_expiry
        self.capacity = checked_count("capacity", capacity)
        self.channel_capacity = _compiled(channel_capacity or ())
        self.count: Callable[[str, int], None] = _uncounted
        """Is told what is dropped by contract: (name, how many)."""
        self.on_loss: list[Callable[[str], None]] = []
        """Are told why when the broker was lost, and messages may have been with it."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}(capacity={self.capacity}, expiry={self.expiry})"

    # --- names and capacities ---------------------------------------------------------------------

    def get_capacity(self, channel: str) -> int:
        """How many messages ``channel`` holds."""
        if self.channel_capacity:
            head = non_local(channel)
            for pattern, capacity in self.channel_capacity:
                if pattern.match(head) or pattern.match(channel):
                    return capacity
        return self.capacity

    def require_valid_channel_name(self, name: object, receive: bool = False) -> bool:
        """True, or TypeError. ``receive``: a name that many receive, whose specific ones have to end at the ``!``."""
        if not isinstance(name, str) or len(name) >= MAX_NAME_LENGTH or not _CHANNEL.fullmatch(name):
            raise TypeError(_INVALID.format("Channel", name))
        if receive and "!" in name[:-1]:
            raise TypeError("Specific channel names in receive() must end at the !")
        return True

    def require_valid_group_name(self, name: object) -> bool:
        """True, or TypeError."""
        if not isinstance(name, str) or len(name) >= MAX_NAME_LENGTH or not _GROUP.fullmatch(name):
            raise TypeError(_INVALID.format("Group", name))
        return True

    def valid_channel_name(self, name: object, receive: bool = False) -> bool:
        """An older name of :meth:`require_valid_channel_name`."""
        return self.require_valid_channel_name(name, receive)

    def valid_group_name(self, name: object) -> bool:
        """An older name of :meth:`require_valid_group_name`."""
        return self.require_valid_group_name(name)

    def non_local_name(self, name: str) -> str:
        """Channels' name of :func:`non_local`."""
        return non_local(name)

    # --- channels ---------------------------------------------------------------------------------

    @abstractmethod
    async def send(self, channel: str, message: Message) -> None:
        """Put ``message`` into ``channel``; what is sent to ``asgi.delay`` is taken by :meth:`send_later`.

        TypeError for an invalid name or message, ChannelFull, Unavailable when there is no broker.
        """

    @abstractmethod
    async def send_later(self, channel: str, message: Message, delay_seconds: float) -> None:
        """Send it when the delay is over; ChannelFull when too many wait for that, then a full channel is counted."""

    @abstractmethod
    async def receive_any(self, channels: Iterable[str]) -> tuple[str, Message]:
        """Wait for a message of one of ``channels``, which take turns: (its channel, message).

        May be cancelled: a message is either given or stays. Several receivers of one channel compete for its messages.
        """

    async def receive(self, channel: str, *more: str) -> Message:
        """Wait for a message of ``channel``, or of one of several; :meth:`receive_any` also says of which."""
        return (await self.receive_any((channel, *more)))[1]

    def consume(self, channel: str) -> AsyncIterator[Event]:
        """All messages of ``channel`` as they come, for ``async for``; leaving the loop loses none."""
        return _Consumption(self, channel)

    def store(self, channel: str, redact: Callable[[Message], Message] | None = None) -> Store:
        """What an outbox takes the messages of ``channel`` from, one of :data:`KEPT`; here it is memory.

        ``redact`` makes what a dead letter has of a message, where there are some.
        """
        return MemoryStore(self.consume(channel), ordered_by=KEPT.get(channel, ()))

    @abstractmethod
    async def new_channel(self, prefix: str = "specific") -> str:
        """The name of a new specific channel, which only this layer object receives: ``<prefix>.<owner>!<part>``."""

    # --- groups -----------------------------------------------------------------------------------

    @abstractmethod
    async def group_add(self, group: str, channel: str) -> None:
        """Add ``channel``, or renew it; on return what is sent to the group reaches it."""

    @abstractmethod
    async def group_discard(self, group: str, channel: str) -> None:
        """Take ``channel`` out, if it is in."""

    @abstractmethod
    async def group_send(self, group: str, message: Message) -> None:
        """Send to each channel of ``group``; one that is full is left out and counted (``layer.full``)."""

    @abstractmethod
    async def group_channels(self, group: str) -> list[str]:
        """The channels of ``group``, as far as the layer can know them now."""

    # --- the whole --------------------------------------------------------------------------------

    @abstractmethod
    async def statistics(self) -> dict[str, int]:
        """What there is and what was counted, by name; at least ``channels``, ``groups`` and ``messages``."""

    @abstractmethod
    async def flush(self) -> None:
        """Forget all messages, groups and delays, as tests want it."""

    @abstractmethod
    async def close(self) -> None:
        """Give back connections and what was not received; nothing may be asked afterwards."""


class _Consumption:
    """An iterator and no generator: there is nothing to close when a loop is left."""

    def __init__(self, layer: Layer, channel: str) -> None:
        self.layer = layer
        self.channel = channel

    def __aiter__(self) -> "_Consumption":
        return self

    async def __anext__(self) -> Event:
        return await self.layer.receive(self.channel)


def checked_count(what: str, value: object, least: int = 1) -> int:
    """``value`` if it is a number of messages, else ConfigError; ``what`` it is called."""
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        above = f" above {least - 1}" if least else ""
        raise ConfigError(f"{what}: a number of messages{above}, not {value!r}")
    return value


def _compiled(capacities: Capacities) -> list[tuple[re.Pattern[str], int]]:
    """The patterns as regular expressions."""
    found = []
    try:
        pairs = [
            (key, value)
            for key, value in (capacities.items() if isinstance(capacities, Mapping) else capacities)
        ]
    except (TypeError, ValueError):
        raise ConfigError(f"channel_capacity: patterns and capacities, not {capacities!r}") from None
    for pattern, value in pairs:
        regex = re.compile(fnmatch.translate(pattern)) if isinstance(pattern, str) else pattern
        if not isinstance(regex, re.Pattern) or not isinstance(regex.pattern, str):
            raise ConfigError(
                f"channel_capacity: a pattern is a text or a compiled expression, not {pattern!r}"
            )
        found.append(
            (regex, checked_count(f"channel_capacity {getattr(pattern, 'pattern', pattern)}", value))
        )
    return found


def checked_delay(seconds: object) -> float:
    """``seconds`` if a message may wait so long, else TypeError or ValueError."""
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise TypeError(f"a delay is a number of seconds, not {seconds!r}")
    if not seconds <= LONGEST:
        raise ValueError(f"a delay is at most {LONGEST:.0f} seconds, not {seconds!r}")
    return seconds
