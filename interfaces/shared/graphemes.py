"""What a reader takes for one character: letters with their marks, flags, families of emoji, syllables. Pure.

Source: Unicode Standard Annex 29, the rules that matter to short messages and chats: GB3, 6-9, 9a, 11-13. It is for
splitting texts where that does no harm; a rare script whose rules are not here loses nothing but looks.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

__all__ = ["clusters", "is_loose"]

_JOINER = "\u200d"
_MARKS = 0x300
"""No character below it belongs to one before it."""
_EXTENDS = (
    (0x200C, 0x200D),
    (0xFF9E, 0xFF9F),
    (0x1F3FB, 0x1F3FF),  # colours of skin
    (0xE0020, 0xE007F),  # tags, of flags of regions
)
_FLAGS = ("\U0001f1e6", "\U0001f1ff")
_LOOSE = re.compile(
    "[\\0-\u02ff\u0370-\u0482\u048a-\u0590\u2010-\u2027\u2030-\u205f\u20a0-\u20cf\u3041-\u3098\u309b-\u30ff\u4e00-\u9fff]*"
).fullmatch
"""Blocks in which nothing belongs to what is before it."""


def is_loose(text: str) -> bool:
    """Whether each of its characters is for itself: quick, and False where that is not sure."""
    return _LOOSE(text) is not None and "\r\n" not in text


def clusters(text: str) -> Iterator[str]:
    """``text`` in pieces that are not to be torn apart."""
    start, flags = 0, 0
    for at, one in enumerate(text):
        flag = _FLAGS[0] <= one <= _FLAGS[1]
        if at and not (_joined(text[at - 1], one) or (flag and flags % 2)):
            yield text[start:at]
            start = at
        flags = flags + 1 if flag else 0
    if text:
        yield text[start:]


def _joined(before: str, one: str) -> bool:
    if ord(one) < _MARKS:
        return before == "\r" and one == "\n"
    return (
        before == _JOINER
        or _extends(one)
        or (_hangul(one) != "" and _syllable(_hangul(before), _hangul(one)))
    )


@lru_cache(maxsize=4096)
def _extends(one: str) -> bool:
    return unicodedata.category(one)[0] == "M" or any(low <= ord(one) <= high for low, high in _EXTENDS)


@lru_cache(maxsize=4096)
def _hangul(one: str) -> str:
    """Which part of a syllable it is: L, V, T, or LV or LVT, whole ones; "" if none."""
    point = ord(one)
    for kind, low, high in (("L", 0x1100, 0x115F), ("V", 0x1160, 0x11A7), ("T", 0x11A8, 0x11FF)):
        if low <= point <= high:
            return kind
    if 0xAC00 <= point <= 0xD7A3:
        return "LVT" if (point - 0xAC00) % 28 else "LV"
    return ""


def _syllable(before: str, one: str) -> bool:
    if before == "L":
        return one != "T"
    return (before[-1:] == "V" and one in ("V", "T")) or (before[-1:] == "T" and one == "T")
