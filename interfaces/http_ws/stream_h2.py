"""A stream of HTTP/2 as what a request is answered on: blocks and data become frames, as far as windows allow."""

import asyncio
from http import HTTPStatus
from typing import Any, Final

from interfaces.http_ws.answer import COMPLETE
from interfaces.http_ws.answer_h2 import GO_ON, AnswerH2, refusal
from interfaces.http_ws.flows_h2 import Flow
from interfaces.http_ws.frames_h2 import INTERNAL_ERROR, NO_ERROR
from interfaces.http_ws.request import Exchange, Request
from interfaces.http_ws.service import Service
from interfaces.http_ws.wire_h2 import Wire
from interfaces.shared.stream import FLUSH_AT, FOREVER, Stream

__all__ = ["Carrier", "Fields", "StreamH2"]

Fields = tuple[tuple[bytes, bytes], ...]

PART: Final = FLUSH_AT
"""Of data that is longer, so much is framed at once; the rest stays as it is until the peer reads."""


class Carrier(Stream):
    """A connection as its streams know it: what the wire has leaves at the end of the loop's turn, at the latest."""

    def __init__(self, service: Service) -> None:
        super().__init__(service.loop)
        self.service: Service = service
        self.wire: Wire = Wire(service.h2_limits)

    def sent(self, size: int) -> None:
        """The wire has something, with ``size`` octets of data in it; when it is much, it leaves at once."""
        size += self._size
        self._size = size
        if size >= FLUSH_AT:
            self.flush()
        else:
            self.plan()

    def flush(self) -> None:
        """Write what the wire has, now."""
        self._planned = False
        self._size = 0
        out = self.wire.out
        if out and not self.lost:
            data = b"".join(out)
            out.clear()
            self.transport.write(data)

    @property
    def flushed(self) -> bool:
        """Whether nothing waits for the end of the turn."""
        return self._size == 0

    def finished(self, stream: "StreamH2") -> None:
        """A stream has its answer; it may still have to leave."""
        raise NotImplementedError


