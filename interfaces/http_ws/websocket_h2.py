"""WebSockets over HTTP/2 (RFC 8441): a stream as the transport of one, and the answer to an extended CONNECT.

The stream's window stands for the buffer of a connection: what waits for it has the application wait. Once both
sides have said Close, our END_STREAM is the end; a client that does not end its side then has ``linger_timeout``.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from interfaces.http_ws.answer import COMPLETE
from interfaces.http_ws.frames_h2 import CANCEL
from interfaces.http_ws.handshake import Upgrade, accept_fields, parse_connect
from interfaces.http_ws.heads_h2 import Head
from interfaces.http_ws.opening_ws import Opening
from interfaces.http_ws.service import admitted
from interfaces.http_ws.stream_h2 import Fields, StreamH2
from interfaces.http_ws.websocket import WebSocket
from interfaces.shared.errors import ApplicationError, PeerError

__all__ = ["Tunnel"]

PARTS: Final = 1024
"""Of what waits while the application is behind, before they are put together: many are small."""


class OpeningH2(Opening):
    """200, and the stream goes on; or another answer, and it ends."""

    def __init__(self, tunnel: "Tunnel", upgrade: Upgrade) -> None:
        super().__init__(upgrade, "CONNECT")
        self.tunnel = tunnel

    def accept(self, subprotocol: str | None, headers: Iterable[Sequence[Any]], extension: bytes) -> bytes:
        """The block of a 200 waits for what is written next, which is nothing."""
        fields = accept_fields(subprotocol, headers, extension, self.upgrade.subprotocols)
        self.tunnel.answer.start(200, fields, b"")
        self.tunnel.accepted = True
        self.said = 200
        return b""

    def refuse(self, status: int) -> bytes:
        """It is written at once."""
        self.tunnel.refuse(status)
        self.said = status
        return b""

    def start(self, status: int, headers: Iterable[Any], date: bytes) -> None:
        """The block waits for the first part of the body."""
        if 200 <= status <= 299:
            raise ApplicationError(
                f"over HTTP/2, {status} would accept the WebSocket: deny it with 400 or more"
            )
        self.tunnel.answer.start(status, headers, date)
        self.said = status

    def body(self, data: bytes, more: bool) -> bytes:
        """Data, the block before it."""
        return self.tunnel.answer.body(data, more)


class Tunnel(StreamH2):
    """What a WebSocket writes to: asyncio's transport, as far as it needs one.

    ``protocol`` is the WebSocket while it may be told something.
    """

    def __init__(self, conn: Any, flow: Any) -> None:
        super().__init__(conn, flow)
        self.accepted: bool = False
        self.protocol: WebSocket | None = None
        self._closing: bool = False
        self._paused: bool = False
        self._parts: list[bytes] = []
        self._ended: bool = False

    def connect(self, head: Head, end: bool) -> None:
        """Give the handshake to the application. Raises PeerError for one that is refused."""
        if not head.protocol:
            raise PeerError("this is no proxy", 405)
        if head.protocol.lower() != b"websocket":
            raise PeerError("no such protocol", 501)
        if end:
            raise PeerError("a WebSocket that has ended", 400)
        service = self.conn.service
        upgrade = parse_connect(head.headers)
        scope = admitted(service, head, self.conn.place, upgrade)
        self.protocol = socket = WebSocket(service, self, OpeningH2(self, upgrade), scope)
        socket.start()

    def refuse(self, status: int, more: Fields = ()) -> None:
        """Answer with a status; HTTP/2 has no 426, and the version of WebSocket that is spoken is told with a 400."""
        if status == 426:
            status = 400
            more = ((b"sec-websocket-version", b"13"),)
        super().refuse(status, more)
        self.answer.phase = COMPLETE

    # --- what comes -------------------------------------------------------------------------------

    def feed(self, data: bytes, end: bool) -> None:
        """The client has said something, or ends its side."""
        self.unread += len(data)
        self._ended = self._ended or end
        if self._closing or self.protocol is None:
            self.release(0)
            if end:
                self.conn.finished(self)
        elif self._paused or self._parts:
            if data:
                self._parts.append(data)
                if len(self._parts) > PARTS:
                    self._parts = [b"".join(self._parts)]
        else:
            self._take(data)

    def _take(self, data: bytes) -> None:
        """Have it read; the window opens as long as more is."""
        protocol = self.protocol
        if protocol is None:
            return
        if data:
            protocol.data_received(data)
            if not self._paused:
                self.release(0)
        if self._ended and not self._closing and not self._paused:
            protocol.eof_received()
            self.close()

    def pause_reading(self) -> None:
        """What comes waits, and no more than the window lets."""
        self._paused = True

    def resume_reading(self) -> None:
        """It goes on, in another turn of the loop."""
        self._paused = False
        self.loop.call_soon(self._go_on)

    def _go_on(self) -> None:
        if not self._paused and not self._closing:
            data = b"".join(self._parts)
            self._parts = []
            self._take(data)
            if not self._paused:
                self.release(0)

    def is_reading(self) -> bool:
        """Whether what the client says is heard: the connection may have stopped, too."""
        return not self._paused and not self._closing and not self.conn.held

    # --- what goes --------------------------------------------------------------------------------

    def write(self, data: bytes) -> bool:
        """Frame it; what has no room waits, and whoever writes is told."""
        if self._closing or self.lost:
            return False
        self.write_now(data)
        if self.blocked:
            self._tell_blocked()
        return self.blocked

    def _tell_blocked(self) -> None:
        protocol = self.protocol
        if protocol is not None and not protocol.blocked:
            protocol.pause_writing()

    def pause_writing(self) -> None:
        """The connection: the peer does not read."""
        super().pause_writing()
        self._tell_blocked()

    def room(self) -> None:
        """There is room: when all that was written is framed, whoever writes goes on."""
        if not self.framed():
            return
        if self.blocked and not self.conn.blocked:
            self.blocked = False
            if self.protocol is not None:
                self.protocol.resume_writing()
        if self.protocol is None:
            if not self._closing:
                self.conn.finished(self)
        elif self._closing:
            self._left()

    def get_write_buffer_size(self) -> int:
        """What waits for a window, or in the connection."""
        size: int = self.unframed
        if self.conn.blocked:
            size += self.conn.transport.get_write_buffer_size()
        return size

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """That of the connection."""
        return self.conn.transport.get_extra_info(name, default)

    def stuck(self, now: float, seconds: float) -> bool:
        """The WebSocket looks at that by itself."""
        return False

    # --- the end ----------------------------------------------------------------------------------

    def is_closing(self) -> bool:
        """Whether it was closed, or is gone."""
        return self._closing or self.lost

    def can_write_eof(self) -> bool:
        """Nothing that matters comes behind our end: to end is to close."""
        return False

    def close(self) -> None:
        """END_STREAM behind all that was written; a handshake that was not answered is cancelled."""
        if self.is_closing():
            return
        if not self.accepted and self.answer.phase != COMPLETE:
            self.abort()
            return
        self._closing = True
        self._parts = []
        self.release(0)
        if self.accepted:
            self.end()
        self.conn.plan()
        if not self.waits:
            self._left()

    def _left(self) -> None:
        """Our side has ended; behind a denial, nobody waits for the other."""
        self.loop.call_soon(self._lose)
        if self.flow.open and not self.accepted:
            self.unwanted()
        if self.flow.open:
            self.deadline = self.conn.service.now + self.conn.service.options.linger_timeout
        else:
            self.conn.finished(self)

    def abort(self) -> None:
        """RST_STREAM, and what waits is thrown away."""
        if self.protocol is not None and not self.lost:
            self._closing = True
            self.later = []
            self.conn.wire.reset(self.flow, CANCEL)
            self.conn.plan()
            self.loop.call_soon(self._lose)
            self.conn.finished(self)

    def cut(self) -> None:
        """The connection: the stream is gone."""
        self.lost = True
        self._lose()

    def _lose(self) -> None:
        protocol, self.protocol = self.protocol, None
        self._parts = []
        if protocol is not None:
            protocol.connection_lost(None)
            self.conn.outlives(protocol.session)
