"""The canonical forms that signatures are made of, simple and relaxed (RFC 6376 §3.4). Pure.

A body goes through piece by piece, in linear time and without ever being held: its empty lines at the end count for
nothing, so a run of blanks is kept as a number until something follows it.
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

__all__ = ["Body", "chosen", "field", "fields"]

Field = tuple[bytes, bytes]
"""The name in lower case, and the field as it came, with the CRLF at its end."""

_ENDS = re.compile(rb"\r\n(?![ \t])")
_BLANKS = re.compile(rb"[ \t]+")
_WIDE = re.compile(rb"[ \t]{2,}|\t")


def fields(head: bytes) -> list[Field]:
    """The fields of a header, which ends at or before its empty line."""
    found = []
    for raw in _ENDS.split(head):
        name, colon, _ = raw.partition(b":")
        if not colon:
            break
        found.append((name.rstrip(b" \t").lower(), raw + b"\r\n"))
    return found


def field(one: Field, *, relaxed: bool) -> bytes:
    """The canonical form of a field, CRLF included."""
    name, raw = one
    if not relaxed:
        return raw
    value = raw.partition(b":")[2].replace(b"\r\n", b"")
    return name + b":" + _BLANKS.sub(b" ", value).strip(b" ") + b"\r\n"


def chosen(all_of: Sequence[Field], names: Iterable[bytes]) -> list[Field]:
    """The fields that ``names`` (in lower case) mean, the last of a name first, without those that are not there."""
    places: defaultdict[bytes, list[Field]] = defaultdict(list)
    for one in all_of:
        places[one[0]].append(one)
    return [places[name].pop() for name in names if places.get(name)]


class Body:
    """SHA-256 of the canonical form of a body that is added piece by piece. Lines end with CRLF."""

    def __init__(self, *, relaxed: bool) -> None:
        self.relaxed = relaxed
        self.size = 0
        """Bytes of the canonical form, once there is a digest."""
        self._hash = hashlib.sha256()
        self._lines = 0  # ends of lines that count only when something follows
        self._blank = False  # a blank behind them
        self._half = b""  # a CR that waits for its LF
        self._open = False  # something is in the last line

    def add(self, piece: bytes) -> None:
        """More of the body."""
        if self._half:
            piece, self._half = self._half + piece, b""
        if piece.endswith(b"\r"):
            piece, self._half = piece[:-1], b"\r"
        kept = piece.rstrip(b" \t\r\n" if self.relaxed else b"\r\n")
        if kept:
            self._add(kept)
        self._wait(piece[len(kept) :])

    def _add(self, text: bytes) -> None:
        """``text`` ends with something that stays."""
        if self.relaxed:
            first = text.lstrip(b" \t\r\n")
            self._wait(text[: len(text) - len(first)])
            text = first
            if b"\t" in text or b"  " in text:
                text = _WIDE.sub(b" ", text)
            text = text.replace(b" \r\n", b"\r\n")
        if self._lines:
            self._update(b"\r\n" * self._lines)
        if self._blank:
            self._update(b" ")
        self._lines, self._blank, self._open = 0, False, True
        self._update(text)

    def _wait(self, blanks: bytes) -> None:
        """Blanks and ends of lines, which may be the last."""
        if not blanks:
            return
        self._lines += blanks.count(b"\r\n")
        if self.relaxed:
            self._blank = not blanks.endswith(b"\r\n")

    def _update(self, text: bytes) -> None:
        self.size += len(text)
        self._hash.update(text)

    def digest(self) -> bytes:
        """Of all of it; nothing is added any more."""
        if self._open or not self.relaxed:
            self._update(b"\r\n")
        return self._hash.digest()
