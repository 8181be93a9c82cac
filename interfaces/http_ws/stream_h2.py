"""A stream of HTTP/2 as what a request is answered on: blocks and data become frames, as far as windows allow."""

import asyncio
from http import HTTPStatus
from typing import Any

from interfaces.http_ws.answer import COMPLETE
from interfaces.http_ws.answer_h2 import AnswerH2
from interfaces.http_ws.frames_h2 import INTERNAL_ERROR, NO_ERROR
from interfaces.http_ws.request import Exchange, Request
from interfaces.shared.stream import FOREVER

__all__ = ["Fields", "StreamH2"]

Fields = tuple[tuple[bytes, bytes], ...]


class StreamH2(Exchange):
    """``conn`` is the connection, ``flow`` what its wire knows of the stream."""

    def __init__(self, conn: Any, flow: Any) -> None:
        super().__init__(conn.loop)
        self.conn = conn
        self.flow = flow
        self.blocked = conn.blocked
        self.answer: AnswerH2 = AnswerH2(conn.encoder, conn.service)
        self.request: Request | None = None
        self.unread: int = 0
        self.came: int = 0
        """Octets of the body since its deadline was set last."""
        self._waits: int = 0

    def __repr__(self) -> str:
        return f"<StreamH2 {self.flow.id} of {self.conn!r}>"

    # --- what a request is answered on ------------------------------------------------------------

    def write(self, data: bytes) -> bool:
        """Frame it; True when some of it waits for a window, and the application is to wait."""
        self.write_now(data)
        return self.blocked

    def write_now(self, data: bytes) -> None:
        """Frame the blocks that wait, then ``data``; the frames leave at the end of the loop's turn."""
        if self.lost:
            return
        answer, wire, flow = self.answer, self.conn.wire, self.flow
        end = answer.phase == COMPLETE
        blocks = answer.blocks
        if blocks:
            answer.blocks = []
            for block in blocks:
                wire.respond(flow, block, end and not data)
            end = end and bool(data)
        if (data or end) and not wire.send(flow, data, end):
            self.blocked = True
        self.conn.due()

    async def writable(self) -> None:
        """Let others run, and wait while the windows or the peer's buffer are full."""
        await asyncio.sleep(0)
        while self.blocked and not self.lost:
            writer = self.loop.create_future()
            self._writers.append(writer)
            await writer

    def hold(self, reason: int) -> None:
        """The window of the stream is its bound: what is not taken is not sent on."""

    def release(self, reason: int) -> None:
        """The application has taken what waited: as much may come again."""
        unread = self.unread
        if unread and not self.lost:
            self.unread = 0
            self.conn.wire.consumed(self.flow, unread)
            self.conn.due()

    def early(self) -> None:
        """The answer begins before the body is whole: nothing is between them here."""

    def answered(self) -> None:
        """The answer is complete; what is left of the body is not wanted."""
        request, self.request = self.request, None
        if request is not None and request.more and not self.lost:
            self.conn.wire.reset(self.flow, NO_ERROR)
            self.conn.due()
        self.conn.finished(self)

    def unanswered(self, status: int) -> None:
        """The application ended without a whole answer; ``status`` is what the client is told if it can be."""
        self.request = None
        if not self.lost:
            if self.answer.on_the_wire:
                self.conn.wire.reset(self.flow, INTERNAL_ERROR)
            else:
                self.refuse(status)
            self.conn.due()
        self.conn.finished(self)

    # --- what the connection says -----------------------------------------------------------------

    def refuse(self, status: int, more: Fields = ()) -> None:
        """Answer with a status and its words, and ``more`` fields."""
        wire, flow = self.conn.wire, self.flow
        body = f"{HTTPStatus(status).phrase}\n".encode()
        fields = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"%d" % len(body))]
        fields += more
        if status == 503:
            fields.append((b"retry-after", b"1"))
        self.answer.status = status
        head = self.conn.encoder.head(status, fields)
        wire.respond(flow, head.data + self.conn.service.date_block, self.answer.bodiless)
        if not self.answer.bodiless:
            wire.send(flow, body, True)
        if self.flow.open:  # the rest of the body is not wanted
            wire.reset(flow, NO_ERROR)

    def feed(self, data: bytes, end: bool) -> None:
        """A part of the body came."""
        request = self.request
        self.came += len(data)
        if request is None:
            self.conn.wire.consumed(self.flow, len(data))
            return
        if data:
            self.unread += len(data)
            request.feed(data)
        if end:
            request.complete()

    def room(self) -> None:
        """All that was written is framed."""
        if self.blocked and not self.conn.blocked:
            self.resume_writing()
        if self.request is None:
            self.conn.finished(self)

    def pause_writing(self) -> None:
        """The peer does not read of the connection."""
        self.blocked = True

    def stuck(self, now: float, seconds: float) -> bool:
        """Whether nothing was framed for ``seconds`` although something waits to be: the peer gives no window."""
        waits = self.flow.pending_size
        if not waits:
            self._stalled = FOREVER
            return False
        if waits != self._waits or self._stalled == FOREVER:
            self._waits = waits
            self._stalled = now + seconds
        return now >= self._stalled

    def cut(self) -> None:
        """The stream is gone: the application is told."""
        self.lost = True
        request, self.request = self.request, None
        if request is not None:
            request.disconnect()
        self.resume_writing()
