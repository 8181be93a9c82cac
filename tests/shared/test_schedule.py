"""interfaces.shared.schedule: whose turn it is."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.shared.schedule import Schedule


@dataclass(eq=False)
class Entry:
    name: int
    conversation: str | None = None


def filled(*conversations, strict=False):
    """A schedule with an entry for each."""
    schedule = Schedule(strict=strict)
    entries = [Entry(number, name) for number, name in enumerate(conversations)]
    for entry in entries:
        schedule.add(entry)
    return schedule, entries


def names(entries):
    """Theirs."""
    return [entry.name for entry in entries]


def test_different_ones_go_side_by_side():
    """Up to as many as are asked for, in their order."""
    schedule, _ = filled(None, None, "a", "b")
    assert schedule.ready == 4
    assert names(schedule.take(3, 0)) == [0, 1, 2] and names(schedule.take(3, 0)) == [3]


def test_one_of_a_conversation_at_a_time():
    """The next has its turn once the one before has left."""
    schedule, (first, second, third) = filled("a", "a", "a")
    assert schedule.take(9, 0) == [first]
    assert schedule.take(9, 0) == []
    schedule.leave(first)
    assert schedule.take(9, 0) == [second]
    schedule.leave(second)
    assert schedule.take(9, 0) == [third]
    schedule.leave(third)
    schedule.add(first)
    assert schedule.take(9, 0) == [first]


def test_those_that_are_to_be_alone_are_out_one_by_one():
    """Beside all others; the next once one has left, or comes later; one that is given back is the one."""
    schedule, (other,) = filled(None)
    first, second, third = alone = [Entry(number, "a") for number in (7, 8, 9)]
    for entry in alone:
        schedule.add_later(entry, 5, alone=True)
    assert schedule.take(9, 5) == [other, first]
    schedule.give_back(first)
    assert schedule.take(9, 5) == [first]
    schedule.later(first, 9)
    assert schedule.take(9, 6) == [second] and schedule.take(9, 6) == []
    schedule.leave(second)
    assert schedule.take(9, 6) == [third]
    schedule.leave(third)
    assert schedule.take(9, 9) == [first]


def test_one_that_comes_later_lets_the_next_pass():
    """And comes when it is due, behind who is there then."""
    schedule, (first, second) = filled("a", "a")
    schedule.take(1, 0)
    schedule.later(first, 10)
    assert schedule.due() == 10
    assert schedule.take(9, 9) == [second]
    assert schedule.take(9, 10) == [] and schedule.due() is None
    schedule.leave(second)
    assert schedule.take(9, 10) == [first]


def test_strict_ones_hold_their_conversation_up():
    """But no other."""
    schedule, (first, second, other) = filled("a", "a", "b", strict=True)
    schedule.take(1, 0)
    schedule.later(first, 10)
    assert schedule.take(9, 9) == [other]
    assert schedule.take(9, 10) == [first]
    schedule.leave(first)
    assert schedule.take(9, 10) == [second]


def test_what_is_given_back_is_the_next():
    """Before all that is ready."""
    schedule, (first, second) = filled(None, None)
    schedule.take(1, 0)
    schedule.give_back(first)
    assert schedule.take(9, 0) == [first, second]


@given(st.lists(st.sampled_from([None, "a", "b"]), max_size=12), st.data(), st.booleans())
def test_nobody_is_forgotten_and_none_overtakes(conversations, choose, strict):
    """Whatever becomes of them, each leaves once; without delays those of a conversation leave in their order."""
    schedule, entries = filled(*conversations, strict=strict)
    held, left, now, delayed = [], [], 0, False
    while len(left) < len(entries):
        held += schedule.take(choose.draw(st.integers(1, 3)), now)
        of = [entry.conversation for entry in held if entry.conversation]
        assert len(of) == len(set(of))
        now += 1
        if not held:
            continue
        entry = held.pop(choose.draw(st.integers(0, len(held) - 1)))
        if choose.draw(st.integers(0, 4)) == 0 and now < 50:
            delayed = True
            schedule.later(entry, now + 2)
        else:
            schedule.leave(entry)
            left.append(entry)
    assert len({*left}) == len(entries) and schedule.take(9, now + 9) == []
    for name in ("a", "b"):
        order = names(entry for entry in left if entry.conversation == name)
        assert order == sorted(order) or (delayed and not strict)


def test_one_that_may_be_passed_holds_nobody_up():
    """Though the schedule is strict: it was not to be taken before its time, and joins then."""
    schedule, (first, second) = filled("a", "a", strict=True)
    schedule.take(1, 0)
    assert schedule.held_up
    schedule.later(first, 10, passed=True)
    assert schedule.take(9, 0) == [second] and not schedule.held_up
    schedule.leave(second)
    assert schedule.take(9, 10) == [first]


@pytest.mark.parametrize("alone", [False, True])
def test_one_that_was_taken_before_is_waited_for_again(alone):
    """As after a start: those that are added behind it come after it, others do not wait; where that is strict."""
    first, second, third, other = Entry(0, "a"), Entry(1, "a"), Entry(2, "a"), Entry(3, "b")
    schedule = Schedule(strict=True)
    schedule.add_later(first, 10, alone=alone, again=True)
    schedule.add_later(second, 5, alone=alone, again=True)
    schedule.add(third)
    schedule.add(other)
    assert schedule.take(9, 9) == [other]
    for entry in (first, second, third):
        assert schedule.take(9, 10) == [entry]
        schedule.leave(entry)
    relaxed = Schedule()
    relaxed.add_later(first, 10, again=True)
    relaxed.add(second)
    assert relaxed.take(9, 0) == [second]
