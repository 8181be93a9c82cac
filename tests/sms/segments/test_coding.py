"""Texts and their bytes."""

from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.sms.segments import Segments, alphabet_of, concatenation, decode, parted, segments, user_data
from interfaces.sms.segments.coding import Alphabet

TEXTS = st.one_of(
    st.text(max_size=400),
    st.text(alphabet="ab{\u20ac\n@\u00e9", max_size=700),
    st.text(alphabet="\u015fa{", max_size=400),
)


def _coding(found: Segments) -> int:
    return 8 if found.encoding == "ucs2" else 0


@given(TEXTS, st.booleans(), st.booleans(), st.integers(0, 0xFFFF))
def test_comes_back(text: str, wide: bool, packed: bool, reference: int) -> None:
    """Any text: its parts are read again, each says which it is, and no part has more than 140 octets."""
    found = segments(text, languages=["turkish"])
    data = user_data(found, reference, wide=wide, packed=packed)
    coding, said = _coding(found), []
    for number, (header, octets) in enumerate(data, start=1):
        assert packed is False or len(header) + len(octets) <= 140
        assert parted(header + octets)[0] == header or not header
        part = concatenation(header)
        assert (part is None) == (len(data) == 1)
        assert part is None or part == (reference & (0xFFFF if wide else 0xFF), len(data), number, wide)
        said.append(decode(octets, coding, header=header, packed=packed))
    assert "".join(said) == text


def test_needs_no_header_for_one_part() -> None:
    """The bytes are those of the text alone."""
    assert user_data(segments("hello @"), 7) == [(b"", b"hello \x00")]
    assert user_data(segments("\u0436"), 7) == [(b"", b"\x04\x36")]


def test_packs_behind_the_header() -> None:
    """One fill bit behind six octets."""
    (header, data), _ = user_data(segments("a" * 161), 7, packed=True)
    assert header == bytes.fromhex("050003070201")
    assert data[0] == ord("a") << 1 & 0xFF
    assert len(header + data) == 140


def test_is_split_again_for_another_width() -> None:
    """As the reference wants it; as it is, unless that is said."""
    found = segments("a" * 306)
    assert len(user_data(found, 1)) == 2
    assert len(user_data(found, 1, wide=True)) == 3
    assert user_data(segments("a" * 306, wide=True), 1)[0][0][:3] == b"\x06\x08\x04"


@pytest.mark.parametrize(
    ("coding", "alphabet"),
    [
        (0, "gsm7"), (1, "ascii"), (2, "binary"), (3, "latin1"), (4, "binary"), (5, "shift_jis"), (6, "cyrillic"),
        (7, "hebrew"), (8, "ucs2"), (10, "iso2022_jp"), (14, "euc_kr"), (11, "gsm7"), (0x10, "gsm7"), (0x15, "binary"),
        (0x18, "ucs2"), (0x1C, "gsm7"), (0x80, "gsm7"), (0xC8, "gsm7"), (0xD0, "gsm7"), (0xE0, "ucs2"), (0xF0, "gsm7"),
        (0xF3, "gsm7"), (0xF4, "binary"), (0xF7, "binary"),
    ],
)  # fmt: skip
def test_says_what_the_bytes_are(coding: int, alphabet: Alphabet) -> None:
    """SMPP's values, and GSM's with a class or an indication."""
    assert alphabet_of(coding) == alphabet


@pytest.mark.parametrize("default", ["gsm7", "latin1", "ascii"])
def test_takes_the_default_for_nothing_said(default: Literal["gsm7", "latin1", "ascii"]) -> None:
    """0 and what is reserved; but a class that says GSM's is GSM's."""
    assert alphabet_of(0, default) == default
    assert alphabet_of(0x80, default) == default
    assert alphabet_of(0xF0, default) == "gsm7"


@pytest.mark.parametrize(
    ("data", "coding", "text"),
    [
        (b"\x00\x1be", 0, "@\u20ac"),
        (b"caf\xe9", 3, "caf\u00e9"),
        (b"caf\xe9", 1, "caf\ufffd"),
        (b"\xbf\xe0\xd8", 6, "\u041f\u0440\u0438"),
        (b"\xe9\xec", 7, "\u05d9\u05dc"),
        (b"\x93\xfa", 5, "\u65e5"),
        (b"\xc7\xd1", 14, "\ud55c"),
        (b"\xd8\x3d\xde\x00", 8, "\U0001f600"),
        (b"\x00a\x00", 8, "a\ufffd"),
        (b"\xd8\x3d", 8, "\ufffd"),
        (b"\x01\x02", 4, ""),
        (b"", 0, ""),
    ],
)
def test_reads_every_alphabet(data: bytes, coding: int, text: str) -> None:
    """What means nothing reads as U+FFFD; what is binary has no text."""
    assert decode(data, coding) == text


def test_reads_the_default_of_the_smsc() -> None:
    """0 is Latin 1 at some."""
    assert decode(b"caf\xe9", 0, default="latin1") == "caf\u00e9"


@given(st.binary(max_size=160), st.integers(0, 255), st.binary(max_size=12), st.booleans())
def test_takes_any_octets(data: bytes, coding: int, header: bytes, packed: bool) -> None:
    """Of any peer, under any coding and header; what is read can be written as UTF-8."""
    assert decode(data, coding, header=header, packed=packed).encode() is not None
