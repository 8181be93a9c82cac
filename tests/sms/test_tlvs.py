"""Optional parameters: there and back, and what is refused."""

import pytest

from interfaces.shared.errors import PeerError
from interfaces.sms.tlvs import MESSAGE_STATE, MOST, SAR_TOTAL, number, read_tlvs, write_tlvs


def test_there_and_back():
    """Also of tags that nobody knows, and empty ones."""
    tlvs = {SAR_TOTAL: b"\3", 0x1400: b"", 0x1401: b"x" * 70}
    assert read_tlvs(b"front" + write_tlvs(tlvs), 5) == tlvs
    assert (number(tlvs, SAR_TOTAL), number(tlvs, MESSAGE_STATE)) == (3, None)


def test_the_first_of_two_counts():
    """One that comes twice."""
    assert read_tlvs(write_tlvs({SAR_TOTAL: b"\3"}) + write_tlvs({SAR_TOTAL: b"\4"}), 0) == {SAR_TOTAL: b"\3"}


@pytest.mark.parametrize(("data", "status"), [
    (b"\0", 0xC0), (b"\1\2\3", 0xC0), (b"\x14\0\0\2x", 0xC0), (b"\x14\0\xff\xff", 0xC0),
    (write_tlvs({SAR_TOTAL: b""}), 0xC2), (write_tlvs({MESSAGE_STATE: b"\1\2"}), 0xC2),
    (write_tlvs(dict.fromkeys(range(0x1400, 0x1401 + MOST), b"")), 0xC0),
])  # fmt: skip
def test_what_is_refused(data, status):
    """Lengths that lie, sizes that are wrong, more than there may be."""
    with pytest.raises(PeerError) as found:
        read_tlvs(data, 0)
    assert found.value.answer == status
