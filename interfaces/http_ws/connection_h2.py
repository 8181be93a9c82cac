"""An HTTP/2 connection: frames in, many requests at once, every wait with a deadline."""

from typing import Any, Final

from interfaces.http_ws.events_h2 import Asked, Away, Data, Ended, Pong, Reset, Room, Settled
from interfaces.http_ws.frames_h2 import CANCEL, MOST, NO_ERROR
from interfaces.http_ws.hpack_encoder import Encoder
from interfaces.http_ws.request import Request
from interfaces.http_ws.service import Service, log
from interfaces.http_ws.stream_h2 import StreamH2
from interfaces.http_ws.translate import http_scope
from interfaces.http_ws.websocket_h2 import Tunnel
from interfaces.http_ws.wire_h2 import Wire
from interfaces.shared.errors import PeerError
from interfaces.shared.session import Instance
from interfaces.shared.stream import FOREVER, Stream

__all__ = ["ConnectionH2"]

WRITES: Final = 1
"""A reason not to read: the peer does not read what we write."""
DRAIN: Final = b"draining"
"""Of the PING that tells that the peer has seen that we end."""


class ConnectionH2(Stream):
    """Of ``conn``, a connection of HTTP/1.1 that has turned out to be of HTTP/2."""

    def __init__(self, conn: Any) -> None:
        super().__init__(conn.loop)
        service: Service = conn.service
        self.service = service
        self.transport = conn.transport
        self.place = conn.place
        self.address: str = conn.address
        self.blocked = conn.blocked
        self.wire: Wire = Wire(service.h2_limits)
        self.encoder: Encoder = Encoder()
        self.streams: dict[int, StreamH2] = {}
        self.served: int = 0
        self.ending: bool = False
        """The peer was told that there will be no more streams."""
        self.orphans: list[Instance] = []
        """Calls whose stream is gone: they count until they end."""
        self._due: bool = False
        service.connections.discard(conn)
        service.connections.add(self)
        self.wire.begin(service.now)
        self.deadline = service.now + service.header_timeout
        self.due()

    def __repr__(self) -> str:
        return f"<ConnectionH2 of {self.address}, {len(self.streams)} streams>"

    # --- bytes ------------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        """asyncio: bytes came."""
        wire = self.wire
        wire.feed(data, self.service.now)
        while (event := wire.next()) is not None:
            self._happened(event)
        if wire.out:
            self.due()
        if wire.closing:
            self._broken()

    def due(self) -> None:
        """Write what the wire has at the end of the loop's turn."""
        if not self._due:
            self._due = True
            self.loop.call_soon(self._write)

    def _write(self) -> None:
        self._due = False
        out = self.wire.out
        if out and not self.lost:
            data = b"".join(out)
            out.clear()
            self.transport.write(data)

    def pause_writing(self) -> None:
        """asyncio: the peer does not read; then nothing more is read of it, and nobody writes."""
        super().pause_writing()
        self.hold(WRITES)
        for stream in self.streams.values():
            stream.pause_writing()

    def resume_writing(self) -> None:
        """asyncio: it reads again."""
        super().resume_writing()
        self.release(WRITES)
        for stream in list(self.streams.values()):
            if not stream.flow.pending:
                stream.room()

    def connection_lost(self, error: Exception | None) -> None:
        """asyncio: it is gone, and all applications are told."""
        if self.lost:
            return
        super().connection_lost(error)
        streams, self.streams = self.streams, {}
        for stream in streams.values():
            stream.cut()
        self.service.left(self, self.address)

    # --- events -----------------------------------------------------------------------------------

    def _happened(self, event: Any) -> None:
        if isinstance(event, Asked):
            self._asked(event)
        elif isinstance(event, (Data, Ended, Room, Reset)):
            self._streamed(event)
        elif isinstance(event, Settled):
            self.deadline = FOREVER if self.streams else self.service.now + self.service.keep_alive
        elif isinstance(event, Pong) and event.data == DRAIN:
            self._last()
        elif isinstance(event, Away):
            self.ending = True
            self._idle()

    def _streamed(self, event: Any) -> None:
        """Something of a stream."""
        stream = event.flow.owner
        if stream is None:
            if isinstance(event, Data):
                self.wire.consumed(event.flow, len(event.data))
        elif isinstance(event, Data):
            stream.feed(event.data, event.end)
        elif isinstance(event, Ended):
            stream.feed(b"", True)
        elif isinstance(event, Room):
            stream.room()
        else:
            self._cut(stream)

    def _asked(self, event: Asked) -> None:
        service, head = self.service, event.head
        if self.ending or self._crowded():
            self.wire.refuse(event.flow)
            return
        stream = Tunnel(self, event.flow) if head.method == b"CONNECT" else StreamH2(self, event.flow)
        event.flow.owner = stream
        stream.answer.begin(2, head.method == b"HEAD", True)
        self.streams[event.flow.id] = stream
        self.served += 1
        self.deadline = FOREVER
        try:
            if isinstance(stream, Tunnel):
                stream.connect(head, event.end)
                return
            if not service.http:
                raise PeerError("only WebSockets are served here", 426)
            if head.length > service.max_body:
                raise PeerError("the body is too large", 413)
            scope = http_scope(head, self.place, service.state)
        except PeerError as error:
            service.count("http.refused")
            answer: Any = error.answer  # a status, or what HTTP/1.1 would say
            stream.refuse(answer if isinstance(answer, int) else int(answer[9:12]))
            self.finished(stream)
            return
        if service.proxies:
            service.forwarded(scope)
        request = Request(stream, service, scope, stream.answer)
        stream.request = request
        request.more = not event.end
        if service.access is not None:
            request.began = service.loop.time()
        if request.more:
            stream.deadline = service.now + service.options.body_timeout
        elif service.app_timeout:
            stream.deadline = service.now + service.app_timeout
        service.sessions.add(request)
        request.start(service.loop)

    def _crowded(self) -> bool:
        """Whether as many applications run as there may be streams: those count whose stream is gone."""
        most = self.service.h2_limits.streams
        if len(self.streams) + len(self.orphans) >= most:
            self.orphans = [one for one in self.orphans if not one.ended]
        return len(self.streams) + len(self.orphans) >= most

    def _cut(self, stream: StreamH2) -> None:
        """A stream is gone before its answer was."""
        self.streams.pop(stream.flow.id, None)
        self.outlives(stream.request)
        stream.cut()
        self._idle()

    def outlives(self, call: Instance | None) -> None:
        """The stream of a call is gone; it counts as long as it runs."""
        if call is not None and not call.ended:
            self.orphans = [one for one in self.orphans if not one.ended]
            self.orphans.append(call)

    # --- the end ----------------------------------------------------------------------------------

    def finished(self, stream: StreamH2) -> None:
        """A stream has its answer; it may still have to leave."""
        if not stream.flow.pending:
            self.streams.pop(stream.flow.id, None)
            stream.lost = True
        if self.served >= self.service.max_requests and not self.ending:
            self.drain()
        self._idle()

    def _idle(self) -> None:
        if not self.streams and not self.lost:
            if self.ending:
                self._leave()
            else:
                self.deadline = self.service.now + self.service.keep_alive

    def _broken(self) -> None:
        """The wire has said why it ends."""
        self.service.count("http.refused")
        log.debug("%r: %s", self, self.wire.reason)
        self._leave()

    def _leave(self) -> None:
        self._write()
        self.deadline = self.service.now + self.service.options.linger_timeout
        self.close()

    def drain(self) -> None:
        """Tell that no more streams are taken; those that are on their way are, for a moment (RFC 9113 §6.8)."""
        if not self.ending and not self.wire.closing:
            self.wire.goaway(MOST, NO_ERROR)
            self.wire.ping(DRAIN)
            self.deadline = self.service.now + self.service.drain_idle
            self.due()

    def _last(self) -> None:
        """The peer has heard: what it begins from now on is refused."""
        if not self.ending:
            self.ending = True
            self.wire.goaway(self.wire.last, NO_ERROR)
            self.due()
            self._idle()

    def sweep(self, now: float) -> None:
        """Look at the deadlines, of all streams."""
        options = self.service.options
        if self.blocked and self.stalled(now, options.send_timeout):
            self.service.count("http.stalled")
            self.abort()
            return
        if now >= self.deadline:
            self._late()
        for stream in list(self.streams.values()):
            if stream.stuck(now, options.send_timeout):
                self.service.count("http.stalled")
                self._stop(stream)
            elif now >= stream.deadline:
                self._slow(stream, now)

    def _stop(self, stream: StreamH2) -> None:
        """End a stream from our side."""
        self.wire.reset(stream.flow, CANCEL)
        self._cut(stream)
        self.due()

    def _late(self) -> None:
        if self.transport.is_closing():
            self.abort()
        elif self.service.draining:
            self._last()
        else:
            self.wire.goaway(self.wire.last, NO_ERROR)
            self._leave()

    def _slow(self, stream: StreamH2, now: float) -> None:
        """A body must bring ``min_body_rate``; an application has ``app_timeout``, where there is one."""
        options, request = self.service.options, stream.request
        if (
            request is not None
            and request.more
            and (stream.unread or stream.came >= options.min_body_rate * options.body_timeout)
        ):
            stream.came = 0
            stream.deadline = now + options.body_timeout
            return
        self.service.count("http.timeouts")
        if request is not None and not stream.answer.on_the_wire:
            stream.refuse(408 if request.more else 503)
        if request is not None and not request.more:
            request.cancel()
        self._stop(stream)
