"""WebSocket frames, messages and the closing handshake. Pure.

RFC 6455 §5.1 (masking), §5.2 (frames), §5.4 (fragments), §5.5 (control frames), §5.6 (data), §7.1 and §7.4
(closing, codes), §8.1 (UTF-8), §10.4 (limits), §10.7; RFC 7692 §6 for messages with RSV1.
Text is checked, and a compressed message inflated, as it arrives: the first bad byte fails the connection,
also in the middle of a frame. Sizes are refused on the header, before a byte of the payload is kept.

1002: reserved bits and opcodes, a mask that is missing (or there, from a server), lengths that are not in
their shortest form or have the top bit, control frames that are fragmented or above 125 bytes, continuations
of nothing, a new message inside another, a close frame of one byte or with a code that may not be on the wire
(1004, 1005, 1006, 1015, below 1000, 1016 to 2999, above 4999). 1007: text or a close reason that is no UTF-8,
a compressed message that cannot be inflated. 1009: above a limit.
What comes after a close frame or a failure is ignored.
"""

import os
from codecs import utf_8_decode
from typing import Final

from interfaces.http_ws.deflate import Deflate
from interfaces.http_ws.events_ws import Close, Event, Failed, Limits, Ping, Pong, Violation, on_the_wire
from interfaces.http_ws.mask import apply_mask
from interfaces.shared.errors import ApplicationError

__all__ = ["Close", "Event", "Failed", "Limits", "Ping", "Pong", "Wire"]

TEXT: Final = 0x81
BINARY: Final = 0x82
CLOSE: Final = 0x88
PING: Final = 0x89
PONG: Final = 0x8A
RSV1: Final = 0x40
NO_STATUS: Final = 1005

_HEADS = {first: [bytes((first, size)) for size in range(126)] for first in (TEXT, BINARY, CLOSE, PING, PONG)}
# What may begin a frame; and what else may when compression was agreed to.
_PLAIN = frozenset((0x00, 0x01, 0x02, 0x80, TEXT, BINARY, CLOSE, PING, PONG))
_DEFLATING = _PLAIN | {RSV1 | first for first in (0x01, 0x02, TEXT, BINARY)}
_WIDTHS = [0] * 126 + [2, 8]  # of the length that follows the first two bytes
_WHOLE = frozenset((TEXT, BINARY))  # a message in one frame, not compressed
_TEXT_HEADS: Final = _HEADS[TEXT]
_BINARY_HEADS: Final = _HEADS[BINARY]
_mask: Final = apply_mask  # a name that the compiled module need not look up
_WITHOUT_END: Final = 1 << 60
_UNIT: Final = 12  # a quota counts a message of 4 KiB, as a power of two, as one frame more


class _Message:
    """A message on its way in, and the frame of it that is being read."""

    __slots__ = ("buffer", "compressed", "final", "fragments", "key", "left", "tail", "text")

    def __init__(self, first: int) -> None:
        self.text: bool = first & 15 == 1
        self.compressed: bool = first & RSV1 != 0
        self.buffer = bytearray()
        self.tail: bytes = b""  # the beginning of a character, at the end of what was checked
        self.fragments: int = 0
        self.left: int = 0
        self.key: bytes = b""
        self.final: bool = False

    def add(self, piece: bytes, done: bool) -> str | bytes | None:
        """Take a piece of the content; the message when ``done``. Raises UnicodeDecodeError."""
        if done and not self.buffer:
            return piece.decode() if self.text else piece
        self.buffer += piece
        if self.text:
            unchecked = self.tail + piece
            self.tail = unchecked[utf_8_decode(unchecked, "strict", done)[1] :]
        if not done:
            return None
        return self.buffer.decode() if self.text else bytes(self.buffer)


