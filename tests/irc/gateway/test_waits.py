"""What a client waits for."""

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from interfaces.irc.gateway.waits import ASKED, FIRST, PORTION, Asked, Waits


class Client:
    """One that records."""

    def __init__(self) -> None:
        self.blocked = self.lost = False
        self.quit = ""
        self.answer: Any = None
        self.held = 0
        self.said: list[tuple[str, ...]] = []
        self.later: list[Callable[[], None]] = []
        self.ended: list[Any] = []
        self.loop = SimpleNamespace(call_soon=self.later.append)
        roster = SimpleNamespace(fold=str.lower)
        options = SimpleNamespace(decide_timeout=5.0)
        self.gateway = SimpleNamespace(
            roster=roster, options=options, now=100.0, count=lambda name: None, in_turn=self.later.append
        )
        self.waits = Waits(self)

    def hold(self, reason: int) -> None:
        """Stop reading."""
        self.held |= reason

    def release(self, reason: int) -> None:
        """Read on."""
        self.held &= ~reason

    def numeric(self, *words: str) -> None:
        """Write it."""
        self.said.append(words)

    def keep(self) -> Any:
        """The label of the line that is being handled."""
        return self.answer

    def resume(self, answer: Any, function: Callable[..., Any], *arguments: Any) -> Any:
        """With that label."""
        before, self.answer = self.answer, answer
        try:
            return function(*arguments)
        finally:
            self.answer = before

    def done(self, answer: Any) -> None:
        """It is whole."""
        self.ended.append(answer)

    def go_on(self) -> None:
        """Take lines."""

    def turn(self) -> None:
        """A turn of the loop."""
        later, self.later[:] = list(self.later), []
        for one in later:
            one()

    def lines(self, number: int) -> Iterator[None]:
        """An answer that says its label with each line."""
        for place in range(number):
            self.numeric(str(place), str(self.answer))
            yield


def test_a_short_answer_holds_nobody() -> None:
    """It is written at once."""
    client = Client()
    client.waits.pour(client.lines(3))
    assert len(client.said) == 3
    assert not client.held
    assert not client.later


def test_a_long_answer_leaves_in_portions() -> None:
    """Others run in between, and reading goes on behind its end."""
    client = Client()
    client.waits.pour(client.lines(FIRST + PORTION + 1))
    assert len(client.said) == FIRST
    assert client.held == ASKED
    assert "1 answers" in repr(client.waits)
    client.turn()
    assert len(client.said) == FIRST + PORTION
    client.turn()
    assert len(client.said) == FIRST + PORTION + 1
    assert not client.held
    assert client.later == [client.go_on]


def test_it_waits_for_who_does_not_read() -> None:
    """However often it is told that somebody reads: it goes on once."""
    client = Client()
    client.blocked = True
    client.waits.pour(client.lines(2))
    client.waits.pour(client.lines(2))
    assert client.said == []
    client.blocked = False
    client.waits.written()
    client.waits.written()
    assert len(client.later) == 1
    client.turn()
    assert len(client.said) == 4
    client.waits.written()
    assert client.later == [client.go_on]


def test_each_answer_has_its_label() -> None:
    """That of the line that it answers; the label ends with the last of what the line has asked for."""
    client = Client()
    client.blocked = True
    client.answer = "x"
    client.waits.pour(client.lines(1))
    client.answer = None
    client.waits.pour(client.lines(1))
    client.blocked = False
    client.waits.written()
    client.turn()
    assert client.said == [("0", "x"), ("0", "None")]
    assert client.ended == ["x"]


def test_nothing_is_written_to_who_is_gone() -> None:
    """Whether it was cut or has quit."""
    for what in ("lost", "quit"):
        client = Client()
        client.blocked = True
        client.waits.pour(client.lines(2))
        client.blocked = False
        setattr(client, what, "yes")
        client.waits.written()
        client.turn()
        assert client.said == []
        assert client.waits._pours is None


def test_asked_and_answered() -> None:
    """Each channel once, however it is written; the last answer has lines taken again."""
    client = Client()
    found: list[Asked] = []
    assert client.waits.ask("#A", "key")
    assert not client.waits.ask("#a", "other")
    assert client.waits.ask("#b", "")
    assert client.waits.asks("#a")
    client.waits.answer("#a", found.append)
    client.waits.answer("#a", found.append)
    assert client.held == ASKED
    client.waits.answer("#B", found.append)
    assert not client.held
    assert found == [Asked("#A", "key"), Asked("#b", "")]


def test_an_answer_may_be_long_itself() -> None:
    """Then its end is what ends the waiting."""
    client = Client()
    client.answer = "x"
    client.waits.ask("#a", "")
    client.answer = None
    client.waits.answer("#a", lambda asked: client.waits.pour(client.lines(PORTION + 1)))
    assert client.held == ASKED
    assert client.ended == []
    client.turn()
    assert client.ended == ["x"]
    assert {label for _, label in client.said} == {"x"}
    assert not client.held


def test_what_is_not_answered_in_time_is_refused() -> None:
    """The time counts from the last question."""
    client = Client()
    client.waits.ask("#a", "")
    client.gateway.now = 103.0
    client.waits.ask("#b", "")
    client.waits.sweep(106.0)
    assert client.said == []
    client.waits.sweep(108.0)
    assert [words[:2] for words in client.said] == [("437", "#a"), ("437", "#b")]
    assert not client.held
    client.waits.sweep(109.0)
    assert len(client.said) == 2


def test_an_answer_that_raises_ends_the_waiting() -> None:
    """The application has made a mistake; the client does not hang."""
    client = Client()
    client.waits.ask("#a", "")
    with pytest.raises(ZeroDivisionError):
        client.waits.answer("#a", lambda asked: print(1 // 0))
    assert not client.held
