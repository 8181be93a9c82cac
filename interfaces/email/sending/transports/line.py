"""One connection to a server of mail: bytes out, replies in, each with a time that it may take."""

import asyncio
import ssl
from collections import deque
from typing import cast

from interfaces.email.sending.transports.wire_client import Garbled, Replies, Reply

__all__ = ["Line", "Lost"]

AHEAD = 5000
"""Replies that nobody waits for yet: more than to all commands that are sent at once."""


class Lost(Exception):  # noqa: N818 - the network's
    """The connection is no more, or no answer came in time."""


class Line(asyncio.Protocol):
    """Commands and replies, in order. Everything raises Lost or Garbled, and the line is closed then."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._replies = Replies()
        self._here: deque[Reply] = deque()
        self._waiting: asyncio.Future[None] | None = None
        self._room: asyncio.Future[None] | None = None
        self._error: Exception | None = None
        self.gone: asyncio.Future[None] = self._loop.create_future()
        """Done once the socket is closed."""

    # --- asyncio's side ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio, again once TLS is there."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Called by asyncio."""
        if self._error is not None:
            return
        try:
            self._here += self._replies.feed(data)
            if len(self._here) > AHEAD:
                raise Garbled(f"more than {AHEAD} replies that nobody asked for")
        except Garbled as error:
            self._fail(error)
        _wake(self._waiting)

    def connection_lost(self, error: Exception | None) -> None:
        """Called by asyncio."""
        self._fail(Lost(f"the connection was lost: {error}" if error else "the peer closed the connection"))
        _wake(self.gone)

    def pause_writing(self) -> None:
        """Called by asyncio: the peer reads too slowly."""
        self._room = self._loop.create_future()

    def resume_writing(self) -> None:
        """Called by asyncio."""
        _wake(self._room)
        self._room = None

    def _fail(self, error: Exception) -> None:
        self._error = self._error or error
        _wake(self._waiting)
        _wake(self._room)
        if self._transport is not None:
            self._transport.abort()

    # --- ours ---

    @property
    def idle(self) -> bool:
        """Whether it is open, and the peer has said nothing unasked, such as 421."""
        return self._error is None and not self._here and self._replies.between

    @property
    def ended(self) -> bool:
        """Whether nothing can be said over it any more; its socket may still be closing."""
        return self._error is not None

    @property
    def unasked(self) -> str:
        """What the peer has said that nobody waits for."""
        return "; ".join(map(str, self._here)) or "part of a reply"

    async def write(self, data: bytes, seconds: float) -> None:
        """Send it; wait until the peer has read most of what it was sent."""
        self._open().write(data)
        if self._room is not None:
            await self._within(self._room, seconds)
        self.check()

    async def reply(self, seconds: float) -> Reply:
        """The next reply."""
        while not self._here:
            self.check()
            self._waiting = self._loop.create_future()
            await self._within(self._waiting, seconds)
        return self._here.popleft()

    async def ask(self, command: bytes, seconds: float) -> Reply:
        """Send a command; the reply to it."""
        await self.write(command, seconds)
        return await self.reply(seconds)

    async def encrypt(self, context: ssl.SSLContext, host: str, seconds: float) -> None:
        """Begin TLS. What the peer sent before it, somebody else may have written: it is refused (RFC 3207 §6)."""
        if not self.idle:
            self._fail(Garbled("the peer said something between STARTTLS and TLS"))
        try:
            transport = await self._loop.start_tls(
                self._open(), self, context, server_hostname=host, ssl_handshake_timeout=seconds
            )
        except OSError as error:  # ssl.SSLError is one
            self._fail(Lost(f"no TLS: {error}"))
        else:
            self._transport = transport
        self.check()

    def close(self) -> None:
        """At once, whatever is under way."""
        self._fail(Lost("the connection was closed"))

    def bye(self) -> None:
        """Say QUIT, without waiting for an answer."""
        if self._error is None and self._transport is not None:
            self._transport.write(b"QUIT\r\n")
            self._error = Lost("the connection was closed")
            self._transport.close()

    def _open(self) -> asyncio.Transport:
        self.check()
        if self._transport is None:
            raise Lost("there is no connection")
        return self._transport

    def check(self) -> None:
        """Raises what ended it, if it has ended."""
        if self._error is None and self._transport is not None and self._transport.is_closing():
            self._error = Lost("the connection was lost")  # asyncio will say so in a moment
        if self._error is not None:
            raise self._error

    async def _within(self, future: asyncio.Future[None], seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await future
        except TimeoutError:
            self._fail(Lost(f"no answer within {seconds:g} s"))
            self.check()
        except asyncio.CancelledError:
            self.close()
            raise


def _wake(future: asyncio.Future[None] | None) -> None:
    if future is not None and not future.done():
        future.set_result(None)
