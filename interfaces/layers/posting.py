"""What scopes send: checked, put where a sender takes it from, and its result heard."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, ClassVar

from interfaces.layers.base import ChannelFull, Message, copied
from interfaces.shared.asgi import Event
from interfaces.shared.errors import ApplicationError, Unavailable
from interfaces.shared.tracing import bare, stamped

__all__ = ["Posting"]


class Posting:
    """``await posting(message)`` puts what a scope sends on its way to ``channel``; made for one process.

    Gives what to wait for when the message has an ``id`` and says no ``reply_channel``: its first result, which is of
    the type ``result``. ``check(message)`` raises ApplicationError for what could never be sent.
    """

    fills: ClassVar[tuple[str, ...]] = ()
    """Keys of a scope that its messages have, unless they say something else."""

    def __init__(
        self, layer: Any, channel: str, result: str, check: Callable[[Message], Awaitable[None]]
    ) -> None:
        self.layer = layer
        self.channel = channel
        self.result = result
        self.keep: Callable[[Message], Awaitable[None]] = partial(layer.send, channel)
        """Puts a message where the sender takes it from; when that returns it is kept as well as it can be."""
        self.drain: float | None = None
        """Seconds that are left for what is on its way, once the process is to end."""
        self._check = check

    def __repr__(self) -> str:
        return f"<{type(self).__name__} to {self.channel}>"

    async def __call__(self, event: Event) -> "asyncio.Task[Event] | None":
        """Raises ApplicationError for what cannot be sent; Unavailable: try again."""
        try:
            message = copied(dict(event))
            await self._check(dict(bare(message)))
        except TypeError as error:
            raise ApplicationError(f"{event.get('type')}: {error}") from None
        if not message.get("id") or message.get("reply_channel"):
            await self._put(message)
            return None
        channel = await self.layer.new_channel(self.channel.partition(".")[0])
        await self._put({**message, "reply_channel": channel})
        return asyncio.create_task(self._heard(channel, message["id"]))

    async def _put(self, message: Message) -> None:
        kind = message.get("type")
        try:
            await self.keep(stamped(message))
        except ChannelFull as error:
            raise Unavailable(f"{kind}: no room for another message: {error}") from None
        except (TypeError, ValueError) as error:
            raise ApplicationError(f"{kind}: {error}") from None

    async def _heard(self, channel: str, name: Any) -> Event:
        try:
            result: Event = await self.layer.receive(channel)
        except Unavailable as error:
            result = self.unheard(name, f"its result cannot be heard: {error}")
        return result

    def unheard(self, name: Any, said: str) -> Event:
        """A result that says that nobody knows, and why."""
        return {"type": self.result, "id": name, "ok": False, "error": said, "final": False}
