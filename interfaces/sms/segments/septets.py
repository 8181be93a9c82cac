"""Septets in octets: packed one behind the other, low bits first. Pure.

Source: 3GPP TS 23.038, section 6.1.2.1; 23.040, section 9.2.3.24 (fill bits behind a header).
"""

__all__ = ["fill_bits", "pack", "unpack"]

_CR = 0x0D


def fill_bits(header: int) -> int:
    """How many bits follow a header of so many octets, until a septet begins."""
    return -header * 8 % 7


def pack(septets: bytes, fill: int = 0) -> bytes:
    """``septets``, one an octet, in as few octets as hold them, behind ``fill`` bits.

    Seven bits that are left over would read as one more character: they are a carriage return, as the standard says.
    """
    bits, at, used = 0, fill, fill + 7 * len(septets)
    spare = -used % 8
    if spare == 7:
        septets += bytes((_CR,))
    for septet in septets:
        bits |= (septet & 0x7F) << at
        at += 7
    return bits.to_bytes((used + spare) // 8, "little")


def unpack(octets: bytes, fill: int = 0, count: int | None = None) -> bytes:
    """The septets, one an octet; ``count`` of them where that is known, else as many as there are.

    Without a count, a carriage return that may be there to fill the last octet is none of the text.
    """
    bits = int.from_bytes(octets, "little") >> fill
    most = max(0, len(octets) * 8 - fill) // 7
    held = most if count is None else min(count, most)
    found = bytes((bits >> 7 * index) & 0x7F for index in range(held))
    whole = count is None and held and (fill + 7 * held) % 8 == 0
    return found[:-1] if whole and found[-1] == _CR else found
