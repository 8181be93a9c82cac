"""One event at a worker: what goes back with its end."""

import asyncio
from typing import Any

import pytest

from interfaces.workers.handling import Handling
from interfaces.workers.outcome import Outcome
from interfaces.workers.transports.base import Taken
from interfaces.workers.wire import CANCEL, END, EVENT, LAST
from tests.workers.transports.fakes import Carrier, turns

EMPTY = {"groups": [], "sends": [], "changed": {}, "removed": [], "error": "", "reason": ""}


class Case:
    """An event that ``runner`` handles; it is its own worker."""

    def __init__(self, runner: Any, attempt: int = 1) -> None:
        self.gone: list[Any] = []
        self.carrier = Carrier()
        opening = {"event": {"type": "websocket.receive"}, "session": {"a": 1}, "attempt": attempt}
        self.taken = Taken(7, self.carrier, opening)
        self.handling = Handling(self, self.taken, runner)

    def left(self, running: Any) -> None:
        """It is over."""
        self.gone.append(running)


def ended(runner: Any, *heard: int, attempt: int = 1) -> list[Any]:
    """The ends that are told when frames of the kinds ``heard`` come meanwhile."""

    async def test() -> list[Any]:
        case = Case(runner, attempt)
        case.handling.start()
        await turns()
        for kind in heard:
            case.taken.heard(kind, None, 0)
        await turns()
        assert case.gone == [case.handling]
        return case.carrier.taken(END)

    return asyncio.run(test())


def test_an_outcome_goes_back_in_plain_values() -> None:
    """Every field travels with the end, under its own name."""

    async def runner(event: Any, session: Any) -> Outcome:
        return Outcome(groups=[["add", "g", "c"]], sends=[["group", "g", {}]], changed=session, removed=["b"])

    changed = {"groups": [["add", "g", "c"]], "sends": [["group", "g", {}]], "changed": {"a": 1}}
    assert ended(runner) == [{"how": "ok", "outcome": EMPTY | changed | {"removed": ["b"]}}]


@pytest.mark.parametrize(("attempt", "more"), [(1, {}), (2, {"attempt": 2}), (5, {"attempt": 5})])
def test_only_what_is_tried_again_has_an_attempt(attempt: int, more: Any) -> None:
    """A consumer sees that an event came before, and no key when it did not."""
    seen: list[Any] = []

    async def runner(event: Any, session: Any) -> Outcome:
        seen.append((event, session))
        return Outcome()

    ended(runner, attempt=attempt)
    assert seen == [({"type": "websocket.receive"} | more, {"a": 1})]


@pytest.mark.parametrize("error", ["no-route", "later", "raised", "unavailable"])
def test_a_consumers_trouble_is_an_outcome(error: Any) -> None:
    """What the runner says of it goes back as it is: the container decides what follows."""

    async def runner(event: Any, session: Any) -> Outcome:
        return Outcome(error=error, reason="why")

    assert ended(runner) == [{"how": "ok", "outcome": EMPTY | {"error": error, "reason": "why"}}]


def test_a_runner_that_raises_is_an_error() -> None:
    """The slot becomes free, and the end has no outcome."""

    async def runner(event: Any, session: Any) -> Outcome:
        raise ZeroDivisionError

    assert ended(runner) == [{"how": "error"}]


def test_an_outcome_that_cannot_travel_is_raised() -> None:
    """The container hears of it, in words, rather than of nothing."""

    async def runner(event: Any, session: Any) -> Outcome:
        return Outcome(changed={"a": object()})

    (end,) = ended(runner)
    assert end["how"] == "ok" and end["outcome"]["error"] == "raised" and end["outcome"]["reason"]
    assert end["outcome"]["changed"] == {}


async def forever(event: Any, session: Any) -> Outcome:
    """A runner that does not end."""
    await asyncio.Event().wait()
    return Outcome()


def test_cancel_ends_it() -> None:
    """Of all frames only that one does, and the end says so."""
    assert ended(forever, EVENT, LAST, CANCEL) == [{"how": "cancelled"}]


def test_a_lost_container_and_a_move_stop_nothing() -> None:
    """The event is finished, and its slot freed, though nobody is told."""

    async def test() -> None:
        gate = asyncio.Event()

        async def runner(event: Any, session: Any) -> Outcome:
            await gate.wait()
            return Outcome()

        case = Case(runner)
        case.handling.start()
        await turns()
        case.handling.move()
        case.taken.lost()
        await turns()
        assert not case.gone
        gate.set()
        await turns()
        assert case.gone == [case.handling] and not case.carrier.frames

    asyncio.run(test())


def test_a_cut_before_the_start_is_nothing() -> None:
    """There is nothing to end then, and no end is told."""
    case = Case(forever)
    case.handling.cut()
    assert not case.carrier.frames and not case.handling.lasting
    assert "websocket.receive" in repr(case.handling)
