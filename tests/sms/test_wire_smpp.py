"""The wire of SMPP: any split, states, what it answers itself, hostile lengths."""

import random
from struct import unpack

import pytest

from interfaces.sms.pdus import (
    BIND_TRANSCEIVER,
    DELIVER_SM,
    ENQUIRE_LINK,
    GENERIC_NACK,
    HEADER,
    OUTBIND,
    RESPONSE,
    SUBMIT_SM,
    UNBIND,
    Pdu,
    pack,
)
from interfaces.sms.wire_smpp import LAST, MOST, Wire


def bound(*, smsc=True):
    """A wire of a transceiver."""
    wire = Wire(smsc=smsc)
    wire.state = "transceiver"
    return wire


def fed(wire, data, size=0):
    """The PDUs of ``data``, which comes in pieces of ``size``."""
    found = []
    for at in range(0, len(data), size or len(data)):
        wire.feed(data[at : at + (size or len(data))])
        while (pdu := wire.next()) is not None:
            found.append(pdu)
    return found


def answers(wire):
    """Command, status and sequence number of what it answered."""
    found = [unpack(">IIII", one)[1:] for one in wire.out]
    wire.out.clear()
    return found


class TestFraming:
    @pytest.mark.parametrize("size", [1, 2, 15, 16, 17, 33, 0])
    def test_any_split_gives_the_same(self, size):
        """Sound PDUs, unknown ones between them."""
        data = b"".join(
            (
                pack(SUBMIT_SM, 0, 7, b"abc"),
                pack(0x777, 0, 8),
                pack(ENQUIRE_LINK, 0, 9),
                pack(UNBIND, 0, 10, b"x" * 99),
            )
        )
        wire = bound()
        assert fed(wire, data, size) == [
            Pdu(SUBMIT_SM, 0, 7, b"abc"), Pdu(ENQUIRE_LINK, 0, 9), Pdu(UNBIND, 0, 10, b"x" * 99)
        ]  # fmt: skip
        assert answers(wire) == [(GENERIC_NACK, 3, 8)]
        assert wire.waiting == 0

    def test_random_splits(self):
        """Pieces of all sizes in one stream."""
        chance = random.Random(5)
        data = b"".join(pack(SUBMIT_SM, 0, at, bytes(chance.randrange(300))) for at in range(50))
        wire, at, found = bound(), 0, []
        while at < len(data):
            size = chance.randrange(1, 700)
            found += fed(wire, data[at : at + size])
            at += size
        assert [pdu.sequence for pdu in found] == list(range(50))

    @pytest.mark.parametrize("length", [0, 15, MOST + 1, 0xFFFFFFFF])
    def test_a_length_that_makes_no_sense_is_the_end(self, length):
        """Nobody knows where the next one begins; what was before it counts."""
        wire = bound()
        data = pack(ENQUIRE_LINK, 0, 1) + HEADER.pack(length, SUBMIT_SM, 0, 2) + pack(ENQUIRE_LINK, 0, 3)
        assert [pdu.sequence for pdu in fed(wire, data)] == [1]
        assert answers(wire) == [(GENERIC_NACK, 2, 2)]
        assert wire.closing == f"a command_length of {length}"
        assert fed(wire, pack(ENQUIRE_LINK, 0, 4)) == []
        assert wire.waiting == 0

    def test_the_longest_is_taken(self):
        """A message_payload of 64 KiB has room."""
        assert len(fed(bound(), pack(SUBMIT_SM, 0, 1, bytes(MOST - 16)), 4096)[0].body) == MOST - 16


class TestStates:
    def test_nothing_but_a_bind_before_a_bind(self):
        """And nothing twice; each refusal is a response of its command."""
        wire = Wire(smsc=True)
        assert fed(wire, pack(SUBMIT_SM, 0, 1)) == []
        assert [pdu.command for pdu in fed(wire, pack(BIND_TRANSCEIVER, 0, 2))] == [BIND_TRANSCEIVER]
        wire.state = "transceiver"
        assert fed(wire, pack(BIND_TRANSCEIVER, 0, 3)) == []
        assert answers(wire) == [(SUBMIT_SM | RESPONSE, 4, 1), (BIND_TRANSCEIVER | RESPONSE, 5, 3)]

    @pytest.mark.parametrize(("smsc", "state", "command"), [
        (True, "receiver", SUBMIT_SM), (True, "transceiver", DELIVER_SM), (False, "transmitter", DELIVER_SM),
        (False, "transceiver", SUBMIT_SM), (False, "open", DELIVER_SM), (False, "transceiver", BIND_TRANSCEIVER),
    ])  # fmt: skip
    def test_what_the_side_or_the_bind_does_not_have(self, smsc, state, command):
        """It is refused with ESME_RINVBNDSTS."""
        wire = Wire(smsc=smsc)
        wire.state = state
        assert fed(wire, pack(command, 0, 1)) == []
        found = answers(wire)
        assert found == [(command | RESPONSE, 4, 1)]

    def test_a_bind_counts_for_what_stands_behind_it(self):
        """Although both come in one read."""
        wire = Wire(smsc=False)
        data = pack(BIND_TRANSCEIVER | RESPONSE, 0, 1, b"x\0") + pack(DELIVER_SM, 0, 1)
        assert len(fed(wire, data)) == 2
        assert wire.state == "transceiver"
        refused = Wire(smsc=False)
        assert len(fed(refused, pack(BIND_TRANSCEIVER | RESPONSE, 14, 1) + pack(DELIVER_SM, 0, 1))) == 1

    def test_responses_to_nothing_are_never_answered(self):
        """Two that answer each other's answers would never end; outbind is ignored, too."""
        wire = Wire(smsc=False)
        assert fed(wire, pack(0x80000777, 0, 1) + pack(OUTBIND, 0, 1, b"a\0b\0")) == []
        assert (answers(wire), wire.ignored) == ([], 2)


def test_sequence_numbers_go_round():
    """From 1 to 0x7FFFFFFF."""
    wire = Wire(smsc=False)
    assert [wire.sequence(), wire.sequence()] == [1, 2]
    wire._last = LAST - 1
    assert [wire.sequence(), wire.sequence()] == [LAST, 1]
    assert "ESME, open" in repr(wire)
