"""Frames between an interface container and a worker. Pure.

A frame is a length (4 bytes, big-endian, of what follows) and a msgpack array ``[kind, session, payload, …]``.
Session 0 is the connection itself; the container numbers the others. What :data:`CREDIT` counts is the bytes of frames.

Versions: each side says in HELLO which it speaks, the highest common one holds. Each version speaks the one before it
and is understood by it, because kinds that are not known, further elements of the array and further keys of a payload
are passed over. Refused: frames longer than :data:`LONGEST` and whatever is no such array.

====== ======= ==========================================================================================
kind   from    payload
====== ======= ==========================================================================================
HELLO  both    {"versions": [oldest, newest], "role", "id", "nonce"}
PROOF  both    {"proof": HMAC-SHA256}, see :mod:`interfaces.workers.transports.auth`
REFUSE both    {"reason": text}; then the connection closes. Of a session, through a broker: so does the session
PING   both    any; answered by PONG
SLOTS  worker  {"free": openings that may come, "seen": openings that came until now, "only", "exclude": globs}
DRAIN  both    worker: open nothing more; container: nothing more is on its way
OPEN   cont.   {"scope", "events", "attempt", "asks": whether ASK is wanted};
                event style: {"scope", "event", "session", "attempt"};
                through a broker also {"versions": [oldest, newest], "until": its time}
TAKEN  worker  {"style": "session" or "event", "worker"}; event style: "limits": [bytes, seconds] of a request;
                through a broker, where nobody says HELLO: "version", as agreed with what is in the opening
EVENT  cont.   an event for the application
LAST   cont.   the last one, or None
SEND   worker  an event that the application sent
CREDIT both    bytes of EVENT, LAST or SEND that were consumed
ASK    worker  the application waits for an event (only for scopes in which asking has a meaning)
END    worker  {"how": "ok", "error", "no-route" or "cancelled", "later": whether the peer is to try again
               after an error, "outcome": in event style}
CANCEL cont.   end the application now
BACK   worker  the opening was not begun and may go elsewhere
REJECT cont.   {"reason"}: what was sent last does not fit
====== ======= ==========================================================================================
"""

from collections.abc import Iterable, Iterator, Mapping
from struct import Struct
from typing import Any

import msgspec

from interfaces.shared.asgi import Scope
from interfaces.shared.errors import PeerError

__all__ = ["ASK", "BACK", "CANCEL", "CREDIT", "DRAIN", "END", "EVENT", "HELLO", "LAST", "LONGEST", "OPEN",
           "PING", "PONG", "PROOF", "REFUSE", "REJECT", "SEND", "SLOTS", "TAKEN", "VERSIONS", "WINDOW",
           "Frame", "Reader", "Unlike", "agreed", "decode", "encode", "frame", "landed", "packed",
           "travelling"]  # fmt: skip

VERSIONS = (1, 1)
"""The oldest and the newest that this code speaks."""
LONGEST = 64 << 20
"""Bytes of one frame at most."""
WINDOW = 256 << 10
"""Bytes of one session that may be under way in one direction, plus one event."""

HELLO, PROOF, REFUSE, PING, PONG, SLOTS, DRAIN = range(7)
OPEN, TAKEN, EVENT, LAST, SEND, CREDIT, ASK, END, CANCEL, BACK, REJECT = range(16, 27)

Frame = tuple[int, int, Any, int]
"""Kind, session, payload, and how many bytes it took."""

_LENGTH = Struct(">I")


def _plain(value: Any) -> Any:
    """What stands for a value that msgpack does not know: subclasses of str, and iterables such as headers."""
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, (bytes, int, float)):
        return type(value).__mro__[1](value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Iterable):
        return list(value)
    raise NotImplementedError(f"{type(value).__name__} cannot travel to another process")


def _unknown(code: int, data: memoryview) -> Any:
    """Extension types are nothing that an event holds."""
    raise ValueError(f"extension type {code}")


_pack = msgspec.msgpack.Encoder(enc_hook=_plain).encode
_unpack = msgspec.msgpack.Decoder(list[Any], ext_hook=_unknown).decode


def packed(value: Any) -> msgspec.Raw:
    """``value`` in the form in which it can stand in several frames. RuntimeError for what cannot travel."""
    try:
        return msgspec.Raw(_pack(value))
    except (TypeError, ValueError, NotImplementedError, RecursionError, OverflowError) as error:
        raise RuntimeError(f"an event for another process has to be plain: {error}") from None


