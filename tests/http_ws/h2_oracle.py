"""HTTP/2 beside the library h2: the same frames to both servers, which take the same, refuse the same, tell the same.

What one takes and the other refuses is listed with the reason; so is where both refuse and say it otherwise.
"""

from collections.abc import Callable, Sequence
from typing import Any

from h2 import events
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.exceptions import ProtocolError

from interfaces.http_ws.wire_h2 import Limits, Wire
from tests.http_ws import h2_frames
from tests.http_ws.h2_frames import (
    ACK,
    CANCEL,
    END_HEADERS,
    GOAWAY,
    HEADERS,
    HELLO,
    MOST,
    NO_ERROR,
    PRIORITY_UPDATE,
    PUSH_PROMISE,
    RST_STREAM,
    SETTINGS,
    frame,
    number,
    told,
)  # fmt: skip

Wrong = tuple[str, int, str]
"""The connection's or the stream's, which code, why."""

AGAIN = "again"
"""h2 answers what comes on a stream that it has reset with another reset; we ignore it (§5.1)."""
OF_ALL, OF_ONE = "connection", "stream"
OTHERWISE = {
    (
        (OF_ONE, 1),
        (OF_ALL, 1),
    ): "a malformed request is the stream's error (§8.1.1); h2 makes it the connection's",
    ((OF_ALL, 1), (OF_ONE, 5)): "DATA on a stream that was skipped: h2 takes it for one that was reset",
    (
        (OF_ONE, 3),
        (OF_ALL, 3),
    ): "the connection's window is given back at once; h2's only when its data is taken",
    ((OF_ALL, 5), (OF_ONE, 5)): "DATA on a stream that both ended: h2 takes it for one that was reset",
    ((OF_ALL, 5), (OF_ALL, 1)): "h2 judges padding before the state of the stream",
    ((OF_ONE, 5), (OF_ALL, 1)): "the same, of a stream that the peer ended",
    ((OF_ALL, 9), (OF_ALL, 1)): "h2 has no COMPRESSION_ERROR",
    ((OF_ALL, 6), (OF_ALL, 1)): "h2 has PROTOCOL_ERROR for some lengths that are wrong (§4.2)",
    ((OF_ALL, 1), (OF_ALL, 6)): "h2 judges lengths before types",
    ((OF_ALL, 1), (OF_ALL, 5)): "h2 judges the stream of CONTINUATION before it misses the block",
    ((OF_ONE, 6), (OF_ALL, 6)): "PRIORITY of another length is the stream's error (§6.3)",
}
"""How both refuse: ours, theirs."""

ONLY_OURS = {
    "a body that is shorter than its Content-Length": "h2 does not compare it where HEADERS end the stream (§8.1.1)",
    "a value of a field is malformed": "h2 has no grammar of methods, schemes, paths, authorities",
    "a name of a field is malformed": "h2 takes names that are no tokens",
    "only OPTIONS asks about the server itself": "h2 takes * for any method",
    "a pseudo-header field is empty": "h2 takes an empty authority",
    "CONNECT has a method and an authority": "h2 takes a Host instead",
    "Host is not one name": "h2 has no grammar of Host",
    "Content-Length is not one number": "h2 takes several that are equal",
    "a protocol that was not offered": "h2 does not keep to its own settings",
    "trailers of what is no body": "h2 takes them behind CONNECT (§8.5)",
    "a setting that cannot be": "h2 does not know SETTINGS_NO_RFC7540_PRIORITIES (RFC 9218 §2.1)",
}
"""What is right for h2: our reason, and why it is wrong."""

ONLY_OURS_OF = {
    PRIORITY_UPDATE: "h2 does not know the frame (RFC 9218 §7.1)",
    RST_STREAM: "h2 takes RST_STREAM of streams that are not there yet (§6.4)",
    HEADERS: "h2 looks at HEADERS when their block is whole",
    PUSH_PROMISE: "the same",
}
"""The same, by the type of the frame."""

