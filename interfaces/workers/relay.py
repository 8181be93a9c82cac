"""Stands in for the application where that runs in workers: an ASGI application for interface containers.

A scope goes to a worker together with its first event. What the worker takes as a session stays with it: events and
sends flow with a credit each way, so that a slow peer stops the application's ``send`` and a slow application stops
the reading from the peer. What it takes in event style is led from here, one event after the other to any worker.
"""

import asyncio
import logging
from collections import deque
from dataclasses import fields
from functools import partial
from typing import Any

from interfaces.layers.frames import MESSAGE_LIMIT
from interfaces.shared.asgi import Event, Receive, Scope, Send
from interfaces.shared.errors import ApplicationError, NoRoute, PeerGone, Unavailable
from interfaces.shared.marks import about, scope_id
from interfaces.workers.conversation import BODY, REPLY_TIMEOUT, Conversation
from interfaces.workers.endings import Telling, ending
from interfaces.workers.outcome import Outcome
from interfaces.workers.transports.base import Busy, Link, Lost, Transport
from interfaces.workers.wire import ASK, END, SEND

__all__ = ["Relay"]

log = logging.getLogger("interfaces.workers")

EAGER = frozenset({"http", "websocket", "irc"})
"""Scopes whose events are sent on as they come. In others asking has a meaning: it ends a delivery. There the
worker says when its application asks."""
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods whose requests are tried once more when a worker is lost."""


FIELDS = frozenset(one.name for one in fields(Outcome))
TRIES = 3
"""Workers that one event may lose before it is taken for the cause of it."""


CARRIED = MESSAGE_LIMIT - 1048576
"""Bytes of an event's body that a worker can be sent, with room for all else that is in the message."""


class Relay:
    """``Relay(transport)`` is called as the application would be; ``layer`` is what event style speaks through."""

    def __init__(self, transport: Transport, layer: Any = None) -> None:
        self.transport = transport
        self.layer = layer

    def __repr__(self) -> str:
        return f"Relay({self.transport!r})"

    def carries(self, _kind: str) -> int:
        """Bytes that an event may have, whatever the type of its scope: it may be served on another machine."""
        return CARRIED

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a worker serve one scope (ASGI 3). It has a lifespan of its own."""
        if scope["type"] == "lifespan":
            raise RuntimeError("a relay has no lifespan")
        if scope["type"] == "upstream":  # it would hold a worker for as long as this container runs
            raise RuntimeError("a relay does not tell workers of upstreams")
        await _Scope(self, scope, receive, send).run()


class _Scope:
    """One scope on its way."""

    def __init__(self, relay: Relay, scope: Scope, receive: Receive, send: Send) -> None:
        self.transport = relay.transport
        self.layer = relay.layer
        self.scope = scope
        scope_id(scope)  # so that container and worker call it the same
        self.receive = receive
        self.telling = Telling(scope, send)
        self.eager: bool = scope["type"] in EAGER
        self.gone = False
        """Whether the peer has left."""
        self.limits = (BODY, REPLY_TIMEOUT)
        self.unheard: deque[Event] = deque()
        """Events that came before it was known that it goes on in event style."""

    async def run(self) -> None:
        """Until the application at the worker has ended."""
        first = await self.receive()
        error = await self._attempt(first, 1)
        if isinstance(error, Lost) and self._repeatable(first):
            error = await self._attempt(first, 2)
        if self.unheard:
            error = await self._converse()
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
            upwards.add_done_callback(partial(_told, link))
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
                if link.style == "event":
                    self.unheard.extend(link.unheard)
                    self.limits = link.limits or self.limits
                return ending(payload)
            elif self.gone or self.telling.complete:
                return None
            else:
                failed: Exception = payload
                return failed

    async def _send(self, link: Link, event: Event) -> Exception | None:
        try:
            await self.telling.send(event)
            return None
        except PeerGone:
            return None  # the disconnect is on its way, or was sent
        except (RuntimeError, KeyError, TypeError, ValueError, AttributeError) as error:
            reason = f"{type(error).__name__}: {error}"
        link.reject(reason)
        # The application may have ended by now, and then its worker has nobody to tell.
        path = self.scope.get("path", "")
        words = (self.scope["type"], path, reason)
        log.error("%s %s: the application sent what does not fit: %s", *words, extra=about(self.scope))
        return ApplicationError(f"the application sent what does not fit: {reason}")

    async def _upwards(self, link: Link) -> None:
        """Send on what the peer says, as fast as the application takes it."""
        while not self.gone:
            while link.blocked and not link.closed:
                await link.room()
            self._put(link, await self.receive())
        if self.transport.withdraw(link):
            link.failed(Lost("the peer left before a worker was free"))

    def _put(self, link: Link, event: Event) -> None:
        self.gone = event["type"].endswith(".disconnect")
        link.put(event, last=self.gone)

    async def _converse(self) -> Exception | None:
        """Lead the scope from here."""
        conversation = Conversation(
            self.scope, self._again, self.telling.send, self._handled, layer=self.layer, limits=self.limits
        )
        self.gone = False
        try:
            await conversation.run()
        except (NoRoute, ApplicationError, Unavailable) as error:
            return error
        return None

    async def _again(self) -> Event:
        event = self.unheard.popleft() if self.unheard else await self.receive()
        self.gone = event["type"].endswith(".disconnect")
        return event

    async def _handled(self, event: dict[str, Any], session: dict[str, Any]) -> Outcome:
        """Let any worker handle an event; one whose worker died goes to another."""
        scope = {"type": self.scope["type"], "path": self.scope.get("path", "")}
        for number in range(1, TRIES + 1):
            link = Link(scope, attempt=number, more={"event": event, "session": session})
            self.transport.submit(link)
            try:
                _, payload, _ = await link.next()
            finally:
                self.transport.release(link)
            if isinstance(payload, dict) and isinstance(payload.get("outcome"), dict):
                return Outcome(**{key: payload["outcome"][key] for key in FIELDS & payload["outcome"].keys()})
            if isinstance(payload, Busy):
                raise payload
            if isinstance(payload, dict) and payload.get("how") != "cancelled":
                return Outcome(error="no-route" if payload.get("how") == "no-route" else "raised")
        raise Lost(f"{TRIES} workers were lost with {event['type']}")


def _told(link: Link, task: asyncio.Task[None]) -> None:
    """What the peer says can be sent on no longer: an event that cannot travel."""
    if not task.cancelled() and (error := task.exception()) is not None:
        link.failed(Lost(str(error)))
