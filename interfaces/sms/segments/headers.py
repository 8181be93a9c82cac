"""User data headers: which part of what a message is, and in which language's alphabet it is. Pure.

Source: 3GPP TS 23.040, sections 9.2.3.24.1 (8-bit reference), .8 (16-bit), .15 and .16 (national languages).
"""

from typing import NamedTuple

__all__ = ["Concatenation", "concatenation", "elements", "header", "languages_of", "parted", "width"]

_CONCATENATED, _CONCATENATED_WIDE = 0x00, 0x08
_SINGLE, _LOCKING = 0x24, 0x25


class Concatenation(NamedTuple):
    """Which part of what a message is."""

    reference: int
    total: int
    number: int
    """From 1."""
    wide: bool
    """Whether the reference has 16 bits."""


def width(*, parts: bool, wide: bool, locking: int = 0, single: int = 0) -> int:
    """Octets of the header that such a part needs, with its length; 0 where it needs none."""
    size = (6 if wide else 5) * parts + 3 * (locking > 0) + 3 * (single > 0)
    return size + 1 if size else 0


def header(part: Concatenation | None = None, locking: int = 0, single: int = 0) -> bytes:
    """A header, with its length in front; empty where there is nothing to be said."""
    said = b""
    if part is not None:
        reference = part.reference & (0xFFFF if part.wide else 0xFF)
        said = (
            bytes((_CONCATENATED_WIDE, 4)) + reference.to_bytes(2, "big")
            if part.wide
            else bytes((_CONCATENATED, 3, reference))
        ) + bytes((part.total, part.number))
    if single:
        said += bytes((_SINGLE, 1, single))
    if locking:
        said += bytes((_LOCKING, 1, locking))
    return bytes((len(said),)) + said if said else b""


def parted(data: bytes) -> tuple[bytes, bytes]:
    """The header, with its length, and what is behind it; one that is longer than ``data`` is none."""
    if not data or data[0] >= len(data):
        return b"", data
    return data[: data[0] + 1], data[data[0] + 1 :]


def elements(header: bytes) -> list[tuple[int, bytes]]:
    """Its elements, identifier and content; it ends where one does not fit."""
    found, at, end = [], 1, len(header)
    while at + 2 <= end and at + 2 + header[at + 1] <= end:
        found.append((header[at], header[at + 2 : at + 2 + header[at + 1]]))
        at += 2 + header[at + 1]
    return found


def concatenation(header: bytes) -> Concatenation | None:
    """Which part it is; None: a whole message, or one whose numbers make no sense. The last that is said counts."""
    part = None
    for kind, content in elements(header):
        if (kind, len(content)) == (_CONCATENATED, 3):
            part = Concatenation(content[0], content[1], content[2], wide=False)
        elif (kind, len(content)) == (_CONCATENATED_WIDE, 4):
            part = Concatenation(int.from_bytes(content[:2], "big"), content[2], content[3], wide=True)
    return part if part is not None and 1 <= part.number <= part.total else None


def languages_of(header: bytes) -> tuple[int, int]:
    """The languages of the locking and of the single shift table; 0: the default."""
    found = {kind: content[0] for kind, content in elements(header) if len(content) == 1}
    return found.get(_LOCKING, 0), found.get(_SINGLE, 0)
