"""Times, written and read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.irc.times import moment, stamp


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-28T12:00:00.250Z", 1795867200.25),
        ("2026-11-28T12:00:00", 1795867200.0),
        ("", 0.0),
        ("yesterday", 0.0),
        ("2026-13-01T00:00:00Z", 0.0),
    ],
)
def test_of_a_server(text: str, expected: float) -> None:
    """What is none is 0."""
    assert moment(text) == expected


@pytest.mark.parametrize(
    ("now", "text"),
    [
        (1_000_000_000.0, "2001-09-09T01:46:40.000Z"),
        (0.9999, "1970-01-01T00:00:00.999Z"),
        (1.5, "1970-01-01T00:00:01.500Z"),
    ],
)
def test_it_has_milliseconds(now: float, text: str) -> None:
    """Always three digits of them."""
    assert stamp(now) == text


@given(st.floats(0, 4e9))
def test_there_and_back(seconds: float) -> None:
    """To the millisecond."""
    assert abs(moment(stamp(seconds)) - seconds) < 0.0011
