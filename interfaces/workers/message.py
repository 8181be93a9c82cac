"""What a consumer works with: the message it got, and the channels and groups it sends to.

While a consumer runs, what it says is collected; it is done when the consumer ends, and not at all when it raises. So
an event that is handled again, because a worker died, has not been answered twice. Elsewhere (a view, a task, a shell)
it is done at once: by ``send`` where that may block, by ``await asend`` in async code.
"""

import asyncio
import sys
from collections.abc import Callable, Coroutine, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import Any

from interfaces.layers.base import copied
from interfaces.layers.local import LocalChannelLayer
from interfaces.shared.errors import ConfigError
from interfaces.shared.tracing import stamped
from interfaces.workers.outcome import Outcome
from interfaces.workers.settings import layer_of

__all__ = ["NO_LAYER", "Channel", "Group", "Message", "at_once", "collecting", "current_layer", "perform",
           "set_default_layer", "set_holder", "using_layer"]  # fmt: skip

Operation = list[Any]
"""["channel" or "group", name, message], or ["add" or "discard", group, channel]."""


class _NoLayer(LocalChannelLayer):
    """Stands in where there is no layer: reply channels work inside the process, and nothing else does."""

    async def send(self, channel: str, message: dict[str, Any]) -> None:
        """Only to a reply channel of this process."""
        if "!" not in channel:
            raise _needed(f"Channel({channel!r}).send")
        await super().send(channel, message)

    async def group_add(self, group: str, channel: str) -> None:
        """ConfigError."""
        raise _needed(f"Group({group!r}).add")

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        """ConfigError."""
        raise _needed(f"Group({group!r}).send")


NO_LAYER = _NoLayer()


def _needed(what: str) -> ConfigError:
    return ConfigError(f"{what} needs a channel layer: --layer, or CHANNEL_LAYERS in the settings")


class _Process:
    """What there is one of in a process."""

    layer: Any = None
    hold: Callable[[Callable[[], None]], None] | None = None
    """See :func:`set_holder`."""


_layer: ContextVar[Any] = ContextVar("interfaces.workers.layer", default=None)
_buffer: ContextVar["Buffer | None"] = ContextVar("interfaces.workers.buffer", default=None)


def set_default_layer(layer: Any) -> None:
    """The layer of the process, where no other is in use; None takes it back."""
    _Process.layer = layer


def set_holder(hold: Callable[[Callable[[], None]], None] | None) -> None:
    """Let ``hold(deed)`` decide when a send or a change of membership is made, such as when a transaction commits.

    It may call ``deed`` at once, later or never. Not asked about what is said ``immediately``, nor by ``asend``.
    """
    _Process.hold = hold and staticmethod(hold)


def current_layer() -> Any:
    """The layer in use here, else the process's, else Django's; None when there is none."""
    return _layer.get() or _Process.layer or layer_of()


@contextmanager
def using_layer(layer: Any) -> Iterator[None]:
    """Make ``layer`` the one that is in use here."""
    token = _layer.set(layer)
    try:
        yield
    finally:
        _layer.reset(token)


class Buffer:
    """What one consumer has said so far."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.closed = False
        self.groups: list[Operation] = []
        self.sends: list[Operation] = []

    def take(self, operation: Operation) -> None:
        """Keep it until the consumer ends."""
        (self.groups if operation[0] in ("add", "discard") else self.sends).append(operation)

    def outcome(self) -> Outcome:
        """What was said."""
        return Outcome(groups=self.groups, sends=self.sends)


@contextmanager
def collecting() -> Iterator[Buffer]:
    """Collect what is said in this context and in the threads it starts; on the event loop."""
    buffer = Buffer()
    token = _buffer.set(buffer)
    try:
        yield buffer
    finally:
        buffer.closed = True
        _buffer.reset(token)


@contextmanager
def at_once() -> Iterator[None]:
    """Collect nothing in this context: what is said is done when it is said, as where no consumer runs."""
    token = _buffer.set(None)
    try:
        yield
    finally:
        _buffer.reset(token)


async def perform(operation: Operation, layer: Any = None) -> None:
    """Do it now. ConfigError without a layer; what the layer raises."""
    layer = layer or current_layer() or NO_LAYER
    match operation:
        case ["channel", name, message]:
            await layer.send(name, message)
        case ["group", name, message]:
            await layer.group_send(name, message)
        case ["add", group, channel]:
            await layer.group_add(group, channel)
        case [_, group, channel]:
            await layer.group_discard(group, channel)


def _collected(operation: Operation) -> bool:
    """Whether a consumer runs here, which says it when it ends."""
    buffer = _buffer.get()
    if buffer is None or buffer.closed:
        return False
    buffer.take(operation)
    return True


def _say(operation: Operation, layer: Any, immediately: bool) -> None:
    if immediately:
        _block(partial(perform, operation, layer), operation)
    elif _Process.hold is not None:
        _Process.hold(partial(_said, operation, layer))
    else:
        _said(operation, layer)


def _said(operation: Operation, layer: Any) -> None:
    if not _collected(operation):
        _block(partial(perform, operation, layer), operation)


async def _asay(operation: Operation, layer: Any, immediately: bool) -> None:
    if immediately or not _collected(operation):
        await perform(operation, layer)


def _block(call: Callable[[], Coroutine[Any, Any, None]], operation: Operation) -> None:
    """Run ``call`` to its end. RuntimeError where that would block an event loop."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        pass
    else:
        word = {"channel": "asend", "group": "asend"}.get(operation[0], f"a{operation[0]}")
        raise RuntimeError(f"in async code this is not collected, so it has to be awaited: await ….{word}(…)")
    buffer = _buffer.get()
    asgiref = sys.modules.get("asgiref.sync")
    if buffer is not None and not buffer.loop.is_closed():
        asyncio.run_coroutine_threadsafe(call(), buffer.loop).result()
    elif asgiref is not None:
        asgiref.async_to_sync(call)()
    else:
        asyncio.run(call())


