"""interfaces.email.deliveries: what becomes of each recipient, through hang-ups and repeats."""

from collections import Counter

from interfaces.email.deliveries import Message, Repeats, Run
from interfaces.shared.delivery import Verdict

YES, NO, LATER = Verdict("accept"), Verdict("reject"), Verdict("defer")


class Kit:
    """Repeats on a clock of their own, and what they count."""

    def __init__(self, keep=100.0, most=10):
        self.now, self.counts, self.done = 1000.0, Counter(), []
        self.repeats = Repeats(keep, most, lambda name: self.counts.update([name]), lambda: self.now)

    def message(self, *keys):
        """One that waits, and the run for it."""
        message, run = Message(keys, self.done.append), Run(keys)
        message.join(run)
        return message, run


def test_a_message_is_done_when_each_recipient_has_a_verdict():
    """In the order of its recipients, one that stands twice included, and not before the last is known."""
    kit = Kit()
    message = Message(["a", "b", "a", "c"], kit.done.append)
    one, two = Run(["a", "b"]), Run(["c", "x"])
    message.join(one)
    message.join(two)
    one.decided([YES, NO])
    assert kit.done == []
    two.decided([LATER, YES])
    assert kit.done == [message] and message.replies == [YES, NO, YES, LATER]


def test_nothing_is_known_of_what_its_client_has_read():
    """A run whose client waits is none of a repeat's business: the same sent twice at once runs twice."""
    kit = Kit()
    _, run = kit.message("a")
    assert kit.repeats.known(["a"]) == {}
    run.decided([YES])
    assert kit.repeats.known(["a"]) == {} and len(kit.repeats) == 0


def test_a_repeat_joins_what_runs_without_a_client():
    """And gets its verdict, which is kept for the next one; the first client hears nothing."""
    kit = Kit()
    message, run = kit.message("a", "b")
    for left in message.leave():
        kit.repeats.orphan(left)
    assert kit.repeats.known(["b", "c"]) == {"b": run}
    again = Message(["b"], kit.done.append)
    again.join(run)
    run.decided([YES, LATER])
    assert kit.done == [again] and again.replies == [LATER]
    assert kit.repeats.known(["a", "b"]) == {"a": YES}  # "try again" is never kept
    assert kit.counts["email.repeats"] == 2


def test_who_leaves_after_the_verdict_leaves_nothing_that_runs():
    """There is no run to be joined any more."""
    kit = Kit()
    message, run = kit.message("a")
    run.decided([NO])
    assert message.leave() == []


def test_verdicts_are_kept_for_their_time_and_up_to_their_number():
    """The oldest go first; those that had to go early are counted."""
    kit = Kit(keep=100, most=2)
    kit.repeats.remember({"a": YES})
    kit.now += 60
    kit.repeats.remember({"b": NO})
    kit.now += 60
    assert kit.repeats.known(["a", "b"]) == {"b": NO}
    kit.repeats.remember({"c": YES})
    assert len(kit.repeats) == 2 and not kit.counts["email.forgotten"]
    kit.repeats.remember({"d": YES})
    assert kit.repeats.known(["b", "c", "d"]) == {"c": YES, "d": YES}
    assert kit.counts["email.forgotten"] == 1


def test_a_verdict_that_is_said_again_counts_as_new():
    """It is the youngest then."""
    kit = Kit(keep=100, most=2)
    kit.repeats.remember({"a": YES, "b": YES})
    kit.repeats.remember({"a": NO})
    kit.repeats.remember({"c": YES})
    assert kit.repeats.known(["a", "b", "c"]) == {"a": NO, "c": YES}


def test_what_was_heard_after_all_is_forgotten():
    """Whoever sends the same again then means it; what others have not heard stays."""
    kit = Kit()
    kit.repeats.remember({"a": YES, "b": NO})
    kit.repeats.heard({"a": YES, "c": YES})
    assert kit.repeats.known(["a", "b", "c"]) == {"b": NO}
