"""A phone: what its owner texts, what it shows, and what becomes of what is sent to it."""

import asyncio
import base64
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from interfaces.testing.fakes.forged import Forged
from interfaces.testing.sms.records import Delivery, Message, parts

if TYPE_CHECKING:
    from interfaces.testing.sms.network import Network

__all__ = ["DELIVERED", "Phone"]

DELIVERED = ("sent", "delivered")
"""The statuses of a message that arrives."""


class Phone:
    """One of the network; ``messages`` is what it shows, oldest first.

    ``fate``: what is told of each message to it, one receipt each: "sent", "delivered", "undelivered",
    "failed", "rejected", "expired" or "read", with ":CODE" behind it for an error. It shows a message only where that
    ends with delivered or read.
    """

    def __init__(self, number: str, network: "Network") -> None:
        self.number = number
        self.network = network
        self.messages: list[Message] = []
        self.fate: Sequence[str] = DELIVERED
        self.reachable = True
        self.waiting: list[Message] = []
        """What has come while it was off."""
        self._came = asyncio.Event()

    def __repr__(self) -> str:
        return f"<Phone {self.number}, {len(self.messages)} messages>"

    @property
    def shown(self) -> list[str]:
        """The texts of its messages."""
        return [one.text for one in self.messages]

    async def texts(
        self, text: str = "", *, to: str = "", media: Sequence[str] = (), data: bytes = b"", retries: bool = True,
        forged: Forged | None = None,
    ) -> Delivery:  # fmt: skip
        """Text a number of the app's (the first unless said); returns when it is acknowledged, or given up.

        ``media``: URLs of :meth:`FakeSms.store`. ``forged``: what is wrong with the signature. Replies that
        stand in the answer are shown.
        """
        row = self.row(text, to=to, media=media, data=data)
        return await self.network.post_text(self, row, retries=retries, forged=forged)

    def row(
        self, text: str = "", *, to: str = "", media: Sequence[str] = (), data: bytes = b""
    ) -> dict[str, Any]:
        """A text of this phone as it is posted, for :meth:`FakeSms.post_text`."""
        network = self.network
        attached = [{"url": url, **network.media_of(url)} for url in media]
        return {
            "id": network.id("IM"),
            "from": self.number,
            "to": to or network.ours,
            "text": text,
            "data": base64.b64encode(data).decode(),
            "encoding": "binary" if data else "gsm7" if text.isascii() else "ucs2",
            "segments": parts(text),
            "media": attached,
            "sent_at": network.clock.time(),
            "duplicate": False,
        }

    async def tells(self, status: str, message: Message | None = None) -> Delivery:
        """Post a receipt for ``message``, the latest one unless said; status as in ``fate``."""
        return await self.network.post_receipt(message or self.messages[-1], status)

    def off(self) -> None:
        """Be out of reach: messages are sent and wait, until their validity ends."""
        self.reachable = False

    def on(self) -> None:
        """Be there again: what waits comes, or has expired."""
        self.reachable = True
        waiting, self.waiting = self.waiting, []
        for message in waiting:
            self.network.carry(message)

    def show(self, message: Message) -> None:
        """Have it on the screen; the network's to call."""
        self.messages.append(message)
        self._came.set()

    async def gets(self, count: int = 1, timeout: float = 10.0) -> list[Message]:
        """Wait until it shows ``count`` messages; TimeoutError after ``timeout`` real seconds."""
        async with asyncio.timeout(timeout):
            while len(self.messages) < count:
                self._came.clear()
                await self._came.wait()
        return self.messages
