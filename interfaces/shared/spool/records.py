"""What lies in a segment of a spool: records, one behind the other. Pure.

A record is the segment's mark, CRC-32 of the rest, length of its body, number of its message, kind, body; numbers are
little-endian. A segment is only added to, so what a crash leaves is whole records and then anything at all: a part of
one, zeros, or pages that came to the disk out of order. None of that had been told to be kept. :func:`scan` finds every
whole record, wherever it is, and says which bytes are none.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from zlib import crc32

import msgspec

__all__ = [
    "BEGUN",
    "DONE",
    "HEAD",
    "KINDS",
    "LATER",
    "MARK",
    "PUT",
    "TOP",
    "Begun",
    "Found",
    "Later",
    "Put",
    "body_of",
    "mark_of",
    "record",
    "scan",
    "top",
]

TITLE: Final = b"interfaces spool 1\n"
"""What a segment begins with, the version of the format in it; its mark follows, and the CRC-32 of both."""
MARK: Final = 8
"""Bytes of a mark: random, one a segment, so that no content can pass for a record."""
TOP: Final = len(TITLE) + MARK + 4
_HEAD: Final = struct.Struct("<8sIIQB")
HEAD: Final = _HEAD.size
_FROM: Final = 12
"""Where in a record the part begins that is summed up."""

PUT: Final = 1
"""A message is here: :class:`Put`. Again for the same number: it has been moved."""
BEGUN: Final = 2
"""It is being dealt with: :class:`Begun`."""
LATER: Final = 3
"""It is to be dealt with again: :class:`Later`."""
DONE: Final = 4
"""It is dealt with; no body."""
KINDS: Final = (PUT, BEGUN, LATER, DONE)


class Put(msgspec.Struct, array_like=True, gc=False):
    """A message. ``file`` names the one in the spool's folder that has the content, "" where it is in ``content``."""

    put_at: float
    """Unix seconds."""
    attempt: int
    """How often it was begun, this one included if that is at once."""
    conversation: str | None
    head: bytes
    """The owner's: whatever it needs to deal with it."""
    content: bytes
    file: str = ""
    size: int = 0
    """Bytes of the file."""
    not_before: float = 0.0
    """Unix seconds."""
    note: bytes = b""
    """The owner's, of the last attempt."""


class Begun(msgspec.Struct, array_like=True, gc=False):
    """An attempt begins."""

    attempt: int


class Later(msgspec.Struct, array_like=True, gc=False):
    """It is to be begun again, ``attempt`` times so far, at ``not_before``."""

    attempt: int
    not_before: float
    note: bytes


@dataclass(frozen=True, slots=True)
class Found:
    """A record at ``at``, of ``length`` bytes in all."""

    at: int
    length: int
    kind: int
    number: int


def top(mark: bytes) -> bytes:
    """How a segment with this mark begins."""
    return TITLE + mark + crc32(TITLE + mark).to_bytes(4, "little")


def mark_of(data: bytes) -> bytes | None:
    """The mark of a segment; None when ``data`` does not begin as one."""
    mark = data[len(TITLE) : TOP - 4]
    return mark if data[:TOP] == top(mark) and len(mark) == MARK else None


def record(mark: bytes, kind: int, number: int, body: bytes = b"") -> bytes:
    """A record, as it is written."""
    rest = _HEAD.pack(mark, 0, len(body), number, kind)[_FROM:]
    return _HEAD.pack(mark, crc32(body, crc32(rest)), len(body), number, kind) + body


def body_of(mark: bytes, data: bytes) -> bytes | None:
    """The body of the one record that ``data`` is; None when it is none, or not whole."""
    found = _whole(mark, memoryview(data), 0)
    return data[HEAD:] if found is not None and found.length == len(data) else None


def _whole(mark: bytes, data: memoryview, at: int) -> Found | None:
    """The record at ``at``, if there is a whole one."""
    if len(data) - at < HEAD:
        return None
    begin, told, length, number, kind = _HEAD.unpack_from(data, at)
    if begin != mark or kind not in KINDS or length > len(data) - at - HEAD:
        return None
    if crc32(data[at + _FROM : at + HEAD + length]) != told:
        return None
    return Found(at, HEAD + length, kind, number)


def scan(mark: bytes, data: bytes) -> Iterator[Found | tuple[int, int]]:
    """The records of a segment in their order, and between them what is none: (from, to)."""
    view, at = memoryview(data), TOP
    while at < len(data):
        found = _whole(mark, view, at)
        if found is None:
            begin = at
            while found is None and at >= 0:
                at = data.find(mark, at + 1)
                found = _whole(mark, view, at) if at >= 0 else None
            yield begin, found.at if found is not None else len(data)
        if found is None:
            return
        yield found
        at = found.at + found.length
