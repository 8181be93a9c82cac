"""A connection we accepted: bytes to a wire and back, both back-pressures, deadlines.

What a turn of the event loop writes leaves in one write, or as soon as 64 KiB wait. Deadlines are looked at by
one sweep a listener, never by a timer a connection. Reading stops while any reason for it stands.
"""

import asyncio
from typing import Any, Final
from weakref import WeakKeyDictionary

from mypy_extensions import mypyc_attr

__all__ = ["FLUSH_AT", "FOREVER", "Stream"]

FLUSH_AT = 65536
FOREVER = float("inf")
_turn_ends: Final[Any] = WeakKeyDictionary()


class _TurnEnd:
    """The streams of a loop that write at the end of its turn: one call for all, of which there may be thousands."""

    def __init__(self) -> None:
        self.streams: list[Stream] = []

    def add(self, stream: "Stream") -> None:
        if not self.streams:
            stream.loop.call_soon(self.flush)
        self.streams.append(stream)

    def flush(self) -> None:
        streams, self.streams = self.streams, []
        for stream in streams:
            try:
                stream.flush()
            except Exception as error:  # noqa: BLE001 - of one: the others write
                stream.loop.call_exception_handler(
                    {"message": f"{stream!r} could not write", "exception": error}
                )


def _turn_end(loop: Any) -> _TurnEnd:
    """That of a loop."""
    found: _TurnEnd | None = _turn_ends.get(loop)
    if found is None:
        found = _turn_ends[loop] = _TurnEnd()
    return found


@mypyc_attr(allow_interpreted_subclasses=True)
class Stream:
    """An asyncio protocol with what all accepted connections need.

    ``spread`` tells that many of these end one after the other, not all at once, when the server stops.
    A subclass implements ``data_received`` and may extend the other callbacks; ``sweep(now)`` is called about
    once a second with the loop's time.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop: Any = loop
        self.spread: bool = False
        self.transport: Any = None
        self.lost: bool = False
        self.blocked: bool = False
        self.deadline: float = FOREVER
        self._held: int = 0
        self._out: list[bytes] = []
        self._size: int = 0
        self._turn_end: _TurnEnd = _turn_end(loop)
        self._planned: bool = False
        self._writers: list[Any] = []
        self._unsent: int = 0
        self._stalled: float = FOREVER
        self._leaving: int = -1

    def connection_made(self, transport: Any) -> None:
        """asyncio: the connection is there."""
        self.transport = transport

    def connection_lost(self, error: Exception | None) -> None:
        """asyncio: it is gone; whoever waits to write goes on and finds that out."""
        self.lost = True
        self._out = []
        self.resume_writing()

    def data_received(self, data: bytes) -> None:
        """asyncio: bytes came."""
        raise NotImplementedError

    def eof_received(self) -> bool:
        """asyncio: the peer will send no more; False closes."""
        return False

    def pause_writing(self) -> None:
        """asyncio: the peer does not read fast enough."""
        self.blocked = True
        self._unsent = -1
        self._stalled = FOREVER

    def resume_writing(self) -> None:
        """asyncio: it does again."""
        self.blocked = False
        writers = self._writers
        self._writers = []
        for writer in writers:
            if not writer.done():
                writer.set_result(None)

    def write(self, data: bytes) -> bool:
        """Write at the end of the loop's turn; True when 64 KiB waited, and left at once."""
        if not data:
            return False
        self.plan()
        self._out.append(data)
        self._size += len(data)
        if self._size < FLUSH_AT:
            return False
        self.flush()
        return True

    def write_now(self, data: bytes) -> None:
        """Write what waits and ``data``, now."""
        if self._out:
            self._out.append(data)
            self.flush()
        elif not self.lost:
            self.transport.write(data)

    def plan(self) -> None:
        """Have :meth:`flush` called at the end of the loop's turn."""
        if not self._planned:
            self._planned = True
            self._turn_end.add(self)

    def flush(self) -> None:
        """Write what waits, now."""
        self._planned = False
        out = self._out
        if out:
            self._out = []
            self._size = 0
            if not self.lost:
                self.transport.write(out[0] if len(out) == 1 else b"".join(out))

    async def writable(self) -> None:
        """Let others run, and wait while the peer's buffer is full."""
        await asyncio.sleep(0)
        while self.blocked and not self.lost:
            writer = self.loop.create_future()
            self._writers.append(writer)
            await writer

    def hold(self, reason: int) -> None:
        """Stop reading for ``reason``, a bit of the subclass's choosing."""
        if not self._held and not self.lost:
            self.transport.pause_reading()
        self._held |= reason

    def release(self, reason: int) -> None:
        """Take ``reason`` back; reading goes on when none is left."""
        if self._held & reason:
            self._held &= ~reason
            if not self._held and not self.lost and not self.transport.is_closing():
                self.transport.resume_reading()

    @property
    def held(self) -> bool:
        """Whether reading is stopped."""
        return self._held != 0

    def close(self) -> None:
        """Close when all that was written has left."""
        if not self.lost:
            self.flush()
            self.transport.close()

    def abort(self) -> None:
        """Close at once."""
        if not self.lost:
            self.transport.abort()

    def stalled(self, now: float, seconds: float) -> bool:
        """Whether nothing has left for ``seconds`` although something waits to."""
        if not self.blocked:
            return False
        unsent = self.transport.get_write_buffer_size()
        if unsent != self._unsent:
            self._unsent = unsent
            self._stalled = now + seconds
        return now >= self._stalled

    def hang_up(self, now: float, seconds: float, linger: float) -> None:
        """Close; a peer that then takes nothing of what was written for ``seconds``, or is still there, is cut off.

        To be called again at ``deadline``; ``linger`` are the seconds for a peer that has taken all.
        """
        unsent = self.transport.get_write_buffer_size()
        if self.transport.is_closing() and unsent in (0, self._leaving):
            self.abort()
            return
        self._leaving = unsent
        self.deadline = now + (seconds if unsent else linger)
        self.close()

    def sweep(self, now: float) -> None:
        """Look at the deadlines; the subclass says what to do then."""

    def excuse(self, seconds: float) -> None:
        """The loop itself was late by so much: no peer is to blame for that."""
        self.deadline += seconds
        self._stalled += seconds

    def drain(self) -> None:
        """The server stops: end as soon as the protocol allows. Does nothing here; asked once."""
