"""Limits: parts of a sender, messages of the account."""

from interfaces.testing.sms.limits import Limits, Throttle
from interfaces.testing.sms.records import parts


def test_a_sender_is_limited_by_parts():
    """A message of three parts takes three seconds of its sender, and none of another."""
    throttle = Throttle(Limits())
    assert throttle.wait("a", 3, 0.0) == ("", 0)
    assert throttle.wait("a", 1, 0.5) == ("a", 3)
    assert throttle.wait("b", 1, 0.5) == ("", 0)
    assert throttle.wait("a", 1, 3.0) == ("", 0)


def test_a_burst_comes_at_once():
    """So many parts, then one at a time."""
    throttle = Throttle(Limits(sender_burst=2))
    assert [throttle.wait("a", 1, 0.0)[1] for _ in range(3)] == [0, 0, 1]


def test_the_account_is_limited_by_messages():
    """Whoever sends; what is refused counts for nobody."""
    throttle = Throttle(Limits(sender_rate=0, account_rate=1.0, account_burst=2))
    found = [throttle.wait(sender, 9, 0.0) for sender in "abcd"]
    assert found == [("", 0), ("", 0), ("account", 1), ("account", 1)]
    assert throttle.limited == {"account": 2}
    assert throttle.wait("c", 9, 1.0) == ("", 0)


def test_no_limit():
    """0 lets everything pass."""
    throttle = Throttle(Limits(sender_rate=0, account_rate=0))
    assert {throttle.wait("a", 5, 0.0) for _ in range(1000)} == {("", 0)}


def test_parts_are_counted():
    """160 of GSM, 70 beyond; less where there are several."""
    assert [parts("a" * count) for count in (0, 160, 161, 306, 307)] == [1, 1, 2, 2, 3]
    assert [parts("я" * count) for count in (70, 71, 134, 135)] == [1, 2, 2, 3]
    assert parts("😀" * 35) == 1
