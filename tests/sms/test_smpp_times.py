"""Times of SMPP, absolute, relative, and those of receipts."""

import pytest

from interfaces.sms.smpp_times import absolute, at_of, receipt_time, receipt_time_of, relative

AT = 1_795_875_300.0


@pytest.mark.parametrize(("seconds", "text"), [
    (0.2, b"000000000001000R"), (3600, b"000000010000000R"), (172_800, b"000002000000000R"),
    (400 * 86_400, b"010105000000000R"), (364 * 86_400, b"001130235959000R"), (1e12, b"990000000000000R"),
])  # fmt: skip
def test_relative(seconds, text):
    """As seconds read it again, but for what is too exact to be said."""
    assert relative(seconds) == text
    if 1 <= seconds < 1e10 and seconds != 364 * 86_400:
        assert at_of(text, 1000.0) == 1000.0 + seconds


def test_absolute():
    """In UTC; others are read with their quarters of an hour."""
    assert absolute(AT) == b"261128141500000+"
    assert at_of(b"261128141500000+", 0.0) == AT
    assert at_of(b"261128151500004+", 0.0) == at_of(b"261128131500004-", 0.0) == AT
    assert at_of(b"", 0.0) is None


@pytest.mark.parametrize("text", [b"x", b"261328141500000+", b"000000010000000", b"2611281415"])
def test_what_is_no_time(text):
    """It is said to be none."""
    with pytest.raises(ValueError, match=r"time|month|range|remains"):
        at_of(text, 0.0)


def test_of_receipts():
    """With seconds or without."""
    assert receipt_time(AT) == "2611281415"
    assert (receipt_time_of("2611281415"), receipt_time_of("261128141530")) == (AT, AT + 30)
    assert [receipt_time_of(text) for text in ("", "26112814", "2699281415", "abc")] == [None] * 4
