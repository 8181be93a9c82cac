"""Times as SMPP writes them, and Unix seconds. Pure.

Source: SMPP 3.4 §7.1.1: ``YYMMDDhhmmsstnnp``, absolute with quarters of an hour from UTC, or relative with ``R``.
Receipts have ``YYMMDDhhmm``, or with seconds, in the SMSC's own time, which nobody knows: UTC is assumed.
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from re import compile as compiled
from typing import Final

__all__ = ["absolute", "at_of", "receipt_time", "receipt_time_of", "relative"]

_ABSOLUTE: Final = compiled(rb"([0-9]{12})([0-9])([0-9]{2})([+-])")
_RELATIVE: Final = compiled(rb"([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})000R")
_RECEIPT: Final = compiled(r"([0-9]{10})([0-9]{2})?")
_LONGEST: Final = 99 * 365 * 86_400


def absolute(at: float) -> bytes:
    """Unix seconds."""
    return datetime.fromtimestamp(at, UTC).strftime("%y%m%d%H%M%S000+").encode()


def relative(seconds: float) -> bytes:
    """From now on; months and years, whose length differs, are not used beyond 30 days and 365."""
    whole = min(max(1, round(seconds)), _LONGEST)
    years, whole = divmod(whole, 365 * 86_400)
    months, whole = divmod(whole, 30 * 86_400)
    if months > 11:
        months, whole = 11, 30 * 86_400 + 86_399
    days, whole = divmod(whole, 86_400)
    hours, whole = divmod(whole, 3600)
    minutes, rest = divmod(whole, 60)
    return b"%02d%02d%02d%02d%02d%02d000R" % (years, months, days, hours, minutes, rest)


def at_of(text: bytes, now: float) -> float | None:
    """Unix seconds of a time of a PDU; None where there is none. ValueError for what is none."""
    if not text:
        return None
    if found := _RELATIVE.fullmatch(text):
        years, months, days, hours, minutes, rest = (int(one) for one in found.groups())
        return now + ((years * 365 + months * 30 + days) * 24 + hours) * 3600 + minutes * 60 + rest
    if found := _ABSOLUTE.fullmatch(text):
        at = datetime.strptime(found[1].decode(), "%y%m%d%H%M%S").replace(tzinfo=UTC)
        quarters = timedelta(minutes=15 * int(found[3]))
        return (at - quarters if found[4] == b"+" else at + quarters).timestamp()
    raise ValueError(f"{text!r} is no time")


def receipt_time(at: float) -> str:
    """Unix seconds, as the text of a receipt has them."""
    return datetime.fromtimestamp(at, UTC).strftime("%y%m%d%H%M")


@lru_cache(maxsize=1024)
def receipt_time_of(text: str) -> float | None:
    """Unix seconds; None for what is no time."""
    found = _RECEIPT.fullmatch(text)
    if found is None:
        return None
    try:
        at = datetime.strptime(found[1] + (found[2] or "00"), "%y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None
    return at.timestamp()
