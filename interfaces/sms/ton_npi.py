"""Numbers as SMPP has them: type of number, numbering plan, and digits without a plus. Pure.

Source: SMPP 3.4 §5.2.5 (TON), §5.2.6 (NPI). A number in E.164 is international and ISDN (1, 1); letters are
alphanumeric (5, 0); up to six digits are a short code: network specific (3, 0), as most SMSCs have it; other digits
are unknown, ISDN (0, 1). The other way an international number gets its plus, and all else is as it came, since
SMSCs say "unknown" of any number.
"""

from functools import lru_cache
from typing import Final, NamedTuple

from interfaces.sms.numbers import SHORT

__all__ = ["ALPHANUMERIC", "INTERNATIONAL", "Number", "number_of", "said_by"]

INTERNATIONAL: Final = 1
ALPHANUMERIC: Final = 5
LONGEST: Final = 20
"""Characters of an address."""


class Number(NamedTuple):
    """An address of a PDU."""

    ton: int
    npi: int
    address: bytes


@lru_cache(maxsize=10_000)
def number_of(said: str, ton: int = -1, npi: int = -1) -> Number | None:
    """What stands in the PDU for ``said``; ``ton`` and ``npi`` by its look where they are -1. None: it has no room."""
    plain = said.removeprefix("+")
    if said.startswith("+") and plain.isascii() and plain.isdigit():
        found = (INTERNATIONAL, 1)
    elif said.isascii() and said.isdigit():
        found = (3, 0) if len(said) <= SHORT else (0, 1)
    else:
        found, plain = (ALPHANUMERIC, 0), said
    try:
        address = plain.encode("latin-1")
    except UnicodeEncodeError:
        return None
    if len(address) > LONGEST or 0 in address:
        return None
    return Number(found[0] if ton < 0 else ton, found[1] if npi < 0 else npi, address)


@lru_cache(maxsize=10_000)
def said_by(ton: int, address: bytes) -> str:
    """An address of a PDU, in E.164 where it is international, else as it came."""
    text = address.decode("latin-1")
    if ton == INTERNATIONAL and text.isascii() and text.isdigit():
        return f"+{text}"
    return text