def encode(kind: int, session: int, payload: Any) -> bytes:
    """A frame without its length. RuntimeError for what cannot travel, or is too long."""
    try:
        body = _pack((kind, session, payload))
    except (TypeError, ValueError, NotImplementedError, RecursionError, OverflowError) as error:
        raise RuntimeError(f"an event for another process has to be plain: {error}") from None
    if len(body) > LONGEST:
        raise RuntimeError(
            f"an event of {len(body)} bytes is too long for another process: {LONGEST} at most"
        )
    return body


def frame(kind: int, session: int, payload: Any) -> bytes:
    """A frame with its length."""
    body = encode(kind, session, payload)
    return _LENGTH.pack(len(body)) + body


def decode(body: bytes | memoryview) -> Frame:
    """The frame in ``body``. PeerError for what is none."""
    try:
        kind, session, payload, *_ = _unpack(body)
    except (ValueError, RecursionError):
        raise PeerError("malformed frame") from None
    if type(kind) is not int or type(session) is not int:
        raise PeerError("malformed frame")
    return kind, session, payload, len(body)


class Reader:
    """Bytes in, frames out; any split of the bytes gives the same frames.

    ``limit`` is the longest frame that is taken: little, until it is known who is there.
    """

    def __init__(self, limit: int = LONGEST) -> None:
        self.limit = limit
        self._parts: list[bytes] = []
        self._size = 0
        self._wanted = 4

    def feed(self, data: bytes) -> Iterator[Frame]:
        """The frames that ``data`` completes. PeerError for bytes that are none; nothing can follow then."""
        self._size += len(data)
        if self._size < self._wanted:
            self._parts.append(data)
            return
        if self._parts:
            data = b"".join((*self._parts, data))
            self._parts = []
        at, end = 0, len(data)
        view = memoryview(data)
        while end - at >= 4:
            (length,) = _LENGTH.unpack_from(data, at)
            if length > self.limit:
                raise PeerError(f"a frame of {length} bytes; {self.limit} at most")
            if end - at - 4 < length:
                self._wanted = length + 4
                break
            at += 4 + length
            yield decode(view[at - length : at])
        else:
            self._wanted = 4
        self._size = end - at
        if self._size:
            self._parts = [data[at:]]


class Unlike(PeerError):  # noqa: N818 - what it is, not whose mistake
    """The other side says what it is in frames that can be understood, and does not fit to this one."""


def agreed(theirs: Any) -> int:
    """The version to speak with a peer that speaks ``theirs``, [oldest, newest]. Unlike when there is none."""
    said = theirs[:2] if isinstance(theirs, list | tuple) else ()
    if len(said) != 2 or not all(type(one) is int for one in said):
        raise PeerError("malformed frame")
    oldest, newest = said
    version: int = min(newest, VERSIONS[1])
    if version < max(oldest, VERSIONS[0]):
        raise Unlike(
            f"it speaks versions {oldest} to {newest} of the protocol, this side {VERSIONS[0]} to {VERSIONS[1]}"
        )
    return version


EXTENSIONS = frozenset(
    {
        "http.response.trailers",
        "http.response.early_hint",
        "http.response.pathsend",
        "websocket.http.response",
        "tls",
    }
)
"""Of http and websocket, what works over a distance: pathsend because the worker sends the file as a body."""
STAYS = frozenset({"state", "extensions"})
"""Keys of a scope that do not travel as they are; the worker has a lifespan, and so a state, of its own."""


def travelling(scope: Scope) -> msgspec.Raw:
    """``scope`` as it travels: without ``state``, and without what has meaning in one process only."""
    ours = {name: value for name, value in scope.items() if name not in STAYS}
    ours["extensions"] = {
        name: value
        for name, value in (scope.get("extensions") or {}).items()
        if name in EXTENSIONS or not name.startswith(("http.", "websocket."))
    }
    try:
        return msgspec.Raw(_pack(ours))
    except (TypeError, ValueError, NotImplementedError, RecursionError, OverflowError):
        return packed({name: value for name, value in ours.items() if _can_travel(value)})


def _can_travel(value: Any) -> bool:
    try:
        _pack(value)
    except (TypeError, ValueError, NotImplementedError, RecursionError, OverflowError):
        return False
    return True


def landed(scope: Scope, state: Mapping[str, Any]) -> Scope:
    """``scope`` as it came, in the shape that applications know, with a copy of the worker's ``state``."""
    headers = scope.get("headers")
    if headers is not None:
        scope["headers"] = [(name, value) for name, value in headers]
    for end in ("client", "server"):
        if isinstance(scope.get(end), list):
            scope[end] = tuple(scope[end])
    scope["state"] = dict(state)
    return scope
