"""A text in as few parts as a telephone can show as one. Pure.

Source: 3GPP TS 23.040, section 9.2.3.24: 140 octets a part, with its header.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from interfaces.shared.errors import ApplicationError
from interfaces.shared.graphemes import clusters, is_loose
from interfaces.shared.options import did_you_mean
from interfaces.sms.segments.alphabets import Septets, septets
from interfaces.sms.segments.headers import width
from interfaces.sms.segments.languages import LANGUAGES
from interfaces.sms.segments.transliteration import transliterated

__all__ = ["MOST", "Segments", "again", "segments"]

MOST = 255
"""Parts of a text: a header has one octet for their number."""
_OCTETS = 140
_BMP = 0xFFFF


@dataclass(frozen=True, slots=True, kw_only=True)
class Segments:
    """A text in parts; joined they are the text that is sent."""

    encoding: Literal["gsm7", "ucs2"]
    parts: tuple[str, ...]
    units: int
    """Septets, or UTF-16 units, of all of them."""
    wide: bool = False
    """Whether there is room for a reference of 16 bits."""
    locking: int = 0
    """The national language of the locking shift table; 0: the default alphabet."""
    single: int = 0
    """The national language of the single shift table; 0: the default extension."""

    @property
    def concatenated(self) -> bool:
        """Whether its parts need headers that say how they belong together."""
        return len(self.parts) > 1

    @property
    def text(self) -> str:
        """What is sent."""
        return "".join(self.parts)


def segments(
    text: str,
    *,
    encoding: Literal["auto", "gsm7", "ucs2"] = "auto",
    transliterate: bool = False,
    languages: Sequence[str] = (),
    wide: bool = False,
) -> Segments:
    """``text`` in parts: in GSM 03.38 where that has all of it, else in what takes fewest parts.

    ``languages``: names of :data:`LANGUAGES` whose tables may be used, since the telephones there know them.
    ``transliterate``: write what GSM 03.38 has not by what it has, where that saves a part, or where ``encoding`` is
    "gsm7". Half a surrogate pair becomes U+FFFD. Raises ApplicationError for what does not fit ``encoding``, for a
    language that there is not, and for more than :data:`MOST` parts.
    """
    text = text.encode("utf-16-be", "surrogatepass").decode("utf-16-be", "replace")
    found = _chosen(text, encoding, languages, wide=wide)
    if transliterate and encoding != "ucs2" and (found is None or found.encoding != "gsm7" or found.single):
        other = _seven(transliterated(text), septets(), wide=wide)
        if other is not None and (found is None or len(other.parts) < len(found.parts)):
            found = other
    if found is None:
        one = septets().foreign(text)
        raise ApplicationError(
            f'encoding "gsm7" has no {one!r} (U+{ord(one):04X}): use "auto", or transliterate'
        )
    return _bounded(found)


def again(found: Segments, *, wide: bool) -> Segments:
    """The same text in the same alphabet, for a reference of another width. Raises ApplicationError as above."""
    if found.encoding == "ucs2":
        return _bounded(_ucs2(found.text, wide=wide))
    seven = _seven(found.text, septets(found.locking, found.single), wide=wide)
    return found if seven is None else _bounded(seven)  # None cannot be, since it was in this alphabet before


def _bounded(found: Segments) -> Segments:
    if len(found.parts) > MOST:
        raise ApplicationError(f"a text of {len(found.parts)} parts: {MOST} is the most")
    return found


def _chosen(
    text: str, encoding: Literal["auto", "gsm7", "ucs2"], languages: Sequence[str], *, wide: bool
) -> Segments | None:
    """As it is written, in fewest parts; None where ``encoding`` cannot say it."""
    if encoding == "ucs2":
        return _ucs2(text, wide=wide)
    plain = _seven(text, septets(), wide=wide)
    if plain is not None:
        return plain
    found = [
        one for one in (_seven(text, each, wide=wide) for each in _national(languages)) if one is not None
    ]
    if encoding == "auto":
        found.insert(0, _ucs2(text, wide=wide))
    return min(found, key=lambda one: len(one.parts), default=None)


def _national(languages: Sequence[str]) -> Iterator[Septets]:
    for name in languages:
        if name not in LANGUAGES:
            raise ApplicationError(
                f"language {name!r}: there is no table of it{did_you_mean(name, LANGUAGES)}"
            )
        number = LANGUAGES[name]
        for pair in ((0, number), (number, 0), (number, number)):
            yield septets(*pair)


def _seven(text: str, alphabet: Septets, *, wide: bool) -> Segments | None:
    """In septets; None where ``alphabet`` has not all of it."""
    if not alphabet.fits(text):
        return None
    languages = {"locking": alphabet.locking, "single": alphabet.single}
    units = alphabet.count(text)
    if units <= (_OCTETS - width(parts=False, wide=wide, **languages)) * 8 // 7:
        parts: tuple[str, ...] = (text,)
    else:
        room = (_OCTETS - width(parts=True, wide=wide, **languages)) * 8 // 7
        pairs = alphabet.pairs
        parts = tuple(_split(text, room, lambda one: 2 if one in pairs else 1))
    return Segments(encoding="gsm7", parts=parts, units=units, wide=wide, **languages)


def _ucs2(text: str, *, wide: bool) -> Segments:
    units = sum(map(_units, text))
    room = (_OCTETS - width(parts=True, wide=wide)) // 2
    parts = (text,) if units <= _OCTETS // 2 else tuple(_split(text, room, _units))
    return Segments(encoding="ucs2", parts=parts, units=units, wide=wide)


def _units(one: str) -> int:
    return 2 if ord(one) > _BMP else 1


def _split(text: str, room: int, cost: Callable[[str], int]) -> Iterator[str]:
    """Parts that hold no more than ``room``; what belongs together stays so, unless it fills more than a part."""
    start = at = used = 0
    for piece, size in _pieces(text, room, cost):
        if used + size > room:
            yield text[start:at]
            start, used = at, 0
        at += len(piece)
        used += size
    if start < at:
        yield text[start:]


def _pieces(text: str, room: int, cost: Callable[[str], int]) -> Iterator[tuple[str, int]]:
    """What is not torn apart, and its size."""
    if is_loose(text):
        for one in text:
            yield one, cost(one)
        return
    for cluster in clusters(text):
        size = sum(map(cost, cluster))
        if size <= room:
            yield cluster, size
        else:
            for one in cluster:
                yield one, cost(one)
