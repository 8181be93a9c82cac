"""Messages of ours as PDUs, and what reading makes of them again."""

import pytest

from interfaces.shared.errors import ApplicationError
from interfaces.sms.parts import Parts, Whole
from interfaces.sms.pdus import SUBMIT_SM, read_sm
from interfaces.sms.smpp_reading import Coding, inbound, read_message
from interfaces.sms.smpp_writing import Written, bodies
from tests.sms.smpp.kit import outgoing


def written(message, coding=None, **how):
    """Its PDUs."""
    found = bodies(message, Written(coding=coding or Coding(), **how), 7)
    return [read_sm(SUBMIT_SM, body) for body in found]


def again(sms, coding=None):
    """What is read of them."""
    parts = Parts()
    for sm in sms:
        found = read_message(sm, parts, 0.0)
    assert not isinstance(found, Whole)
    return inbound(found, "x", coding or Coding())


@pytest.mark.parametrize("coding", [Coding(), Coding(packed=True), Coding("latin1"), Coding("ascii")])
@pytest.mark.parametrize("text", ["hi", "hä [€]", "x" * 160, "x" * 161, "[€" * 200, "日" * 70, "😀" * 100])
def test_there_and_back(text, coding):
    """Each text in each coding, in no part more than 140 octets' worth."""
    encoding = "gsm7" if text.isascii() or "ä" in text or "€" in text else "ucs2"
    sms = written(outgoing(text, encoding=encoding), coding)
    found = again(sms, coding)
    assert (found.text, found.segments) == (text, len(sms))
    for sm in sms:
        assert len(sm.content) <= (160 if sm.data_coding == 0 and not coding.packed else 140)
        assert sm.esm_class == (0x40 if len(sms) > 1 else 0)


@pytest.mark.parametrize("size", [1, 140, 141, 5000])
def test_binary(size):
    """In parts of 140 octets with their headers."""
    data = bytes(range(256)) * 20
    sms = written(outgoing("", data=data[:size], encoding="binary"))
    assert {sm.data_coding for sm in sms} == {4}
    assert max(len(sm.content) for sm in sms) <= 140
    assert again(sms).data == data[:size]


def test_what_else_is_said():
    """Validity, schedule, receipts, and the type of number of who sends."""
    (sm,) = written(
        outgoing(validity=60, schedule_at=1_795_875_300.0, status=False), source_ton=5, source_npi=0
    )
    assert (sm.validity, sm.schedule, sm.registered) == (b"000000000100000R", b"261128141500000+", 0)
    assert (sm.source_ton, sm.source_npi, sm.destination_ton) == (5, 0, 1)
    (sm,) = written(outgoing(sender=""))
    assert (sm.source, sm.source_ton) == (b"", 0)


@pytest.mark.parametrize("wrong", [
    {"sender": "x" * 21}, {"recipient": "日本"}, {"media": ("https://a.example/b",)},
    {"data": bytes(255 * 134 + 1), "encoding": "binary"}, {"text": "日"},
])  # fmt: skip
def test_what_cannot_be_sent(wrong):
    """The application is told."""
    with pytest.raises(ApplicationError):
        written(outgoing(**wrong))
