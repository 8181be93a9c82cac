"""A sender with a user of the fake network."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from interfaces.irc.sending import sending
from interfaces.layers.local import LocalChannelLayer
from tests.irc.client.kit import End, on

__all__ = ["Sender", "sender"]


class Sender:
    """What a test has in its hands."""

    def __init__(self, end: End, layer: Any) -> None:
        self.end, self.layer = end, layer

    async def result(self, **message: Any) -> dict[str, Any]:
        """Send from anywhere, and wait for the result."""
        channel = await self.layer.new_channel("test")
        usual = {"type": "irc.send", "network": "fake", "target": "#a", "text": "hi", "id": "1"}
        await self.layer.send("irc.send", {**usual, "reply_channel": channel, **message})
        return await self.layer.receive(channel)


@asynccontextmanager
async def sender(handle: Any = None, **more: Any) -> AsyncIterator[Sender]:
    """A sender, and a user that is in #a."""
    layer = LocalChannelLayer()
    try:
        async with on(handle, layer=layer, **{"joined": "#a", **more}) as end:
            made = end.options
            async with sending(made, end.context, end.networks):
                yield Sender(end, layer)
    finally:
        await layer.close()
