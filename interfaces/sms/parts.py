"""Long messages that come in parts: what is a part of what, and putting them together within bounds. Pure.

Source: 3GPP TS 23.040 §9.2.3.24 (headers in the text, 8- and 16-bit references), SMPP 3.4 §5.3.2.22 to .24 (sar_…).
Parts belong together that have sender, recipient, reference and total in common. What is not whole after ``TTL`` is
given up, counted, and never forwarded. A part that comes again is known by its content, also after the whole was done,
since references come round.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from interfaces.shared.errors import PeerError
from interfaces.sms.command_status import APPLICATION_WAITS
from interfaces.sms.pdus import Sm
from interfaces.sms.segments import concatenation, parted
from interfaces.sms.tlvs import SAR_REFERENCE, SAR_SEQUENCE, SAR_TOTAL, number

__all__ = ["OCTETS", "SENDER", "SETS", "TTL", "Part", "Parts", "Whole", "part_of"]

TTL: Final = 600.0
"""Seconds from the first part until a message is given up; so long a whole one is known, too."""
SETS: Final = 10_000
"""Messages in parts of a bind."""
OCTETS: Final = 8 * 2**20
"""Of all parts of a bind."""
SENDER: Final = 50
"""Messages that are not whole, from one sender."""
UDHI: Final = 0x40
"""The bit of esm_class that says that the text begins with a header."""
_COST: Final = 200
"""Octets that are counted for each part beside its content."""


@dataclass(frozen=True, slots=True)
class Part:
    """A message, or one of its parts, without its header."""

    header: bytes
    data: bytes
    key: tuple[bytes, bytes, int, int] | None = None
    """Sender, recipient, reference, total; None: it is whole."""
    number: int = 1
    """From 1."""


def part_of(sm: Sm) -> Part:
    """What ``sm`` has; numbers that make no sense are none."""
    header, data = parted(sm.content) if sm.esm_class & UDHI else (b"", sm.content)
    place = concatenation(header) if header else None
    if place is not None:
        if place.total == 1:
            return Part(header, data)
        reference = place.reference | 0x10000 if place.wide else place.reference
        return Part(header, data, (sm.source, sm.destination, reference, place.total), place.number)
    if SAR_REFERENCE in sm.tlvs:
        total, at = number(sm.tlvs, SAR_TOTAL) or 0, number(sm.tlvs, SAR_SEQUENCE) or 0
        if 1 <= at <= total and total > 1:
            reference = 0x20000 | (number(sm.tlvs, SAR_REFERENCE) or 0)
            return Part(header, data, (sm.source, sm.destination, reference, total), at)
    return Part(header, data)


def _hash(data: bytes) -> bytes:
    return hash(data).to_bytes(8, "big", signed=True)


@dataclass(slots=True)
class Whole:
    """A message in parts, of which some are there."""

    total: int
    until: float
    name: str = ""
    """The id that it was given when it became whole; the caller's."""
    parts: dict[int, Part] = field(default_factory=dict)
    known: bytes = b""
    """Hashes of the parts, in their order, after it was done."""
    ids: list[tuple[str, int]] = field(default_factory=list)
    """What the caller gave its parts, and the receipts that they want."""
    octets: int = 0
    status: int = 0
    """What was answered, once it was done."""
    done: bool = False

    @property
    def pieces(self) -> list[Part]:
        """In their order."""
        return [self.parts[one] for one in sorted(self.parts)]

    @property
    def whole(self) -> bool:
        """Whether all are there."""
        return not self.done and len(self.parts) == self.total


class Parts:
    """Those of one bind. ``given_up`` counts messages whose other parts never came, ``repeated`` parts."""

    def __init__(
        self, *, sets: int = SETS, octets: int = OCTETS, sender: int = SENDER, ttl: float = TTL
    ) -> None:
        self.sets = sets
        self.octets = octets
        self.sender = sender
        self.ttl = ttl
        self.held: int = 0
        """Octets of all that are not done."""
        self.given_up: int = 0
        self.repeated: int = 0
        self._sets: OrderedDict[tuple[bytes, bytes, int, int], Whole] = OrderedDict()
        self._senders: dict[bytes, int] = {}

    def __repr__(self) -> str:
        return f"<Parts {len(self._sets)} messages, {self.held} octets>"

    def __len__(self) -> int:
        return len(self._sets)

    def take(self, part: Part, now: float) -> Whole:
        """The message that ``part`` is of, with it. PeerError with the status when there is no room."""
        self.expire(now)
        key = part.key
        assert key is not None  # noqa: S101 - of a whole message there is nothing to put together
        found = self._sets.get(key)
        if found is not None and found.done:
            at = 8 * part.number
            if found.known[at - 8 : at] == _hash(part.data):
                self.repeated += 1
                return found
            self._forget(key, found)  # the reference has come round
            found = None
        if found is not None and (there := found.parts.get(part.number)) is not None:
            self.repeated += 1
            if there.data == part.data:
                return found
            self.given_up += 1
            self._forget(key, found)
            found = None
        size = len(part.data) + len(part.header) + _COST
        if self.held + size > self.octets or (found is None and self._full(key[0])):
            raise PeerError("too many messages are not whole", APPLICATION_WAITS)
        if found is None:
            found = self._sets[key] = Whole(key[3], now + self.ttl)
            self._senders[key[0]] = self._senders.get(key[0], 0) + 1
        found.parts[part.number] = part
        found.octets += size
        self.held += size
        return found

    def finished(self, key: tuple[bytes, bytes, int, int], whole: Whole, status: int) -> None:
        """It has its final answer: only what tells repeats is kept."""
        if whole.done or self._sets.get(key) is not whole:
            return
        whole.known = b"".join([_hash(part.data) for part in whole.pieces])
        whole.parts = {}
        whole.status = status
        self._release(key, whole)
        whole.done = True

    def expire(self, now: float) -> None:
        """Give up what is too old; the oldest stand first."""
        while self._sets:
            key = next(iter(self._sets))
            whole = self._sets[key]
            if whole.until > now:
                return
            if not whole.done:
                self.given_up += 1
            self._forget(key, whole)

    def _full(self, sender: bytes) -> bool:
        if self._senders.get(sender, 0) >= self.sender:
            return True
        while len(self._sets) >= self.sets:
            key = next(iter(self._sets))
            whole = self._sets[key]
            if not whole.done:
                return True
            self._forget(key, whole)
        return False

    def _forget(self, key: tuple[bytes, bytes, int, int], whole: Whole) -> None:
        del self._sets[key]
        if not whole.done:
            self._release(key, whole)

    def _release(self, key: tuple[bytes, bytes, int, int], whole: Whole) -> None:
        self.held -= whole.octets
        whole.octets = 0
        left = self._senders[key[0]] - 1
        if left:
            self._senders[key[0]] = left
        else:
            del self._senders[key[0]]
