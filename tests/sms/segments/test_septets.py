"""Septets in octets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.sms.segments.septets import fill_bits, pack, unpack

SEPTETS = st.binary(max_size=170).map(lambda data: bytes(one & 0x7F for one in data))


@pytest.mark.parametrize(
    ("septets", "octets"),
    [(b"", ""), (b"1", "31"), (b"hello", "e8329bfd06"), (b"hellohello", "e8329bfd4697d9ec37")],
)
def test_packs_as_telephones_do(septets: bytes, octets: str) -> None:
    """Known examples."""
    assert pack(septets).hex() == octets
    assert unpack(bytes.fromhex(octets), count=len(septets)) == septets


@given(SEPTETS, st.integers(0, 6))
def test_comes_back_with_its_count(septets: bytes, fill: int) -> None:
    """Any septets behind any fill bits, in no more octets than they need."""
    octets = pack(septets, fill)
    assert unpack(octets, fill, len(septets)) == septets
    assert len(octets) == (fill + 7 * len(septets) + 7) // 8


@given(SEPTETS, st.integers(0, 6))
def test_comes_back_without_its_count(septets: bytes, fill: int) -> None:
    """What fills the last octet is none of it: only a carriage return of one's own, at that very place, is lost."""
    found = unpack(pack(septets, fill), fill)
    whole = septets and (fill + 7 * len(septets)) % 8 == 0
    assert found == (septets.removesuffix(b"\r") if whole else septets)


def test_fills_seven_spare_bits_with_a_carriage_return() -> None:
    """Else they would read as one more @."""
    assert pack(b"1234567")[-1] >> 1 == 0x0D
    assert unpack(pack(b"1234567")) == b"1234567"


@pytest.mark.parametrize(("header", "bits"), [(0, 0), (6, 1), (7, 0), (4, 3), (9, 5)])
def test_begins_at_a_septet_behind_a_header(header: int, bits: int) -> None:
    """So a telephone that knows no headers sees signs, and then the text."""
    assert fill_bits(header) == bits
    assert (header * 8 + bits) % 7 == 0


@given(st.binary(max_size=200), st.integers(0, 6), st.none() | st.integers(0, 1000))
def test_takes_any_octets(octets: bytes, fill: int, count: int | None) -> None:
    """A count that is more than there is takes what there is."""
    found = unpack(octets, fill, count)
    assert len(found) <= len(octets) * 8 // 7
    assert all(one < 128 for one in found)
