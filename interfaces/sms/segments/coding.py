"""Texts and their bytes, as SMPP carries them: by data_coding, behind a user data header. Pure.

Source: SMPP 3.4, section 5.2.19 (data_coding); 3GPP TS 23.038, section 4 (the values that mean a class or an
indication); 23.040, section 9.2.3.24.
"""

from collections.abc import Mapping
from typing import Literal

from interfaces.sms.segments.alphabets import septets
from interfaces.sms.segments.headers import Concatenation, header, languages_of
from interfaces.sms.segments.septets import fill_bits, pack, unpack
from interfaces.sms.segments.splitting import Segments, again

__all__ = ["Alphabet", "alphabet_of", "decode", "user_data"]

Alphabet = Literal[
    "gsm7", "ucs2", "binary", "ascii", "latin1", "cyrillic", "hebrew", "shift_jis", "iso2022_jp", "euc_kr"
]
"""What bytes can mean."""

_CODINGS: Mapping[int, Alphabet] = {
    1: "ascii", 2: "binary", 3: "latin1", 4: "binary", 5: "shift_jis", 6: "cyrillic", 7: "hebrew", 8: "ucs2",
    9: "shift_jis", 10: "iso2022_jp", 13: "shift_jis", 14: "euc_kr",
}  # fmt: skip
_CODECS: Mapping[Alphabet, str] = {"cyrillic": "iso8859-5", "hebrew": "iso8859-8", "ucs2": "utf-16-be"}
_CLASSES: tuple[Alphabet, ...] = ("gsm7", "binary", "ucs2", "gsm7")
"""By bits 3 and 2 of a general data coding scheme."""


def user_data(
    text: Segments, reference: int, *, wide: bool | None = None, packed: bool = False
) -> list[tuple[bytes, bytes]]:
    """(header, data) of each part; the header is empty where there is nothing to be said.

    ``reference`` tells this text's parts from another's: its low 8 bits count, or 16 where it is ``wide`` (as ``text``
    was split for, unless given: another width may make other parts). ``packed``: septets are packed behind the header,
    else each is in an octet.
    """
    if wide is not None and wide != text.wide:
        text = again(text, wide=wide)
    found = []
    for number, part in enumerate(text.parts, start=1):
        whole = Concatenation(reference, len(text.parts), number, text.wide) if text.concatenated else None
        before = header(whole, text.locking, text.single)
        if text.encoding == "ucs2":
            data = part.encode("utf-16-be")
        else:
            data = septets(text.locking, text.single).encode(part)
            data = pack(data, fill_bits(len(before))) if packed else data
        found.append((before, data))
    return found


def alphabet_of(data_coding: int, default: Alphabet = "gsm7") -> Alphabet:
    """What ``data_coding`` says; ``default``: what 0 means at this SMSC. What is reserved reads as the default."""
    if data_coding in _CODINGS:
        return _CODINGS[data_coding]
    group = data_coding >> 4
    if group in (0x1, 0x5):  # a class is said, of what is not compressed
        return _CLASSES[data_coding >> 2 & 3]
    if group == 0xE:
        return "ucs2"
    if group == 0xF:
        return "binary" if data_coding & 4 else "gsm7"
    return "gsm7" if group in (0xC, 0xD) else default


def decode(
    data: bytes,
    data_coding: int,
    *,
    default: Alphabet = "gsm7",
    header: bytes = b"",
    packed: bool = False,
    count: int | None = None,
) -> str:
    """The text of ``data``, which stands behind ``header``; takes anything, "" for what is binary.

    ``packed``: septets are packed, ``count`` of them where that is known. A byte that means nothing reads as U+FFFD.
    """
    alphabet = alphabet_of(data_coding, default)
    if alphabet == "binary":
        return ""
    if alphabet == "gsm7":
        octets = unpack(data, fill_bits(len(header)), count) if packed else data
        return septets(*languages_of(header)).decode(octets)
    return data.decode(_CODECS.get(alphabet, alphabet), "replace")
