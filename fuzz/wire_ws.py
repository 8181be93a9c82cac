"""WebSocket frames: no input raises, any split gives the same, what is sent can be read."""

import random
import zlib

from interfaces.http_ws.deflate import Agreement, Deflate, DeflateOptions
from interfaces.http_ws.wire_ws import Close, Event, Failed, Limits, Wire

LIMITS = Limits(max_message=4096, max_frame=2048, max_fragments=16)
OPTIONS = DeflateOptions(takeover=True, compress_from=0)
PAYLOADS = (
    b"",
    b"a",
    b"\x03\xe8",
    b"\x03\xe8bye",
    b"\x00",
    b"\x03\x00",
    "grün €𝄞".encode(),
    b"\xed\xa0\x80",
    bytes(5000),
)


def _masked(first: int, payload: bytes) -> bytes:
    mixed = bytes(byte ^ KEY[i % 4] for i, byte in enumerate(payload))
    return bytes((first, 128 | len(payload))) + KEY + mixed


KEY = b"\x01\x02\x03\x04"
SEEDS = [
    b"\x00\x02" + _masked(0x81, "é€".encode()) + _masked(0x89, b"ping") + _masked(0x88, b"\x03\xe8bye"),
    b"\x00\x00" + _masked(0x01, b"one ") + _masked(0x8A, b"") + _masked(0x80, b"two"),
    b"\x02\x04" + _masked(0xC1, b"\xcaH\xcd\xc9\xc9W\xc8@'\x00") + _masked(0x82, b"\x00" * 100),
    b"\x01\x03\x82\x7e\x00\x80" + b"x" * 128,
]


def wire(flags: int) -> Wire:
    """A wire of either role, with or without compression."""
    client = bool(flags & 1)
    deflate = (
        Deflate(Agreement(client_takeover=bool(flags & 4)), OPTIONS, client=client) if flags & 2 else None
    )
    return Wire(LIMITS, deflate, client)


def settled(events: list[Event]) -> list[object]:
    """Without the reason of a failure (the split may decide which of two is seen) and a client's masks."""
    return [(type(event), event.code) if isinstance(event, Close | Failed) else event for event in events]


def one(data: bytes) -> None:
    """A byte of flags (client, deflate, takeover), a byte that says how to cut, then what the peer sends."""
    if len(data) < 2:
        return
    flags, size, data = data[0], data[1] + 1, data[2:]
    whole = wire(flags).feed(data)
    other = wire(flags)
    pieces = [event for at in range(0, len(data), size) for event in other.feed(data[at : at + size])]
    if settled(whole) != settled(pieces):
        raise AssertionError(f"{whole!r} in one read, {pieces!r} in reads of {size}")
    sender, reader = wire(flags), wire(flags ^ 1)
    for event in whole:
        if isinstance(event, str | bytes):
            sent = sender.text(event) if isinstance(event, str) else sender.binary(event)
            if len(event) <= 500 and reader.feed(sent) != [event]:
                raise AssertionError(f"{event!r} was not read as it was sent")


def generate(rng: random.Random) -> bytes:
    """Frames, most of them sound, some with bytes changed, and noise."""
    flags = rng.randrange(8)
    data = bytearray((flags, rng.choice((0, 1, 2, 6, 50))))
    for _ in range(rng.randrange(8)):
        first = rng.choice(
            (0x81, 0x82, 0x01, 0x02, 0x00, 0x80, 0x80, 0x89, 0x8A, 0x88, 0xC1, 0xC2, 0x41, rng.randrange(256))
        )
        payload = rng.choice(PAYLOADS) if rng.random() < 0.6 else rng.randbytes(rng.randrange(300))
        if first & 0x40 and rng.random() < 0.8:
            made = zlib.compressobj(wbits=-15)
            payload = made.compress(payload) + made.flush(rng.choice((zlib.Z_SYNC_FLUSH, zlib.Z_FINISH)))
        head = Wire(Limits(), client=not flags & 1)._build(first, payload)  # noqa: SLF001 - writes any first byte
        data += head
    if rng.random() < 0.3:
        for _ in range(rng.randrange(1, 4)):
            data[rng.randrange(2, len(data)) if len(data) > 2 else 0] = rng.randrange(256)
    if rng.random() < 0.2:
        data += rng.randbytes(rng.randrange(40))
    return bytes(data)