class Wire:
    """One side of a connection after the handshake: bytes to events, messages to bytes.

    ``closing``: our close frame has gone, nothing may be sent any more. ``closed``: the peer's has come,
    or it has failed; nothing is read any more. ``more``: the last ``feed`` stopped at its quota. ``unfinished``:
    the bytes that are held of a message whose end has not come.
    """

    __slots__ = (
        "_at",
        "_deflate",
        "_held",
        "_limits",
        "_mask_bit",
        "_message",
        "_quick",
        "_small",
        "closed",
        "closing",
        "more",
        "unfinished",
    )

    def __init__(self, limits: Limits, deflate: Deflate | None = None, client: bool = False) -> None:
        self.closing: bool = False
        self.closed: bool = False
        self.more: bool = False
        self.unfinished: int = 0
        self._limits = limits
        self._deflate = deflate
        self._mask_bit: int = 0 if client else 128  # of the frames that come; ours have the other
        self._held: bytes = b""
        self._at: int = 0  # where in what is held the next frame begins
        self._message: _Message | None = None
        self._small: int = 0 if client else 126 if deflate is None else min(126, deflate.least)
        self._quick: int = self._quick_end()

    def _quick_end(self) -> int:
        """Below which size a read may be one whole small frame: 0 when something is left of earlier reads."""
        if self._held or self._message is not None or self.closed or not self._mask_bit:
            return 0
        return 7 + min(125, self._limits.max_message, self._limits.max_frame)

    def feed(self, data: bytes, quota: int = _WITHOUT_END) -> list[Event]:
        """The events in ``data``, in order: a str is a text message, bytes are a binary one. Never raises.

        It stops after ``quota`` frames, or 4 KiB of messages for each: while ``more``, feed nothing to go on.
        """
        size = len(data)
        if 5 < size < self._quick and data[1] == size + 122:  # masked, and the payload is all the rest
            first = data[0]
            if first == TEXT:
                try:
                    return [_mask(data[6:], data[2:6]).decode()]
                except UnicodeDecodeError:
                    return [self._fail(1007, "text is not UTF-8")]
            if first == BINARY:
                return [_mask(data[6:], data[2:6])]
        return self._read(data, quota)

    def _read(self, data: bytes, quota: int) -> list[Event]:
        events: list[Event] = []
        at = self._at
        if self._held:
            if data:
                data = self._held[at:] + data
                at = 0
            else:
                data = self._held
        end = len(data)
        try:
            while at < end and quota > 0 and not self.closed:
                message = self._message
                if message is not None and message.left:
                    after = self._payload(message, data, at, events)
                else:
                    after = self._frame(data, at, events)
                    if after < 0:
                        break
                at = after
                quota -= 1
                if events:
                    quota -= _weight(events[-1])
        except Violation as error:
            events.append(self._fail(error.code, str(error)))
        except UnicodeDecodeError:
            events.append(self._fail(1007, "text is not UTF-8"))
        self._keep(data, at, quota)
        return events

    def _keep(self, data: bytes, at: int, quota: int) -> None:
        """Hold what is left: all of it while there is more to do, else the beginning of a frame."""
        if at == len(data) or self.closed:
            self._held = b""
            self._at = 0
            self.more = False
        elif quota > 0:
            self._held = data[at:]
            self._at = 0
            self.more = False
        else:
            self._held = data
            self._at = at
            self.more = True
        self.unfinished = 0 if self._message is None else len(self._message.buffer)
        self._quick = self._quick_end()

    def refuse(self, code: int, reason: str) -> Failed:
        """Fail the connection for what is no mistake of the peer's."""
        self.unfinished = 0
        return self._fail(code, reason)

    def _fail(self, code: int, reason: str) -> Failed:
        answer = b"" if self.closing else self._build(CLOSE, code.to_bytes(2, "big") + reason.encode())
        self.closed = True
        self._quick = 0
        self._message = None
        return Failed(code=code, reason=reason, answer=answer)

    def _frame(self, data: bytes, at: int, events: list[Event]) -> int:
        """Read a frame; where the next begins, -1 while its header (a control frame: all of it) is cut."""
        end = len(data)
        if end - at < 2:
            return -1
        first = data[at]
        size = data[at + 1] & 127
        self._check(first, data[at + 1])
        key_size = self._mask_bit >> 5
        start = at + 2 + _WIDTHS[size] + key_size
        if end < start:
            return -1
        if size > 125:
            size = _long_size(data[at + 2 : start - key_size])
        if not first & 8:
            self._admit(first, size)
        key = data[start - key_size : start]
        stop = start + size
        if stop <= end and (first & 8 or first in _WHOLE):
            payload = data[start:stop]
            events.append(self._event(first, _mask(payload, key) if key else payload))
            return stop
        if first & 8:
            return -1
        message = self._message
        if message is None:
            self._message = message = _Message(first)
        message.fragments += 1
        message.left = size
        message.key = key
        message.final = first > 127
        return self._payload(message, data, start, events)

    def _check(self, first: int, second: int) -> None:
        """What the first two bytes of a frame tell (§5.1, §5.2, §5.4, §5.5)."""
        if first not in (_PLAIN if self._deflate is None else _DEFLATING):
            raise _illegal(first)
        if second & 128 != self._mask_bit:
            raise Violation(1002, "frame is not masked" if self._mask_bit else "frame is masked")
        if first & 8:
            if second & 127 > 125:
                raise Violation(1002, "control frame too long")
        elif (first & 15 == 0) != (self._message is not None):
            raise Violation(1002, "continuation expected" if first & 15 else "nothing to continue")

    def _admit(self, first: int, size: int) -> None:
        """Refuse a data frame that is above a limit, before its payload is read."""
        limits = self._limits
        message = self._message
        known = 0
        compressed = first & RSV1 != 0
        if message is not None:
            known = len(message.buffer)
            compressed = message.compressed
            if message.fragments >= limits.max_fragments:
                raise Violation(1009, "too many fragments")
        if size > limits.max_frame:
            raise Violation(1009, "frame too big")
        if not compressed and known + size > limits.max_message:
            raise Violation(1009, "message too big")

    def _payload(self, message: _Message, data: bytes, at: int, events: list[Event]) -> int:
        """Take what is there of the frame's payload; where it ends."""
        stop = min(at + message.left, len(data))
        piece = data[at:stop]
        message.left -= stop - at
        key = message.key
        if key:
            piece = _mask(piece, key)
            turn = (stop - at) & 3
            message.key = key[turn:] + key[:turn]
        done = message.final and not message.left
        if message.compressed and self._deflate is not None:
            room = self._limits.max_message - len(message.buffer)
            piece = self._deflate.inflate(piece, room + 1, done)
            if len(piece) > room:
                message.add(piece, False)  # text that is wrong before the limit is wrong, however it was cut
                raise Violation(1009, "message too big")
        whole = message.add(piece, done)
        if whole is not None:
            self._message = None
            events.append(whole)
        return stop

    def _event(self, first: int, payload: bytes) -> Event:
        """A control frame, or a whole message in one frame. Raises UnicodeDecodeError and Violation."""
        if first == TEXT:
            return payload.decode()
        if first == BINARY:
            return payload
        if first == PING:
            return Ping(payload=payload)
        if first == PONG:
            return Pong(payload=payload)
        code = NO_STATUS
        reason = ""
        if payload:
            code = int.from_bytes(payload[:2], "big")
            if len(payload) == 1 or not on_the_wire(code):
                raise Violation(1002, "malformed close frame")
            reason = payload[2:].decode()
        answer = b"" if self.closing else self._build(CLOSE, payload[:2])
        self.closed = True
        return Close(code=code, reason=reason, answer=answer)

    def text(self, data: str) -> bytes:
        """A text message, in one frame. Raises ApplicationError for lone surrogates, and when closing."""
        try:
            payload = data.encode()
        except UnicodeEncodeError as error:
            raise ApplicationError(f"text with lone surrogates cannot be sent: {error}") from None
        size = len(payload)
        if size < self._small:
            return _TEXT_HEADS[size] + payload
        return self._data(TEXT, payload)

    def binary(self, data: bytes) -> bytes:
        """A binary message, in one frame. Raises ApplicationError when closing."""
        size = len(data)
        if size < self._small:
            return _BINARY_HEADS[size] + data
        return self._data(BINARY, data)

    def _data(self, first: int, payload: bytes) -> bytes:
        if self.closing:
            raise ApplicationError("no message may follow the close frame (RFC 6455 §5.5.1)")
        deflate = self._deflate
        if deflate is not None and len(payload) >= deflate.least:
            shrunk = deflate.compress(payload)
            if shrunk is not None:
                return self._build(first | RSV1, shrunk)
        return self._build(first, payload)

    def ping(self, payload: bytes = b"") -> bytes:
        """A ping; nothing when closing. Raises ApplicationError above 125 bytes (§5.5)."""
        if len(payload) > 125:
            raise ApplicationError("a ping carries at most 125 bytes")
        return b"" if self.closing else self._build(PING, payload)

    def pong(self, payload: bytes = b"") -> bytes:
        """The answer to a ping; nothing when closing. Raises ApplicationError above 125 bytes (§5.5)."""
        if len(payload) > 125:
            raise ApplicationError("a pong carries at most 125 bytes")
        return b"" if self.closing else self._build(PONG, payload)

    def close(self, code: int = 1000, reason: str = "") -> bytes:
        """The close frame; nothing when it has been made before. ``reason`` is cut at 123 bytes of UTF-8.

        Raises ApplicationError for a code that may not be on the wire (§7.4).
        """
        if not on_the_wire(code):
            raise ApplicationError(
                f"{code} is no close code that can be sent: 1000 to 1014 and 3000 to 4999 are"
            )
        if self.closing:
            return b""
        words = reason.encode("utf-8", "replace")
        if len(words) > 123:
            words = words[:123].decode("utf-8", "ignore").encode()
        return self._close(code.to_bytes(2, "big") + words)

    def _close(self, payload: bytes) -> bytes:
        self.end()
        return self._build(CLOSE, payload)

    def end(self) -> None:
        """The ``answer`` of a Close or Failed has been written: nothing may follow it."""
        self.closing = True
        self._small = 0

    def _build(self, first: int, payload: bytes) -> bytes:
        size = len(payload)
        bit = 128 - self._mask_bit
        if size < 126:
            head = bytes((first, bit | size))
        elif size < 65536:
            head = bytes((first, bit | 126)) + size.to_bytes(2, "big")
        else:
            head = bytes((first, bit | 127)) + size.to_bytes(8, "big")
        if not bit:
            return head + payload
        key = os.urandom(4)
        return head + key + _mask(payload, key)


def _weight(event: Event) -> int:
    """What a message counts beyond its frame."""
    return len(event) >> _UNIT if isinstance(event, (str, bytes)) else 0


def _illegal(first: int) -> Violation:
    """Why ``first`` begins no frame."""
    if first & 0x70:
        return Violation(1002, "reserved bits are set")
    return Violation(1002, "control frame is fragmented" if first in (8, 9, 10) else "reserved opcode")


def _long_size(digits: bytes) -> int:
    """The size in the two or eight bytes after the first two. Raises Violation (§5.2)."""
    size = int.from_bytes(digits, "big")
    if size < 126 or (len(digits) == 8 and size < 65536):
        raise Violation(1002, "length is not in its shortest form")
    if size >> 63:
        raise Violation(1002, "length has the top bit")
    return size