class Channel:
    """A channel by its name: ``Channel("thumbnails.make").send({"id": 1})``. TypeError for a name that is none.

    ``channel_layer`` is used where no consumer runs; usually the one in use is meant.
    """

    def __init__(self, name: str, channel_layer: Any = None) -> None:
        NO_LAYER.require_valid_channel_name(name)
        self.name = name
        self.channel_layer = channel_layer

    def __repr__(self) -> str:
        return f"Channel({self.name!r})"

    def __str__(self) -> str:
        return self.name

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Channel) and other.name == self.name

    def __hash__(self) -> int:
        return hash(self.name)

    def send(self, content: Mapping[str, Any], immediately: bool = False) -> None:
        """Send ``content``, when the consumer ends or, ``immediately`` or elsewhere, now: the caller blocks.

        TypeError for content that cannot cross a process; now also ChannelFull, Unavailable, ConfigError.
        """
        _say(["channel", self.name, self._content(content)], self.channel_layer, immediately)

    async def asend(self, content: Mapping[str, Any], immediately: bool = False) -> None:
        """As :meth:`send`, in async code."""
        await _asay(["channel", self.name, self._content(content)], self.channel_layer, immediately)

    def _content(self, content: Mapping[str, Any]) -> dict[str, Any]:
        """As it is sent: to what is taken up elsewhere, and not to somebody's own channel, with the trace that runs."""
        plain = _plain(content)
        return plain if "!" in self.name else stamped(plain)


class Group:
    """A group by its name: ``Group("chat").send({"text": "hello"})``. TypeError for a name that is none."""

    def __init__(self, name: str, channel_layer: Any = None) -> None:
        NO_LAYER.require_valid_group_name(name)
        self.name = name
        self.channel_layer = channel_layer

    def __repr__(self) -> str:
        return f"Group({self.name!r})"

    def __str__(self) -> str:
        return self.name

    def add(self, channel: Channel | str) -> None:
        """Add ``channel``, such as ``message.reply_channel``. A consumer's own sends come after this."""
        _say(["add", self.name, str(channel)], self.channel_layer, immediately=False)

    def discard(self, channel: Channel | str) -> None:
        """Take ``channel`` out."""
        _say(["discard", self.name, str(channel)], self.channel_layer, immediately=False)

    def send(self, content: Mapping[str, Any], immediately: bool = False) -> None:
        """Send to every member, otherwise as :meth:`Channel.send`. Text or bytes without a type is websocket.send."""
        _say(["group", self.name, _typed(content)], self.channel_layer, immediately)

    async def aadd(self, channel: Channel | str) -> None:
        """As :meth:`add`, in async code."""
        await _asay(["add", self.name, str(channel)], self.channel_layer, immediately=False)

    async def adiscard(self, channel: Channel | str) -> None:
        """As :meth:`discard`, in async code."""
        await _asay(["discard", self.name, str(channel)], self.channel_layer, immediately=False)

    async def asend(self, content: Mapping[str, Any], immediately: bool = False) -> None:
        """As :meth:`send`, in async code."""
        await _asay(["group", self.name, _typed(content)], self.channel_layer, immediately)


def _plain(content: Mapping[str, Any]) -> dict[str, Any]:
    """``content``, a Message too, as it crosses a process. TypeError when it cannot."""
    if not isinstance(content, Mapping):
        raise TypeError(f"what is sent is a dict, such as {{'text': …}}, not {type(content).__name__}")
    return copied(dict(content))


def _typed(content: Mapping[str, Any]) -> dict[str, Any]:
    """``content`` as class consumers can be given it, who know a message by its type."""
    message = _plain(content)
    if "type" not in message and ("text" in message or "bytes" in message):
        message["type"] = "websocket.send"
    return message


class Message(MutableMapping[str, Any]):
    """One event: ``message["path"]``; changes stay in this copy of it.

    ``reply_channel`` is None where nobody can be answered. ``channel_session`` is a dict that lasts as long as what the
    reply channel stands for, else None. Decorators add ``http_session`` and ``user``.
    """

    def __init__(self, content: Mapping[str, Any], channel: str, session: Any = None) -> None:
        self.content: dict[str, Any] = dict(content)
        self.channel = Channel(channel)
        reply = self.content.get("reply_channel")
        self.reply_channel = Channel(reply) if reply else None
        self.channel_session = session
        self.http_session: Any
        self.user: Any

    def __repr__(self) -> str:
        return f"<Message {self.channel.name} {self.content.get('path', '')}>"

    def __getitem__(self, key: str) -> Any:
        return self.content[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.content[key] = value

    def __delitem__(self, key: str) -> None:
        del self.content[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.content)

    def __len__(self) -> int:
        return len(self.content)

    @property
    def channel_layer(self) -> Any:
        """The layer in use."""
        return current_layer()
