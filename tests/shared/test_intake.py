"""Messages that are repeated: one call each, in order, within their time."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest

from interfaces.layers.conversations import Conversations
from interfaces.layers.dedupe import LocalDedupe
from interfaces.shared.asgi import Receive, Scope, Send
from interfaces.shared.delivery import ACCEPTED, DEFERRED, Verdict
from interfaces.shared.errors import NoRoute, Unavailable
from interfaces.shared.intake import BUSY, Intake, Rules
from interfaces.shared.parcel import Parcel
from tests.http_ws.harness import scene

Handle = Callable[[dict[str, Any], Send], Awaitable[None]]
WORDS: dict[str, Any] = {
    "chat.accept": lambda event: Verdict("accept", {"text": event["text"]} if "text" in event else {}),
    "chat.reject": lambda _event: Verdict("reject"),
    "chat.defer": lambda _event: DEFERRED,
}


class Desk:
    """An intake, its application, and what was counted. ``handle(event, send)`` is the application's."""

    def __init__(
        self, handle: Handle, *, dedupe: Any = None, turns: Any = None, most: int = 100, **rules: Any
    ) -> None:
        self.seen: list[dict[str, Any]] = []
        self.counts: dict[str, int] = {}
        self.handle = handle
        self.dedupe = LocalDedupe() if dedupe is None else dedupe
        rules = {"keep": 900.0, "lease": 30.0, "words": WORDS, **rules}
        turns = Conversations() if turns is None else turns
        self.intake = Intake(self.app, "chat", Rules(most=most, **rules), self.dedupe, turns, self.count)

    def count(self, name: str, by: int) -> None:
        """Telemetry's."""
        self.counts[name] = self.counts.get(name, 0) + by

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The application: as Channels' consumers it asks for events for ever."""
        while True:
            event = await receive()
            self.seen.append({"attempt": 1, **event})
            await self.handle(event, send)

    async def say(
        self, text: str, *, key: str = "", where: str | None = None, seconds: float | None = 5.0
    ) -> Verdict | None:
        """Deliver one message."""
        parcel = Parcel(
            scope={"type": "chat"}, event={"type": "chat.message", "text": text}, key=key, conversation=where
        )
        return await self.intake.deliver(parcel, seconds)


async def nothing(_event: dict[str, Any], _send: Send) -> None:
    """A handler without a word."""


@scene
async def test_a_normal_end_without_a_word_accepts() -> None:
    """The application that asks again after its only event has decided."""
    desk = Desk(nothing)
    assert await desk.say("hi") == ACCEPTED
    assert desk.counts["chat.calls"] == 1


@scene
async def test_a_word_of_the_application_is_the_verdict() -> None:
    """With what was said beside it."""

    async def handle(event: dict[str, Any], send: Send) -> None:
        await send({"type": "chat.accept", "text": event["text"].upper()})

    assert await Desk(handle).say("hi") == Verdict("accept", {"text": "HI"})


@scene
async def test_a_verdict_is_told_before_the_application_ends() -> None:
    """Who acknowledges early goes on with its work, and nobody waits for that."""
    go_on = asyncio.Event()

    async def handle(_event: dict[str, Any], send: Send) -> None:
        await send({"type": "chat.accept"})
        await go_on.wait()

    desk = Desk(handle)
    assert await desk.say("hi", key="1") == ACCEPTED
    assert len(desk.intake.running) == 1
    go_on.set()
    await desk.intake.drain(5)
    assert not desk.intake.running


@scene
async def test_a_repeat_of_what_has_its_verdict_is_not_called_again() -> None:
    """It gets the verdict that there was, with its details."""

    async def handle(_event: dict[str, Any], send: Send) -> None:
        await send({"type": "chat.accept", "text": "done"})

    desk = Desk(handle)
    first = await desk.say("hi", key="1")
    await desk.intake.drain(5)
    assert await desk.say("hi", key="1") == first == Verdict("accept", {"text": "done"})
    assert len(desk.seen) == 1
    assert desk.counts["chat.repeats"] == 1


