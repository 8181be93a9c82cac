"""What was acknowledged before its verdict: given to the application until that has decided."""

import asyncio
import logging
from typing import Any

import pytest

from interfaces.layers.conversations import Conversations
from interfaces.layers.dedupe import LocalDedupe
from interfaces.shared.accepted import Accepted
from interfaces.shared.asgi import Receive, Scope, Send
from interfaces.shared.delivery import ACCEPTED, Verdict
from interfaces.shared.errors import Unavailable
from interfaces.shared.intake import Intake, Rules
from interfaces.shared.parcel import Parcel
from interfaces.shared.sendings import Held
from tests.http_ws.harness import scene

WORDS: Any = {
    "chat.reject": lambda event: Verdict("reject", {"text": event["text"]}),
    "chat.defer": lambda _event: Verdict("defer"),
}


class Shelf:
    """A store in memory that tells what became of each message."""

    durable = True

    def __init__(self) -> None:
        self.waiting: asyncio.Queue[Held | None] = asyncio.Queue()
        self.done_: list[str] = []
        self.later: list[tuple[str, float, str]] = []
        self.letters: list[tuple[str, str]] = []
        self.back: list[tuple[str, float]] = []
        self.delays: list[float] = []
        self.away = False
        self.settled = asyncio.Event()

    async def put(self, message: dict[str, Any], conversation: str | None, delay: float) -> None:
        """What a durable queue does."""
        self.delays.append(delay)
        self.waiting.put_nowait(Held(f"m{len(self.delays)}", message, 1, 0.0, conversation))

    async def take(self, n: int) -> list[Held]:
        """One at a time; none after :meth:`leave`."""
        assert n > 0
        one = await self.waiting.get()
        return [] if one is None else [one]

    def leave(self) -> None:
        """The process is to end."""
        self.waiting.put_nowait(None)

    def _settle(self) -> None:
        if self.away:
            raise Unavailable("no broker")
        self.settled.set()

    async def done(self, held: Held) -> None:
        """Its end."""
        self._settle()
        self.done_.append(held.id)

    async def retry(self, held: Held, delay: float, reason: str) -> None:
        """Later."""
        self._settle()
        self.later.append((held.id, delay, reason))

    async def dead(self, held: Held, reason: str) -> None:
        """Given up."""
        self._settle()
        self.letters.append((held.id, reason))

    async def give_back(self, held: Held, delay: float = 0.0) -> None:
        """Not begun."""
        self.back.append((held.id, delay))
        self.settled.set()


class Desk:
    """An application behind a shelf; ``said`` is the type of what it says, an error, or None."""

    def __init__(self, said: Any = None, *, attempts: int = 3) -> None:
        self.said = said
        self.seen: list[tuple[dict[str, Any], dict[str, Any]]] = []
        self.shelf = Shelf()
        self.dedupe = LocalDedupe()
        rules = Rules(keep=900.0, most=10, words=WORDS)
        self.intake = Intake(self.app, "chat", rules, self.dedupe, Conversations(), lambda _name, _by: None)
        store: Any = self.shelf
        self.accepted = Accepted(
            self.intake, store, self.shelf.put, attempts=attempts, at_once=2, state={"pool": 1}
        )

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Says what it is to say."""
        self.seen.append((dict(scope), dict(await receive())))
        if isinstance(self.said, BaseException):
            raise self.said
        if self.said:
            await send({"type": self.said, "text": "never"})

    async def through(self, parcel: Parcel, delay: float = 0.0, *, attempt: int = 1) -> None:
        """Keep ``parcel``, and wait until that has been dealt with."""
        await self.accepted.keep(parcel, delay)
        if attempt > 1:
            held: Any = self.shelf.waiting.get_nowait()
            held.attempt = attempt
            self.shelf.waiting.put_nowait(held)
        running = asyncio.ensure_future(self.accepted.run())
        await self.shelf.settled.wait()
        self.accepted.leave()
        await running


def parcel(key: str = "k1") -> Parcel:
    """A message of a conversation."""
    return Parcel(
        scope={"type": "chat", "conversation": "c1", "state": {"pool": object()}},
        event={"type": "chat.message", "text": "hi", "attempt": 1},
        key=key,
        conversation="c1",
    )


@scene
async def test_what_is_kept_is_given_to_the_application() -> None:
    """The scope has this process's state, and what was kept has none."""
    desk = Desk()
    await desk.through(parcel())
    [(scope, event)] = desk.seen
    assert scope == {"type": "chat", "conversation": "c1", "state": {"pool": 1}}
    assert event == {"type": "chat.message", "text": "hi", "attempt": 1}
    assert desk.shelf.done_ == ["m1"]


@scene
async def test_a_later_attempt_says_so() -> None:
    """What a dead process held comes again as attempt 2, under the same key."""
    desk = Desk()
    await desk.through(parcel(), attempt=2)
    assert desk.seen[0][1]["attempt"] == 2