ONLY_THEIRS = {
    "Frame data missing or invalid": "h2 knows ALTSVC, and wants it whole (§5.5)",
    "in state ConnectionState.CLOSED": "h2 takes nothing behind a GOAWAY (§6.8)",
    "non-compliant data": "an increment of 0 for a stream that is over is ignored (§6.9)",
    "invalid padding": "h2 wants a block behind padding",
    "Oversized header block": "a header that is too large gets a 431 (§10.5.1)",
    "window shrunk below 0": "the connection's window is given back at once; h2's only when its data is taken",
    "mismatched :authority and Host": "case, and the port that is the scheme's own, make no other host (§8.3.1)",
}
"""What is wrong for h2: a part of its reason, and why it is right."""


def _wrong(written: bytes, why: str) -> Wrong | None:
    """What was refused, by what was written."""
    found: Wrong | None = None
    for kind, _, _, payload in h2_frames.frames(written):
        if kind == GOAWAY:
            return OF_ALL, int.from_bytes(payload[4:8], "big"), why
        if kind == RST_STREAM and payload not in (number(CANCEL), number(NO_ERROR)):
            found = OF_ONE, int.from_bytes(payload, "big"), why
    return found


class Ours:
    """Our server, which answers, or resets, streams whose id says so."""

    def __init__(self, ends: int, resets: int, made: Callable[[Limits], Wire] = Wire) -> None:
        self.wire = made(Limits(connection_window=65535, header_size=65536, fields=65536))
        self.ends, self.resets = ends, resets
        self.wire.begin(0.0)
        self.feed(HELLO + frame(SETTINGS, ACK))

    def feed(self, said: bytes) -> tuple[list[Any], Wrong | None]:
        """What it tells, and what it refuses."""
        found: list[Any] = []
        self.wire.out.clear()
        self.wire.feed(said, 0.0)
        while (event := self.wire.next()) is not None:
            what, *rest = told(event)
            if what == "Asked":
                stream, (method, target, fields, _, protocol), end = rest
                rest = [stream, method, target, protocol, (fields[0], *_kept(fields)), end]
                flow: Any = event.flow  # type: ignore[union-attr]
                if stream == self.ends:
                    self.wire.respond(flow, b"\x88", True)
                elif stream == self.resets:
                    self.wire.reset(flow, CANCEL)
            elif what == "Ended":
                rest[1] = _kept(rest[1])
            if what in ("Asked", "Data", "Ended", "Reset", "Away"):
                found.append((what, *rest))
        wrong = _wrong(b"".join(self.wire.out), self.wire.reason)
        # Our own errors of streams are told, too; theirs are not.
        return [each for each in found if wrong is None or each[0] != "Reset"], wrong


