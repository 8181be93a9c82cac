"""Messages of PDUs as events: each coding, cut characters, names."""

import pytest

from interfaces.sms.parts import Parts, Whole
from interfaces.sms.pdus import Sm
from interfaces.sms.segments import pack
from interfaces.sms.smpp_reading import Coding, inbound, read_message
from interfaces.sms.tlvs import RECEIPTED_ID, USER_REFERENCE

NUMBERS = {"source": b"41790000001", "source_ton": 1, "destination": b"1234"}


def event(coding=None, **fields):
    """What a whole message says."""
    found = read_message(Sm(**NUMBERS, **fields), Parts(), 0.0)
    return inbound(found, "x", coding or Coding())


@pytest.mark.parametrize(("data_coding", "content", "text", "encoding"), [
    (0, b"h\x7b\x1b\x65", "hä€", "gsm7"), (1, b"h[]", "h[]", "gsm7"), (3, b"h\xe4", "hä", ""),
    (8, "日😀".encode("utf-16-be"), "日😀", "ucs2"), (0x10, b"h\x7b", "hä", "gsm7"), (0xF0, b"h\x7b", "hä", "gsm7"),
    (0x18, b"\x65\xe5", "日", "ucs2"), (6, b"\xb0", "А", ""), (8, b"\xd8\x3d", "\ufffd", "ucs2"),
])  # fmt: skip
def test_each_coding(data_coding, content, text, encoding):
    """Also those of a class, which telephones show at once."""
    found = event(data_coding=data_coding, content=content)
    assert (found.text, found.encoding, found.data) == (text, encoding, b"")
    assert (found.sender, found.recipient) == ("+41790000001", "1234")


@pytest.mark.parametrize("data_coding", [2, 4, 0xF4])
def test_binary(data_coding):
    """Bytes, and no text."""
    found = event(data_coding=data_coding, content=b"\0\1\xff")
    assert (found.data, found.text, found.encoding) == (b"\0\1\xff", "", "binary")


def test_the_default_is_the_binds():
    """data_coding 0 in Latin-1, and packed septets."""
    assert event(Coding("latin1"), content=b"\xe4[").text == "ä["
    assert event(Coding("ascii"), content=b"a[").text == "a["
    assert event(Coding(packed=True), content=pack(b"hello")).text == "hello"


def test_parts_are_joined_before_they_are_decoded():
    """Half an emoji, and half an escape, at the end of a part."""
    parts = Parts()
    for total, at, data_coding, cut, text in (
        (2, 1, 8, b"\xd8\x3d", None), (2, 2, 8, b"\xde\x00", "😀"), (2, 1, 0, b"\x1b", None), (2, 2, 0, b"\x65", "€")
    ):  # fmt: skip
        header = bytes((5, 0, 3, data_coding, total, at))
        found = read_message(
            Sm(**NUMBERS, content=header + cut, esm_class=0x40, data_coding=data_coding), parts, 0.0
        )
        if text is None:
            assert isinstance(found, Whole)
        else:
            said = inbound(found, "x", Coding())
            assert (said.text, said.segments) == (text, 2)
            assert said.raw["udh"] == bytes((5, 0, 3, data_coding, 2, 1)).hex()


def test_what_is_known_by_itself():
    """By the SMSC's id, or the sender's reference, with what it says; else by nothing.

    Kannel's drive_smpp gives one id to all: they are five messages, and no repeats.
    """

    def known(**more):
        return read_message(Sm(**NUMBERS, **more), Parts(), 0.0).known

    assert known(tlvs={RECEIPTED_ID: b"abc\0"}).startswith("abc-")
    assert len({known(tlvs={RECEIPTED_ID: b"abc\0"}, content=b"%d" % (at % 5)) for at in range(10)}) == 5
    one, two = (known(tlvs={USER_REFERENCE: b"\0\1"}, content=text) for text in (b"a", b"b"))
    assert one and two and one != two
    assert one == known(tlvs={USER_REFERENCE: b"\0\1"}, content=b"a")
    assert known(content=b"a") == known(tlvs={RECEIPTED_ID: b"\0"}) == ""


def test_raw_has_what_else_was_said():
    """Parameters in hexadecimal."""
    raw = event(tlvs={USER_REFERENCE: b"\0\1"}, service_type=b"CMT", protocol_id=3).raw
    assert (raw["tlvs"], raw["service_type"], raw["protocol_id"]) == ({"0x0204": "0001"}, "CMT", 3)
