"""A WebSocket: the handshake with the application, messages both ways, liveness, and the close."""

import asyncio
from typing import Any, Final

from interfaces.http_ws.deflate import Deflate
from interfaces.http_ws.handshake import parse
from interfaces.http_ws.opening_ws import Opening, OpeningH1
from interfaces.http_ws.service import Service, admitted, failed, log
from interfaces.http_ws.translate import VERSIONS
from interfaces.http_ws.wire_ws import Close, Failed, Ping, Wire
from interfaces.shared.asgi import Event, Scope
from interfaces.shared.errors import ApplicationError, PeerGone
from interfaces.shared.session import Instance, Session, report
from interfaces.shared.stream import FOREVER, Stream

__all__ = ["WebSocket", "upgraded"]

CONNECTING: Final = 0
DENYING: Final = 1
OPEN: Final = 2
CLOSING: Final = 3
CLOSED: Final = 4
INBOX: Final = 1
BACKLOG: Final = 2
EARLY: Final = 65536
TURN: Final = 64
"""Frames, or 4 KiB of messages for each, that one peer has read in a turn of the loop; and messages it gets."""
KNOWN = "websocket. accept, send, close, http.response.start, http.response.body"
KINDS = frozenset(f"websocket.{name}" for name in KNOWN.removeprefix("websocket. ").split(", "))


def upgraded(conn: Any, rest: bytes) -> bool:
    """Take ``conn`` over when its request asks for a WebSocket. Raises PeerError for a handshake that is wrong."""
    head = conn.parser
    upgrade = parse(head.method, VERSIONS[head.minor], head.headers)
    if upgrade is None:
        return False
    service: Service = conn.service
    scope = admitted(service, head, conn.place, upgrade)
    service.connections.discard(conn)
    socket = WebSocket(service, conn.transport, OpeningH1(upgrade), scope, conn.address)
    conn.transport.set_protocol(socket)
    socket.start()
    if rest:
        socket.data_received(rest)
    return True


class Socket(Session):
    """The session of a WebSocket; what the application sends goes straight to the wire."""

    def __init__(self, socket: "WebSocket", service: Service, scope: Scope) -> None:
        super().__init__(service.app, scope, _nowhere, capacity=service.options.ws_max_queue)
        self.weight = service.options.ws_max_queue_size
        self.socket = socket
        self._turn: int = 0

    async def send(self, event: Event) -> None:
        """Write it. ApplicationError for what does not fit the state, PeerGone when nobody is there to read it."""
        self.meter.sent += 1
        socket = self.socket
        kind: str = event["type"]
        if kind == "websocket.send" and socket.phase == OPEN:
            socket.write_now(_frame(socket.wire, event))
        else:
            if socket.phase >= CLOSING:
                await asyncio.sleep(0)  # an application that tries again and again stops nobody else
            socket.handle(kind, event)
            if socket.phase != DENYING:
                return
        self._turn += 1
        if socket.blocked or self._turn >= TURN:  # nor does one that sends for ever to a fast reader
            self._turn = 0
            await socket.writable()
            if socket.lost:
                raise PeerGone("the client is gone")

    def _make_room(self) -> None:
        super()._make_room()
        self.socket.release(INBOX)
        self.socket.go_on()

    def emptied(self) -> None:
        """The application has taken the last event."""
        self.socket.answer_end()

    def end(self) -> None:
        """The application is over: the socket ends too."""
        if not self.ended:
            super().end()
            self.socket.finished(self)


def _frame(wire: Wire, event: Event) -> bytes:
    """The frame of a ``websocket.send``."""
    if isinstance(event, dict):  # compiled, its methods are called without being looked up
        data = event.get("bytes")
        text = event.get("text")
    else:
        data = event.get("bytes")
        text = event.get("text")
    if data is not None:
        return wire.binary(data if type(data) is bytes else bytes(memoryview(data)))
    if text is None:
        raise ApplicationError("websocket.send needs text or bytes")
    return wire.text(text)


async def _nowhere(event: Event) -> None:
    """Never called: a Socket sends by itself."""