@scene
async def test_a_repeat_of_what_runs_joins_it() -> None:
    """Both hear the same, and the application is called once."""
    go_on = asyncio.Event()

    async def handle(_event: dict[str, Any], send: Send) -> None:
        await go_on.wait()
        await send({"type": "chat.reject"})

    desk = Desk(handle)
    first = asyncio.ensure_future(desk.say("hi", key="1"))
    await asyncio.sleep(0)
    second = asyncio.ensure_future(desk.say("hi", key="1"))
    for _ in range(20):
        await asyncio.sleep(0)
    go_on.set()
    assert await first == await second == Verdict("reject")
    assert len(desk.seen) == 1


@scene
async def test_what_is_too_late_goes_on_for_its_repeat() -> None:
    """Nobody waits any longer; the verdict is there when it comes again."""
    go_on = asyncio.Event()

    async def handle(_event: dict[str, Any], _send: Send) -> None:
        await go_on.wait()

    desk = Desk(handle)
    assert await desk.say("hi", key="1", seconds=0.01) is None
    assert desk.counts["chat.late"] == 1
    assert await desk.say("hi", key="1", seconds=0.01) is None
    go_on.set()
    assert await desk.say("hi", key="1") == ACCEPTED
    assert len(desk.seen) == 1


@pytest.mark.parametrize("error", [ValueError("boom"), Unavailable("down"), asyncio.CancelledError()])
def test_an_error_is_to_come_again_and_is_not_remembered(error: BaseException) -> None:
    """The repeat calls the application anew."""

    async def main() -> None:
        async def handle(_event: dict[str, Any], _send: Send) -> None:
            if len(desk.seen) == 1:
                raise error

        desk = Desk(handle)
        assert await desk.say("hi", key="1") == DEFERRED
        assert await desk.say("hi", key="1") == ACCEPTED
        assert len(desk.seen) == 2

    asyncio.run(main())


@scene
async def test_attempts_are_counted_where_the_peer_does_not() -> None:
    """What was deferred comes again as the second and third attempt; what the peer counts itself is left."""

    async def handle(_event: dict[str, Any], send: Send) -> None:
        if len(desk.seen) < 3:
            await send({"type": "chat.defer"})

    desk = Desk(handle)
    for _ in range(3):
        await desk.say("hi", key="1")
        await desk.intake.drain(5)
    assert [event["attempt"] for event in desk.seen] == [1, 2, 3]
    parcel = Parcel(
        scope={"type": "chat"}, event={"type": "chat.message", "text": "x", "attempt": 7}, key="2"
    )
    await desk.intake.deliver(parcel, 5)
    assert desk.seen[-1]["attempt"] == 7


@scene
async def test_what_a_parcel_posts_goes_by_its_own_way() -> None:
    """One that has one; else by the intake's."""
    posted: list[tuple[str, Any]] = []

    def way(name: str) -> Any:
        async def post(event: Any) -> None:
            posted.append((name, event["type"]))

        return post

    async def handle(_event: dict[str, Any], send: Send) -> None:
        await send({"type": "chat.send"})

    desk = Desk(handle, posted=frozenset({"chat.send"}))
    desk.intake.post = way("intake")
    await desk.say("hi")
    parcel = Parcel(scope={"type": "chat"}, event={"type": "chat.message"}, post=way("own"))
    await desk.intake.deliver(parcel, 5)
    assert posted == [("intake", "chat.send"), ("own", "chat.send")]


@scene
async def test_an_error_after_the_verdict_changes_nothing() -> None:
    """What was told is told; the error is logged."""

    async def handle(_event: dict[str, Any], send: Send) -> None:
        await send({"type": "chat.accept"})
        raise ValueError("late")

    desk = Desk(handle)
    assert await desk.say("hi", key="1") == ACCEPTED
    await desk.intake.drain(5)
    assert await desk.say("hi", key="1") == ACCEPTED
    assert len(desk.seen) == 1


