"""An HTTP/1.1 connection: heads in, one request at a time, pipelined ones in order, every wait with a deadline."""

from typing import Any

from interfaces.http_ws.answer import Answer
from interfaces.http_ws.request import BODY_FULL, Exchange, Request
from interfaces.http_ws.service import Service, log
from interfaces.http_ws.start_h2 import switched, turned
from interfaces.http_ws.translate import http_scope
from interfaces.http_ws.websocket import upgraded
from interfaces.http_ws.wire_h1 import CONTINUE, Body, HeadParser, refusal
from interfaces.shared.errors import PeerError
from interfaces.shared.stream import FOREVER

__all__ = ["Connection"]

HEAD, BODY, BUSY, LINGER = range(4)
PIPELINE = 2
PIPELINED = 65536
"""Of further requests that a client has sent ahead; then reading stops until they are served."""


class Connection(Exchange):
    """HEAD: waits for a request; BODY: its body comes in; BUSY: it is being answered; LINGER: only to be closed."""

    def __init__(self, service: Service) -> None:
        super().__init__(service.loop)
        self.service = service
        self.proxied: Any = None
        self.place: Any = None
        self.parser: HeadParser = HeadParser(service.head_limits)
        self.answer: Answer = Answer()
        self.request: Request | None = None
        self.phase: int = HEAD
        self.served: int = 0
        self.address: str = ""
        self._buffer: bytes = b""
        self._body: Body | None = None
        self._in_head: bool = False
        self._window: int = 0
        self._linger: int = 0
        self._half: bool = False

    def connection_made(self, transport: Any) -> None:
        """asyncio: a client is there."""
        self.transport = transport
        service = self.service
        self.deadline = service.now + (service.drain_idle if service.draining else service.header_timeout)
        self.place = service.place(transport, self.proxied)
        client = self.place.client
        self.address = client[0] if client else ""
        if not service.joined(self, self.address):
            self._reject(refusal(503))
        elif self.place.secure:
            turned(self, b"")

    def connection_lost(self, error: Exception | None) -> None:
        """asyncio: it is gone, and the application is told."""
        super().connection_lost(error)
        self._buffer = b""
        request = self.request
        if request is not None:
            self.request = None
            request.disconnect()
        self.service.left(self, self.address)

    def eof_received(self) -> bool:
        """A half-closed client still gets its answer; the application is told after a short while."""
        if self.phase != BUSY or self.place.secure:
            return False
        self.answer.keep_alive = self.answer.keep_alive and bool(self._buffer)
        self._half = True
        self.deadline = self.service.now + self.service.options.half_close_timeout
        return True

    def resume_writing(self) -> None:
        """asyncio: the peer reads again; what was pipelined goes on."""
        super().resume_writing()
        if self.phase == HEAD and self._buffer and not self.lost:
            self._resume(self._buffer)

    def data_received(self, data: bytes) -> None:
        """asyncio: bytes came."""
        phase = self.phase
        if phase == HEAD:
            if self._buffer:
                data = self._buffer + data
                self._buffer = b""
            if data[:4] != b"PRI " or not turned(self, data):
                self._next(data)
        elif phase == BODY and self._body is not None:
            self._feed(self._body, data)
        elif phase == BUSY:
            self._buffer += data
            if len(self._buffer) > PIPELINED:
                self.hold(PIPELINE)
        else:
            self._linger -= len(data)
            if self._linger < 0:
                self.abort()

    def _next(self, data: bytes) -> None:
        """Take the next head from ``data``, which begins where a request does."""
        if data[:1] == b"\r":  # one empty line before a request is forgiven (RFC 9112 §2.2), however it comes
            if data == b"\r" or data == b"\r\n":
                self._buffer = data
                return
            if data[1:2] != b"\n" or data[2:3] == b"\r":
                self._reject(refusal(400))
                return
            data = data[2:]
        end = data.find(b"\r\n\r\n") + 4
        if end < 4 or self.blocked:
            self._wait_for_head(data)
            return
        rest = b""
        if end != len(data):
            rest = data[end:]
            data = data[:end]
        try:
            self._begin(data, rest)
        except PeerError as error:
            self._reject(error.answer)

    def _wait_for_head(self, data: bytes) -> None:
        """Keep ``data`` until the head is whole, or the answers before it have left."""
        self._buffer = data
        if self.blocked:
            self.deadline = FOREVER
            self.hold(PIPELINE)
            return
        error = self.parser.premature(data) if data else None
        if error is not None:
            self._reject(error.answer)
        elif data and not self._in_head:
            self._in_head = True
            self.deadline = self.service.now + self.service.header_timeout

    def _begin(self, head: bytes, rest: bytes) -> None:
        """Start the application on a request. Raises PeerError."""
        parser = self.parser
        service = self.service
        parser.parse(head)
        if parser.upgrade and service.upgrades:
            self.release(PIPELINE)
            if (service.websocket and upgraded(self, rest)) or (service.h2c and switched(self, rest)):
                return
        if not service.http:
            raise PeerError("", refusal(426, headers=b"upgrade: websocket\r\nsec-websocket-version: 13\r\n"))
        if parser.length > service.max_body:
            raise PeerError("", refusal(413))
        scope = http_scope(parser, self.place, service.state)
        if service.proxies:
            service.forwarded(scope)
        self.served += 1
        answer = self.answer
        answer.begin(parser.minor, parser.method == b"HEAD", self._keeps(rest))
        request = Request(self, service, scope, answer)
        self.request = request
        service.sessions.add(request)
        self._in_head = False
        if parser.length:
            self._expect_body(request, rest)
        else:
            self._busy(rest)
        request.start(service.loop)

    def _keeps(self, rest: bytes) -> bool:
        """Whether another request may follow; what was pipelined before the client ended its side does."""
        service = self.service
        if service.draining or self.served >= service.max_requests or (self._half and not rest):
            return False
        return self.parser.keep_alive

    def _busy(self, rest: bytes) -> None:
        """The request is whole; ``rest`` follows it."""
        service = self.service
        self.phase = BUSY
        self.deadline = service.now + (
            service.options.half_close_timeout if self._half else service.app_timeout
        )
        self._buffer = rest

    def _expect_body(self, request: Request, rest: bytes) -> None:
        parser = self.parser
        service = self.service
        options = service.options
        self.phase = BODY
        self._window = 0
        self.deadline = service.now + options.body_timeout
        request.more = True
        request.expects = parser.expects and not rest
        self._body = Body(parser.length, service.max_body, options.max_chunk_line, options.max_trailers)
        if rest:
            self._feed(self._body, rest)

    def _feed(self, body: Body, data: bytes) -> None:
        """Take a part of the body; what follows it is the next request."""
        self._window += len(data)
        try:
            content = body.feed(data)
        except PeerError as error:
            self._broken(error.answer)
            return
        request = self.request
        if request is not None and content:
            request.feed(content)
        if body.done:
            self._body = None
            self._body_done(request, body.rest)

    def _body_done(self, request: Request | None, rest: bytes) -> None:
        if request is not None:
            self._busy(rest)
            request.complete()
        elif self.answer.keep_alive:
            self._idle(rest)
        else:
            self.phase = BUSY
            self._finish()

    def _broken(self, answer: Any) -> None:
        """The body cannot be read any further: say so if nothing else has been said."""
        self.service.count("http.refused")
        request = self.request
        self.request = None
        if request is not None:
            if not self.answer.on_the_wire:
                self.answer.status = int(answer[9:12])
            request.disconnect()
        if request is None or self.answer.on_the_wire:
            self.abort()
        else:
            self._refuse(answer)

    def answered(self) -> None:
        """The request's answer is complete: go on with the next, or end."""
        self.request = None
        if self.phase == BODY:
            self._skip_body()
        elif not self.answer.keep_alive:
            self._finish()
        else:
            self._idle(self._buffer)

    def _idle(self, rest: bytes) -> None:
        service = self.service
        self.phase = HEAD
        self.deadline = service.now + (service.drain_idle if service.draining else service.keep_alive)
        if rest:
            self._resume(rest)

    def go_on(self) -> None:
        """Tell the client that its body is wanted."""
        self.write_now(CONTINUE)

    def early(self) -> None:
        """The answer begins before the body is whole; it says so when the connection cannot be kept for that."""
        request = self.request
        if not self._skippable or (request is not None and request.expects):
            self.answer.keep_alive = False

    @property
    def _skippable(self) -> bool:
        """Whether the rest of the body is known to be small."""
        limit: int = self.service.options.max_unread_body
        return self._body is not None and self._body.known and self._body.left <= limit

    def _skip_body(self) -> None:
        """The application did not want the rest of the body: take a little of it, or close."""
        self.release(BODY_FULL)
        if self.answer.keep_alive and self._skippable:
            self.deadline = self.service.now + self.service.options.linger_timeout
        else:
            self._finish()

    def _finish(self) -> None:
        """Close; where the client may still be sending, read on for a while so that it sees the answer."""
        sending = self.phase == BODY or bool(self._buffer) or self.held
        self.phase = LINGER
        self.deadline = self.service.now + self.service.options.linger_timeout
        if not sending:
            self.close()
            return
        self.flush()
        self._buffer = b""
        self._linger = self.service.options.max_unread_body
        if not self.lost:
            if self.transport.can_write_eof():
                self.transport.write_eof()
            self.release(PIPELINE | BODY_FULL)

    def unanswered(self, status: int) -> None:
        """The application ended without a whole answer; ``status`` is what the client is told if it can be."""
        self.request = None
        if self.lost:
            return
        if self.answer.on_the_wire:
            self.abort()
            return
        self.answer.status = status
        self._refuse(refusal(status))

    def _reject(self, answer: Any) -> None:
        """Refuse what is no request that can be served."""
        self.service.count("http.refused")
        self._refuse(answer)

    def _refuse(self, answer: Any) -> None:
        """Write a last answer and end."""
        self.answer.keep_alive = False
        if self.phase == HEAD:
            self.phase = BODY
        elif self.parser.method == b"HEAD":
            answer = answer[: answer.find(b"\r\n\r\n") + 4]
        self.write_now(answer)
        self._finish()

    def _resume(self, data: bytes) -> None:
        """Go on with ``data``; where much is left of it, no more is read before that was served."""
        self._buffer = b""
        self._next(data)
        # What is left of a head in part is bounded by the head's own limit, and ends only with what comes.
        if (self.phase == HEAD or len(self._buffer) <= PIPELINED) and not self.blocked:
            self.release(PIPELINE)

    def sweep(self, now: float) -> None:
        """Look at the deadlines."""
        options = self.service.options
        if self.blocked and self.stalled(now, options.send_timeout):
            self.service.count("http.stalled")
            self.abort()
        elif self.phase == BODY and self._ours():
            self._window = 0
            self.deadline = now + options.body_timeout
        elif now >= self.deadline:
            self._late(now)

    def _ours(self) -> bool:
        """Whether it is not the client's fault that no more of the body comes."""
        return self.request is not None and (self.held or self.request.expects)

    def _late(self, now: float) -> None:
        request, options = self.request, self.service.options
        if self.phase == LINGER:
            self.hang_up(now, options.send_timeout, options.linger_timeout)
        elif self.phase == BODY:
            self._slow_body(request, now)
        elif request is not None:
            self._slow_application(request)
        elif self._in_head:
            self.service.count("http.timeouts")
            self._refuse(refusal(408))
        elif self.blocked:
            self.deadline = now + self.service.keep_alive  # it is not idle: it reads an answer, slowly
        else:
            self.hang_up(now, options.send_timeout, options.linger_timeout)

    def _slow_body(self, request: Request | None, now: float) -> None:
        """Each ``body_timeout`` must bring ``min_body_rate`` bytes a second."""
        options = self.service.options
        if request is not None and self._window >= options.min_body_rate * options.body_timeout:
            self._window = 0
            self.deadline = now + options.body_timeout
        else:
            self.service.count("http.timeouts")
            self._broken(refusal(408))

    def _slow_application(self, request: Request) -> None:
        """The deadline of the application, or of a half-closed client, is over."""
        self.request = None
        late = not self._half and not self.answer.on_the_wire
        if late:
            self.answer.status = 503
        request.disconnect()
        if late:
            log.warning("%r: no answer in %s s", request, self.service.app_timeout)
            request.cancel()
            self._refuse(refusal(503))
        else:
            self.abort()

    def drain(self) -> None:
        """End after an answer that says so: the one in flight, else the next, for which an idle client has a moment.

        A request that crosses a close is lost to a client that does not try again; one on its way when we were told
        to stop is answered, with ``connection: close``.
        """
        if not self.answer.on_the_wire:
            self.answer.keep_alive = False
        elif self.phase == HEAD and not self._buffer:
            self.deadline = self.service.now + self.service.drain_idle
            self.sweep(self.service.now)
