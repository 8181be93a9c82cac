"""What one process publishes to another's inbox, and to a group: pure, no clock, no I/O.

A frame is a byte of version and one msgpack array: [flags, sender, epoch, sequence, offset, heard, consumed, missed,
kinds, sizes, items]. The rules:

- Frames of a pair count up from 0 in an epoch; a sender that starts anew takes a higher epoch. What is missing
  between two frames is a gap, what comes late or twice is not used.
- ``offset`` is how many bytes of credit the sender had spent before this frame, so that what is lost is given
  back; ``heard`` (an epoch), ``consumed`` (bytes) and ``missed`` (frames) tell the same pair's other direction.
- A bare frame (``BARE``) has no items and no number of its own: its ``sequence`` is the one that comes next.
- A frame has at most FRAME bytes before it is sealed. An item that is larger goes in parts: ``MORE`` follows,
  ``REST`` continues; each part is a frame with its own number.
- Compatible from one version to the next: new fields are added at the end of the array, and flags, fields and
  kinds that are unknown are ignored. VERSION rises when that is not enough; from then on both are read
  (OLDEST), and written is the older one until the next release. A newer one is refused, which is counted.
"""

from collections.abc import Iterator
from typing import Annotated, Any, NamedTuple, Protocol

import msgspec

__all__ = [
    "BARE",
    "BYE",
    "DONE",
    "FRAME",
    "MESSAGE_LIMIT",
    "OLDEST",
    "SYNC",
    "VERSION",
    "WINDOW",
    "Cipher",
    "Frame",
    "FrameError",
    "Incoming",
    "Item",
    "Outgoing",
    "decode",
    "decode_group",
    "encode",
    "encode_group",
    "opened",
    "sealed",
]

VERSION = 1
OLDEST = 1
FRAME = 65536
"""Bytes of a frame, before sealing: larger batches are split, larger items travel in parts."""
WINDOW = 1048576
"""Bytes that a sender may have on the way to one peer before the peer has consumed any of them."""
MESSAGE_LIMIT = 16777216
"""Bytes of one encoded item or group message; more is a ValueError for who sends it."""
HEAD = 512  # room for everything in a frame but its items: ten fields and a sender of at most 128 characters

MORE, REST, BARE, SYNC, BYE, DONE = 1, 2, 4, 8, 16, 32
"""Flags: parts; no items; please answer with a bare frame; I go away; I forget
you, forget me: both directions begin anew."""

Count = Annotated[int, msgspec.Meta(ge=0, lt=1 << 53)]
Size = Annotated[int, msgspec.Meta(ge=0, le=MESSAGE_LIMIT)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=128)]


