"""Streams of HTTP/2: their states, which are one table, and what is known of each. Pure.

RFC 9113 §5.1 (states), §5.2 (windows), §8.1 (a body is what comes before the end, or before trailers).

A stream begins with the peer's HEADERS, and is over when both sides have ended it, or one has reset it. What the
peer sent before it heard of our reset is ignored. Of streams that are over, those that were reset are remembered for
a while; all others of lower ids count as ended, but for those that the peer has skipped, which were never there.
"""

from collections import deque
from typing import Any, Final

from interfaces.http_ws.frames_h2 import PROTOCOL_ERROR, STREAM_CLOSED

__all__ = ["STATES", "Bucket", "Flow"]

IDLE: Final = 0
OPEN: Final = 1
HALF_REMOTE: Final = 2
"""The peer has ended it."""
HALF_LOCAL: Final = 3
"""We have."""
CLOSED: Final = 4
"""Both have."""
RESET_HERE: Final = 5
RESET_THERE: Final = 6
SKIPPED: Final = 7

HEADERS: Final = 0
HEADERS_END: Final = 1
"""With END_STREAM."""
DATA: Final = 2
DATA_END: Final = 3
RESET: Final = 4
WINDOW: Final = 5
SENT_END: Final = 6
"""What we send, as the next."""
SENT_RESET: Final = 7

STREAM: Final = 0x100
"""A stream's error, with its code in the low bits; RST_STREAM tells of it."""
CONNECTION: Final = 0x200
"""The connection's."""
IGNORED: Final = 0x400
NEVER: Final = 0x800
"""We do not."""

TUNNEL: Final = -2
"""The length of what is no body: behind CONNECT the stream stands for a connection, which has no trailers (§8.5)."""

_MALFORMED: Final = STREAM | PROTOCOL_ERROR
_LATE: Final = STREAM | STREAM_CLOSED
_WRONG: Final = CONNECTION | PROTOCOL_ERROR
_OVER: Final = CONNECTION | STREAM_CLOSED

# fmt: off
STATES: Final[list[list[int]]] = [
    # HEADERS    HEADERS_END  DATA         DATA_END     RESET        WINDOW       SENT_END  SENT_RESET
    [OPEN,       HALF_REMOTE, _WRONG,      _WRONG,      _WRONG,      _WRONG,      NEVER,    RESET_HERE],  # IDLE
    [_MALFORMED, HALF_REMOTE, OPEN,        HALF_REMOTE, RESET_THERE, OPEN,        HALF_LOCAL, RESET_HERE],  # OPEN
    [_LATE,      _LATE,       _LATE,       _LATE,       RESET_THERE, HALF_REMOTE, CLOSED,   RESET_HERE],  # HALF_REMOTE
    [_MALFORMED, CLOSED,      HALF_LOCAL,  CLOSED,      RESET_THERE, HALF_LOCAL,  NEVER,    RESET_HERE],  # HALF_LOCAL
    [_OVER,      _OVER,       _OVER,       _OVER,       IGNORED,     IGNORED,     NEVER,    NEVER],       # CLOSED
    [IGNORED,    IGNORED,     IGNORED,     IGNORED,     IGNORED,     IGNORED,     NEVER,    NEVER],       # RESET_HERE
    [_LATE,      _LATE,       _LATE,       _LATE,       IGNORED,     IGNORED,     NEVER,    NEVER],       # RESET_THERE
    [_WRONG,     _WRONG,      _WRONG,      _WRONG,      IGNORED,     IGNORED,     NEVER,    NEVER],       # SKIPPED
]
"""State × what happens → the next state, or what is wrong."""
# fmt: on


class Flow:
    """One stream. ``owner`` is the connection's to set.

    ``window`` is what may be sent, ``room`` what may still be received; ``pending`` waits for a window, ``trailers``
    or the end stand behind it. ``length`` is the body's as announced, -1, or TUNNEL, ``got`` what came of it so far;
    ``unread`` was given to the owner and not given back, ``credit`` was, and the peer has not been told.
    """

    __slots__ = (
        "credit", "cut", "ending", "got", "id", "length", "owner", "pending", "pending_size", "room", "state",
        "trailers", "unread", "window",
    )  # fmt: skip

    def __init__(self, stream: int, window: int, room: int, length: int, state: int) -> None:
        self.id: int = stream
        self.state: int = state
        self.window: int = window
        self.room: int = room
        self.length: int = length
        self.got: int = 0
        self.unread: int = 0
        self.credit: int = 0
        self.pending: deque[Any] | None = None
        self.pending_size: int = 0
        self.ending: bool = False
        self.trailers: bytes = b""
        self.cut: bool = False
        self.owner: Any = None

    def __repr__(self) -> str:
        return f"<Flow {self.id}, state {self.state}, {self.pending_size} octets wait>"

    @property
    def open(self) -> bool:
        """Whether the peer may still send on it."""
        return self.state == OPEN or self.state == HALF_LOCAL


class Bucket:
    """``most`` at once, and ``rate`` a second."""

    __slots__ = ("_left", "_most", "_rate", "_since")

    def __init__(self, most: int, rate: float) -> None:
        self._most: float = float(most)
        self._rate: float = rate
        self._left: float = float(most)
        self._since: float = 0.0

    def take(self, now: float) -> bool:
        """Take one; False when there is none."""
        self._left = min(self._most, self._left + max(0.0, now - self._since) * self._rate) - 1
        self._since = now
        return self._left >= 0