@scene
async def test_no_route_is_what_the_protocol_says() -> None:
    """It is counted as ignored."""

    async def handle(_event: dict[str, Any], _send: Send) -> None:
        raise NoRoute("nobody")

    desk = Desk(handle, unrouted=Verdict("reject"))
    assert await desk.say("hi") == Verdict("reject")
    assert desk.counts["chat.ignored"] == 1


@scene
async def test_a_conversation_is_one_after_the_other_and_others_are_beside_it() -> None:
    """Within one nobody overtakes; another one does not wait for it."""
    order: list[str] = []
    first, entered = asyncio.Event(), asyncio.Event()

    async def handle(event: dict[str, Any], _send: Send) -> None:
        order.append(f"+{event['text']}")
        entered.set()
        if event["text"] == "a1":
            await first.wait()
        order.append(f"-{event['text']}")

    desk = Desk(handle)
    one = [asyncio.ensure_future(desk.say(text, where="a")) for text in ("a1", "a2", "a3")]
    await entered.wait()
    await desk.say("b1", where="b")
    await desk.say("c1")
    first.set()
    assert await asyncio.gather(*one) == [ACCEPTED] * 3
    assert order == ["+a1", "+b1", "-b1", "+c1", "-c1", "-a1", "+a2", "-a2", "+a3", "-a3"]


