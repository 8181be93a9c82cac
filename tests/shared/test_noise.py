"""What strangers send: counted each time, and a line now and then."""

from collections import Counter

import pytest

from interfaces.shared.noise import EVERY, Noise, Trouble, uncounted


def test_the_first_is_logged_and_then_one_in_a_while(caplog: pytest.LogCaptureFixture) -> None:
    """All are counted, and the next line says how many there were in between."""
    now, counts = 100.0, Counter[str]()
    noise = Noise(lambda name: counts.update([name]), "relay.malformed", clock=lambda: now)
    for number in range(1000):
        noise("a stranger", f"frame {number}")
    assert caplog.messages == ["a stranger: frame 0"]
    now += EVERY - 0.1
    noise("a stranger", "x")
    now += 0.1
    noise("a stranger", "y")
    noise("a stranger", "z")
    assert caplog.messages[1:] == ["a stranger: y (1000 more of relay.malformed since the last such line)"]
    assert counts == {"relay.malformed": 1003}


def test_a_stranger_writes_no_lines_of_his_own(caplog: pytest.LogCaptureFixture) -> None:
    """What he sent is one line of a bounded length."""
    Noise(lambda name: None, "x")("hub a\nb", "one\ntwo\r\n" + "x" * 10_000)
    [line] = caplog.messages
    assert line.startswith("hub a b: one two xxx") and len(line) == 300


@pytest.mark.parametrize(
    ("said", "shown"), [("\x1b[2J\x07", "?[2J?"), ("a\x00b\x9bc\x7f", "a?b?c?"), ("Jörg €", "Jörg €")]
)
def test_no_terminal_obeys_a_stranger(caplog: pytest.LogCaptureFixture, said: str, shown: str) -> None:
    """Whoever reads the log sees what was sent, in place of a cleared screen."""
    Noise(uncounted, "x")("hub", said)
    assert caplog.messages == [f"hub: {shown}"]


def test_each_kind_has_its_own_line(caplog: pytest.LogCaptureFixture) -> None:
    """One that is loud hides no other; what was not logged is shown to who looks."""
    loud, seldom = (Noise(uncounted, name, clock=lambda: 1.0) for name in ("loud", "seldom"))
    for _ in range(3):
        loud("hub", "x")
    seldom("hub", "y")
    assert caplog.messages == ["hub: x", "hub: y"]
    assert (repr(loud), repr(seldom)) == ("<Noise loud, 2 not logged>", "<Noise seldom, 0 not logged>")


def test_trouble_goes_to_the_log_that_was_named(caplog: pytest.LogCaptureFixture) -> None:
    """Where its operator looks for it; what it is now is shown."""
    trouble = Trouble("no broker", logger="interfaces.layers")
    assert repr(trouble) == "<Trouble no broker: none>"
    trouble(OSError("refused"))
    assert [(one.name, one.levelname) for one in caplog.records] == [("interfaces.layers", "WARNING")]
    assert repr(trouble) == "<Trouble no broker: refused>"
    trouble(None)
    assert repr(trouble) == "<Trouble no broker: none>"


def test_trouble_is_told_when_it_begins_and_when_it_changes(caplog: pytest.LogCaptureFixture) -> None:
    """Not while it goes on, and again after it was over; an error without words has a name."""
    trouble = Trouble("no luck")
    for error in (
        OSError("a\nb"),
        OSError("a b"),
        TimeoutError(),
        TimeoutError(),
        None,
        None,
        OSError("a b"),
    ):
        trouble(error)
    assert caplog.messages == ["no luck: a b", "no luck: TimeoutError", "no luck: a b"]
