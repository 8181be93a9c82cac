"""Frames of HTTP/2: types, flags, codes of errors, settings; and the small frames, packed. Pure.

RFC 9113 §4.1 (frame format), §6 (definitions), §7 (codes); RFC 8441 §3, RFC 9218 §2.1 and §7.1 (settings,
PRIORITY_UPDATE).
"""

from struct import Struct
from typing import Final

__all__ = [
    "CANCEL",
    "COMPRESSION_ERROR",
    "CONNECT_ERROR",
    "ENHANCE_YOUR_CALM",
    "FLOW_CONTROL_ERROR",
    "FRAME_SIZE_ERROR",
    "INTERNAL_ERROR",
    "MOST",
    "NO_ERROR",
    "PREFACE",
    "PROTOCOL_ERROR",
    "REFUSED_STREAM",
    "STREAM_CLOSED",
    "data_head",
    "goaway",
    "headers",
    "ping",
    "reset",
    "settings",
    "window_update",
]

PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
MOST: Final = 2**31 - 1
"""The largest id of a stream, and the largest window."""
HEAD: Final = 9
"""Octets of a frame before its payload."""
FRAME: Final = 16384
"""The smallest SETTINGS_MAX_FRAME_SIZE that there may be, and the default."""
FRAME_MOST: Final = 2**24 - 1
WINDOW: Final = 65535
"""A window before anything was said of it."""

DATA: Final = 0x0
HEADERS: Final = 0x1
PRIORITY: Final = 0x2
RST_STREAM: Final = 0x3
SETTINGS: Final = 0x4
PUSH_PROMISE: Final = 0x5
PING: Final = 0x6
GOAWAY: Final = 0x7
WINDOW_UPDATE: Final = 0x8
CONTINUATION: Final = 0x9
PRIORITY_UPDATE: Final = 0x10

ACK: Final = 0x1
END_STREAM: Final = 0x1
END_HEADERS: Final = 0x4
PADDED: Final = 0x8
PRIORITIZED: Final = 0x20

NO_ERROR: Final = 0x0
PROTOCOL_ERROR: Final = 0x1
INTERNAL_ERROR: Final = 0x2
FLOW_CONTROL_ERROR: Final = 0x3
SETTINGS_TIMEOUT: Final = 0x4
STREAM_CLOSED: Final = 0x5
FRAME_SIZE_ERROR: Final = 0x6
REFUSED_STREAM: Final = 0x7
CANCEL: Final = 0x8
COMPRESSION_ERROR: Final = 0x9
CONNECT_ERROR: Final = 0xA
ENHANCE_YOUR_CALM: Final = 0xB
INADEQUATE_SECURITY: Final = 0xC
HTTP_1_1_REQUIRED: Final = 0xD

HEADER_TABLE_SIZE: Final = 0x1
ENABLE_PUSH: Final = 0x2
MAX_CONCURRENT_STREAMS: Final = 0x3
INITIAL_WINDOW_SIZE: Final = 0x4
MAX_FRAME_SIZE: Final = 0x5
MAX_HEADER_LIST_SIZE: Final = 0x6
ENABLE_CONNECT_PROTOCOL: Final = 0x8
NO_RFC7540_PRIORITIES: Final = 0x9

SWITCHES: Final = (ENABLE_PUSH, ENABLE_CONNECT_PROTOCOL, NO_RFC7540_PRIORITIES)
"""Settings that are 0 or 1."""

FRAME_HEAD: Final = Struct(">HBBBI")
"""Length (in two parts), type, flags, id of the stream; the highest bit of the id is reserved."""
SETTING: Final = Struct(">HI")
_NUMBER: Final = Struct(">HBBBII")
_GOAWAY: Final = Struct(">HBBBIII")
# What stands before the stream's id, of small frames.
_KNOWN: Final = 512
_DATA: Final = [size.to_bytes(3, "big") + b"\0\0" for size in range(_KNOWN)]
_DATA_LAST: Final = [size.to_bytes(3, "big") + b"\0\1" for size in range(_KNOWN)]
_HEADERS: Final = [size.to_bytes(3, "big") + b"\1\4" for size in range(_KNOWN)]
_HEADERS_LAST: Final = [size.to_bytes(3, "big") + b"\1\5" for size in range(_KNOWN)]

SETTINGS_ACK: Final = b"\0\0\0\4\1\0\0\0\0"


def data_head(stream: int, size: int, end: bool) -> bytes:
    """What stands before the ``size`` octets of a DATA frame."""
    if size < _KNOWN:
        return (_DATA_LAST[size] if end else _DATA[size]) + stream.to_bytes(4, "big")
    return size.to_bytes(3, "big") + (b"\0\1" if end else b"\0\0") + stream.to_bytes(4, "big")


def headers(stream: int, block: bytes, end: bool, frame: int) -> bytes:
    """HEADERS with ``block``, and CONTINUATION for what is beyond ``frame`` octets."""
    size = len(block)
    if size < _KNOWN:
        return (_HEADERS_LAST[size] if end else _HEADERS[size]) + stream.to_bytes(4, "big") + block
    flags = END_STREAM if end else 0
    if size <= frame:
        return FRAME_HEAD.pack(size >> 8, size & 0xFF, HEADERS, flags | END_HEADERS, stream) + block
    parts: list[bytes] = []
    kind = HEADERS
    for at in range(0, size, frame):
        part = block[at : at + frame]
        if at + frame >= size:
            flags |= END_HEADERS
        parts += (FRAME_HEAD.pack(len(part) >> 8, len(part) & 0xFF, kind, flags, stream), part)
        kind = CONTINUATION
        flags = 0
    return b"".join(parts)


def reset(stream: int, code: int) -> bytes:
    """RST_STREAM."""
    return _NUMBER.pack(0, 4, RST_STREAM, 0, stream, code)


def window_update(stream: int, size: int) -> bytes:
    """WINDOW_UPDATE; of the connection where ``stream`` is 0."""
    return _NUMBER.pack(0, 4, WINDOW_UPDATE, 0, stream, size)


def settings(values: list[tuple[int, int]]) -> bytes:
    """SETTINGS."""
    parts = [SETTING.pack(name, value) for name, value in values]
    return FRAME_HEAD.pack(0, 6 * len(parts), SETTINGS, 0, 0) + b"".join(parts)


def ping(data: bytes, ack: bool) -> bytes:
    """PING with its eight octets, or the answer to one."""
    return b"\0\0\x08\6%b\0\0\0\0%b" % (b"\1" if ack else b"\0", data)


def goaway(last: int, code: int, text: str) -> bytes:
    """GOAWAY; ``text`` is for the peer's log."""
    return _GOAWAY.pack(0, 8 + len(text), GOAWAY, 0, 0, last, code) + text.encode("ascii")