class FrameError(ValueError):
    """What came is no frame of ours. ``reason`` is "version" or "damaged"."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"a frame was refused: {reason}")
        self.reason = reason


class Cipher(Protocol):
    """Seals what is published: signs it, encrypts it or both."""

    def seal(self, data: bytes, /) -> bytes:
        """What to publish for ``data``."""
        ...

    def open(self, data: bytes, /) -> bytes | None:
        """What was sealed; None or a ValueError when it was not sealed with a key of ours."""
        ...


class Frame(msgspec.Struct, array_like=True, gc=False):
    """One frame, decoded."""

    flags: Count
    sender: Name
    epoch: Count
    sequence: Count
    offset: Count
    heard: Count
    consumed: Count
    missed: Count
    kinds: list[int]
    sizes: list[Size]
    items: list[Any]


class _Group(msgspec.Struct, array_like=True, gc=False):
    message: dict[str, Any]
    ask: tuple[Name, Count] | None = None


class Item(NamedTuple):
    """What arrived: its kind, what it is, and the bytes of credit that it holds until it is consumed."""

    kind: int
    item: Any
    size: int


_encode = msgspec.msgpack.Encoder().encode
_decode_frame = msgspec.msgpack.Decoder(Frame).decode
_decode = msgspec.msgpack.Decoder().decode
_decode_group = msgspec.msgpack.Decoder(_Group).decode
# What msgspec raises on hostile bytes: its own errors, nesting too deep, keys that cannot be keys.
_DAMAGED = (msgspec.MsgspecError, RecursionError, TypeError, ValueError, OverflowError)


def encode(item: object) -> bytes:
    """``item`` as msgpack. TypeError when it cannot be said in it, ValueError beyond MESSAGE_LIMIT."""
    try:
        data = _encode(item)
    except (OverflowError, RecursionError, UnicodeEncodeError) as error:
        raise TypeError(f"a message cannot be encoded: {error}") from error
    if len(data) > MESSAGE_LIMIT:
        raise ValueError(f"a message has {len(data)} bytes, more than {MESSAGE_LIMIT}")
    return data


def _body(data: bytes) -> memoryview:
    """What follows the version. FrameError when that is not read here."""
    if len(data) < 2:
        raise FrameError("damaged")
    if not OLDEST <= data[0] <= VERSION:
        raise FrameError("version")
    return memoryview(data)[1:]


def decode(data: bytes) -> Frame:
    """The frame in ``data``. FrameError for anything else, whatever it is."""
    body = _body(data)
    if len(data) > FRAME:
        raise FrameError("damaged")
    try:
        frame = _decode_frame(body)
    except _DAMAGED as error:
        raise FrameError("damaged") from error
    if not len(frame.kinds) == len(frame.sizes) == len(frame.items):
        raise FrameError("damaged")
    return frame


def encode_group(message: dict[str, Any], ask: tuple[str, int] | None = None) -> bytes:
    """What is published for a message to a group. TypeError and ValueError as :func:`encode`.

    ``ask``: no message, but a hub that wants to know the members, and its token.
    """
    return b"%c%b" % (VERSION, encode((message, ask) if ask else (message,)))


def decode_group(data: bytes) -> tuple[dict[str, Any], tuple[str, int] | None]:
    """The message in ``data``, and who asks for the members. FrameError for anything else."""
    body = _body(data)
    try:
        group = _decode_group(body)
    except _DAMAGED as error:
        raise FrameError("damaged") from error
    return group.message, group.ask


def sealed(cipher: Cipher | None, name: bytes, data: bytes) -> bytes:
    """``data`` as it is published under ``name`` (of a channel or key), to which the seal binds it."""
    return data if cipher is None else cipher.seal(b"%b\0%b" % (name, data))


def opened(cipher: Cipher | None, name: bytes, data: bytes) -> bytes | None:
    """What was sealed; None when it was not sealed with our keys for this ``name``."""
    if cipher is None:
        return data
    try:
        plain = cipher.open(data)
    except ValueError:
        return None
    if plain is None or not plain.startswith(name + b"\0"):
        return None
    return plain[len(name) + 1 :]


class Outgoing:
    """The sender's half of a pair: numbers, credit, and what waits for the end of the loop's turn.

    ``spent`` are all bytes of credit of this epoch, ``returned`` those that the peer has consumed.
    """

    def __init__(self, sender: str, epoch: int, window: int = WINDOW) -> None:
        self.sender = sender
        self.epoch = epoch
        self.window = window
        self.sequence = 0
        self.spent = 0
        self.returned = 0
        self.known_missed = 0
        self.asked = False
        """Whether the peer was asked to say what it consumes, and has not yet."""
        self.waiting: list[tuple[int, int, bytes]] = []

    def fits(self, size: int) -> bool:
        """Whether ``size`` bytes more may go on their way; one that is larger than the window goes alone."""
        on_way = self.spent - self.returned
        return on_way + size <= self.window or on_way == 0

    def put(self, kind: int, data: bytes, size: int) -> None:
        """Queue an encoded item that takes ``size`` bytes of credit (0: exempt)."""
        self.spent += size
        self.waiting.append((kind, size, data))

    def frames(self, heard: int, consumed: int, missed: int) -> Iterator[bytes]:
        """Everything that waits, as frames; the rest is :class:`Incoming`'s of the same pair."""
        waiting, self.waiting = self.waiting, []
        offset = self.spent - sum(size for _, size, _ in waiting)
        for flags, batch in _batches(waiting):
            yield self._frame(flags, offset, (heard, consumed, missed), batch)
            self.sequence += 1
            offset += sum(size for _, size, _ in batch)

    def bare(self, flags: int, heard: int, consumed: int, missed: int) -> bytes:
        """A frame without items: what the peer should have by now, and what we have of it."""
        offset = self.spent - sum(size for _, size, _ in self.waiting)
        return self._frame(flags | BARE, offset, (heard, consumed, missed), [])

    def told(self, heard: int, consumed: int, missed: int) -> int:
        """Take in what the peer says of our frames; how many of them it missed since it last said so."""
        if heard != self.epoch:
            return 0
        self.asked = self.asked and consumed <= self.returned
        self.returned = min(max(self.returned, consumed), self.spent)
        news = max(missed - self.known_missed, 0)
        self.known_missed += news
        return news

    def _frame(
        self, flags: int, offset: int, other: tuple[int, int, int], batch: list[tuple[int, int, bytes]]
    ) -> bytes:
        head = (flags, self.sender, self.epoch, self.sequence, offset, *other)
        kinds = _encode([kind for kind, _, _ in batch])
        sizes = _encode([size for _, size, _ in batch])
        items = b"".join([data for _, _, data in batch])
        words = b"".join([_encode(word) for word in head])
        count = len(batch).to_bytes(4, "big")
        return b"%c\x9b%b%b%b\xdd%b%b" % (VERSION, words, kinds, sizes, count, items)


