"""SMPP: no input raises, any split gives the same, answers are whole PDUs, bodies read back as they were written."""

import random
from dataclasses import astuple
from struct import unpack_from

from interfaces.shared.errors import ApplicationError, PeerError
from interfaces.sms.command_status import NAMES
from interfaces.sms.parts import Parts, Whole, part_of
from interfaces.sms.pdus import (
    BIND_TRANSCEIVER,
    CANCEL_SM,
    COMMANDS,
    DATA_SM,
    DELIVER_SM,
    ENQUIRE_LINK,
    GENERIC_NACK,
    OUTBIND,
    QUERY_SM,
    REPLACE_SM,
    RESPONSE,
    SUBMIT_SM,
    UNBIND,
    Pdu,
    Sm,
    pack,
    read,
    read_id,
    read_sm,
    write,
    write_sm,
)
from interfaces.sms.receipts import is_receipt, receipt_of, receipt_text
from interfaces.sms.smpp_reading import Coding, inbound, read_message, text_of
from interfaces.sms.smpp_times import at_of, receipt_time_of
from interfaces.sms.tlvs import MESSAGE_STATE, RECEIPTED_ID, SAR_REFERENCE, SAR_SEQUENCE, SAR_TOTAL
from interfaces.sms.wire_smpp import State, Wire

SMSC, PACKED = 1, 2
STATES: tuple[State, ...] = ("open", "receiver", "transmitter", "transceiver")
MOST = 600
MESSAGES = (SUBMIT_SM, DELIVER_SM, DATA_SM)
SM = Sm(b"41790000001", b"1234", b"hi", 1, 1, 3, 0)
RECEIPT = receipt_text("1A", "DELIVRD", 1.7e9, 1.7e9, text="hi").encode()
SAMPLES = (
    SM,
    Sm(b"a", b"b", b"\x05\x00\x03\x07\x02\x01one", esm_class=0x40),
    Sm(b"a", b"b", b"\x05\x00\x03\x07\x02\x02two", esm_class=0x40),
    Sm(b"a", b"b", b"\x06\x08\x04\x01\x07\x02\x01\xd8\x3d", esm_class=0x40, data_coding=8),
    Sm(b"a", b"b", b"\x06\x08\x04\x01\x07\x02\x02\xde\x00", esm_class=0x40, data_coding=8),
    Sm(b"a", b"b", b"x" * 254, data_coding=0xF4),
    Sm(b"a", b"b", b"x" * 300),
    Sm(b"a", b"b", b"one", tlvs={SAR_REFERENCE: b"\0\1", SAR_TOTAL: b"\2", SAR_SEQUENCE: b"\1"}),
    Sm(b"a", b"b", b"two", tlvs={SAR_REFERENCE: b"\0\1", SAR_TOTAL: b"\2", SAR_SEQUENCE: b"\2"}),
    Sm(b"a", b"b", RECEIPT, esm_class=4, schedule=b"000000010000000R", validity=b"261128141500004+"),
    Sm(b"a", b"b", b"", esm_class=4, tlvs={RECEIPTED_ID: b"1A\0", MESSAGE_STATE: b"\2"}),
)
BODIES = tuple(map(write_sm, SAMPLES))
NUMBER = {"source": b"1", "destination": b"2"}
OTHERS = (
    (BIND_TRANSCEIVER, write(BIND_TRANSCEIVER, {"system_id": b"me", "password": b"secret"})),
    (BIND_TRANSCEIVER | RESPONSE, write(BIND_TRANSCEIVER | RESPONSE, {"system_id": b"it"}, {0x210: b"\x34"})),
    (ENQUIRE_LINK, b""),
    (UNBIND, b""),
    (OUTBIND, b"a\0b\0"),
    (GENERIC_NACK, b""),
    (QUERY_SM, write(QUERY_SM, {"message_id": b"7", **NUMBER})),
    (CANCEL_SM, write(CANCEL_SM, {"message_id": b"7", **NUMBER})),
    (REPLACE_SM, write(REPLACE_SM, {"message_id": b"7", "short_message": b"new"})),
    (SUBMIT_SM | RESPONSE, b"7\0"),
    (DATA_SM, b"\0\1\1a\0\1\1b\0\0\0\0\x04\x24\0\2hi"),
    (0x777, b"x"),
)
SEEDS = [
    b"\x01\x05" + pack(BIND_TRANSCEIVER, 0, 1, OTHERS[0][1]) + pack(ENQUIRE_LINK, 0, 2),
    b"\x0d\x00" + pack(SUBMIT_SM, 0, 1, BODIES[0]) + pack(0x777, 0, 2) + pack(UNBIND, 0, 3),
    b"\x0c\x02" + b"".join(pack(DELIVER_SM, 0, at, body) for at, body in enumerate(BODIES)),
    b"\x0c\x00" + b"\x00\x00\x00\x08\x00\x00\x00\x15\x00\x00\x00\x00\x00\x00\x00\x01",
]


