"""Bodies of PDUs: there and back, each fault with its status, and what other libraries make of them."""

import pytest
from smpplib import client, consts, smpp

from interfaces.shared.errors import ApplicationError, PeerError
from interfaces.sms.pdus import (
    ALERT_NOTIFICATION,
    BIND_TRANSCEIVER,
    CANCEL_SM,
    DATA_SM,
    DELIVER_SM,
    QUERY_SM,
    REPLACE_SM,
    RESPONSE,
    SUBMIT_SM,
    Sm,
    pack,
    read,
    read_id,
    read_sm,
    write,
    write_sm,
)
from interfaces.sms.tlvs import MESSAGE_PAYLOAD, SAR_TOTAL

FULL = Sm(
    source=b"41790000001", destination=b"1234", content=b"hi", source_ton=1, source_npi=1, destination_ton=3,
    destination_npi=0, esm_class=0x40, protocol_id=1, priority=2, schedule=b"261128141500000+",
    validity=b"000000010000000R", registered=1, replace=1, data_coding=8, default_id=3, service_type=b"CMT",
    tlvs={SAR_TOTAL: b"\2"},
)  # fmt: skip
BODY = write_sm(FULL)


class TestMessages:
    def test_there_and_back(self):
        """Every field."""
        assert read_sm(SUBMIT_SM, BODY) == FULL

    def test_what_is_long_goes_into_message_payload(self):
        """And is content again on the other side."""
        sm = Sm(b"a", b"b", b"x" * 255)
        assert read_sm(DELIVER_SM, write_sm(sm)) == sm
        assert write_sm(sm)[-259:-253] == bytes((4, 0x24, 0, 255)) + b"xx"

    def test_smpplib_reads_the_same(self):
        """Another library is the judge of the order of the fields."""
        pdu = smpp.parse_pdu(
            pack(SUBMIT_SM, 0, 1, BODY), client=client.Client("localhost", 1, allow_unknown_opt_params=True)
        )
        assert (pdu.source_addr, pdu.destination_addr, pdu.short_message) == (b"41790000001", b"1234", b"hi")
        assert (pdu.validity_period, pdu.data_coding, pdu.registered_delivery) == (FULL.validity, 8, 1)
        assert pdu.esm_class == consts.SMPP_GSMFEAT_UDHI

    @pytest.mark.parametrize(("cut", "status"), [
        (0, 2), (3, 2), (10, 2), (20, 2), (30, 2), (len(BODY) - 6, 2), (len(BODY) - 1, 0xC0), (len(BODY) - 4, 0xC0),
    ])  # fmt: skip
    def test_what_is_cut_off_has_a_status(self, cut, status):
        """Wherever it is cut."""
        with pytest.raises(PeerError) as found:
            read_sm(SUBMIT_SM, BODY[:cut])
        assert found.value.answer == status

    def test_each_cut_is_refused(self):
        """Nothing but a PeerError comes of any; one that ends where its parameters begin is whole."""
        for command_id in (SUBMIT_SM, DATA_SM):
            for cut in range(len(BODY)):
                try:
                    read_sm(command_id, BODY[:cut])
                except PeerError:
                    continue
                assert cut == len(BODY) - 5 or command_id == DATA_SM

    @pytest.mark.parametrize(("change", "status"), [
        (lambda body: b"toolong\0" + body[4:], 0x15),
        (lambda body: body.replace(b"41790000001", b"4" * 21), 0x0A),
        (lambda body: body.replace(b"1234", b"1" * 21), 0x0B),
        (lambda body: body.replace(b"261128141500000+", b"2" * 17), 0x61),
        (lambda body: body.replace(b"000000010000000R", b"2" * 17), 0x62),
        (lambda body: body.replace(b"\2hi", b"\xff" + b"h" * 255), 0x01),
        (lambda body: body + bytes((4, 0x24, 0, 1)) + b"x", 0x01),
        (lambda body: body + bytes((2, 0x0E, 0, 9)) + b"x", 0xC0),
        (lambda body: body.replace(bytes((2, 0x0E, 0, 1)) + b"\2", bytes((2, 0x0E, 0, 2)) + b"\2\2"), 0xC2),
        (lambda body: body + b"\x14\0\0\0" * 0 + b"".join(bytes((20, at, 0, 0)) for at in range(64)), 0xC0),
    ])  # fmt: skip
    def test_each_fault_has_its_status(self, change, status):
        """As the specification names them."""
        with pytest.raises(PeerError) as found:
            read_sm(SUBMIT_SM, change(BODY))
        assert found.value.answer == status

    def test_data_sm_has_its_text_in_a_parameter(self):
        """And addresses that may be longer."""
        body = b"\0\1\1" + b"4" * 30 + b"\0\1\1b\0\x40\1\x08" + bytes((4, 0x24, 0, 2)) + b"hi"
        sm = read_sm(DATA_SM, body)
        assert (sm.source, sm.content, sm.esm_class, sm.registered, sm.data_coding) == (
            b"4" * 30,
            b"hi",
            0x40,
            1,
            8,
        )
        assert MESSAGE_PAYLOAD not in sm.tlvs

    @pytest.mark.parametrize("wrong", [
        {"source": b"4" * 21}, {"destination": b"a\0b"}, {"validity": b"1" * 17}, {"service_type": b"123456"}
    ])  # fmt: skip
    def test_what_has_no_room_is_not_written(self, wrong):
        """It would be read as something else."""
        with pytest.raises(ApplicationError):
            write_sm(Sm(**wrong))


