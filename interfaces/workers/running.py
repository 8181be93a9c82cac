"""One scope that an interface container has opened here: a session, and its way back."""

import asyncio
import logging
import os
from collections.abc import Mapping
from typing import Any, Protocol

from interfaces.shared.asgi import Application, Event, Receive, Scope, Send
from interfaces.shared.errors import PeerGone
from interfaces.shared.session import Session, report
from interfaces.workers.transports.base import Taken
from interfaces.workers.wire import ASK, CANCEL, EVENT, LAST, REJECT, landed

__all__ = ["Owner", "Running"]

log = logging.getLogger("interfaces.workers")

TURN = 64
"""Sends of one application after which others get their turn."""
PART = 256 << 10
"""Bytes of a body, or of a file, that travel at once."""
DEAF = 1000
"""Times that an application may ask on after it was told that its HTTP client is gone; then it is cancelled."""
STUCK = 10.0
"""Seconds that an application may go on after its last event until the log says that it does."""
KNOWN = {
    "http": ("http.response.", "start, body, trailers, early_hint, pathsend"),
    "websocket": ("websocket.", "accept, send, close, http.response.start, http.response.body"),
}
"""What applications send: the beginning of all, and the rest of each."""
KINDS = {kind: frozenset(prefix + one for one in rest.split(", ")) for kind, (prefix, rest) in KNOWN.items()}
GONE: dict[str, dict[str, Any]] = {
    "http": {"type": "http.disconnect"},
    "websocket": {"type": "websocket.disconnect", "code": 1006, "reason": ""},
}
"""What an application is told when the interface container is gone."""


class Owner(Protocol):
    """The worker in which it runs."""

    app: Application
    state: Mapping[str, Any]
    draining: bool

    def left(self, running: "Running") -> None:
        """It is over."""

    def stuck(self, running: "Running") -> None:
        """It goes on although its client has gone long ago."""


