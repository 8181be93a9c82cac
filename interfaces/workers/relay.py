"""Stands in for the application where that runs in workers: an ASGI application for interface containers.

A scope goes to a worker together with its first event; from there on events and sends flow with a credit each way, so
that a slow peer stops the application's ``send`` and a slow application stops the reading from the peer.
"""

import asyncio

from interfaces.shared.asgi import Event, Receive, Scope, Send
from interfaces.shared.errors import ApplicationError, PeerGone, Unavailable
from interfaces.workers.endings import Telling, ending
from interfaces.workers.transports.base import Busy, Link, Transport
from interfaces.workers.wire import ASK, END, SEND

__all__ = ["Relay"]

EAGER = frozenset({"http", "websocket", "irc"})
"""Scopes whose events are sent on as they come. In others asking has a meaning: it ends a delivery. There the
worker says when its application asks."""
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods whose requests are tried once more when a worker is lost."""


class Relay:
    """``Relay(transport)`` is called as the application would be."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport

    def __repr__(self) -> str:
        return f"Relay({self.transport!r})"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a worker serve one scope (ASGI 3). It has a lifespan of its own."""
        if scope["type"] == "lifespan":
            raise RuntimeError("a relay has no lifespan")
        await _Scope(self.transport, scope, receive, send).run()


class _Scope:
    """One scope on its way."""

    def __init__(self, transport: Transport, scope: Scope, receive: Receive, send: Send) -> None:
        self.transport = transport
        self.scope = scope
        self.receive = receive
        self.telling = Telling(scope, send)
        self.eager: bool = scope["type"] in EAGER
        self.gone = False
        """Whether the peer has left."""

    async def run(self) -> None:
        """Until the application at the worker has ended."""
        first = await self.receive()
        error = await self._attempt(first, 1)
        if isinstance(error, Unavailable) and not isinstance(error, Busy) and self._repeatable(first):
            error = await self._attempt(first, 2)
        if error is not None and not self.gone:
            await self.telling.failed(error)

    def _repeatable(self, first: Event) -> bool:
        """Whether nothing has happened yet that must not happen twice."""
        if self.telling.begun or self.gone:
            return False
        if self.scope["type"] == "http":
            bodiless = not first.get("body") and not first.get("more_body", False)
            return bodiless and self.scope["method"] in SAFE
        return bool(self.scope["type"] == "websocket")

    async def _attempt(self, first: Event, number: int) -> Exception | None:
        """Let one worker do it; None when that ended well."""
        link = Link(self.scope, attempt=number, asks=not self.eager)
        self._put(link, first)
        self.transport.submit(link)
        upwards: asyncio.Task[None] | None = None
        if self.eager and not self.gone:
            upwards = asyncio.ensure_future(self._upwards(link))
        try:
            return await self._downwards(link)
        finally:
            if upwards is not None:
                upwards.cancel()
            self.transport.release(link)

    async def _downwards(self, link: Link) -> Exception | None:
        """Give the peer what the application sends, until that has ended."""
        while True:
            kind, payload, size = await link.next()
            if kind == SEND:
                if not self.gone:
                    error = await self._send(link, payload)
                    if error is not None:
                        return error
                link.consumed(size)
            elif kind == ASK:
                if not self.gone:
                    self._put(link, await self.receive())
            elif kind == END:
                return ending(payload)
            elif self.gone or self.telling.complete:
                return None
            else:
                failed: Exception = payload
                return failed

    async def _send(self, link: Link, event: Event) -> Exception | None:
        try:
            await self.telling.send(event)
        except PeerGone:
            pass  # the disconnect is on its way, or was sent
        except (RuntimeError, KeyError, TypeError, ValueError, AttributeError) as error:
            link.reject(f"{type(error).__name__}: {error}")
            return ApplicationError(f"the application sent what does not fit: {error}")
        return None

    async def _upwards(self, link: Link) -> None:
        """Send on what the peer says, as fast as the application takes it."""
        while not self.gone:
            while link.blocked and not link.closed:
                await link.room()
            self._put(link, await self.receive())

    def _put(self, link: Link, event: Event) -> None:
        self.gone = event["type"].endswith(".disconnect")
        link.put(event, last=self.gone)
