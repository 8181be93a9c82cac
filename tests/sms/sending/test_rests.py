"""Accounts that rest."""

from interfaces.sms.sending.rests import FIRST, LONGEST, Rests
from interfaces.sms.sending.routes import Route

A, B = Route(account="a", sender=""), Route(account="b", sender="")


def test_who_rests_is_passed_over():
    """Until its rest is over; where all do, the one whose rest ends first is taken."""
    rests = Rests()
    assert rests.choose([A, B], 0.0) is A
    rests.begin("a", 0.0, 10.0)
    assert rests.choose([A, B], 0.0) is B
    rests.begin("b", 0.0, 5.0)
    assert rests.choose([A, B], 0.0) is B
    assert rests.choose([A, B], 10.0) is A
    assert "a" in repr(rests)


def test_rests_become_longer():
    """Double each time, up to a minute; those that were on their way together count once."""
    rests, now, seconds = Rests(), 0.0, []
    for _ in range(9):
        rests.begin("a", now, None)
        rests.begin("a", now + 0.1, 0.5)
        seconds.append(rests._until["a"] - now)
        now = rests._until["a"]
    assert seconds[:3] == [FIRST, 2 * FIRST, 4 * FIRST]
    assert seconds[-1] == LONGEST


def test_one_message_that_was_taken_ends_it():
    """The next rest is a first one."""
    rests = Rests()
    rests.begin("a", 0.0, None)
    rests.well("a")
    rests.well("b")
    assert not rests.resting("a", 0.0)
    rests.begin("a", 0.0, None)
    assert rests._until["a"] == FIRST