class StreamH2(Exchange):
    """``conn`` is the connection, ``flow`` what its wire knows of the stream."""

    def __init__(self, conn: Carrier, flow: Flow, head_only: bool = False) -> None:
        # Not all that a connection of its own has: one is made for every request.
        self.loop = conn.loop
        self.conn: Any = conn
        self.flow = flow
        self.lost = False
        self.blocked = conn.blocked
        self.deadline = FOREVER
        self.answer: AnswerH2 = AnswerH2(conn.service, head_only)
        self.request: Request | None = None
        self.unread: int = 0
        self.came: int = 0
        """Octets of the body since its deadline was set last."""
        self._writers = []
        self.later: list[bytes] = []
        self._at: int = 0
        self._waits: int = 0
        self._stalled = FOREVER

    def __repr__(self) -> str:
        return f"<StreamH2 {self.flow.id} of {self.conn!r}>"

    # --- what a request is answered on ------------------------------------------------------------

    def write(self, data: bytes) -> bool:
        """Frame it; True when the application is to wait: for a window, for the peer, or for its turn."""
        self.write_now(data)
        return self.blocked or (self.conn.flushed and len(data) > 0)

    def write_now(self, data: bytes) -> None:
        """Frame the blocks that wait, then ``data``; the frames leave at the end of the loop's turn."""
        if self.lost:
            return
        if self.later:
            if data:
                self.later.append(data)
            return
        end = self.answer.ends
        size = len(data)
        if self.answer.blocks:
            self._head(end and not size)
        conn = self.conn
        if size > PART or (size and conn.blocked):
            self.later.append(data)
            self.blocked = True
            self._push()
            return
        if (size or end) and not conn.wire.send(self.flow, data, end):
            self.blocked = True
        conn.sent(size)

    def _head(self, end: bool) -> None:
        """Frame the blocks that wait; with the last, the stream may end."""
        wire, blocks = self.conn.wire, self.answer.blocks
        last = blocks.pop()
        for block in blocks:
            wire.respond(self.flow, block, False)
        blocks.clear()
        wire.respond(self.flow, last, end)

    def _push(self) -> None:
        """Frame more of what is later, while all that was framed has a window, and the peer reads."""
        conn, flow, later = self.conn, self.flow, self.later
        wire = conn.wire
        while later and flow.pending is None and not conn.blocked and not self.lost:
            data = later[0]
            part = data[self._at : self._at + PART]
            self._at += PART
            if self._at >= len(data):
                del later[0]
                self._at = 0
            end = not later and self.answer.ends
            wire.send(flow, part, end and not self.answer.blocks)
            if not later and self.answer.blocks:
                self._head(end)
            conn.flush()

    def end(self) -> None:
        """END_STREAM, behind all that was written."""
        self.answer.phase = COMPLETE
        self.answer.ends = True
        self.write_now(b"")

    @property
    def waits(self) -> bool:
        """Whether some of what was written is not framed."""
        return self.flow.pending is not None or bool(self.later)

    @property
    def unframed(self) -> int:
        """Octets of that."""
        return self.flow.pending_size + sum(map(len, self.later)) - self._at

    def framed(self) -> bool:
        """Frame more of it, where there is room; whether that is all."""
        if self.later:
            self._push()
        return not self.waits

    async def writable(self) -> None:
        """Let others run, and wait while the windows or the peer's buffer are full."""
        await asyncio.sleep(0)
        while self.blocked and not self.lost:
            writer = self.loop.create_future()
            self._writers.append(writer)
            await writer

    def pause_writing(self) -> None:
        """The connection: the peer does not read."""
        self.blocked = True

    def hold(self, reason: int) -> None:
        """The window of the stream is its bound: what is not taken is not sent on."""

    def release(self, reason: int) -> None:
        """The application has taken what waited: as much may come again."""
        unread = self.unread
        if unread and not self.lost:
            self.unread = 0
            self.conn.wire.consumed(self.flow, unread)
            self.conn.plan()

    def go_on(self) -> None:
        """Tell the client that its body is wanted."""
        if not self.lost:
            self.conn.wire.respond(self.flow, GO_ON, False)
            self.conn.plan()

    def early(self) -> None:
        """The answer begins before the body is whole: nothing is between them here."""

    def answered(self) -> None:
        """The answer is complete; what is left of the body is not wanted."""
        request = self.request
        self.request = None
        if request is not None and request.more:
            self.unwanted()
        self.conn.finished(self)

    def unwanted(self) -> None:
        """Behind the answer, or at once where that has left."""
        if not self.lost and not self.later:
            self.conn.wire.reset(self.flow, NO_ERROR)
            self.conn.plan()

    def unanswered(self, status: int) -> None:
        """The application ended without a whole answer; ``status`` is what the client is told if it can be."""
        self.request = None
        if not self.lost:
            self.later = []
            if self.answer.on_the_wire:
                self.conn.wire.reset(self.flow, INTERNAL_ERROR)
            else:
                self.refuse(status)
            self.conn.plan()
        self.conn.finished(self)

    # --- what the connection says -----------------------------------------------------------------

    def refuse(self, status: int, more: Fields = ()) -> None:
        """Answer with a status and its words, and ``more`` fields."""
        wire, flow, answer = self.conn.wire, self.flow, self.answer
        body = f"{HTTPStatus(status).phrase}\n".encode()
        answer.status = status
        answer.phase = COMPLETE
        wire.respond(flow, refusal(status, len(body), more) + self.conn.service.date_block, answer.bodiless)
        if not answer.bodiless:
            answer.sent = len(body)
            wire.send(flow, body, True)
        if flow.open:  # the rest of the body is not wanted
            wire.reset(flow, NO_ERROR)
        self.conn.plan()

    def feed(self, data: bytes, end: bool) -> None:
        """A part of the body came."""
        request = self.request
        size = len(data)
        self.came += size
        if request is None:
            self.conn.wire.consumed(self.flow, size)
            return
        service = self.conn.service
        if self.flow.got > service.max_body:
            self.conn.too_large(self)
            return
        if size:
            self.unread += size
            request.feed(data)
        if end:
            self.deadline = service.now + service.app_timeout
            request.complete()

    def room(self) -> None:
        """There is room for what waits: more of it is framed, and when all is, the application may go on."""
        if self.framed() and not self.lost:
            if self.blocked and not self.conn.blocked:
                self.resume_writing()
            if self.request is None:
                if self.flow.open:
                    self.unwanted()
                self.conn.finished(self)

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
        self.later = []
        request, self.request = self.request, None
        if request is not None:
            request.disconnect()
        self.resume_writing()