def _batches(waiting: list[tuple[int, int, bytes]]) -> Iterator[tuple[int, list[tuple[int, int, bytes]]]]:
    """Cut what waits into frames: flags and items each."""
    room = FRAME - HEAD
    batch: list[tuple[int, int, bytes]] = []
    used = 0
    for entry in waiting:
        need = len(entry[2]) + 10  # its kind and its size, at most
        if batch and used + need > room:
            yield 0, batch
            batch, used = [], 0
        if need > room:
            yield from _parts(entry, room - 20)
        else:
            batch.append(entry)
            used += need
    if batch:
        yield 0, batch


def _parts(entry: tuple[int, int, bytes], room: int) -> Iterator[tuple[int, list[tuple[int, int, bytes]]]]:
    """One large item, cut; its credit is spent part by part."""
    kind, size, data = entry
    for at in range(0, len(data), room):
        piece = data[at : at + room]
        last = at + room >= len(data)
        flags = (REST if at else 0) | (0 if last else MORE)
        yield flags, [(kind, len(piece) if size else 0, _encode(piece))]


class Incoming:
    """The receiver's half of a pair: checks numbers, puts parts together, says what has to be told.

    ``missed`` are frames lost in this epoch; ``received`` and ``consumed`` are bytes of credit; ``late`` are
    frames that came too late or twice, which were not used; ``partial`` the bytes of a large item so far.
    """

    def __init__(self) -> None:
        self.late = 0
        self._start(-1)

    def _start(self, epoch: int) -> None:
        self.epoch = epoch
        self.expected = self.missed = 0
        self.asked = False  # to say at once what is consumed, until that is all
        self.received = self.consumed = self.acknowledged = 0
        self.parts: list[bytes] = []
        self.partial = self.held = 0

    def feed(self, frame: Frame) -> tuple[int, list[Item]]:
        """How many frames are missing before this one, and what it brings.

        A new epoch has at least one missing: what was on its way in the old one is nobody's any more.
        """
        gap = 0
        if frame.epoch != self.epoch:
            if frame.epoch < self.epoch:
                self.late += 1
                return 0, []
            gap = int(self.epoch >= 0)
            self._start(frame.epoch)
            self.missed = gap
        self.asked |= bool(frame.flags & SYNC)
        bare = bool(frame.flags & BARE)
        if frame.sequence < self.expected:
            self.late += not bare
            return gap, []
        lost = frame.sequence - self.expected
        self.missed += lost
        self.expected = frame.sequence + (not bare)
        self._settle(frame.offset)
        if lost:
            self.abandon()
        return gap + lost, [] if bare else self._items(frame)

    def consume(self, size: int) -> None:
        """``size`` bytes of credit are free again (those of a former epoch too: never more than received)."""
        self.consumed = min(self.consumed + size, self.received)

    def owes(self, window: int) -> bool:
        """Whether it is time to tell the sender what was consumed."""
        return self.consumed - self.acknowledged >= (1 if self.asked else window // 2)

    def report(self) -> tuple[int, int, int]:
        """What the next frame to the sender says of its own: heard, consumed, missed."""
        self.acknowledged = self.consumed
        self.asked = self.asked and self.consumed < self.received
        return max(self.epoch, 0), self.consumed, self.missed

    def _settle(self, offset: int) -> None:
        """Give back the credit of what was lost."""
        lost = offset - self.received
        if lost > 0:
            self.received = offset
            self.consume(lost)

    def abandon(self) -> None:
        """Let go of the parts of a large item; the rest of them will not be used."""
        self.consume(self.held)
        self.parts = []
        self.partial = self.held = 0

    def _items(self, frame: Frame) -> list[Item]:
        self.received += sum(frame.sizes)
        if frame.flags & (MORE | REST):
            return self._part(frame)
        self.abandon()
        return list(map(Item, frame.kinds, frame.items, frame.sizes))

    def _part(self, frame: Frame) -> list[Item]:
        """Keep one more part; the item, when it was the last. Parts without their beginning are let go."""
        if not frame.flags & REST:
            self.abandon()
        begun = bool(self.parts) or not frame.flags & REST
        self.held += sum(frame.sizes)
        piece = frame.items[0] if len(frame.items) == 1 else None
        if not begun or not isinstance(piece, bytes) or self.partial + len(piece) > MESSAGE_LIMIT:
            self.abandon()
            return []
        self.parts.append(piece)
        self.partial += len(piece)
        if frame.flags & MORE:
            return []
        return self._whole(frame.kinds[0])

    def _whole(self, kind: int) -> list[Item]:
        try:
            item = Item(kind, _decode(b"".join(self.parts)), self.held)
        except _DAMAGED:
            self.abandon()
            return []
        self.held = 0
        self.abandon()
        return [item]
