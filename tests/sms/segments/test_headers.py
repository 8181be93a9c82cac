"""User data headers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.sms.segments.headers import (
    Concatenation,
    concatenation,
    elements,
    header,
    languages_of,
    parted,
    width,
)

PARTS = st.builds(
    lambda reference, total, number, wide: Concatenation(
        reference & (0xFFFF if wide else 0xFF), max(total, number), min(total, number), wide
    ),
    st.integers(0, 0xFFFF),
    st.integers(1, 255),
    st.integers(1, 255),
    st.booleans(),
)
LANGUAGE = st.integers(0, 13)


@pytest.mark.parametrize(
    ("part", "said"),
    [
        (Concatenation(0x1AB, 3, 2, wide=False), "050003ab0302"),
        (Concatenation(0x1AB, 3, 2, wide=True), "06080401ab0302"),
    ],
)
def test_says_which_part_it_is(part: Concatenation, said: str) -> None:
    """With 8 bits of a reference, and with 16."""
    assert header(part).hex() == said


@given(st.none() | PARTS, LANGUAGE, LANGUAGE, st.binary())
def test_comes_back(part: Concatenation | None, locking: int, single: int, data: bytes) -> None:
    """What is said is read again, takes the room that was foreseen, and is told from what is behind it."""
    said = header(part, locking, single)
    assert concatenation(said) == part
    assert languages_of(said) == (locking, single)
    wide = part is not None and part.wide
    assert len(said) == width(parts=part is not None, wide=wide, locking=locking, single=single)
    if said:
        assert parted(said + data) == (said, data)


def test_has_no_header_where_nothing_is_to_be_said() -> None:
    """No length either."""
    assert header() == b""
    assert width(parts=False, wide=True) == 0


@given(st.binary(max_size=160))
def test_takes_any_octets(data: bytes) -> None:
    """Nothing is lost between the header and the rest, and a part that is read is one that can be."""
    said, rest = parted(data)
    assert said + rest == data
    assert sum(2 + len(content) for _, content in elements(said)) <= max(0, len(said) - 1)
    part = concatenation(said)
    assert part is None or 1 <= part.number <= part.total
    assert all(0 <= one <= 255 for one in languages_of(said))


@pytest.mark.parametrize(
    "said", ["0500030a0200", "0500030a0203", "0500030a0000", "04000201020a", "0600040a020100"]
)
def test_takes_numbers_that_make_no_sense_for_none(said: str) -> None:
    """Part 0, part 3 of 2, of none, and elements of a wrong length."""
    assert concatenation(bytes.fromhex(said)) is None


def test_reads_over_what_it_does_not_know() -> None:
    """Ports in front of the part; and the last of two counts, as the standard says."""
    assert concatenation(bytes.fromhex("0b05040b8423f00003070201")) == (7, 2, 1, False)
    assert concatenation(bytes.fromhex("0a0003010201" + "0003020202")) == (2, 2, 2, False)


def test_takes_a_length_that_is_too_much_for_no_header() -> None:
    """The octets are the text's then, and nobody reads behind their end."""
    assert parted(b"\x05\x00\x03\x01") == (b"", b"\x05\x00\x03\x01")
    assert parted(b"") == (b"", b"")
