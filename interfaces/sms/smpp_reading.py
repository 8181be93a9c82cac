"""A message of a PDU as what the application is told: text or bytes, receipts, long messages put together. Pure.

Which message came again is known by the id that the SMSC gives (receipted_message_id), or by the sender's
user_message_reference, with all else that it says: some SMSCs give the same one to all. One that has neither has a
name of ours; lost connections give that again to what comes again, see
:class:`interfaces.sms.smpp.repeats.Repeats`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final, Literal

from interfaces.sms.parts import Part, Parts, Whole, part_of
from interfaces.sms.pdus import Sm
from interfaces.sms.providers.base import Inbound
from interfaces.sms.segments import Alphabet, alphabet_of, decode
from interfaces.sms.tlvs import RECEIPTED_ID, USER_REFERENCE
from interfaces.sms.ton_npi import said_by

__all__ = ["SAME", "Coding", "Message", "digest", "inbound", "read_message", "text_of"]

_ENCODINGS: Final[Mapping[Alphabet, Literal["gsm7", "ucs2", "binary"]]] = {
    "gsm7": "gsm7", "ascii": "gsm7", "ucs2": "ucs2", "binary": "binary",
}  # fmt: skip
SAME: Final = re.compile(rb"[A-Za-z0-9 \n\r!\"#%&'()*+,./:;<=>?-]*")
"""What GSM 03.38, ASCII and Latin-1 write alike."""


@dataclass(frozen=True, slots=True)
class Coding:
    """How texts are written there."""

    default: Alphabet = "gsm7"
    """What data_coding 0 means."""
    packed: bool = False
    """Whether septets are packed."""


@dataclass(slots=True)
class Message:
    """A whole message."""

    sm: Sm
    parts: list[Part]
    known: str = ""
    """By what the SMSC or the sender tells it from others; "" where by nothing."""
    whole: Whole | None = None
    key: tuple[bytes, bytes, int, int] | None = None

    @property
    def key_of_text(self) -> tuple[bytes, ...]:
        """What another one has that says the same."""
        sm = self.sm
        if len(self.parts) == 1:
            return (sm.source, sm.destination, self.parts[0].data)
        return (sm.source, sm.destination, *[part.data for part in self.parts])


def read_message(sm: Sm, parts: Parts, now: float) -> Message | Whole:
    """The message, or what has been done, or is still to come, of one in parts. PeerError with the status."""
    part = part_of(sm)
    if part.key is None:
        return Message(sm, [part], _known(sm, (part,)))
    whole = parts.take(part, now)
    if not whole.whole:
        return whole
    return Message(sm, whole.pieces, _known(sm, whole.pieces), whole, part.key)


def _known(sm: Sm, parts: "list[Part] | tuple[Part]") -> str:
    raw = sm.tlvs.get(RECEIPTED_ID)
    if raw and (name := raw.partition(b"\0")[0]):
        return f"{name.decode('latin-1')}-{digest(sm, parts)[:12]}"
    if USER_REFERENCE in sm.tlvs:
        return digest(sm, parts, sm.tlvs[USER_REFERENCE])
    return ""


def digest(sm: Sm, parts: "list[Part] | tuple[Part]", reference: bytes = b"") -> str:
    """A name made of what it says."""
    said = (sm.source, sm.destination, reference, bytes((sm.data_coding,)), *(part.data for part in parts))
    return sha256(b"".join(b"%d:" % len(one) + one for one in said)).hexdigest()[:32]


def text_of(sm: Sm, parts: "list[Part] | tuple[Part]", coding: Coding) -> str:
    """What it says, in letters; "" where it is binary."""
    first = parts[0]
    plain = sm.data_coding == 0 and len(parts) == 1 and not first.header and not coding.packed
    if plain and SAME.fullmatch(first.data):
        return first.data.decode("ascii")
    if len(parts) == 1 or coding.packed:
        packed = coding.packed
        return "".join(
            decode(one.data, sm.data_coding, default=coding.default, header=one.header, packed=packed)
            for one in parts
        )
    # joined first: some cut characters in two
    data = b"".join([one.data for one in parts])
    return decode(data, sm.data_coding, default=coding.default, header=parts[0].header)


def inbound(message: Message, name: str, coding: Coding, *, duplicate: bool = False) -> Inbound:
    """What the application is told; ``name`` is its id."""
    sm, parts = message.sm, message.parts
    alphabet = alphabet_of(sm.data_coding, coding.default)
    binary = alphabet == "binary"
    return Inbound(
        id=name,
        sender=said_by(sm.source_ton, sm.source),
        recipient=said_by(sm.destination_ton, sm.destination),
        text="" if binary else text_of(sm, parts, coding),
        encoding=_ENCODINGS.get(alphabet, ""),
        data=b"".join([one.data for one in parts]) if binary else b"",
        segments=len(parts),
        duplicate=duplicate,
        raw=_raw(sm, parts[0].header),
    )


def _raw(sm: Sm, header: bytes) -> dict[str, Any]:
    raw: dict[str, Any] = {
        "source_ton": sm.source_ton,
        "source_npi": sm.source_npi,
        "destination_ton": sm.destination_ton,
        "destination_npi": sm.destination_npi,
        "esm_class": sm.esm_class,
        "protocol_id": sm.protocol_id,
        "data_coding": sm.data_coding,
        "service_type": sm.service_type.decode("latin-1"),
    }
    if header:
        raw["udh"] = header.hex()
    if sm.tlvs:
        raw["tlvs"] = {f"0x{tag:04X}": value.hex() for tag, value in sm.tlvs.items()}
    return raw
