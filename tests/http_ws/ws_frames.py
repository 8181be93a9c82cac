"""Frames as a peer sends them, built without the wire under test."""

from interfaces.http_ws.wire_ws import Event, Failed, Limits, Wire

KEY = b"\x37\xfa\x21\x3d"
TEXT, BINARY, CONTINUATION, CLOSE, PING, PONG = 0x81, 0x82, 0x80, 0x88, 0x89, 0x8A
FIN = 0x80


def header(first: int, size: int, width: int = 0, masked: bool = True) -> bytes:
    """The first bytes of a frame; ``width`` 2 or 8 forces the long forms of the size."""
    bit = 128 if masked else 0
    if width == 0:
        width = 0 if size < 126 else 2 if size < 65536 else 8
    if width == 0:
        return bytes((first, bit | size))
    return bytes((first, bit | (126 if width == 2 else 127))) + size.to_bytes(width, "big")


def xor(data: bytes, key: bytes = KEY) -> bytes:
    """RFC 6455 §5.3, word by word of its text."""
    return bytes(byte ^ key[i % 4] for i, byte in enumerate(data))


def frame(first: int, payload: bytes = b"", key: bytes = KEY) -> bytes:
    """A frame of a client; no key, a frame of a server."""
    return header(first, len(payload), masked=bool(key)) + key + (xor(payload, key) if key else payload)


def server(**limits: int) -> Wire:
    """A server's wire with these limits."""
    return Wire(Limits(**limits))


def in_pieces(wire: Wire, data: bytes, size: int = 1) -> list[Event]:
    """What comes of ``data``, ``size`` bytes at a time."""
    return [event for at in range(0, len(data), size) for event in wire.feed(data[at : at + size])]


def failure(events: list[Event]) -> int:
    """The code with which the only event fails the connection; its answer says the same."""
    (event,) = events
    assert isinstance(event, Failed)
    assert event.answer == frame(CLOSE, event.code.to_bytes(2, "big") + event.reason.encode(), b"")
    return event.code
