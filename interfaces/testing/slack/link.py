"""One WebSocket of Socket Mode, seen from Slack: what is sent on it, and who waits for an acknowledgement."""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

from interfaces.shared.asgi import Send

__all__ = ["Link", "LinkLost"]


class LinkLost(Exception):  # noqa: N818 - it is what a test asks for
    """The connection ended before what was sent on it was acknowledged."""


@dataclass(slots=True, kw_only=True, eq=False)
class Link:
    """An open connection. ``waiting``: envelopes that were sent on it and are not acknowledged."""

    id: str
    app_id: str
    send_event: Send = field(repr=False)
    client: tuple[str, int] | None = None
    """The other end's address: what names the connection to the server."""
    opened_at: float = 0.0
    waiting: dict[str, "asyncio.Future[Any]"] = field(default_factory=dict, repr=False)
    envelopes: int = 0
    """Sent so far."""
    leaving: bool = False
    """It was told to go: nothing new is sent on it."""
    ended: asyncio.Event = field(default_factory=asyncio.Event, repr=False)

    async def send(self, message: dict[str, Any]) -> None:
        """Send one message; raises :class:`LinkLost` when nobody is there."""
        await self.send_text(json.dumps(message))

    async def send_text(self, text: str) -> None:
        """Send any text, JSON or not."""
        try:
            await self.send_event({"type": "websocket.send", "text": text})
        except OSError:
            raise LinkLost from None

    async def send_bytes(self, data: bytes) -> None:
        """Send a binary message, which Slack never does."""
        try:
            await self.send_event({"type": "websocket.send", "bytes": data})
        except OSError:
            raise LinkLost from None

    async def close(self, code: int = 1000) -> None:
        """Close in good order."""
        try:
            await self.send_event({"type": "websocket.close", "code": code})
        except OSError:
            pass

    def lost(self) -> None:
        """It has ended: whoever waits for an acknowledgement is told."""
        self.leaving = True
        self.ended.set()
        waiting, self.waiting = self.waiting, {}
        for future in waiting.values():
            if not future.done():
                future.set_exception(LinkLost())
