"""interfaces.email.deliveries: what becomes of each recipient, through hang-ups and repeats."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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


def test_the_end_of_one_run_hides_no_other():
    """The same mail twice at once, and both clients gone: while the second runs, a repeat does not run a third time."""
    kit = Kit()
    (first, one), (second, two) = kit.message("a"), kit.message("a")
    for message in (first, second):
        for left in message.leave():
            kit.repeats.orphan(left)
    one.decided([LATER])
    assert kit.repeats.known(["a"]) == {"a": two}
    two.decided([YES])
    assert kit.repeats.known(["a"]) == {"a": YES}


def test_a_run_is_left_once():
    """By its client, then by each repeat that has joined it and gone: its verdict is kept once."""
    kit = Kit()
    message, run = kit.message("a")
    for left in message.leave():
        kit.repeats.orphan(left)
    for _ in range(3):
        again = Message(["a"], kit.done.append)
        again.join(run)
        for left in again.leave():
            kit.repeats.orphan(left)
    run.decided([YES])
    assert kit.done == [] and len(kit.repeats) == 1


def test_a_message_takes_each_verdict_once():
    """What is known already is not changed by another that speaks of the same recipient."""
    kit = Kit()
    message = Message(["a", "b"], kit.done.append)
    message.take({"a": YES, "x": NO})
    message.take({"a": NO})
    assert kit.done == []
    message.take({"a": NO, "b": LATER})
    assert kit.done == [message] and message.replies == [YES, LATER]
    message.take({"b": YES})
    assert kit.done == [message] and message.replies == [YES, LATER]


@pytest.mark.parametrize(("after", "known"), [(0.0, True), (99.9, True), (100.0, False), (1000.0, False)])
def test_a_verdict_is_kept_for_its_time(after, known):
    """To the second; nothing has to happen for it to be over."""
    kit = Kit(keep=100)
    kit.repeats.remember({"a": YES})
    kit.now += after
    assert bool(kit.repeats.known(["a"])) is known


def test_nothing_is_kept_where_nothing_is_to_be():
    """--email-keep-verdicts 0: what runs can be joined all the same."""
    kit = Kit(keep=0.0)
    kit.repeats.remember({"a": YES})
    assert len(kit.repeats) == 0 and not kit.counts["email.forgotten"]
    message, run = kit.message("a")
    for left in message.leave():
        kit.repeats.orphan(left)
    assert kit.repeats.known(["a"]) == {"a": run}


class Told:
    """Who shares it with other containers."""

    def __init__(self):
        self.said = []

    def __getattr__(self, name):
        return lambda *words: self.said.append((name, *words))


def test_others_are_told_what_we_remember():
    """A run that is left once, a verdict when it is kept, and that it was heard."""
    kit, told = Kit(), Told()
    kit.repeats.elsewhere = told
    message, run = kit.message("a")
    for _ in range(2):
        kit.repeats.orphan(run)
    run.decided([YES])
    kit.repeats.heard({"a": YES})
    assert told.said == [("orphan", run), ("remember", {"a": YES}, 100.0), ("heard", {"a": YES})]
    assert message.replies == [YES]


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["send", "leave", "say", "read"]),
        st.sampled_from("ab"),
        st.sampled_from([YES, NO, LATER]),
    ),
    max_size=40,
)


@settings(deadline=None)
@given(STEPS)
def test_a_client_that_sends_until_it_hears_is_served_once(steps):
    """However often it hangs up, and whoever else decides: what was decided for good is not asked for again.

    A client has one connection at a time. It sends "a" or "b" anew only when it has heard of it.
    """
    kit = Kit()
    waiting, running, final = {}, {}, {}
    for step, key, said in steps:
        if step == "send" and key not in waiting:
            message = waiting[key] = Message([key], kit.done.append)
            known = kit.repeats.known([key]).get(key)
            if isinstance(known, Verdict):
                assert known is final[key]
                message.take({key: known})
            elif known is not None:
                assert known is running[key]
                message.join(known)
            else:
                assert key not in running and key not in final, "asked again for what was decided"
                running[key] = Run([key])
                message.join(running[key])
        elif step == "say" and key in running:
            running.pop(key).decided([said])
            if said.final:
                final[key] = said
        elif step == "leave" and key in waiting:
            message = waiting.pop(key)
            for left in message.leave():
                kit.repeats.orphan(left)
            if message.verdicts:
                kit.repeats.remember(message.verdicts)
        elif step == "read" and key in waiting and waiting[key].verdicts:
            kit.repeats.heard(waiting.pop(key).verdicts)
            final.pop(key, None)
    assert len(kit.repeats) <= 2
