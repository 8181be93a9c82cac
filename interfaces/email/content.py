"""The content of a message as it arrives: the dot of its end, dots that were doubled, lines that end in CRLF. Pure.

RFC 5321 (§2.3.8 lines, §4.1.1.4 DATA, §4.5.2 transparency, §4.5.3.1.6 text lines), RFC 3030 (BDAT).

A CR or LF alone is refused anywhere, so no two servers can disagree on where a message ends: only CRLF.CRLF is an end
of DATA. With ``normalise`` they are made CRLF instead, for clients of one's own, and an end they still are not.
"""

import re

from interfaces.email.replies import reply

__all__ = ["Content"]

BARE = reply(550, "5.6.0", "A CR or LF that is not part of a CRLF")
LONG = reply(500, "5.6.0", "A line is too long")
BIG = reply(552, "5.3.4", "Message too big")
_ALONE = re.compile(rb"\r\n|\r|\n")


class Content:
    """Takes the bytes of one message. ``fault`` is the reply it will get, once there is something wrong with it."""

    def __init__(self, max_size: int, max_line: int, *, normalise: bool = False) -> None:
        self.max_size = max_size
        self.max_line = max_line
        self.normalise = normalise
        self.size: int = 0
        self.fault: bytes = b""
        self._held: bytes = b""  # the CR at the end of a BDAT chunk, whose LF may come
        self._line: int = 0  # bytes of the line that has not ended

    def data(self, whole: bytes, *, fresh: bool = True) -> bytes:
        """Lines of DATA, the last of them ended by LF, without an end of data: the content that they are.

        ``fresh``: they begin behind a CRLF.
        """
        if fresh and whole.startswith(b"."):
            whole = whole[1:]
        if b"\r\n." in whole:
            whole = whole.replace(b"\r\n.", b"\r\n")
        return self._checked(whole)

    def chunk(self, piece: bytes, *, last: bool) -> bytes:
        """Bytes of BDAT; ``last``: of the message."""
        if self._held:
            piece = self._held + piece
            self._held = b""
        if piece.endswith(b"\r") and not last:
            self._held, piece = b"\r", piece[:-1]
        return self._checked(piece)

    def overlong(self, pending: int) -> bool:
        """Whether the line that has not ended is too long already, with so many bytes."""
        if self._line + pending > self.max_line:
            self.fault = self.fault or LONG
            return True
        return False

    def _checked(self, piece: bytes) -> bytes:
        """``piece``, or b"" if the message has a fault by now."""
        if self.fault:
            return b""
        lines = piece.count(b"\n")
        if not lines == piece.count(b"\r") == piece.count(b"\r\n"):
            if self.normalise:
                piece = _ALONE.sub(b"\r\n", piece)
            else:
                self.fault = BARE
        self.size += len(piece)
        if self.max_size and self.size > self.max_size:
            self.fault = BIG
        elif not self.fault and self._too_long(piece):
            self.fault = LONG
        return b"" if self.fault else piece

    def _too_long(self, piece: bytes) -> bool:
        """Whether a line is longer than it may be; steps over as many lines at once as fit into one."""
        at, room, most, end = 0, self.max_line - self._line, self.max_line, len(piece)
        while end - at > room:
            last = piece.rfind(b"\n", at, at + room)
            if last < 0:
                return True
            at, room = last + 1, most
        last = piece.rfind(b"\n", at)
        self._line = end - last - 1 if last >= 0 else self._line * (at == 0) + end - at
        return False
