"""Consumers of the event style as classes: an instance an event, a method a channel, state in the session."""

from collections.abc import Mapping
from functools import partial
from typing import Any, ClassVar

from interfaces.workers.calling import Consumer, is_async
from interfaces.workers.message import Channel, Message
from interfaces.workers.names import EVENTS

__all__ = ["EventConsumer"]


class EventConsumer:
    """Subclass it and add handlers named as those of Channels: ``websocket_receive(self, message, **kwargs)``.

    They are plain functions, which may block, or coroutine functions. An instance lives for one event, so what has to
    last goes into ``self.message.channel_session``. ``method_mapping`` names the methods of other channels:
    ``{"thumbnails.make": "make"}``. Routed by ``route_class(Chat, path=…)``.
    """

    method_mapping: ClassVar[Mapping[str, str]] = {}

    def __init__(self, message: Message, kwargs: Mapping[str, Any]) -> None:
        self.message = message
        self.kwargs = kwargs

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.message!r}>"

    @property
    def reply_channel(self) -> Channel:
        """Where answers go. ValueError for a message that has none."""
        if self.message.reply_channel is None:
            raise ValueError(f"{self.message!r} has no reply_channel")
        return self.message.reply_channel

    def send(self, content: Mapping[str, Any]) -> None:
        """Answer, when the handler has ended."""
        self.reply_channel.send(content)

    @classmethod
    def handlers(cls) -> dict[str, Consumer]:
        """The consumer for each channel that the class has a method for."""
        names = {
            f"{protocol}.{word}": f"{protocol}_{word}"
            for protocol, words in EVENTS.items()
            for word in words
            if callable(getattr(cls, f"{protocol}_{word}", None))
        }
        return {
            channel: cls._consumer(method) for channel, method in (names | {**cls.method_mapping}).items()
        }

    @classmethod
    def channel_names(cls) -> set[str]:
        """The channels that the class has a method for."""
        return {*cls.handlers()}

    @classmethod
    def _consumer(cls, method: str) -> Consumer:
        return partial(_acall if is_async(getattr(cls, method)) else _call, cls, method)


def _call(cls: type[EventConsumer], method: str, message: Message, **kwargs: Any) -> Any:
    return getattr(cls(message, kwargs), method)(message, **kwargs)


async def _acall(cls: type[EventConsumer], method: str, message: Message, **kwargs: Any) -> Any:
    return await getattr(cls(message, kwargs), method)(message, **kwargs)