@scene
async def test_what_nothing_has_room_for_is_to_come_again() -> None:
    """Calls are bounded; what is refused was not begun, and its repeat runs."""
    go_on = asyncio.Event()

    async def handle(_event: dict[str, Any], _send: Send) -> None:
        await go_on.wait()

    desk = Desk(handle, most=1)
    first = asyncio.ensure_future(desk.say("1", key="1"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert await desk.say("2", key="2") == DEFERRED
    assert desk.counts["chat.full"] == 1
    go_on.set()
    await first
    assert await desk.say("2", key="2") == ACCEPTED


@scene
async def test_too_many_that_wait_for_their_turn_are_to_come_again() -> None:
    """The store of turns says so, and the claim is free for the repeat."""
    go_on = asyncio.Event()

    async def handle(_event: dict[str, Any], _send: Send) -> None:
        await go_on.wait()

    desk = Desk(handle, turns=Conversations(waiting=1))
    running = [asyncio.ensure_future(desk.say(str(at), key=str(at), where="a")) for at in range(2)]
    for _ in range(20):
        await asyncio.sleep(0)
    assert await desk.say("2", key="2", where="a") == DEFERRED
    go_on.set()
    await asyncio.gather(*running)
    assert await desk.say("2", key="2", where="a") == ACCEPTED


class Away:
    """A store elsewhere whose broker is away, for the deeds that are named."""

    def __init__(self, *deeds: str) -> None:
        self.inner = LocalDedupe()
        self.deeds = deeds

    def __getattr__(self, name: str) -> Any:
        if name.endswith("_now"):
            raise AttributeError(name)
        if name in self.deeds:
            raise Unavailable("no broker")
        return getattr(self.inner, name)


@scene
async def test_without_the_store_messages_are_taken_as_new() -> None:
    """What is new and what is not is then for the application to tell, by the key."""
    desk = Desk(nothing, dedupe=Away("claim"))
    assert await desk.say("hi", key="1") == ACCEPTED
    assert await desk.say("hi", key="1") == ACCEPTED
    assert (len(desk.seen), desk.counts["chat.unasked"]) == (2, 2)


@scene
async def test_a_verdict_that_cannot_be_kept_is_told() -> None:
    """The peer hears what the application has said, though its repeat will run again."""
    assert await Desk(nothing, dedupe=Away("finish")).say("hi", key="1") == ACCEPTED


LEASE = 0.15


@scene
async def test_a_long_call_keeps_its_claim() -> None:
    """For as long as the call runs no repeat runs beside it."""
    go_on = asyncio.Event()

    async def handle(_event: dict[str, Any], _send: Send) -> None:
        await go_on.wait()

    desk = Desk(handle, lease=LEASE)
    first = asyncio.ensure_future(desk.say("hi", key="1"))
    await asyncio.sleep(2 * LEASE)
    assert await desk.say("hi", key="1", seconds=0) is None
    go_on.set()
    assert await first == await desk.say("hi", key="1") == ACCEPTED
    assert len(desk.seen) == 1


@scene
async def test_what_waits_for_its_turn_keeps_its_claim() -> None:
    """A conversation whose calls take long is no reason to call twice what waits in it."""
    go_on = asyncio.Event()

    async def handle(_event: dict[str, Any], _send: Send) -> None:
        await go_on.wait()

    desk = Desk(handle, lease=LEASE)
    calls = [asyncio.ensure_future(desk.say(text, key=text, where="a")) for text in ("1", "2")]
    await asyncio.sleep(2 * LEASE)
    assert await desk.say("2", key="2", where="a", seconds=0) is None
    go_on.set()
    assert await asyncio.gather(*calls) == [ACCEPTED] * 2
    assert [event["text"] for event in desk.seen] == ["1", "2"]


@scene
async def test_what_was_taken_up_elsewhere_while_it_waited_is_not_called() -> None:
    """A process that was stopped for longer than its lease leaves the call to who has it, and the verdict, too."""
    go_on = asyncio.Event()

    async def handle(_event: dict[str, Any], _send: Send) -> None:
        await go_on.wait()

    desk = Desk(handle, lease=LEASE)
    calls = [asyncio.ensure_future(desk.say(text, key=text, where="a")) for text in ("1", "2")]
    for _ in range(20):
        await asyncio.sleep(0)
    del desk.dedupe._entries["2"]
    other = await desk.dedupe.claim("2", lease=30)
    await asyncio.sleep(LEASE)
    go_on.set()
    assert await asyncio.gather(*calls) == [ACCEPTED, DEFERRED]
    assert [event["text"] for event in desk.seen] == ["1"]
    assert await desk.dedupe.renew(other, 30)


@scene
async def test_what_found_no_turn_is_no_attempt() -> None:
    """What is refused for want of room was not begun: the repeat is the first call of the application."""
    go_on = asyncio.Event()

    async def handle(_event: dict[str, Any], _send: Send) -> None:
        await go_on.wait()

    desk = Desk(handle, turns=Conversations(waiting=1))
    running = [asyncio.ensure_future(desk.say(str(at), key=str(at), where="a")) for at in range(2)]
    for _ in range(20):
        await asyncio.sleep(0)
    assert await desk.say("2", key="2", where="a") is BUSY
    go_on.set()
    await asyncio.gather(*running)
    assert await desk.say("2", key="2", where="a") == ACCEPTED
    assert desk.seen[-1]["attempt"] == 1


@scene
async def test_draining_waits_and_then_cuts() -> None:
    """What is cut was not decided: its repeat runs again."""
    cut = []

    async def handle(_event: dict[str, Any], _send: Send) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cut.append(1)
            raise

    desk = Desk(handle)
    waiting = asyncio.ensure_future(desk.say("hi", key="1"))
    for _ in range(20):
        await asyncio.sleep(0)
    await desk.intake.drain(0.01)
    assert await waiting == DEFERRED
    await asyncio.sleep(0)
    assert cut
    desk.handle = nothing
    assert await desk.say("hi", key="1") == ACCEPTED


@scene
async def test_a_turn_is_left_when_the_call_fails() -> None:
    """The next of the conversation runs."""
    entered = []

    class Turns:
        def enter(self, _name: str) -> bool:
            return False

        def turn(self, name: str, wait: float | None = None) -> AbstractAsyncContextManager[None]:
            entered.append(name)
            return Conversations().turn(name, wait)

    async def handle(event: dict[str, Any], _send: Send) -> None:
        if event["text"] == "bad":
            raise ValueError

    desk = Desk(handle, turns=Turns())
    assert await desk.say("bad", where="a") == DEFERRED
    assert await desk.say("good", where="a") == ACCEPTED
    assert entered == ["a", "a"]
