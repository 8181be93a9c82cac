"""A message of ours as the bodies of its submit_sm, or deliver_sm: one a part, in order. Pure.

A text that goes out in GSM 03.38 where data_coding 0 means another alphabet (``default_coding``) is written in that,
and where that has not all of its letters in UCS-2. Parts have a header in the text (8-bit reference).
"""

from dataclasses import dataclass, field
from typing import Final

from interfaces.shared.errors import ApplicationError
from interfaces.sms.pdus import Sm, write_sm
from interfaces.sms.providers.base import Outgoing
from interfaces.sms.segments import Concatenation, Segments, segments, user_data
from interfaces.sms.segments.headers import header
from interfaces.sms.smpp_reading import SAME, Coding
from interfaces.sms.smpp_times import absolute, relative
from interfaces.sms.ton_npi import Number, number_of

__all__ = ["BINARY", "UCS2", "Written", "bodies"]

BINARY: Final = 4
UCS2: Final = 8
_UDHI: Final = 0x40
_OCTETS: Final = 140
_SINGLE: Final = 160
"""Septets of a text in one part."""
_ROOM: Final = 134
"""Octets of binary data in a part behind its header."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """How a peer wants its messages."""

    coding: Coding = field(default_factory=Coding)
    source_ton: int = -1
    source_npi: int = -1


def bodies(message: Outgoing, how: Written, reference: int) -> list[bytes]:
    """The body of each part. ``reference`` tells its parts from others. ApplicationError for what has no room."""
    source = _number(message.sender, "from_address", how.source_ton, how.source_npi)
    destination = _number(message.recipient, "to_address", -1, -1)
    data_coding, parts = _parts(message, how.coding, reference)
    schedule = absolute(message.schedule_at) if message.schedule_at else b""
    validity = relative(message.validity) if message.validity else b""
    return [
        write_sm(
            Sm(
                source.address, destination.address, before + data, source.ton, source.npi, destination.ton,
                destination.npi, _UDHI if before else 0, 0, 0, schedule, validity, int(message.status), 0, data_coding,
            )
        )
        for before, data in parts
    ]  # fmt: skip


def _number(said: str, name: str, ton: int, npi: int) -> Number:
    if not said:
        return Number(max(ton, 0), max(npi, 0), b"")
    found = number_of(said, ton, npi)
    if found is None:
        raise ApplicationError(f"{name} {said!r}: SMPP has room for 20 characters of Latin-1")
    return found


def _parts(message: Outgoing, coding: Coding, reference: int) -> tuple[int, list[tuple[bytes, bytes]]]:
    if message.media:
        raise ApplicationError("media cannot be sent by SMPP")
    if message.data or message.encoding == "binary":
        return BINARY, _binary(message.data, reference)
    if message.encoding == "ucs2":
        return UCS2, user_data(segments(message.text, encoding="ucs2"), reference)
    plain = message.text.encode("utf-8", "surrogatepass") if len(message.text) <= _SINGLE else b""
    if plain and SAME.fullmatch(plain) and not coding.packed:
        return 0, [(b"", plain)]
    found = segments(message.text, encoding="gsm7")
    if coding.default == "gsm7":
        return 0, user_data(found, reference, packed=coding.packed)
    try:
        return 0, _plain(found, coding.default, reference)
    except UnicodeEncodeError:
        return UCS2, user_data(segments(message.text, encoding="ucs2"), reference)


def _plain(found: Segments, codec: str, reference: int) -> list[tuple[bytes, bytes]]:
    """In an alphabet of one octet a letter; the SMSC makes septets of it, so the parts are the same."""
    total = len(found.parts)
    return [
        (header(Concatenation(reference, total, at, wide=False)) if total > 1 else b"", part.encode(codec))
        for at, part in enumerate(found.parts, 1)
    ]


def _binary(data: bytes, reference: int) -> list[tuple[bytes, bytes]]:
    if len(data) <= _OCTETS:
        return [(b"", data)]
    pieces = [data[at : at + _ROOM] for at in range(0, len(data), _ROOM)]
    if len(pieces) > 255:
        raise ApplicationError(f"binary data of {len(data)} octets: 255 parts of {_ROOM} is the most")
    return [
        (header(Concatenation(reference, len(pieces), at, wide=False)), piece)
        for at, piece in enumerate(pieces, 1)
    ]