def talk(flags: int, pieces: list[bytes]) -> tuple[list[Pdu], bytes, int]:
    """What came of it, what was answered, and how much is kept."""
    wire = Wire(smsc=bool(flags & SMSC), most=MOST)
    wire.state = STATES[flags >> 2 & 3]
    found: list[Pdu] = []
    most = 0
    for piece in pieces:
        wire.feed(piece)
        while (pdu := wire.next()) is not None:
            found.append(pdu)
        most = max(most, wire.waiting)
    return found, b"".join(wire.out), most


def whole(answers: bytes) -> None:
    """Answers are responses, of 16 octets each, with a status that there is."""
    for at in range(0, len(answers), 16):
        size, command, status, _ = unpack_from(">IIII", answers, at)
        assert size == 16 and command & RESPONSE and status in NAMES and status


def message(command: int, body: bytes, parts: Parts, coding: Coding) -> None:
    """One that is read is what it is when it is written again; whatever is done with it raises nothing."""
    sm = read_sm(command, body)
    if command != DATA_SM:
        again = read_sm(command, write_sm(sm))
        assert astuple(again) == astuple(sm)
    for text in (sm.schedule, sm.validity):
        try:
            at_of(text, 0.0)
        except ValueError:
            pass
    if is_receipt(sm):
        found = receipt_of(sm, text_of(sm, [part_of(sm)], coding))
        assert found is None or (found.provider_id and found.status)
        return
    got = read_message(sm, parts, 0.0)
    if isinstance(got, Whole):
        assert len(got.parts) <= got.total
    else:
        event = inbound(got, "x", coding)
        assert not (event.text and event.data) and event.segments >= 1
        if got.whole is not None and got.key is not None:
            parts.finished(got.key, got.whole, 0)


def bodies(found: list[Pdu], flags: int) -> None:
    """Each is read, or refused with a status that there is."""
    parts, coding = Parts(sets=4, octets=2000, sender=3), Coding(packed=bool(flags & PACKED))
    for pdu in found:
        try:
            if pdu.command in MESSAGES:
                message(pdu.command, pdu.body, parts, coding)
            elif pdu.command == SUBMIT_SM | RESPONSE:
                read_id(pdu.body)
            else:
                fields, tlvs = read(pdu.command, pdu.body)
                if pdu.body and 0x0424 not in tlvs:
                    assert read(pdu.command, write(pdu.command, fields, tlvs)) == (fields, tlvs)
        except PeerError as error:
            if error.answer not in NAMES or not error.answer:
                raise AssertionError(f"{pdu!r} is refused with {error.answer!r}") from error
        except ApplicationError as error:
            raise AssertionError(f"{pdu!r} is read, and cannot be written") from error
    assert parts.held <= 2000


def one(data: bytes) -> None:
    """A byte of flags, a byte that says how to cut, then what the peer sends."""
    if len(data) < 2:
        return
    flags, size, data = data[0], data[1] + 1, data[2:]
    together = talk(flags, [data])
    pieces = talk(flags, [data[at : at + size] for at in range(0, len(data), size)])
    if together[:2] != pieces[:2]:
        raise AssertionError(f"{together!r} in one read, {pieces!r} in reads of {size}")
    whole(together[1])
    if len(together[1]) > len(data):
        raise AssertionError(f"{len(together[1])} bytes of answers to {len(data)}")
    if together[2] > MOST or pieces[2] > MOST:
        raise AssertionError(f"{together[2]} or {pieces[2]} bytes are kept")
    assert all(pdu.command in COMMANDS for pdu in together[0])
    bodies(together[0], flags)
    receipt_time_of(data[:12].decode("latin-1"))


def generate(rng: random.Random) -> bytes:
    """PDUs, most of them sound, some with bytes changed."""
    out = bytearray((rng.randrange(16), rng.choice((0, 1, 2, 15, 50))))
    for at in range(rng.randrange(1, 8)):
        if rng.random() < 0.7:
            command, body = rng.choice(MESSAGES[:2]), rng.choice(BODIES)
        else:
            command, body = rng.choice(OTHERS)
        if rng.random() < 0.2:
            body = body[: rng.randrange(len(body) + 1)]
        out += pack(command, 0, at, body)
    if rng.random() < 0.5:
        for _ in range(rng.randrange(1, 6)):
            out[rng.randrange(2, len(out))] = rng.choice((rng.randrange(256), 0, 255))
    return bytes(out)
