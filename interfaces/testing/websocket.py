"""A WebSocket client for tests, on the wire that the server uses too: it says what it is told to."""

import asyncio
import os
from base64 import b64encode
from collections import deque
from collections.abc import Iterable
from types import TracebackType
from typing import Self

from interfaces.http_ws.deflate import Deflate, DeflateOptions, confirm, offer
from interfaces.http_ws.handshake import accept_value, parse_extensions
from interfaces.http_ws.wire_ws import Close, Event, Failed, Limits, Ping, Wire
from interfaces.shared.bind import Address
from interfaces.shared.errors import PeerError
from interfaces.testing.raw import RawClient, Response

__all__ = ["Close", "DeflateOptions", "Event", "Refused", "WebSocketClient"]


class Refused(Exception):  # noqa: N818 - an answer, not a mistake
    """The server answered the handshake with ``response`` instead."""

    def __init__(self, response: Response) -> None:
        super().__init__(f"the handshake was answered with {response.status}")
        self.response = response


class WebSocketClient:
    """``async with await WebSocketClient.connect(address, "/ws") as client``.

    ``raw`` takes bytes past the protocol, ``wire`` makes frames. Pings are answered while it receives. ``deflate``
    is None unless permessage-deflate was offered and agreed to.
    """

    def __init__(self, raw: RawClient, response: Response, deflate: Deflate | None = None) -> None:
        self.raw = raw
        self.response = response
        self.deflate = deflate
        self.wire = Wire(Limits(), deflate, client=True)
        self._events: deque[Event] = deque()

    @classmethod
    async def connect(
        cls,
        address: Address,
        path: str = "/",
        *,
        headers: Iterable[tuple[bytes, bytes]] = (),
        subprotocols: Iterable[str] = (),
        deflate: DeflateOptions | None = None,
    ) -> Self:
        """Connect and shake hands (RFC 6455 §4.1); Refused, or AssertionError for a wrong acceptance.

        ``deflate`` offers permessage-deflate (RFC 7692).
        """
        fields = [*headers]
        if wanted := ", ".join(subprotocols):
            fields.append((b"sec-websocket-protocol", wanted.encode()))
        if deflate is not None:
            fields.append((b"sec-websocket-extensions", offer(deflate)))
        raw = await RawClient.connect(address)
        try:
            response = await cls._shake(raw, path, fields)
            return cls(raw, response, None if deflate is None else _agreed(response, deflate))
        except BaseException:
            await raw.close()
            raise

    @staticmethod
    async def _shake(raw: RawClient, path: str, headers: list[tuple[bytes, bytes]]) -> Response:
        key = b64encode(os.urandom(16))
        lines = [b"%b: %b\r\n" % header for header in headers]
        await raw.send(b"GET %b HTTP/1.1\r\nHost: test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                       b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %b\r\n%b\r\n"
                       % (path.encode(), key, b"".join(lines)))  # fmt: skip
        response = await raw.response()
        if response.status != 101:
            raise Refused(response)
        if response.header(b"sec-websocket-accept") != accept_value(key):
            raise AssertionError(f"Sec-WebSocket-Accept does not fit the key: {response!r}")
        return response

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.raw.close()

    async def send(self, data: str | bytes) -> None:
        """Send a message."""
        await self.raw.send(self.wire.text(data) if isinstance(data, str) else self.wire.binary(data))

    async def receive(self, timeout: float = 10.0) -> Event:
        """The next message, Close or Failed; EOFError when the connection ends without. Answers pings."""
        async with asyncio.timeout(timeout):
            while True:
                while self._events:
                    event = self._events.popleft()
                    if isinstance(event, Ping):
                        await self.raw.send(self.wire.pong(event.payload))
                    elif isinstance(event, (str, bytes, Close, Failed)):
                        return event
                data = await self.raw.reader.read(65536)
                if not data:
                    raise EOFError("the connection ended without a close frame")
                self._events.extend(self.wire.feed(data))

    async def close(self, code: int = 1000, reason: str = "", timeout: float = 10.0) -> Close:
        """Close, and give the server's answer; messages that come before it are dropped."""
        await self.raw.send(self.wire.close(code, reason))
        while not isinstance(event := await self.receive(timeout), Close):
            pass
        return event


def _agreed(response: Response, options: DeflateOptions) -> Deflate | None:
    """What the server's answer makes of the offer; AssertionError for one that does not fit it."""
    answers = [value for name, value in response.headers if name == b"sec-websocket-extensions"]
    try:
        agreement = confirm(parse_extensions(answers), options)
    except PeerError as error:
        raise AssertionError(f"{error}: {answers!r}") from error
    return None if agreement is None else Deflate(agreement, options, client=True)
