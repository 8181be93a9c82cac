"""Frames between containers and workers: no input raises but PeerError, any split gives the same, frames come back."""

from typing import Any

from interfaces.shared.errors import PeerError
from interfaces.workers.wire import EVENT, OPEN, SEND, Reader, encode, frame

SEEDS = [
    frame(EVENT, 1, {"type": "websocket.receive", "text": "é"}) + frame(SEND, 2, {"body": b"\0" * 40}),
    frame(OPEN, 3, {"scope": {"type": "http", "headers": [(b"a", b"b")]}, "events": [], "attempt": 1}),
    b"\0\0\0\x04\x93\x01\x02\xc0" + b"\0\0\0\x05\x94\x01\x02\xc0\xc0",
]
LIMIT = 4096


def read(parts: list[bytes]) -> list[Any]:
    """The frames in what was read so, and whether an error ended it."""
    reader, found = Reader(LIMIT), []
    try:
        for part in parts:
            found += reader.feed(part)
    except PeerError:
        found.append("error")
    return found


def one(data: bytes) -> None:
    """Read whole, byte by byte, and cut in the middle."""
    whole = read([data])
    middle = len(data) // 2
    assert repr(read([data[:middle], data[middle:]])) == repr(whole)
    assert repr(read([data[at : at + 1] for at in range(len(data))])) == repr(whole)
    for found in whole:
        if found != "error":
            kind, session, payload, _ = found
            try:
                encode(kind, session, payload)
            except RuntimeError:
                pass  # a timestamp or an extension type, which only others send
