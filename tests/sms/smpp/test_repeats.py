"""Which message has come again: only one whose answer may be lost."""

from interfaces.sms.smpp.repeats import RECENT, TTL, Repeats, Unsure

KEY = (b"a", b"b", b"YES")


def test_two_that_are_alike_are_two():
    """Somebody says yes twice."""
    repeats = Repeats()
    names = {repeats.name(KEY, 0.0) for _ in range(3)}
    assert len(names) == 3
    assert all(not again and len(name) == 24 for name, again in names)


def test_what_is_expected_has_its_name_again_once():
    """The next that is alike is another; two that are expected come in order."""
    repeats = Repeats()
    for name in ("one", "one", "two"):
        repeats.expect(name, KEY, 0.0)
    assert [repeats.name(KEY, 1.0) for _ in range(2)] == [("one", True), ("two", True)]
    assert not repeats.name(KEY, 1.0)[1]


def test_it_is_not_expected_for_ever():
    """Nor more of them than there is room for."""
    repeats = Repeats(most=2)
    repeats.expect("old", KEY, 0.0)
    assert not repeats.name(KEY, TTL)[1]
    for number in range(5):
        repeats.expect("x", (b"%d" % number,), 0.0)
    assert [repeats.name((b"%d" % number,), 0.0)[1] for number in range(5)] == [
        False,
        False,
        False,
        True,
        True,
    ]
    for number in range(1000):
        repeats.expect(str(number), KEY, 0.0)
    assert len(repeats._again[KEY]) == 100


def test_what_may_come_again_when_a_connection_ends():
    """What is in flight, and what was answered just before."""
    unsure = Unsure()
    for name in ("a", "b", "c"):
        unsure.came(name, KEY)
    unsure.answered("a", 0.0)
    unsure.answered("b", RECENT - 1)
    unsure.answered("unknown", RECENT - 1)
    assert unsure.left(RECENT + 1) == [("b", KEY), ("c", KEY)]
    unsure.answered("c", RECENT + 1)
    assert len(unsure) == 2
