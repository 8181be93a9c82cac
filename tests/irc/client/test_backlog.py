"""Events that wait for a slow application."""

from hypothesis import given
from hypothesis import strategies as st

from interfaces.irc.client.backlog import Backlog


class Held:
    """A backlog, and what it counts."""

    def __init__(self, most=8, size=1_000_000):
        self.dropped = 0
        self.backlog = Backlog(most, size, self.lose, lambda number: {"type": "irc.gap", "count": number})

    def lose(self, number):
        self.dropped += number

    def add(self, *kinds):
        for kind in kinds:
            name, _, text = kind.partition(":")
            self.backlog.add({"type": f"irc.{name}", "text": text})

    def all(self):
        found = []
        while (event := self.backlog.take()) is not None:
            kind = event["type"].removeprefix("irc.")
            found.append(f"gap:{event['count']}" if kind == "gap" else f"{kind}:{event['text']}")
        return found


def test_what_fits_comes_as_it_is():
    """In order."""
    held = Held()
    held.add("connect", "join:a", "message:b")
    assert held.all() == ["connect:", "join:a", "message:b"]
    assert held.dropped == 0


def test_joins_and_the_like_are_dropped_first():
    """One gap stands where the first of them was, and says how many."""
    held = Held()
    held.add("connect", "message:1", "join:a", "quit:b", "message:2", "mode:c", "message:3", "message:4")
    held.add("message:5")
    assert held.all() == [
        "connect:", "message:1", "gap:3", "message:2", "message:3", "message:4", "message:5"
    ]  # fmt: skip
    assert held.dropped == 3


def test_then_the_oldest_messages():
    """Until a quarter is free, so that not each one costs a look at all of them."""
    held = Held()
    held.add("connect", *(f"message:{n}" for n in range(12)))
    found = held.all()
    assert found[0] == "connect:"
    assert found[1].startswith("gap:")
    assert found[-1] == "message:11"
    kept = [one for one in found if one.startswith("message:")]
    assert held.dropped == 12 - len(kept) == int(found[1].removeprefix("gap:"))
    assert kept == [f"message:{n}" for n in range(12 - len(kept), 12)]


def test_while_it_is_full_others_than_messages_are_dropped_at_once():
    """And counted in the same gap."""
    held = Held()
    held.add(*(f"message:{n}" for n in range(9)))
    held.add("join:a", "join:b")
    found = held.all()
    (gap,) = [one for one in found if one.startswith("gap")]
    assert int(gap.removeprefix("gap:")) == held.dropped
    assert "join:a" not in found


def test_after_a_gap_was_taken_there_may_be_another():
    """Each says how many are missing at its place."""
    held = Held()
    held.add(*("join:x" for _ in range(9)))
    assert held.all() == ["gap:9"]
    held.add(*("quit:x" for _ in range(9)))
    assert held.all() == ["gap:9"]
    assert held.dropped == 18


def test_large_events_count_by_their_size():
    """Few of them fill it."""
    held = Held(most=1000, size=10_000)
    held.add(*("message:" + "x" * 3000 for _ in range(10)))
    found = held.all()
    assert len(found) < 5
    assert held.dropped == 10 - len(found) + 1


def test_results_and_the_end_stay_longest():
    """A result is dropped as messages are, what stands for the connection never."""
    held = Held()
    held.add("connect")
    held.add(*(f"result:{n}" for n in range(20)))
    held.add("disconnect")
    found = held.all()
    assert found[0] == "connect:"
    assert found[-1] == "disconnect:"


def test_another_instance_is_told_the_state_and_not_what_led_to_it():
    """The messages stay."""
    held = Held()
    held.add("connect", "join:a", "message:1")
    held.backlog.renew({"type": "irc.connect", "text": "again"})
    assert held.all() == ["connect:again", "gap:1", "message:1"]
    held.backlog.renew({"type": "irc.connect", "text": "third"})
    assert held.all() == ["connect:third"]


@given(st.lists(st.sampled_from(["join:", "message:", "result:", "take"]), max_size=300), st.integers(4, 20))
def test_nothing_is_lost_uncounted(steps, most):
    """What was put in is taken out, waits, or is in a gap; and it never holds more than it may."""
    held = Held(most=most)
    put = taken = gaps = 0
    for step in steps:
        if step != "take":
            held.add(step)
            put += 1
        elif (event := held.backlog.take()) is not None:
            gap = event["type"] == "irc.gap"
            gaps += event["count"] if gap else 0
            taken += not gap
        assert len(held.backlog) <= most + 1
    for one in held.all():
        gap = one.startswith("gap:")
        gaps += int(one.removeprefix("gap:")) if gap else 0
        taken += not gap
    assert put == taken + gaps
    assert gaps == held.dropped


@given(st.lists(st.sampled_from(["join", "message"]), max_size=200))
def test_messages_stay_in_order(kinds):
    """Whatever is dropped between them."""
    held = Held()
    held.add(*(f"{kind}:{number}" for number, kind in enumerate(kinds)))
    numbers = [int(one.partition(":")[2]) for one in held.all() if not one.startswith("gap")]
    assert numbers == sorted(numbers)
