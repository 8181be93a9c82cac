"""interfaces.shared.sendings: an attempt says once, and before it is too late, that it cannot be undone."""

import asyncio
from dataclasses import FrozenInstanceError
from typing import Any

import pytest

from interfaces.shared.errors import Unavailable
from interfaces.shared.sendings import (
    LATEST,
    NOTHING,
    Held,
    Overtaken,
    Record,
    Sending,
    Tried,
    conversation,
    moment,
)


class Book:
    """Says whether an attempt may begin, as a store does, and how often it was asked."""

    def __init__(self, *answers: Any) -> None:
        self.answers = [*answers]
        self.asked = 0

    async def begin(self) -> bool:
        """The next answer."""
        self.asked += 1
        await asyncio.sleep(0)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return bool(answer)

    def sending(self, **more: Any) -> Sending:
        """An attempt that is written down here."""
        return Sending(
            **{"id": "m1", "message": {"type": "x.send"}, "number": 1, "put_at": 1e9, "earlier": {}, **more},
            begin=self.begin,
        )


def test_an_attempt_is_written_down_once() -> None:
    """A way that has several steps says so before each: the first is what counts, and what costs."""
    book = Book(True)

    async def main() -> Sending:
        sending = book.sending()
        assert not sending.begun
        for _ in range(3):
            await sending.commit()
        return sending

    assert asyncio.run(main()).begun
    assert book.asked == 1


def test_who_was_overtaken_does_not_send() -> None:
    """Another has the message by now: whatever is tried, it is not begun, and is asked each time anew."""
    book = Book(False, False)

    async def main() -> Sending:
        sending = book.sending()
        for _ in range(2):
            with pytest.raises(Overtaken):
                await sending.commit()
        return sending

    assert not asyncio.run(main()).begun
    assert book.asked == 2


def test_a_store_that_is_away_is_asked_again() -> None:
    """Nothing has been sent then; once the store is back the same attempt may go on."""
    book = Book(Unavailable("no broker"), True)

    async def main() -> Sending:
        sending = book.sending()
        with pytest.raises(Unavailable, match="no broker"):
            await sending.commit()
        assert not sending.begun
        await sending.commit()
        return sending

    assert asyncio.run(main()).begun


def test_who_is_cancelled_before_the_answer_has_not_begun() -> None:
    """It was not told, so nothing may go out: the record says what the store knows, not what we hoped."""
    book = Book(True)

    async def main() -> Sending:
        sending = book.sending()
        task = asyncio.ensure_future(sending.commit())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return sending

    assert not asyncio.run(main()).begun


def test_what_was_begun_before_is_not_begun_again() -> None:
    """An attempt that a store hands on as begun."""
    book = Book()
    asyncio.run(book.sending(begun=True).commit())
    assert book.asked == 0


def test_nothing_is_known_of_what_is_new() -> None:
    """No attempt, no end, no owner, no words."""
    assert NOTHING == Record() == Record(number=0, begun=False, final=False, owner="", told={})
    assert Record().told is not Record().told
    with pytest.raises(FrozenInstanceError):
        NOTHING.final = True  # type: ignore[misc]


def test_messages_are_told_apart_by_themselves() -> None:
    """Two that were put with the same id and content are two, also in a set."""
    one, two = (Held("a", {"type": "x"}, 1, 1e9) for _ in range(2))
    assert one != two and len({one, two}) == 2


@pytest.mark.parametrize(
    ("tried", "letter", "down"),
    [
        (Tried(state="sent"), True, False),
        (Tried(state="failed", letter=False), False, False),
        (Tried(state="later", down=True, delay=5.0), True, True),
    ],
)
def test_what_was_tried_says_what_is_to_become_of_it(tried: Tried, letter: bool, down: bool) -> None:
    """Unless it says otherwise: kept for somebody to look at, and its destination was reached."""
    assert (tried.letter, tried.down) == (letter, down)
    assert tried.told == {} and tried.reason == ""


@pytest.mark.parametrize("shown", [Held("a", {"type": "x"}, 1, 1e9, item="secret"), Book().sending()])
def test_a_line_in_the_log_shows_no_insides(shown: Any) -> None:
    """Neither the store's own, nor the function that is asked."""
    assert "secret" not in repr(shown) and "begin=" not in repr(shown)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (1e9, 1e9), (1_000_000_000, 1e9), (0, 0.0), (LATEST - 1, LATEST - 1.0), (LATEST, 0.0), (-1, 0.0),
        (float("inf"), 0.0), (float("-inf"), 0.0), (float("nan"), 0.0), (10**400, 0.0), ("1e9", 0.0), (None, 0.0),
        (b"1", 0.0), ([1], 0.0),
    ],
)  # fmt: skip
def test_a_time_that_is_none_is_waited_for_by_nobody(value: Any, found: float) -> None:
    """Whatever an application writes there: nothing raises, and nothing waits for a day that never comes."""
    assert moment(value) == found


@pytest.mark.parametrize(
    ("message", "keys", "same"),
    [
        ({"channel": "C1"}, ("channel",), {"channel": "C1", "text": "x", "dedupe_key": "k"}),
        ({"network": "n", "target": "#a"}, ("network", "target"), {"target": "#a", "network": "n"}),
        ({"url": "u"}, ("channel|url",), {"channel": "", "url": "u"}),
        ({"channel": "C1"}, ("channel|url",), {"channel": "C1", "url": "u"}),
        ({"target": "#a"}, ("network", "target"), {"target": "#a", "network": None}),
        ({"dedupe_key": "k"}, ("channel",), {"dedupe_key": "k", "channel": ""}),
        ({"dedupe_key": "k", "channel": "C1"}, (), {"dedupe_key": "k", "channel": "C2"}),
    ],
)
def test_messages_of_one_conversation(message: Any, keys: Any, same: Any) -> None:
    """It is named by the keys, or by what is to be sent once; with a length that a store can have."""
    name = conversation(message, keys)
    assert name is not None and len(name) == 32
    assert name == conversation(same, keys)


def test_what_has_no_conversation_and_what_is_another() -> None:
    """Without the last key there is none; no value, and no dedupe_key, can be taken for another's."""
    assert conversation({"network": "n"}, ("network", "target")) is None
    assert conversation({"channel": "C1"}, ()) is None
    names = [
        conversation({"network": "a", "target": "b"}, ("network", "target")),
        conversation({"network": "ab", "target": ""}, ("target", "network")),
        conversation({"network": "", "target": "b"}, ("network", "target")),
        conversation({"dedupe_key": "in\0a\0b", "network": ""}, ("target", "network")),
    ]
    assert None not in names and len({*names[:3]}) == 3