@scene
async def test_what_was_begun_before_it_was_kept_counts_that_attempt() -> None:
    """It waits, and is attempt 2 if it is taken up at all."""
    desk = Desk()
    await desk.through(parcel(), 30.0)
    assert desk.shelf.delays == [30.0]
    assert desk.seen[0][1]["attempt"] == 2


@scene
async def test_what_had_its_end_meanwhile_is_not_called_again() -> None:
    """The call that was late has ended well: what was kept for its death is done."""
    desk = Desk()
    claim = await desk.dedupe.claim("k1", lease=30)
    await desk.dedupe.finish(claim, ACCEPTED, 900)
    await desk.through(parcel())
    assert (desk.seen, desk.shelf.done_) == ([], ["m1"])


@scene
async def test_what_runs_already_is_looked_at_later() -> None:
    """Its call has the claim: nobody calls beside it, to look at it is no attempt, and others do not wait for it."""
    desk = Desk()
    desk.accepted.at_once = 1
    await desk.dedupe.claim("k1", lease=30)
    await desk.accepted.keep(parcel("k1"), 0.0)
    await desk.accepted.keep(parcel("k2"), 0.0)
    running = asyncio.ensure_future(desk.accepted.run())
    async with asyncio.timeout(5):
        while not desk.shelf.done_:
            await asyncio.sleep(0)
    desk.accepted.leave()
    await running
    assert (desk.shelf.back, desk.shelf.done_, len(desk.seen)) == ([("m1", 15.0)], ["m2"], 1)
    assert desk.shelf.later == desk.shelf.letters == []


@scene
async def test_what_there_is_no_room_for_uses_up_no_attempt() -> None:
    """An overload makes no dead letters: also the last attempt is put off until it can be begun."""
    desk = Desk()
    desk.intake.rules = Rules(keep=900.0, most=0, words=WORDS)
    await desk.through(parcel(), attempt=3)
    assert desk.shelf.back == [("m1", 1.0)]
    assert desk.seen == desk.shelf.later == desk.shelf.letters == []


@pytest.mark.parametrize("said", [ValueError("boom"), "chat.defer"])
def test_try_again_is_tried_again_by_us(said: Any) -> None:
    """After a while, since its sender has been told that we have it."""

    @scene
    async def main() -> None:
        desk = Desk(said)
        await desk.through(parcel())
        [(name, delay, reason)] = desk.shelf.later
        assert name == "m1"
        assert 2.5 <= delay <= 5
        assert "try again" in reason

    main()


@scene
async def test_a_refusal_is_a_dead_letter() -> None:
    """Nobody can be told any more, so somebody has to look at it."""
    desk = Desk("chat.reject")
    await desk.through(parcel())
    assert desk.shelf.letters == [("m1", "refused after it was acknowledged: never")]


@scene
async def test_the_last_attempt_is_a_dead_letter() -> None:
    """It is not tried for ever."""
    desk = Desk(ValueError("boom"), attempts=3)
    await desk.through(parcel(), attempt=3)
    [(name, reason)] = desk.shelf.letters
    assert name == "m1"
    assert reason.startswith("3 attempts")


def test_what_cannot_be_read_is_a_dead_letter(caplog: pytest.LogCaptureFixture) -> None:
    """A message of another version holds nothing up, and the error is logged."""

    async def main() -> None:
        desk = Desk()
        await desk.shelf.put({"other": 1}, None, 0.0)
        running = asyncio.ensure_future(desk.accepted.run())
        await desk.shelf.settled.wait()
        desk.accepted.leave()
        await running
        assert desk.shelf.letters == [("m1", "it cannot be read")]

    with caplog.at_level(logging.ERROR):
        asyncio.run(main())
    assert "cannot be given to the application" in caplog.text


@scene
async def test_a_store_that_is_away_ends_nothing() -> None:
    """What was held lapses there, and others go on."""
    desk = Desk()
    desk.shelf.away = True
    await desk.accepted.keep(parcel(), 0.0)
    running = asyncio.ensure_future(desk.accepted.run())
    while not desk.seen or desk.accepted.running:
        await asyncio.sleep(0)
    desk.shelf.away = False
    await desk.accepted.keep(parcel("k2"), 0.0)
    await desk.shelf.settled.wait()
    desk.accepted.leave()
    await running
    assert desk.shelf.done_ == ["m2"]


@scene
async def test_what_is_cut_goes_back() -> None:
    """A process that ends gives back what it has not finished."""
    desk = Desk()
    stuck = asyncio.Event()

    async def app(_scope: Scope, receive: Receive, _send: Send) -> None:
        await receive()
        stuck.set()
        await asyncio.Event().wait()

    desk.intake.app = app
    await desk.accepted.keep(parcel(), 0.0)
    running = asyncio.ensure_future(desk.accepted.run())
    await stuck.wait()
    for task in list(desk.accepted.running):
        task.cancel()
    desk.accepted.leave()
    await running
    assert desk.shelf.back == [("m1", 0.0)]
    await desk.intake.drain(0)
