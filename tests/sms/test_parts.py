"""Long messages in parts: what belongs together, repeats, bounds, time."""

import pytest

from interfaces.shared.errors import PeerError
from interfaces.sms.parts import Parts, part_of
from interfaces.sms.pdus import Sm
from interfaces.sms.tlvs import SAR_REFERENCE, SAR_SEQUENCE, SAR_TOTAL


def short(number, total=2, reference=7, text=b"x", sender=b"a"):
    """A part with a reference of 8 bits."""
    return part_of(Sm(sender, b"b", bytes((5, 0, 3, reference, total, number)) + text, esm_class=0x40))


def wide(number, total=2, reference=7, text=b"x"):
    """A part with a reference of 16 bits."""
    return part_of(
        Sm(
            b"a",
            b"b",
            bytes((6, 8, 4)) + reference.to_bytes(2, "big") + bytes((total, number)) + text,
            esm_class=0x40,
        )
    )


def sar(number, total=2, reference=7, text=b"x"):
    """A part by parameters."""
    tlvs = {
        SAR_REFERENCE: reference.to_bytes(2, "big"),
        SAR_TOTAL: bytes((total,)),
        SAR_SEQUENCE: bytes((number,)),
    }
    return part_of(Sm(b"a", b"b", text, tlvs=tlvs))


@pytest.mark.parametrize("make", [short, wide, sar])
def test_parts_come_in_any_order(make):
    """And the text in theirs."""
    parts = Parts()
    for number in (3, 1):
        assert not parts.take(make(number, 3, text=b"%d" % number), 0.0).whole
    whole = parts.take(make(2, 3, text=b"2"), 1.0)
    assert whole.whole
    assert [one.data for one in whole.pieces] == [b"1", b"2", b"3"]


def test_references_of_each_kind_are_their_own():
    """8 bits, 16 bits and parameters with one number are three messages."""
    parts = Parts()
    for make in (short, wide, sar):
        parts.take(make(1), 0.0)
    assert len(parts) == 3


@pytest.mark.parametrize(
    "content", [b"\x05\0\3\7\1\1x", b"\x05\0\3\7\2\3x", b"\x05\0\3\7\2\0x", b"\x05\0\3\7\0\0x", b"\x09x", b""]
)
def test_what_is_no_part(content):
    """One of one, and numbers that make no sense."""
    assert part_of(Sm(b"a", b"b", content, esm_class=0x40)).key is None
    assert sar(3).key is sar(0).key is sar(1, 1).key is None


def test_a_part_that_comes_again_is_ignored():
    """While others are to come, and after the whole was done."""
    parts = Parts()
    first = parts.take(short(1), 0.0)
    assert parts.take(short(1), 0.0) is first
    whole = parts.take(short(2), 0.0)
    parts.finished(short(1).key, whole, 0x66)
    parts.finished(short(1).key, whole, 0)
    again = parts.take(short(2), 1.0)
    assert (again.done, again.status, again.whole, parts.repeated, parts.held) == (True, 0x66, False, 2, 0)


def test_a_reference_that_comes_round_is_another_message():
    """Other content under the same reference: of what is not whole the old one is given up."""
    parts = Parts()
    parts.take(short(1), 0.0)
    assert not parts.take(short(1, text=b"y"), 0.0).whole
    assert parts.given_up == 1
    whole = parts.take(short(2, text=b"y"), 0.0)
    parts.finished(short(1).key, whole, 0)
    assert not parts.take(short(1, text=b"z"), 0.0).done
    assert parts.given_up == 1


def test_what_is_deferred_is_whole_again():
    """Until it is finished its last part makes it whole once more."""
    parts = Parts()
    parts.take(short(1), 0.0)
    assert parts.take(short(2), 0.0) is parts.take(short(2), 1.0)
    assert parts.take(short(2), 2.0).whole


def test_what_is_not_whole_in_time_is_given_up():
    """Counted, and its room is free."""
    parts = Parts(ttl=10)
    parts.take(short(1), 0.0)
    parts.take(short(1, reference=8), 5.0)
    parts.expire(10.0)
    assert (parts.given_up, len(parts)) == (1, 1)
    parts.expire(15.0)
    assert (parts.given_up, len(parts), parts.held, parts._senders) == (2, 0, 0, {})


class TestBounds:
    def test_of_one_sender(self):
        """It fills no room of others."""
        parts = Parts(sender=3)
        for reference in range(3):
            parts.take(short(1, reference=reference), 0.0)
        with pytest.raises(PeerError) as found:
            parts.take(short(1, reference=9), 0.0)
        assert found.value.answer == 0x64
        parts.take(short(1, reference=9, sender=b"c"), 0.0)
        parts.take(short(2, reference=0), 0.0)

    def test_of_all(self):
        """Those that are done make room; what is not is never pushed out."""
        parts = Parts(sets=2)
        whole = [parts.take(short(number, reference=0), 0.0) for number in (1, 2)][-1]
        parts.finished(short(1, reference=0).key, whole, 0)
        parts.take(short(1, reference=1), 0.0)
        parts.take(short(1, reference=2), 0.0)
        with pytest.raises(PeerError):
            parts.take(short(1, reference=3), 0.0)
        assert parts.given_up == 0

    def test_of_octets(self):
        """A hundred thousand parts of attackers take no more than that."""
        parts = Parts(octets=100_000, sender=10**9)
        refused = 0
        for number in range(100_000):
            try:
                parts.take(short(1, 255, number % 256, b"x" * 130, b"%d" % (number // 256)), 0.0)
            except PeerError:
                refused += 1
        assert parts.held <= 100_000
        assert refused > 99_000
