"""An HTTP/2 connection: frames in, many requests at once, every wait with a deadline."""

from typing import Any, Final

from interfaces.http_ws.events_h2 import Asked, Away, Data, Ended, Pong, Reset, Room, Settled
from interfaces.http_ws.flows_h2 import Bucket, Flow
from interfaces.http_ws.frames_h2 import CANCEL, ENHANCE_YOUR_CALM, MOST, NO_ERROR
from interfaces.http_ws.heads_h2 import Head
from interfaces.http_ws.request import Request
from interfaces.http_ws.service import Service, log
from interfaces.http_ws.stream_h2 import Carrier, StreamH2
from interfaces.http_ws.translate import http_scope
from interfaces.http_ws.websocket_h2 import Tunnel
from interfaces.shared.errors import PeerError
from interfaces.shared.session import Instance
from interfaces.shared.stream import FOREVER

__all__ = ["ConnectionH2"]

WRITES: Final = 1
"""A reason not to read: the peer does not read what we write."""
REFILL: Final = 10
"""Seconds until as many streams may be refused again."""
DRAIN: Final = b"draining"
"""Of the PING that tells that the peer has seen that we end."""


class ConnectionH2(Carrier):
    """Of ``conn``, a connection of HTTP/1.1 that has turned out to be of HTTP/2."""

    def __init__(self, conn: Any) -> None:
        service: Service = conn.service
        super().__init__(service)
        self.transport = conn.transport
        self.place = conn.place
        self.address: str = conn.address
        self.blocked = conn.blocked
        self.streams: dict[int, StreamH2] = {}
        self.served: int = 0
        self.ending: bool = False
        """There will be no more streams, and both sides know."""
        self.orphans: list[Instance] = []
        """Calls whose stream is gone: they count until they end."""
        limits = self.wire.limits
        self._most: int = limits.streams
        self._refusals: Bucket = Bucket(limits.resets, limits.resets / REFILL)
        self._last_at: float = FOREVER
        self._settled: bool = False
        self._told: bool = False
        self._broke: bool = False
        self._linger: int = 0
        service.connections.discard(conn)
        service.connections.add(self)
        self.wire.begin(service.now)
        self.deadline = service.now + service.header_timeout
        if service.draining:
            self.drain()
        self.plan()

    def __repr__(self) -> str:
        return f"<ConnectionH2 of {self.address}, {len(self.streams)} streams>"

    # --- bytes ------------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        """asyncio: bytes came."""
        wire = self.wire
        if self._broke:
            self._linger -= len(data)
            if self._linger < 0:
                self.abort()
            return
        wire.feed(data, self.service.now)
        while (event := wire.next()) is not None:
            if isinstance(event, Asked):
                self._asked(event)
            else:
                self._happened(event)
        if wire.out:
            self.plan()
        if wire.limited:
            self._limited()
        if wire.closing:
            self._broken()

    def _limited(self) -> None:
        """Count what has reached a limit."""
        for kind in self.wire.limited:
            self.service.count(f"http.h2.{kind}")
        self.wire.limited.clear()

    def begin(self, head: Head, settings: bytes) -> None:
        """With the request that asked for HTTP/2, in HTTP/1.1."""
        first = self.wire.upgraded(head, settings)
        if first is not None:
            self._asked(first)
        else:
            self._broken()

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
        streams = self.streams
        for number, stream in list(streams.items()):
            if self.blocked:
                break
            if stream.later:  # whoever is served now is the last the next time
                del streams[number]
                streams[number] = stream
            stream.room()

    def connection_lost(self, error: Exception | None) -> None:
        """asyncio: it is gone, and all applications are told."""
        if not self.lost:
            self.lost = True
            self._cut_all()
            super().connection_lost(error)
            self.wire.out.clear()
            self.service.left(self, self.address)

    def _cut_all(self) -> None:
        streams, self.streams = self.streams, {}
        for stream in streams.values():
            stream.flow.owner = None
            self.outlives(stream.request)
            stream.cut()

    # --- events -----------------------------------------------------------------------------------

    def _happened(self, event: Any) -> None:
        if isinstance(event, (Data, Ended, Room, Reset)):
            self._streamed(event)
        elif isinstance(event, Settled):
            self._settled = True
            self.deadline = self.service.now + self.service.keep_alive
        elif isinstance(event, Pong) and event.data == DRAIN:
            self._last()
        elif isinstance(event, Away):
            self._away()

    def _away(self) -> None:
        """The peer begins nothing more. It hears the same of us, so that it knows what was served (RFC 9113 §6.8)."""
        if not self.ending:
            self.ending = True
            self._last_at = FOREVER
            self.wire.goaway(self.wire.last, NO_ERROR)
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
        service, head, flow = self.service, event.head, event.flow
        if len(self.streams) + len(self.orphans) >= self._most and self._crowded():
            self._refuse(flow)
            return
        self.served += 1
        self.deadline = FOREVER
        tunnel = Tunnel(self, flow) if head.method == b"CONNECT" else None
        stream = StreamH2(self, flow, head.method == b"HEAD") if tunnel is None else tunnel
        flow.owner = self.streams[flow.id] = stream
        try:
            if tunnel is not None:
                tunnel.connect(head, event.end)
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
        if event.end:
            stream.deadline = service.now + service.app_timeout
        else:
            request.more = True
            request.expects = head.expects
            stream.deadline = service.now + service.options.body_timeout
        service.sessions.add(request)
        request.start(service.loop)

    def _refuse(self, flow: Flow) -> None:
        """One request too many; a client that never has enough is attacking."""
        self.wire.refuse(flow)
        self.wire.limited.append("refused_streams")
        if not self._refusals.take(self.service.now):
            self.wire.goaway(self.wire.last, ENHANCE_YOUR_CALM, "too many streams were refused")

    def _crowded(self) -> bool:
        """Whether as many applications run as there may be streams: those count whose stream is gone."""
        self.orphans = [one for one in self.orphans if not one.ended]
        return len(self.streams) + len(self.orphans) >= self._most

    def _cut(self, stream: StreamH2) -> None:
        """A stream is gone before its answer was."""
        self._forget(stream)
        self.outlives(stream.request)
        stream.cut()
        self._idle()

    def _forget(self, stream: StreamH2) -> None:
        flow = stream.flow
        flow.owner = None
        self.streams.pop(flow.id, None)

    def outlives(self, call: Instance | None) -> None:
        """The stream of a call is gone; it counts as long as it runs."""
        if call is not None and not call.ended:
            self.orphans = [one for one in self.orphans if not one.ended]
            self.orphans.append(call)

    # --- the end ----------------------------------------------------------------------------------

    def finished(self, stream: StreamH2) -> None:
        """A stream has its answer; it may still have to leave."""
        flow = stream.flow
        if flow.pending is not None or stream.later:
            stream.deadline = FOREVER
        else:
            flow.owner = None
            self.streams.pop(flow.id, None)
            stream.lost = True
        if self.served >= self.service.max_requests:
            self.drain()
        if not self.streams:
            self._idle()

    def _idle(self) -> None:
        if not self.streams and not self.lost and not self.wire.closing:
            if self.ending:
                self._leave()
            else:
                self.deadline = self.service.now + self.service.keep_alive

    def _broken(self) -> None:
        """The wire has said why it ends: what comes now is not looked at, so that the peer sees that."""
        self.service.count("http.refused")
        log.debug("%r: %s", self, self.wire.reason)
        options = self.service.options
        self._broke = True
        self._cut_all()
        self.flush()
        self._linger = options.max_unread_body
        self.deadline = self.service.now + options.linger_timeout
        if self.lost or not self.transport.can_write_eof():
            self.close()
        else:
            self.transport.write_eof()
            self.release(WRITES)

    def _leave(self) -> None:
        options = self.service.options
        self.hang_up(self.service.now, options.send_timeout, options.linger_timeout)

    def drain(self) -> None:
        """Tell that no more streams are taken; those that are on their way are, for a moment (RFC 9113 §6.8)."""
        if not self._told and not self.ending and not self.wire.closing:
            self._told = True
            self._last_at = self.service.now + self.service.drain_idle
            self.wire.goaway(MOST, NO_ERROR)
            self.wire.ping(DRAIN)
            self.plan()

    def _last(self) -> None:
        """The peer has heard, or had the time to: what it begins from now on is refused."""
        self._last_at = FOREVER
        if not self.ending and not self.wire.closing:
            self.ending = True
            self.wire.goaway(self.wire.last, NO_ERROR)
            self.plan()
            self._idle()

    # --- deadlines --------------------------------------------------------------------------------

    def excuse(self, seconds: float) -> None:
        """The loop itself was late by so much."""
        super().excuse(seconds)
        self._last_at += seconds
        for stream in self.streams.values():
            stream.excuse(seconds)

    def sweep(self, now: float) -> None:
        """Look at the deadlines, of all streams."""
        options = self.service.options
        if self.blocked and self.stalled(now, options.send_timeout):
            self.service.count("http.stalled")
            self.abort()
            return
        if now >= self._last_at:
            self._last()
        if now >= self.deadline:
            self._late()
        for stream in list(self.streams.values()):
            if stream.stuck(now, options.send_timeout):
                self.service.count("http.stalled")
                self.service.count("http.h2.window_stall")
                self._stop(stream)
            elif now >= stream.deadline:
                self._slow(stream, now)

    def _stop(self, stream: StreamH2) -> None:
        """End a stream from our side."""
        self.wire.reset(stream.flow, CANCEL)
        self._cut(stream)
        self.plan()

    def _late(self) -> None:
        """Nothing came for long. An idle connection ends as in a drain, since a request may be on its way."""
        if self._settled and not self.ending and not self.wire.closing:
            self.deadline = FOREVER
            self.drain()
            return
        if not self.ending and not self.wire.closing:
            self.ending = True
            self.wire.goaway(self.wire.last, NO_ERROR)
        self._leave()

    def _slow(self, stream: StreamH2, now: float) -> None:
        """A body must bring ``min_body_rate``; an application has ``app_timeout``, where there is one."""
        options, request = self.service.options, stream.request
        if request is not None and request.more:
            ours = stream.unread > 0 or request.expects
            if ours or stream.came >= options.min_body_rate * options.body_timeout:
                stream.came = 0
                stream.deadline = now + options.body_timeout
                return
        self.service.count("http.timeouts")
        if request is not None and not stream.answer.on_the_wire:
            stream.refuse(408 if request.more else 503)
            if not request.more:
                log.warning("%r: no answer in %s s", request, self.service.app_timeout)
                request.cancel()
        self._stop(stream)

    def too_large(self, stream: StreamH2) -> None:
        """More of a body came than is allowed."""
        self.service.count("http.refused")
        if not stream.answer.on_the_wire:
            stream.refuse(413)
        self._stop(stream)
