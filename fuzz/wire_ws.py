"""WebSocket frames: never raises, any split gives the same events, nothing follows a close or a failure."""

import zlib

from interfaces.http_ws.deflate import Deflate, DeflateOptions, Offer, negotiate
from interfaces.http_ws.wire_ws import Close, Failed, Limits, Wire

OFFER: Offer = ("permessage-deflate", ())
KEY = b"\x01\x02\x03\x04"


def _masked(first: int, payload: bytes) -> bytes:
    mixed = bytes(byte ^ KEY[i % 4] for i, byte in enumerate(payload))
    return bytes((first, 128 | len(payload))) + KEY + mixed


def _deflated(payload: bytes) -> bytes:
    maker = zlib.compressobj(wbits=-15)
    return (maker.compress(payload) + maker.flush(zlib.Z_SYNC_FLUSH))[:-4]


SEEDS = [
    b"\x02" + _masked(0x81, "é€".encode()) + _masked(0x89, b"ping") + _masked(0x88, b"\x03\xe8bye"),
    b"\x05" + _masked(0x01, b"one ") + _masked(0x8A, b"") + _masked(0x80, b"two"),
    b"\x80" + _masked(0xC1, _deflated(b"hello " * 9)) + _masked(0xC2, _deflated(b"\x00" * 200)),
    b"\x03\x82\xfe\x00\x80" + KEY + b"x" * 128,
]


def one(data: bytes) -> None:
    """The first byte says how long the pieces are, and in its top bit whether messages may be compressed."""
    first, frames = (data[0], data[1:]) if data else (0, b"")
    step = first % 16 + 1
    whole = _read([frames], compressed=first >= 128)
    assert (
        _read([frames[i : i + step] for i in range(0, len(frames), step)], compressed=first >= 128) == whole
    )


def _read(pieces: list[bytes], *, compressed: bool) -> list[object]:
    options = DeflateOptions()
    agreed = negotiate([OFFER], options) if compressed else None
    limits = Limits(max_message=300, max_frame=200, max_fragments=4)
    wire = Wire(limits, Deflate(agreed, options) if agreed else None)
    events: list[object] = []
    for piece in pieces:
        events += wire.feed(piece)
    ends = [at for at, event in enumerate(events) if isinstance(event, (Close, Failed))]
    assert ends in ([], [len(events) - 1]) and wire.closed == bool(ends)
    assert all(len(event) <= 300 for event in events if isinstance(event, (str, bytes)))
    # of two faults in one message, the split decides which is seen first; the code is the same
    return [event.code if isinstance(event, Failed) else event for event in events]
