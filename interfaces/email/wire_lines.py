"""What comes in on a connection of mail and what is said, around the rules of a protocol. Pure.

Commands are lines that end in CRLF, of up to LINE octets (RFC 5321 §2.3.8, §4.5.3.1.4).
"""

from typing import Any, Final

from interfaces.email import replies as say
from interfaces.email.events_smtp import Event, Limits

__all__ = ["CHUNK", "CLOSED", "COMMAND", "DATA", "HANDSHAKE", "LINE", "LOGIN", "WAIT", "Lines"]

LINE: Final = 2048
"""Octets of a command with its CRLF (RFC 5321 §4.5.3.1.4 asks for 512, extensions for more)."""
COMMAND: Final = 0
DATA: Final = 1
CHUNK: Final = 2
LOGIN: Final = 3
WAIT: Final = 4
HANDSHAKE: Final = 5
CLOSED: Final = 6


class Lines:
    """Bytes that wait to be read, and replies that wait to be written. A subclass has the rules: :meth:`_step`.

    ``closing``: nothing more is taken; the connection ends when ``out`` has left.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.out: list[bytes] = []
        self.closing: bool = False
        self._state: int = COMMAND
        self._buffer: bytes = b""
        self._at: int = 0
        self._more: list[bytes] = []
        self._unjoined: int = 0  # bytes of them
        self._errors: int = 0

    def feed(self, data: bytes) -> None:
        """Bytes from the client; what is fed behind ``closing`` or while TLS is due is dropped."""
        if self._state < HANDSHAKE:
            self._more.append(data)
            self._unjoined += len(data)

    @property
    def pending(self) -> int:
        """Bytes that were fed and not read yet."""
        return len(self._buffer) - self._at + self._unjoined

    @property
    def waiting(self) -> bool:
        """Whether an answer is due, before which nothing more is read."""
        return self._state == WAIT

    def next(self) -> Event | None:
        """The next event, or None when there is none before more is fed or answered."""
        if self._state == WAIT:
            return None
        if self._more:
            rest = self._buffer[self._at :]
            self._buffer = b"".join([rest, *self._more]) if rest or len(self._more) > 1 else self._more[0]
            self._at = self._unjoined = 0
            self._more.clear()
        event: Event | None = None
        while event is None and (self._at < len(self._buffer) or self._state == CHUNK):
            at, state = self._at, self._state
            event = self._step(state)
            if self._at == at and self._state == state:
                break
        if self._at == len(self._buffer):
            self._buffer, self._at = b"", 0  # an idle connection holds nothing
        return event

    def _step(self, state: int) -> Event | None:
        """Read on, or stay where the buffer is when there is too little."""
        raise NotImplementedError

    def _forget(self) -> Event | None:
        """No transaction any more."""
        raise NotImplementedError

    def stop(self, answer: bytes) -> Event | None:
        """End the connection with ``answer``: 421 and why. A message that has begun is abandoned."""
        return None if self.closing else self._close(answer)

    def _say(self, answer: bytes) -> Event | None:
        self.out.append(answer)
        return None

    def _bad(self, answer: Any) -> Event | None:
        self._errors += 1
        if self._errors > self.limits.max_errors:
            return self._close(say.ERRORS)
        return self._say(answer)

    def _close(self, answer: bytes) -> Event | None:
        self.out.append(answer)
        self.closing = True
        self._drop(CLOSED)
        return self._forget()

    def _drop(self, state: int) -> None:
        """Read nothing of what came, nor what comes, in this state."""
        self._state = state
        self._buffer, self._at, self._more, self._unjoined = b"", 0, [], 0
