"""Mail that scopes send: checked, put where the sender takes it from, and its result heard."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from interfaces.email.sending.compose import compose
from interfaces.email.sending.outgoing import Suppressed
from interfaces.email.sending.reports import Reports
from interfaces.email.sending.returns import Returns
from interfaces.email.sending.way import CHANNEL, LARGE, size_of
from interfaces.email.service import Service
from interfaces.layers.base import ChannelFull, Message, copied
from interfaces.shared.asgi import Event
from interfaces.shared.errors import ApplicationError, Unavailable

__all__ = ["Post"]


class Post:
    """``await post(message)`` puts an ``email.send`` of a scope on its way; made for one process.

    Gives what to wait for when the message has an ``id`` and says no ``reply_channel``: its first ``email.result``.
    """

    def __init__(self, layer: Any, host: str, max_size: int) -> None:
        self.layer = layer
        self.keep: Callable[[Message], Awaitable[None]] = partial(layer.send, CHANNEL)
        """Puts a message where the sender takes it from; when that returns it is kept as well as it can be."""
        self.drain: float | None = None
        """Seconds that are left for what is on its way, once the process is to end."""
        self.returns: Returns | None = None
        """Knows what comes back."""
        self.reports: Reports | None = None
        """Tells who sent us a message which of its recipients refuse it; where that is kept."""
        self._check = partial(compose, host=host, max_size=max_size)

    def receives(self, service: Service) -> None:
        """Send for the application of ``service``, and stand in front of it, with what comes back and is to be told."""
        service.post = self
        if self.returns is not None:
            service.before(self.returns)
        service.bounces = self.reports

    async def __call__(self, event: Event) -> "asyncio.Task[Event] | None":
        """Raises ApplicationError for what cannot be sent; Unavailable: try again."""
        try:
            message = copied(dict(event))
            await self._checked(message)
        except TypeError as error:
            raise ApplicationError(f"email.send: {error}") from None
        if not message.get("id") or message.get("reply_channel"):
            await self._put(message)
            return None
        channel = await self.layer.new_channel("email")
        await self._put({**message, "reply_channel": channel})
        return asyncio.create_task(self._result(channel, message["id"]))

    async def _put(self, message: Message) -> None:
        try:
            await self.keep(message)
        except ChannelFull as error:
            raise Unavailable(f"email.send: no room for another message: {error}") from None
        except (TypeError, ValueError) as error:
            raise ApplicationError(f"email.send: {error}") from None

    async def _result(self, channel: str, name: Any) -> Event:
        try:
            result: Event = await self.layer.receive(channel)
        except Unavailable as error:
            said = f"its result cannot be heard: {error}"
            result = {
                "type": "email.result",
                "id": name,
                "ok": False,
                "error": said,
                "final": False,
                "results": [],
            }
        return result

    async def _checked(self, message: Message) -> None:
        """Refuse in the application what could never be sent; what is only not to be answered has its result."""
        check = partial(self._check, message, now=time.time(), id=str(message.get("id") or "0"))
        try:
            if size_of(message) < LARGE:
                check()
            else:
                await asyncio.to_thread(check)
        except Suppressed:
            pass