class Running:
    """Events come by :meth:`heard`; what the application sends leaves by ``taken``."""

    def __init__(self, owner: Owner, taken: Taken) -> None:
        opening = taken.opening
        scope = landed(opening["scope"], owner.state)
        self.kind: str = scope["type"]
        self.lasting = False
        """Whether it is a WebSocket that was accepted: it lasts until somebody ends it."""
        self._owner = owner
        self._taken = taken
        self._gone = False
        self._cut = False
        self._kept = 0
        self._told = 0
        self._turn = 0
        self._start: Event | None = None
        self._late: asyncio.TimerHandle | None = None
        special = self._asking if opening.get("asks") else self._requesting if self.kind == "http" else None
        self.session = Session(
            special or owner.app, scope, self._send, on_end=self._ended, on_room=self._room
        )
        taken.on_event = self.heard
        for event in opening["events"]:
            self.session.offer(event)

    def __repr__(self) -> str:
        return f"<Running {self.session!r}>"

    def start(self) -> None:
        """Call the application."""
        self.session.start(asyncio.get_running_loop())

    def heard(self, kind: int, payload: Any, size: int) -> None:
        """A frame came from the container; or, as kind 0, that it is gone."""
        if kind == EVENT:
            if self.session.offer(payload, size):
                self._taken.consumed(size)
            else:
                self._kept += size
        elif kind == LAST:
            self._leave(payload)
            self._taken.wake()
        elif kind == CANCEL:
            self.session.cancel()
        elif kind == REJECT:
            about = self.session.about()
            log.error("%r sent what does not fit: %s", self.session, payload.get("reason"), extra=about)
            self.session.cancel()
        else:
            self._leave(GONE.get(self.kind))

    def move(self) -> None:
        """Close its WebSocket so that the client comes back to another worker."""
        if not self._gone:
            self._taken.send({"type": "websocket.close", "code": 1012, "reason": "restart"})

    def cut(self) -> None:
        """End it now."""
        self._cut = True
        self.session.cancel()

    def _leave(self, last: Event | None) -> None:
        """The client has gone. As in one process the application may finish what it does, and keeps its slot."""
        self._gone = True
        self.session.last(last)
        if self._late is None and not self.session.ended:
            self._late = asyncio.get_running_loop().call_later(STUCK, self._owner.stuck, self)

    async def _send(self, event: Event) -> None:
        """The application's ``send``. RuntimeError for what is not known or cannot travel, PeerGone for nobody."""
        if self._gone:
            await asyncio.sleep(0)  # an application that tries again and again stops nobody else
            raise PeerGone("the client is gone")
        kind: str = event["type"]
        if kind not in KINDS.get(self.kind, (kind,)):
            prefix, rest = KNOWN[self.kind]
            raise RuntimeError(f"{kind} is not known here; these are: {prefix} {rest}")
        if self.kind == "http":
            await self._respond(kind, event)
        else:
            self._taken.send(event)
            if kind == "websocket.accept":
                self._accepted()
        self._turn += 1
        if self._taken.blocked or self._turn >= TURN:
            await self._pace()

    async def _pace(self) -> None:
        self._turn = 0
        await asyncio.sleep(0)
        while self._taken.blocked and not (self._gone or self._taken.closed):
            await self._taken.room()
        if self._gone:
            raise PeerGone("the client is gone")

    async def _respond(self, kind: str, event: Event) -> None:
        """Send a part of a response; its start waits for what follows, since a file's size belongs there."""
        if kind == "http.response.start" and self._start is None:
            self._start = {**event, "headers": list(event.get("headers", ()))}
        elif kind == "http.response.pathsend":
            await self._send_file(event["path"])
        else:
            self._begin()
            if kind == "http.response.body" and len(event.get("body", b"")) > PART:
                await self._send_parts(event)
            else:
                self._taken.send(event)

    def _begin(self) -> None:
        if self._start is not None:
            self._taken.send(self._start)
            self._start = None

    async def _send_parts(self, event: Event) -> None:
        body = memoryview(event["body"])
        for at in range(0, len(body), PART):
            more = event.get("more_body", False) or at + PART < len(body)
            self._taken.send({"type": event["type"], "body": body[at : at + PART], "more_body": more})
            if self._taken.blocked:
                await self._pace()

    async def _send_file(self, path: str) -> None:
        loop = asyncio.get_running_loop()
        file = await loop.run_in_executor(None, open, path, "rb")
        try:
            start, size = self._start, os.fstat(file.fileno()).st_size
            if start is not None and not any(
                name.lower() == b"content-length" for name, _ in start["headers"]
            ):
                start["headers"].append((b"content-length", b"%d" % size))
            self._begin()
            while size > 0 and (data := await loop.run_in_executor(None, file.read, min(size, PART))):
                size -= len(data)
                self._taken.send({"type": "http.response.body", "body": data, "more_body": True})
                await self._pace()
            self._taken.send({"type": "http.response.body", "body": b""})
        finally:
            file.close()

    def _accepted(self) -> None:
        self.lasting = True
        if self._owner.draining:
            self.move()

    async def _requesting(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The application, which may ask for ``http.disconnect`` more than once."""

        async def request() -> Event:
            if not self._told:
                event = await receive()
                self._told = int(event["type"] == "http.disconnect")
                return event
            self._told += 1
            await asyncio.sleep(0)
            if self._told == DEAF:
                self.session.cancel()
            return {"type": "http.disconnect"}

        await self._owner.app(scope, request, send)

    async def _asking(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The application, whose asking for an event is told to the container."""

        async def ask() -> Event:
            if not self.session.waiting and not self.session.closing:
                self._taken.post(ASK, None)
            return await receive()

        await self._owner.app(scope, ask, send)

    def _room(self) -> None:
        """The application has taken what was in its inbox."""
        kept, self._kept = self._kept, 0
        self._taken.consumed(kept)

    def _ended(self, session: Session) -> None:
        """The application has returned, raised, or was released."""
        if self._start is not None and session.error is None and not self._cut:
            try:
                self._begin()
            except RuntimeError as error:  # it cannot travel
                session.error = error
        if session.error is not None:
            report(session)
        self._taken.end(self._how(session))
        task = session.task
        if task is None or task.done():
            self._over()
        else:
            task.add_done_callback(self._over)

    def _over(self, task: object = None) -> None:
        """The application's task has ended too, which takes no cancelling if it does not want to."""
        if self._late is not None:
            self._late.cancel()
        self._owner.left(self)

    def _how(self, session: Session) -> dict[str, Any]:
        if session.unrouted:
            return {"how": "no-route"}
        if session.error is not None:
            return {"how": "error", "later": session.unavailable}
        return {"how": "cancelled" if self._cut else "ok"}