class TestOthers:
    @pytest.mark.parametrize(("command_id", "fields"), [
        (BIND_TRANSCEIVER, {
            "system_id": b"me", "password": b"secret", "system_type": b"", "interface_version": 0x34,
            "address_range_ton": 0, "address_range_npi": 0, "address_range": b"",
        }),
        (QUERY_SM, {"message_id": b"7", "source_ton": 1, "source_npi": 1, "source": b"41"}),
        (QUERY_SM | RESPONSE, {"message_id": b"7", "final_date": b"", "message_state": 2, "error_code": 0}),
        (CANCEL_SM, {
            "service_type": b"", "message_id": b"7", "source_ton": 1, "source_npi": 1, "source": b"41",
            "destination_ton": 0, "destination_npi": 0, "destination": b"",
        }),
        (REPLACE_SM, {
            "message_id": b"7", "source_ton": 1, "source_npi": 1, "source": b"41", "schedule": b"", "validity": b"",
            "registered": 1, "default_id": 0, "short_message": b"new",
        }),
        (ALERT_NOTIFICATION, {
            "source_ton": 1, "source_npi": 1, "source": b"41", "esme_ton": 1, "esme_npi": 1, "esme": b"42",
        }),
    ])  # fmt: skip
    def test_there_and_back(self, command_id, fields):
        """With a parameter behind them; any cut is a PeerError."""
        body = write(command_id, fields, {0x210: b"\x34"})
        assert read(command_id, body) == (fields, {0x210: b"\x34"})
        whole = len(body) - 5
        for cut in set(range(len(body))) - {whole, 0 if command_id & RESPONSE else whole}:
            with pytest.raises(PeerError):
                read(command_id, body[:cut])

    def test_a_response_with_an_error_may_be_empty(self):
        """And so may its message_id be missing."""
        assert read(QUERY_SM | RESPONSE, b"") == ({}, {})
        assert (read_id(b""), read_id(b"7\0")) == ("", "7")
        with pytest.raises(PeerError) as found:
            read_id(b"7" * 66)
        assert found.value.answer == 0x0C

    def test_passwords_may_be_longer_than_the_specification_has_them(self):
        """Operators give such; what is absurd is refused, and so is a longer one that is sent to us."""
        body = write(BIND_TRANSCEIVER, {"system_id": b"me", "password": b"p" * 30})
        with pytest.raises(PeerError) as found:
            read(BIND_TRANSCEIVER, body)
        assert found.value.answer == 0x0E
        with pytest.raises(ApplicationError, match="password is too long"):
            write(BIND_TRANSCEIVER, {"password": b"p" * 65})
