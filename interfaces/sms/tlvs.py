"""The optional parameters of SMPP: tag, length, value. Pure.

Source: SMPP 3.4 §3.2.4 and §5.3, those of 5.0 that are in use. One that comes twice counts once, the first. Refused,
although lenient peers take it: a length beyond the body, one or two stray octets behind the last.
"""

from struct import Struct
from typing import Final

from interfaces.shared.errors import PeerError
from interfaces.sms.command_status import BAD_TLV_LENGTH, BAD_TLVS

__all__ = [
    "DELIVERY_FAILURE_REASON", "MESSAGE_PAYLOAD", "MESSAGE_STATE", "MOST", "NETWORK_ERROR", "RECEIPTED_ID",
    "SAR_REFERENCE", "SAR_SEQUENCE", "SAR_TOTAL", "USER_REFERENCE", "VERSION", "number", "read_tlvs", "write_tlvs",
]  # fmt: skip

MOST: Final = 64
"""Parameters of one PDU."""
_HEAD: Final = Struct(">HH")

RECEIPTED_ID: Final = 0x001E
USER_REFERENCE: Final = 0x0204
SAR_REFERENCE: Final = 0x020C
SAR_TOTAL: Final = 0x020E
SAR_SEQUENCE: Final = 0x020F
VERSION: Final = 0x0210
NETWORK_ERROR: Final = 0x0423
MESSAGE_PAYLOAD: Final = 0x0424
DELIVERY_FAILURE_REASON: Final = 0x0425
MESSAGE_STATE: Final = 0x0427
_SIZES: Final[dict[int, tuple[int, int]]] = {
    RECEIPTED_ID: (1, 65), USER_REFERENCE: (2, 2), SAR_REFERENCE: (2, 2), SAR_TOTAL: (1, 1), SAR_SEQUENCE: (1, 1),
    VERSION: (1, 1), NETWORK_ERROR: (3, 3), DELIVERY_FAILURE_REASON: (1, 1), MESSAGE_STATE: (1, 1),
}  # fmt: skip
"""The fewest and the most octets of those that we read."""


def read_tlvs(body: bytes, at: int) -> dict[int, bytes]:
    """Those from ``at`` to the end. PeerError with the status."""
    found: dict[int, bytes] = {}
    end = len(body)
    while at < end:
        if end - at < 4 or len(found) >= MOST:
            raise PeerError("the optional parameters cannot be read", BAD_TLVS)
        tag, size = _HEAD.unpack_from(body, at)
        at += 4 + size
        if at > end:
            raise PeerError(f"parameter 0x{tag:04X} is longer than its PDU", BAD_TLVS)
        if tag not in found:
            bounds = _SIZES.get(tag)
            if bounds is not None and not bounds[0] <= size <= bounds[1]:
                raise PeerError(f"parameter 0x{tag:04X} has {size} octets", BAD_TLV_LENGTH)
            found[tag] = body[at - size : at]
    return found


def write_tlvs(tlvs: dict[int, bytes]) -> bytes:
    """As they stand in a PDU; each has at most 65,535 octets."""
    return b"".join(_HEAD.pack(tag, len(value)) + value for tag, value in tlvs.items())


def number(tlvs: dict[int, bytes], tag: int) -> int | None:
    """The value of one that is a number; None where it is not there."""
    value = tlvs.get(tag)
    return None if value is None else int.from_bytes(value, "big")
