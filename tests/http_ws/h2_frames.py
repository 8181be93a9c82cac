"""Frames of HTTP/2 as a client sends them, built without the wire under test, and what it makes of them."""

from collections.abc import Sequence
from typing import Any

from interfaces.http_ws.wire_h2 import Asked, Away, Data, Ended, Event, Flow, Limits, Pong, Reset, Room, Wire

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = (
    range(10)
)
PRIORITY_UPDATE = 0x10
ACK = END = 0x1
END_HEADERS, PADDED, PRIORITIZED = 0x4, 0x8, 0x20
NO_ERROR, PROTOCOL_ERROR, INTERNAL_ERROR, FLOW_CONTROL_ERROR, SETTINGS_TIMEOUT, STREAM_CLOSED = range(6)
FRAME_SIZE_ERROR, REFUSED_STREAM, CANCEL, COMPRESSION_ERROR, CONNECT_ERROR, ENHANCE_YOUR_CALM = range(6, 12)
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
MOST = 2**31 - 1

Pairs = list[tuple[bytes, bytes]]
Frame = tuple[int, int, int, bytes]
"""Type, flags, stream, payload."""

GET: Pairs = [(b":method", b"GET"), (b":scheme", b"https"), (b":path", b"/"), (b":authority", b"a")]
POST: Pairs = [(b":method", b"POST"), *GET[1:]]


def frame(kind: int, flags: int = 0, stream: int = 0, payload: bytes = b"", size: int | None = None) -> bytes:
    """A frame; ``size`` says another length than it has."""
    said = len(payload) if size is None else size
    return said.to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big") + payload


def number(value: int) -> bytes:
    """Four octets."""
    return value.to_bytes(4, "big")


def block(fields: Sequence[tuple[bytes, bytes]]) -> bytes:
    """Fields as literals that leave the table alone."""
    return b"".join(b"\0" + _string(name) + _string(value) for name, value in fields)


def _string(text: bytes) -> bytes:
    if len(text) < 127:
        return bytes((len(text),)) + text
    rest = len(text) - 127
    out = [127]
    while rest > 127:
        out.append(rest & 127 | 128)
        rest >>= 7
    return bytes((*out, rest)) + text


def headers(
    stream: int, fields: Sequence[tuple[bytes, bytes]] = GET, flags: int = END | END_HEADERS
) -> bytes:
    """HEADERS; a whole request without a body, when nothing else is said."""
    return frame(HEADERS, flags, stream, block(fields))


def post(stream: int, *more: tuple[bytes, bytes]) -> bytes:
    """HEADERS of a request that has a body."""
    return headers(stream, [*POST, *more], END_HEADERS)


def data(stream: int, payload: bytes = b"", end: bool = False) -> bytes:
    """DATA."""
    return frame(DATA, END if end else 0, stream, payload)


def settings(*values: tuple[int, int]) -> bytes:
    """SETTINGS."""
    return frame(
        SETTINGS, payload=b"".join(name.to_bytes(2, "big") + number(value) for name, value in values)
    )


def window(stream: int, size: int) -> bytes:
    """WINDOW_UPDATE."""
    return frame(WINDOW_UPDATE, 0, stream, number(size))


def reset(stream: int, code: int = CANCEL) -> bytes:
    """RST_STREAM."""
    return frame(RST_STREAM, 0, stream, number(code))


HELLO = PREFACE + settings()


def frames(written: bytes) -> list[Frame]:
    """What was written, taken apart."""
    found = []
    at = 0
    while at < len(written):
        size = int.from_bytes(written[at : at + 3], "big")
        stream = int.from_bytes(written[at + 5 : at + 9], "big")
        assert at + 9 + size <= len(written)
        found.append((written[at + 3], written[at + 4], stream, written[at + 9 : at + 9 + size]))
        at += 9 + size
    return found


def told(event: Event) -> tuple[Any, ...]:
    """An event, as something that can be compared."""
    if isinstance(event, Asked):
        head = event.head
        asked = (head.method, head.target, tuple(head.headers), head.length, head.protocol)
        return "Asked", event.flow.id, asked, event.end
    if isinstance(event, Data):
        return "Data", event.flow.id, event.data, event.end
    if isinstance(event, Ended):
        return "Ended", event.flow.id, tuple(event.trailers)
    if isinstance(event, Reset):
        return "Reset", event.flow.id, event.code
    if isinstance(event, Room):
        return "Room", event.flow.id
    if isinstance(event, Away):
        return "Away", event.code, event.last
    return (type(event).__name__, *([event.data] if isinstance(event, Pong) else []))


class Server:
    """A wire, after both sides have said hello."""

    def __init__(
        self, *, hello: bytes = HELLO + frame(SETTINGS, ACK), now: float = 0.0, **limits: Any
    ) -> None:
        self.wire = Wire(Limits(**limits))
        self.now = now
        self.flows: dict[int, Flow] = {}
        self.wire.begin(now)
        self.begun = self.heard()
        self.say(hello)
        self.heard()

    def say(self, *said: bytes) -> list[tuple[Any, ...]]:
        """Send it bytes; what it tells of them."""
        self.wire.feed(b"".join(said), self.now)
        found = []
        while (event := self.wire.next()) is not None:
            if isinstance(event, Asked):
                self.flows[event.flow.id] = event.flow
            found.append(told(event))
        return found

    def heard(self) -> list[Frame]:
        """The frames it wrote since the last time."""
        written = b"".join(self.wire.out)
        self.wire.out.clear()
        return frames(written)

    def asks(self, stream: int = 1, *more: bytes, fields: Sequence[tuple[bytes, bytes]] = GET) -> Flow:
        """A request; its stream."""
        self.say(headers(stream, fields, END_HEADERS | (0 if more else END)), *more)
        return self.flows[stream]

    def posts(self, stream: int = 1, *more: tuple[bytes, bytes]) -> Flow:
        """A request whose body is still to come; its stream."""
        self.say(post(stream, *more))
        return self.flows[stream]

    def fails(self, *said: bytes) -> int:
        """Send what ends the connection; the code it ends with."""
        self.say(*said)
        kind, _, stream, payload = self.heard()[-1]
        assert self.wire.closing
        assert self.wire.reason
        assert (kind, stream) == (GOAWAY, 0)
        assert payload[8:] == self.wire.reason.encode()
        assert int.from_bytes(payload[:4], "big") == self.wire.last
        assert self.say(frame(PING, payload=b"deafdeaf")) == self.heard() == []
        return int.from_bytes(payload[4:8], "big")

    def breaks(self, stream: int, *said: bytes) -> int:
        """Send what ends a stream; the code it ends with."""
        self.say(*said)
        assert not self.wire.closing, self.wire.reason
        assert stream not in self.wire.flows
        (code,) = [payload for kind, _, id_, payload in self.heard() if (kind, id_) == (RST_STREAM, stream)]
        return int.from_bytes(code, "big")


def failed(*said: bytes, **limits: Any) -> int:
    """The code with which a new connection ends."""
    return Server(**limits).fails(*said)
