"""One HTTP request: the session of the hot path, one object a request and one write a response."""

import asyncio
import os
from typing import Any

from interfaces.http_ws.answer import COMPLETE, Answer
from interfaces.http_ws.service import Service, failed, log
from interfaces.shared.asgi import Event, Scope
from interfaces.shared.errors import ApplicationError, PeerGone
from interfaces.shared.session import Instance, report
from interfaces.shared.stream import Stream

__all__ = ["BODY_FULL", "Exchange", "Request"]

BODY_FULL = 1
NOTHING, ALL, GONE = range(3)
"""What the application was told of the end: nothing yet, of the body's, of the client's."""
DEAF = 1000
"""Times that an application may ask on after it was told that the client is gone; then it is cancelled."""
PARTS = 1024
"""Of a body that wait, before they are put together: many are small."""
FILE_PART = 262144
"""Of a file (pathsend) in memory at once."""
KNOWN = "http.response. start, body, trailers, early_hint, pathsend"


class Exchange(Stream):
    """What a request needs of the connection it is answered on."""

    def go_on(self) -> None:
        """Tell the client that its body is wanted: 100 (Continue)."""
        raise NotImplementedError

    def early(self) -> None:
        """The answer begins although the body is not whole."""
        raise NotImplementedError

    def answered(self) -> None:
        """The answer is complete."""
        raise NotImplementedError

    def unanswered(self, status: int) -> None:
        """The application ended without a whole answer; ``status`` is what the client is told if it can be."""
        raise NotImplementedError


