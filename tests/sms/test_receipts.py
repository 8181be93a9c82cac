"""Receipts: by parameters, by text in the spellings that there are, what cannot be read, and the text of ours."""

import pytest

from interfaces.sms.pdus import Sm
from interfaces.sms.receipts import is_receipt, receipt_of, receipt_text
from interfaces.sms.tlvs import MESSAGE_STATE, NETWORK_ERROR, RECEIPTED_ID

TEXT = "id:0A1B sub:001 dlvrd:001 submit date:2611281415 done date:2611281416 stat:{} err:{} text:hi id:7"
NUMBERS = {
    "source": b"41790000001",
    "source_ton": 1,
    "destination": b"41445556677",
    "destination_ton": 1,
    "esm_class": 4,
}


def by_text(text):
    """What such a text says."""
    return receipt_of(Sm(**NUMBERS), text)


@pytest.mark.parametrize(("word", "status"), [
    ("DELIVRD", "delivered"), ("EXPIRED", "expired"), ("DELETED", "undelivered"), ("UNDELIV", "undelivered"),
    ("ACCEPTD", "sent"), ("ENROUTE", "sent"), ("UNKNOWN", "failed"), ("REJECTD", "rejected"), ("delivrd", "delivered"),
    ("SKIPPED", "failed"), ("BUFFERED", "sent"),
])  # fmt: skip
def test_each_word(word, status):
    """Its time is the done date; ours is the recipient of the PDU."""
    found = by_text(TEXT.format(word, "000"))
    assert (found.provider_id, found.status, found.at) == ("0A1B", status, 1795875360.0)
    assert (found.sender, found.recipient) == ("+41445556677", "+41790000001")
    assert found.raw["text"] == "hi id:7"


def test_errors_are_told_where_it_failed():
    """A success has none."""
    assert (
        by_text(TEXT.format("UNDELIV", "012")).error_code,
        by_text(TEXT.format("DELIVRD", "000")).error_code,
    ) == ("012", "")
    assert by_text(TEXT.format("UNDELIV", "012")).error_text == "UNDELIV"


@pytest.mark.parametrize("text", [
    "id:0A1B stat:DELIVRD",
    "ID:0A1B Sub:001 Dlvrd:001 Submit Date:2611281415 Done Date:261128141600 Stat:DELIVRD Err:000 Text:",
    "stat:DELIVRD err:000 done date:2611281416 id:0A1B",
    "id: 0A1B stat: DELIVRD text: stat:EXPIRED",
])  # fmt: skip
def test_other_spellings(text):
    """In any order and case, with blanks, without what is not needed."""
    found = by_text(text)
    assert (found.provider_id, found.status) == ("0A1B", "delivered")


def test_parameters_come_before_the_text():
    """Also with none; the network's error is that where the text has none."""
    tlvs = {RECEIPTED_ID: b"77\0", MESSAGE_STATE: b"\5", NETWORK_ERROR: b"\3\0\x22"}
    sm = Sm(**NUMBERS, tlvs=tlvs)
    found = receipt_of(sm, TEXT.format("DELIVRD", "000"))
    assert (found.provider_id, found.status, found.error_code) == ("77", "undelivered", "34")
    assert receipt_of(sm, "").status == "undelivered"
    odd = Sm(**NUMBERS, tlvs={RECEIPTED_ID: b"77\0", MESSAGE_STATE: b"\x63"})
    assert receipt_of(odd, "stat:EXPIRED").status == "expired"


@pytest.mark.parametrize(
    "text", ["", "hello", "id:7", "stat:DELIVRD", "id:7 stat:ODD", "x" * 70_000, "id:" * 30_000]
)
def test_what_says_nothing(text):
    """It is none, however long it is."""
    assert by_text(text) is None


def test_what_is_a_receipt():
    """By esm_class, or by its parameters where an SMSC forgets that."""
    assert [is_receipt(Sm(esm_class=one)) for one in (0, 4, 0x44, 0x20, 8, 0x40)] == [
        False,
        True,
        True,
        True,
        False,
        False,
    ]
    assert is_receipt(Sm(tlvs={RECEIPTED_ID: b"7\0", MESSAGE_STATE: b"\2"}))
    assert not is_receipt(Sm(tlvs={RECEIPTED_ID: b"7\0"}))


def test_ours_is_read_as_it_is_meant():
    """And its id is what others know it by, where that is asked for."""
    text = receipt_text("7b", "REJECTD", 1.7e9, 1.7e9 + 60, 5, "a long text that is cut: é")
    found = receipt_of(Sm(**NUMBERS), text, str.upper)
    assert (found.provider_id, found.status, found.error_code, found.at) == (
        "7B",
        "rejected",
        "005",
        1_700_000_040.0,
    )
    assert found.raw["text"] == "a long text that is "
