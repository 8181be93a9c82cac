"""The bytes of a connection of IRC, as lines. Pure.

RFC 1459 §2.3: lines end with CR LF; a lone LF ends one, too, as all servers take it. A CR or NUL inside of a line is
refused, as is a line with more octets than there may be: 512 with its end, and 8191 of tags in front (message-tags).
What is refused is told in its place as a :class:`Refused`, and what comes after its end is read on. A line that never
ends is dropped while it comes, and told once. Empty lines are passed over; they cost their sender a line now and then.
"""

import re
from collections import deque
from typing import Final

from interfaces.irc.line import BODY, TAGS, Line, parse

__all__ = ["Refused", "Wire"]


class Refused:
    """A line that was not taken: ``why`` is "long", "bytes" or, of the last of many, "empty"."""

    __slots__ = ("why",)

    def __init__(self, why: str) -> None:
        self.why = why

    def __repr__(self) -> str:
        return f"<Refused {self.why}>"


LONG: Final = Refused("long")
BYTES: Final = Refused("bytes")
EMPTY: Final = Refused("empty")
PASSED: Final = 64
"""Lines without a command of which one is told: who sends nothing else is not read without end."""
_CR: Final = 0x0D
_NUL: Final = 0
"""Octets: they are found faster than bytes are."""
_EMPTIES: Final = re.compile(rb"\n\n+")


class Wire:
    """Takes bytes by :meth:`feed`, gives lines by :meth:`next`; ``body`` and ``tags`` are limits in octets."""

    def __init__(self, body: int = BODY, tags: int = TAGS) -> None:
        self.body: int = body
        self.tags: int = tags
        self._lines: deque[bytes | Refused] = deque()
        self._rest: bytes = b""
        self._skipping: bool = False
        self._passed: int = 0

    def __repr__(self) -> str:
        return f"<Wire {len(self._lines)} lines wait>"

    @property
    def waiting(self) -> int:
        """How many whole lines there are."""
        return len(self._lines)

    @property
    def pending(self) -> int:
        """Octets of the lines that wait."""
        return sum(len(one) for one in self._lines if isinstance(one, bytes)) + len(self._rest)

    def feed(self, data: bytes) -> None:
        """More bytes."""
        if data.find(b"\n\n") >= 0:
            data = _EMPTIES.sub(b"\n", data)
        lines = (self._rest + data if self._rest else data).split(b"\n")
        rest = lines.pop()
        if self._skipping:
            if not lines:
                return
            self._skipping = False
            del lines[0]
        self._lines.extend(filter(None, lines))
        if len(rest) > self.body + self.tags:
            self._lines.append(LONG)
            self._skipping = True
            rest = b""
        self._rest = rest

    def next(self) -> Line | Refused | None:
        """The next line; None: there is no whole one. Empty ones are passed over, but for one in :data:`PASSED`."""
        lines = self._lines
        while lines:
            data = lines.popleft()
            if isinstance(data, Refused):
                return data
            if data.endswith(b"\r"):
                data = data[:-1]
            if len(data) > self.body - 2 or _CR in data or _NUL in data:
                refused = self._judge(data)
                if refused is not None:
                    return refused
            line = parse(data)
            if line is not None:
                return line
            self._passed += 1
            if self._passed >= PASSED:
                self._passed = 0
                return EMPTY
        return None

    def _judge(self, data: bytes) -> Refused | None:
        """Why it is not taken; None: it is, as its length is that of its tags."""
        tags = data.find(b" ") + 1 if data.startswith(b"@") else 0
        if tags > self.tags or len(data) - tags > self.body - 2:
            return LONG
        return BYTES if _CR in data or _NUL in data else None