class Theirs:
    """The library's, which does the same."""

    def __init__(self, ends: int, resets: int) -> None:
        self.connection = H2Connection(H2Configuration(client_side=False, header_encoding=None))
        self.ends, self.resets = ends, resets
        self.connection.initiate_connection()
        self.feed(HELLO + frame(SETTINGS, ACK))

    def feed(self, said: bytes) -> tuple[list[Any], Wrong | None]:
        """What it tells, and what it refuses."""
        self.connection.data_to_send()
        try:
            came = self.connection.receive_data(said)
        except ProtocolError as error:
            return [], (OF_ALL, int(error.error_code), f"{type(error).__name__}: {error}")
        found = [told for event in came if (told := self._told(event)) is not None]
        return found, _wrong(self.connection.data_to_send() or b"", AGAIN)

    def _told(self, event: events.Event) -> tuple[Any, ...] | None:
        if isinstance(event, events.RequestReceived):
            return self._asked(event)
        if isinstance(event, events.DataReceived):
            if event.data:
                return "Data", event.stream_id, bytes(event.data), event.stream_ended is not None
            return ("Ended", event.stream_id, ()) if event.stream_ended else None
        if isinstance(event, events.TrailersReceived):
            return "Ended", event.stream_id, _kept([(bytes(n), bytes(v)) for n, v in event.headers])
        if isinstance(event, events.StreamReset):
            return "Reset", event.stream_id, int(event.error_code)
        if isinstance(event, events.ConnectionTerminated):
            return "Away", int(event.error_code or 0), (event.last_stream_id or 0) & MOST
        return None

    def _asked(self, event: events.RequestReceived) -> tuple[Any, ...]:
        stream = event.stream_id
        if stream == self.ends:
            self.connection.send_headers(stream, [(":status", "200")], end_stream=True)
        elif stream == self.resets:
            self.connection.reset_stream(stream, CANCEL)
        fields = [(bytes(name), bytes(value)) for name, value in event.headers]
        said = dict(reversed(fields))
        host = said.get(b":authority") or said.get(b"host", b"")
        target = said.get(b":path", host)
        method, protocol = said[b":method"], said.get(b":protocol", b"")
        return (
            "Asked", stream, method, target, protocol, ((b"host", host), *_kept(fields)),
            event.stream_ended is not None,
        )  # fmt: skip


def _kept(fields: Sequence[tuple[bytes, bytes]]) -> tuple[tuple[bytes, bytes], ...]:
    """As an application sees fields, but for the place of Cookie: h2 joins crumbs, too, and puts them elsewhere."""
    kept = [
        each
        for each in fields
        if each[0][:1] != b":" and each[0] not in (b"host", b"cookie") and b"_" not in each[0]
    ]
    crumbs = [value for name, value in fields if name == b"cookie"]
    return (*kept, (b"cookie", b"; ".join(crumbs))) if crumbs else tuple(kept)


def apart(said: bytes) -> list[bytes]:
    """Whole frames."""
    found = []
    at = 0
    while at + 9 <= len(said) and at + 9 + (size := int.from_bytes(said[at : at + 3], "big")) <= len(said):
        found.append(said[at : at + 9 + size])
        at += 9 + size
    return found


def agree(said: bytes, ends: int = 0, resets: int = 0, made: Callable[[Limits], Wire] = Wire) -> str:
    """Frame by frame, until one is refused; what became of them. AssertionError where they differ without a reason.

    The stream ``ends`` is answered at once, ``resets`` is reset.
    """
    ours, theirs = Ours(ends, resets, made), Theirs(ends, resets)
    for each in apart(said):
        told_ours, wrong = ours.feed(each)
        told_theirs, wrong_too = theirs.feed(each)
        if wrong is None and (wrong_too is None or wrong_too[2] == AGAIN):
            assert told_ours == told_theirs, f"{each!r}: {told_ours} is not {told_theirs}"
        elif wrong is None or wrong_too is None:
            return _differ(each, wrong, wrong_too)
        else:
            pair = wrong[:2], wrong_too[:2]
            if pair[0] == pair[1]:
                return "refused"
            assert pair in OTHERWISE, f"{each!r}: {wrong} is not {wrong_too}"
            return OTHERWISE[pair]
    return "taken"


def _differ(each: bytes, ours: Wrong | None, theirs: Wrong | None) -> str:
    """Why one refuses what the other takes."""
    if ours is not None:
        if ours[2] in ONLY_OURS:
            return ONLY_OURS[ours[2]]
        why = ONLY_OURS_OF.get(each[3])
        assert why is not None, f"{each!r} is refused by us: {ours[2]}"
        assert each[3] not in (HEADERS, PUSH_PROMISE) or not each[4] & END_HEADERS, f"{each!r}: {ours[2]}"
        return why
    assert theirs is not None
    for part, because in ONLY_THEIRS.items():
        if part in theirs[2]:
            return because
    raise AssertionError(f"{each!r} is refused by h2: {theirs[2]}")