class WebSocket(Stream):
    """The connection; ``wire`` speaks the protocol, ``session`` is the application, ``opening`` answers the handshake.

    ``address`` is that of a connection of its own, or empty: it is one stream of many.
    """

    def __init__(
        self, service: Service, transport: Any, opening: Opening, scope: Scope, address: str = ""
    ) -> None:
        super().__init__(service.loop)
        self.service = service
        self.transport = transport
        self.spread = True
        self.address: str = address
        self.phase: int = CONNECTING
        self.opening: Opening | None = opening
        self.ending: Close | Failed | None = None
        self.wire: Wire = Wire(service.ws_limits)
        self.session: Socket = Socket(self, service, scope)
        self.heard: float = service.now
        self.began: float = self.loop.time()
        self._pinged: bool = False
        self._planned_turn: bool = False
        self._early: bytes = b""
        self._unfinished: int = 0
        service.connections.add(self)
        service.sockets += 1
        self.session.offer({"type": "websocket.connect"})

    def start(self) -> None:
        """Call the application."""
        self.service.sessions.add(self.session)
        self.session.start(self.loop)

    def connection_lost(self, error: Exception | None) -> None:
        """asyncio: it is gone."""
        super().connection_lost(error)
        self.disconnected(1006, "")
        self.service.crowded(-self._unfinished)
        self._unfinished = 0
        self.service.sockets -= 1
        self.service.left(self, self.address)

    def disconnected(self, code: int, reason: str) -> None:
        """Tell the application that no more will come."""
        if self.phase != CLOSED:
            self.phase = CLOSED
            self.session.last({"type": "websocket.disconnect", "code": code, "reason": reason})

    def data_received(self, data: bytes) -> None:
        """asyncio: bytes came."""
        self.heard = self.service.now
        if self.phase == OPEN or self.phase == CLOSING:
            self._pinged = False
            self._take(data)
        elif self.phase == CONNECTING:
            self._early += data
            if len(self._early) >= EARLY:
                self.hold(INBOX)

    def _take(self, data: bytes) -> None:
        """Read as much as is one peer's turn, and go on in the next unless the application is behind."""
        for event in self.wire.feed(data, TURN):
            self._event(event)
        if self.wire.unfinished != self._unfinished:
            self._weigh()
        if self.wire.more:
            self.hold(BACKLOG)
            self.go_on()

    def _weigh(self) -> None:
        """Count what is held of a message among those of all; where that is too much, the peer may come again."""
        more = self.wire.unfinished - self._unfinished
        self._unfinished += more
        if self.service.crowded(more):
            self.service.count("ws.crowded")
            self._event(self.wire.refuse(1013, "too much in flight"))
            self._weigh()

    def go_on(self) -> None:
        """Plan the next turn, if there is more to read and room for it."""
        if self.wire.more and not self.session.full and not self._planned_turn:
            self._planned_turn = True
            self.loop.call_soon(self._turn)

    def _turn(self) -> None:
        self._planned_turn = False
        if self.lost or self.session.full:
            return
        self._take(b"")
        if not self.wire.more:
            self.release(BACKLOG)

    def _event(self, event: Any) -> None:
        if isinstance(event, str):
            if not self.session.offer({"type": "websocket.receive", "text": event}, len(event)):
                self.hold(INBOX)
        elif isinstance(event, bytes):
            if not self.session.offer({"type": "websocket.receive", "bytes": event}, len(event)):
                self.hold(INBOX)
        elif isinstance(event, Ping):
            if self.phase == OPEN and not self.blocked:
                self.write(self.wire.pong(event.payload))
        elif isinstance(event, (Close, Failed)):
            self._peer_ends(event)

    def _peer_ends(self, event: Close | Failed) -> None:
        """The peer closes, or has to be refused: what it said before that is answered first."""
        if isinstance(event, Failed):
            self.service.count("ws.refused")
        self.ending = event
        waits = self.session.waiting
        self.session.last({"type": "websocket.disconnect", "code": event.code, "reason": event.reason})
        self.deadline = self.service.now + self.service.options.ws_close_timeout
        if not waits or self.wire.closing:
            self.answer_end()

    def answer_end(self) -> None:
        """Write the close frame that answers the peer's, or its mistake, and end."""
        ending = self.ending
        if ending is None or self.phase == CLOSED:
            return
        if not self.wire.closing:
            self.wire.end()
            self.write_now(ending.answer)
        self.phase = CLOSED
        if isinstance(ending, Failed):
            self._end_soon()
        else:
            self.close()

    def _end_soon(self) -> None:
        """All that matters is written: end when the peer does, or after the close timeout."""
        self.flush()
        self.deadline = self.service.now + self.service.options.ws_close_timeout
        if not self.lost and self.transport.can_write_eof():
            self.transport.write_eof()
        elif not self.lost:
            self.transport.close()

    def handle(self, kind: str, event: Event) -> None:
        """What the application sends, other than a message to an open socket."""
        phase = self.phase
        if phase == CONNECTING:
            self._handshake(kind, event)
        elif phase == OPEN and kind == "websocket.close":
            code = event.get("code")
            self.shut(1000 if code is None else code, event.get("reason") or "")
        elif phase == DENYING and kind == "websocket.http.response.body" and self.opening is not None:
            self._denial(self.opening, event)
        elif phase >= CLOSING and kind in KINDS:
            raise PeerGone("the WebSocket is closed")
        else:
            raise _unfit(kind)

    def _handshake(self, kind: str, event: Event) -> None:
        opening = self.opening
        if kind == "websocket.accept" and opening is not None:
            self._accept(opening, event)
        elif kind == "websocket.close":
            self._deny(403)
        elif kind == "websocket.http.response.start" and opening is not None:
            opening.start(event["status"], event.get("headers", ()), self.service.date)
            self.phase = DENYING
        else:
            raise _unfit(kind)

    def _accept(self, opening: Opening, event: Event) -> None:
        agreement = self.service.deflate(opening.upgrade.extensions)
        extension = agreement.answer if agreement is not None else b""
        head = opening.accept(event.get("subprotocol"), event.get("headers", ()), extension)
        if agreement is not None:
            self.wire = Wire(self.service.ws_limits, Deflate(agreement, self.service.deflating))
        self.phase = OPEN
        self._answered(opening, head)
        early, self._early = self._early, b""
        self.release(INBOX)
        if early:
            self.data_received(early)

    def _denial(self, opening: Opening, event: Event) -> None:
        more = event.get("more_body", False)
        data = opening.body(event.get("body", b""), more)
        if more:
            self.write_now(data)
        else:
            self._denied(opening, data)

    def _deny(self, status: int) -> None:
        """Answer the handshake with a status instead."""
        if self.opening is not None:
            self._denied(self.opening, self.opening.refuse(status))

    def _denied(self, opening: Opening, data: bytes) -> None:
        self._answered(opening, data)
        self.disconnected(1006, "")
        self._end_soon()

    def _answered(self, opening: Opening, data: bytes) -> None:
        """The handshake is answered with ``data`` as the last of it: a WebSocket gets its access line then."""
        self.opening = None
        self.session.meter.verdict("accept" if self.phase == OPEN else "reject")
        self.write_now(data)
        if (access := self.service.access) is not None:
            scope = self.session.scope
            access(
                {
                    "protocol": "WebSocket",
                    "client": scope["client"],
                    "method": opening.method,
                    "path": scope["raw_path"].decode("ascii", "backslashreplace"),
                    "query": scope["query_string"].decode("ascii", "backslashreplace"),
                    "status": opening.said,
                    "bytes": 0,
                    "seconds": self.loop.time() - self.began,
                    **self.session.about(),
                }
            )

    def shut(self, code: int, reason: str) -> None:
        """Close from our side; the peer has ``ws_close_timeout`` to agree."""
        if self.phase == OPEN:
            self.write_now(self.wire.close(code, reason))
            self.phase = CLOSING
            self.deadline = self.service.now + self.service.options.ws_close_timeout

    def finished(self, session: Instance) -> None:
        """The application has ended."""
        service = self.service
        service.sessions.discard(session)
        report(session)
        if self.ending is not None:
            self.answer_end()
        elif self.phase == OPEN:
            self.shut(1000 if session.error is None else 1013 if session.unavailable else 1011, "")
        elif self.phase != CLOSING and self.phase != CLOSED:
            if session.error is None:
                log.error("%r: the application returned without accepting or closing", session)
            if self.phase == CONNECTING:
                self._deny(failed(session))
            else:
                self.abort()
        service.check_idle()

    def sweep(self, now: float) -> None:
        """Deadlines, and life: a peer that is silent is asked, one that stays silent is gone."""
        options = self.service.options
        if not self.transport.is_reading():
            self.heard = now  # nobody listens: its silence is ours
        if self.stalled(now, options.send_timeout):
            self.service.count("ws.stalled")
            self.abort()
        elif now >= self.deadline:
            self._late(now)
        elif self.phase == OPEN and options.ws_ping_interval:
            silent = now - self.heard
            if silent >= options.ws_ping_interval and not self._pinged:
                self._pinged = True
                self.write_now(self.wire.ping(b""))
            elif silent >= options.ws_ping_interval + options.ws_ping_timeout:
                self.service.count("ws.silent")
                self.abort()

    def _late(self, now: float) -> None:
        """The peer did not end in time, or the application did not take what came before the peer's end."""
        if self.ending is not None and self.phase != CLOSED:
            self.deadline = now + self.service.options.ws_close_timeout
            self.answer_end()
        else:
            self.deadline = FOREVER
            self.abort()

    def excuse(self, seconds: float) -> None:
        """What was sent while the loop was late counts as heard in time."""
        super().excuse(seconds)
        self.heard += seconds

    def drain(self) -> None:
        """The server goes away: 1012, so that the client comes back to another."""
        if self.phase == OPEN:
            self.shut(1012, "restart")
        elif self.phase == CONNECTING:
            self._deny(503)


def _unfit(kind: str) -> ApplicationError:
    return ApplicationError(f"{kind} does not fit here; known are: {KNOWN}")
