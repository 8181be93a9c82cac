"""The content of a message as it arrives: the dot of its end, dots that were doubled, lines that end in CRLF. Pure.

RFC 5321 (§2.3.8 lines, §4.1.1.4 DATA, §4.5.2 transparency, §4.5.3.1.6 text lines), RFC 3030 (BDAT).

A CR or LF alone is refused anywhere, so no two servers can disagree on where a message ends: only CRLF.CRLF is an end
of DATA. With ``normalise`` they are made CRLF instead, for clients of one's own, and an end they still are not.

A message with a fault is read to its end all the same, so the fault that is told is the worst of all that it has,
however its bytes came.
"""

import re
from io import IncrementalNewlineDecoder
from typing import Final

from interfaces.email.replies import SEQUENCE, reply

__all__ = ["Content"]

BARE = reply(550, "5.6.0", "A CR or LF that is not part of a CRLF")
LONG = reply(500, "5.6.0", "A line is too long")
BIG = reply(552, "5.3.4", "Message too big")
WORSE = (b"", LONG, BARE, BIG, SEQUENCE)
DOT: Final = 46
_ALONE = re.compile(rb"\r\n|\r|\n")
FEW: Final = 32
"""Dots that are looked at one by one: that is a hundred times as fast where there are none, as in base64."""
SHORT: Final = 4096
"""Bytes up to which that does not pay."""


def _dot(buffer: bytes, at: int) -> int:
    """Where the first line with a dot in front begins, with its CRLF, or -1."""
    if len(buffer) - at < SHORT:
        return buffer.find(b"\r\n.", at)
    dot = buffer.find(b".", at)
    for _ in range(FEW):
        if dot < 0 or buffer.startswith(b"\r\n.", max(dot - 2, at)):
            return dot - 2 if dot >= 0 else -1
        dot = buffer.find(b".", dot + 1)
    return buffer.find(b"\r\n.", max(dot - 2, at)) if dot >= 0 else -1


def _end_at(buffer: bytes, at: int) -> bool:
    """Whether the dot of the end is there: the first look is a fifth of the second."""
    return at < len(buffer) and buffer[at] == DOT and buffer.startswith(b".\r\n", at)


def _alone(piece: bytes) -> bool:
    """Whether a CR or LF is there that is not part of a CRLF: one pass in C, where counting all three takes three."""
    look = IncrementalNewlineDecoder(None, translate=False)
    look.decode(piece.decode("latin-1"), final=True)
    return look.newlines not in (None, "\r\n")


class Content:
    """Takes the bytes of one message. ``fault`` is the reply it will get, once there is something wrong with it.

    ``ended``: its end has been read. ``left``: bytes of this BDAT chunk that are to come.
    """

    def __init__(self, max_size: int, max_line: int, *, normalise: bool = False, fault: bytes = b"") -> None:
        self.max_size = max_size
        self.max_line = max_line
        self.normalise = normalise
        self.fault = fault
        self.ended: bool = False
        self.left: int = 0
        self.size: int = 0
        self._fresh: bool = True  # a line begins here, behind a CRLF
        self._last: bool = False  # this chunk is the last
        self._held: bytes = b""  # the CR at the end of a chunk's bytes, whose LF may come
        self._line: int = 0  # bytes of the line that has not ended

    def data(self, buffer: bytes, at: int) -> tuple[bytes, int]:
        """Read DATA from ``at``: what is content of it, and where it was read to, the end of data or of a line.

        A line that is too long is read as far as there is of it; no CR is taken before what follows is known.
        """
        if self._fresh and _end_at(buffer, at):
            self.ended = True
            return b"", at + 3
        dot = _dot(buffer, at)
        end = buffer.find(b"\r\n.\r\n", dot) if dot >= 0 else -1
        cut = end + 2 if end >= 0 else buffer.rfind(b"\n", at) + 1
        if cut <= at:
            cut = len(buffer) - buffer.endswith(b"\r")
            if cut - at <= self.max_line:
                return b"", at
        piece = buffer[at:cut]
        if 0 <= dot < cut - 2:
            piece = piece.replace(b"\r\n.", b"\r\n")
        if self._fresh and piece[0] == DOT:
            piece = piece[1:]
        self.ended = end >= 0
        self._fresh = self.ended or buffer.endswith(b"\r\n", at, cut)
        return self._checked(piece), end + 5 if self.ended else cut

    def expect(self, size: int, *, last: bool) -> None:
        """A chunk of BDAT follows; ``last``: of the message."""
        self.left, self._last = size, last

    def chunk(self, buffer: bytes, at: int) -> tuple[bytes, int]:
        """Read the chunk from ``at``: what is content of it, and where it was read to."""
        piece = buffer[at : at + self.left]
        at += len(piece)
        self.left -= len(piece)
        self.ended = self._last and not self.left
        if self._held:
            piece, self._held = self._held + piece, b""
        if piece.endswith(b"\r") and not self.ended:
            piece, self._held = piece[:-1], b"\r"
        return self._checked(piece), at

    def _checked(self, piece: bytes) -> bytes:
        """``piece``, or b"" if the message has a fault by now."""
        found = b""
        if _alone(piece):
            if self.normalise:
                piece = _ALONE.sub(b"\r\n", piece)
            else:
                found = BARE
        self.size += len(piece)
        if self._too_long(piece):
            found = found or LONG
        if self.max_size and self.size > self.max_size:
            found = BIG
        if found and self.fault in WORSE:  # what the server has said of it itself stays
            self.fault = max(self.fault, found, key=WORSE.index)
        return b"" if self.fault else piece

    def _too_long(self, piece: bytes) -> bool:
        """Whether a line is longer than it may be; steps over as many lines at once as fit into one."""
        at, room, most, end = 0, self.max_line - self._line, self.max_line, len(piece)
        if end <= room and piece.endswith(b"\n"):
            self._line = 0
            return False
        while end - at > room:
            last = piece.rfind(b"\n", at, at + room)
            if last < 0:
                return True
            at, room = last + 1, most
        last = end - 1 if piece.endswith(b"\n") else piece.rfind(b"\n", at)
        self._line = end - last - 1 if last >= 0 else self._line * (at == 0) + end - at
        return False