class Request(Instance):
    """Parts of the body go in by :meth:`feed`; what the application sends leaves by the connection's answer.

    ``conn`` is the connection while its answer is ours to write, then None.
    """

    def __init__(self, conn: Exchange, service: Service, scope: Scope, answer: Answer) -> None:
        super().__init__(service.app, scope)
        self.meter = service.meter
        self.conn: Exchange | None = conn
        self.service = service
        self.answer = answer
        self.more: bool = False
        self.expects: bool = False
        self.gone: bool = False
        self._began: float = 0.0
        self._asked: Scope = scope
        if (
            service.access is not None
        ):  # the application may change its scope, and the line tells what was asked
            self._began = service.loop.time()
            self._asked = dict(scope)
        self._parts: list[bytes] = []
        self._size: int = 0
        self._told: int = NOTHING

    async def receive(self) -> Event:
        """``http.request`` as the body comes in; ``http.disconnect`` when it is over."""
        while True:
            if self._parts or not (self.more or self._told):
                return self._take()
            conn = self.conn
            if conn is None or self.ended:
                if self._told >= GONE:
                    await asyncio.sleep(0)  # an application that asks again and again stops nobody else
                    if self._told == GONE + DEAF:
                        self.cancel()
                self._told = max(self._told + 1, GONE)  # first at once: some cancel a call that waits
                self.meter.taken += 1
                return {"type": "http.disconnect"}
            if self.expects:
                self.expects = False
                if not self.answer.on_the_wire:
                    conn.go_on()
            await self.arrival()

    def _take(self) -> Event:
        self.meter.taken += 1
        parts = self._parts
        data = parts[0] if len(parts) == 1 else b"".join(parts)
        if parts:
            self._parts = []
            self._size = 0
            if self.conn is not None:
                self.conn.release(BODY_FULL)
        more = self.more
        if not more:
            self._told = ALL
        return {"type": "http.request", "body": data, "more_body": more}

    def feed(self, data: bytes) -> None:
        """A part of the body came; reading stops while ``max_buffered_body`` wait for the application."""
        parts = self._parts
        parts.append(data)
        if len(parts) > PARTS:
            self._parts = [b"".join(parts)]
        self._size += len(data)
        self.expects = False
        if self._size >= self.service.max_buffered_body and self.conn is not None:
            self.conn.hold(BODY_FULL)
        self.wake()

    def complete(self) -> None:
        """The whole body is there."""
        self.more = False
        self.wake()

    def disconnect(self) -> None:
        """The peer is gone: ``receive`` says so, and ``send`` raises PeerGone."""
        if self.conn is not None:
            self.conn = None
            self.gone = True
            self.meter.verdict("gone")
            if self.service.access is not None:
                self._log()
            self.wake()

    async def send(self, event: Event) -> None:
        """Write an answer. ApplicationError for what is no right answer, PeerGone when nobody is there to read it."""
        conn = self.conn
        if conn is None:
            if self.gone:
                await asyncio.sleep(0)  # an application that tries again and again stops nobody else
                raise PeerGone("the client is gone")
            raise ApplicationError(f"{event['type']} after the response was complete")
        self.meter.sent += 1
        kind: str = event["type"]
        if kind == "http.response.body":
            body = event.get("body", b"")
            if type(body) is not bytes:
                body = bytes(memoryview(body))  # bytes(5) is five NULs
            if event.get("more_body", False):
                data = self.answer.body(body, True)
                # Who sends nothing for ever waits too, so that others get their turn.
                if conn.write(data) or not data or conn.blocked:
                    await self._pace()
            else:
                self._finish(conn, self.answer.body(body, False))
        elif kind == "http.response.start":
            if self.more:
                conn.early()
            self.answer.start(
                event["status"], event.get("headers", ()), self.service.date, event.get("trailers", False)
            )
        else:
            await self._extension(conn, kind, event)

    def _finish(self, conn: Exchange, data: bytes) -> None:
        """Write the last of it; where trailers are to follow, it is not the last."""
        conn.write_now(data)
        if self.answer.phase == COMPLETE:
            self.conn = None
            self._answered(self.answer.status)
            if self.service.access is not None:
                self._log()
            self.wake()
            conn.answered()

    async def _pace(self) -> None:
        """Wait for a slow reader."""
        conn = self.conn
        if conn is not None:
            await conn.writable()
        if self.gone:
            raise PeerGone("the client is gone")

    async def _extension(self, conn: Exchange, kind: str, event: Event) -> None:
        if kind == "http.response.trailers":
            wanted = any(n == b"te" and b"trailers" in v.lower() for n, v in self.scope["headers"])
            more = event.get("more_trailers", False)
            data = self.answer.trailers(event.get("headers", ()), wanted, more)
            if not more:
                self._finish(conn, data)
        elif kind == "http.response.early_hint":
            conn.write_now(self.answer.hint(event["links"]))
        elif kind == "http.response.pathsend":
            await self._send_file(conn, event["path"])
        else:
            raise ApplicationError(f"{kind} is not known here; these are: {KNOWN}")

    async def _send_file(self, conn: Exchange, path: str) -> None:
        loop: Any = self.service.loop
        file = await loop.run_in_executor(None, open, path, "rb")
        try:
            left = os.fstat(file.fileno()).st_size
            await self._pace()
            self.answer.sized(left)
            while left > 0 and not self.answer.bodiless:
                data = await loop.run_in_executor(None, file.read, min(left, FILE_PART))
                if not data:
                    raise ApplicationError("the file became shorter")
                left -= len(data)
                if self.conn is not None:
                    conn.write(self.answer.body(data, True))
                await self._pace()
            self._finish(conn, self.answer.body(b"", False))
        finally:
            file.close()

    def end(self) -> None:
        """The application is over; if it has not answered, the connection does."""
        self.ended = True
        service = self.service
        service.sessions.discard(self)
        conn = self.conn
        if conn is not None:
            self.conn = None
            if self.error is None:
                log.error("%r: the application returned without a whole response", self)
            conn.unanswered(failed(self))
            self._answered(self.answer.status or failed(self))
            if service.access is not None:
                self._log()
        if self.error is not None:
            report(self)
        self.wake()
        if service.idle is not None:
            service.check_idle()

    def _answered(self, status: int) -> None:
        """Count it by its class: of most there is no list to be looked at."""
        if status < 300:
            self.meter.fine += 1
        else:
            self.meter.statuses[status // 100] += 1

    def _log(self) -> None:
        scope, answer, service = self._asked, self.answer, self.service
        access = service.access
        if access is not None:
            access(
                {
                    "protocol": f"HTTP/{scope['http_version']}",
                    "client": scope["client"],
                    "method": scope["method"],
                    "path": scope["raw_path"].decode("ascii", "backslashreplace"),
                    "query": scope["query_string"].decode("ascii", "backslashreplace"),
                    "status": answer.status,
                    "bytes": answer.sent,
                    "seconds": service.loop.time() - self._began,
                    **self.about(),
                }
            )
