"""When a message is acknowledged: with its verdict, or once it is kept."""

import asyncio
from typing import Any

from interfaces.layers.conversations import Conversations
from interfaces.layers.dedupe import LocalDedupe
from interfaces.shared.asgi import Receive, Scope, Send
from interfaces.shared.delivery import ACCEPTED, DEFERRED, Verdict
from interfaces.shared.errors import Unavailable
from interfaces.shared.intake import Intake, Rules
from interfaces.shared.parcel import Parcel
from interfaces.shared.reception import SPARE, Reception
from tests.http_ws.harness import scene


class Shelf:
    """Keeps parcels, unless it is away."""

    def __init__(self) -> None:
        self.kept: list[tuple[str, float]] = []
        self.away = False
        self.left = False

    async def keep(self, parcel: Parcel, delay: float) -> None:
        """As an Accepted does."""
        if self.away:
            raise Unavailable("no broker")
        self.kept.append((parcel.key, delay))

    def leave(self) -> None:
        """No more."""
        self.left = True


class Front:
    """A reception whose application waits until it is told to go on."""

    def __init__(self, *, slow: bool = False, shelf: Shelf | None = None, accepted: bool = False) -> None:
        self.calls = 0
        self.counts: dict[str, int] = {}
        self.go_on = asyncio.Event()
        if not slow:
            self.go_on.set()
        rules = Rules(keep=900.0, lease=10.0, most=10, words={"chat.no": lambda _event: Verdict("reject")})
        self.intake = Intake(self.app, "chat", rules, LocalDedupe(), Conversations(), self.count)
        self.reception = Reception(self.intake, accepted=accepted, patience=0.05, keep_after=0.02)
        self.reception.keeper = shelf

    def count(self, name: str, by: int) -> None:
        """Telemetry's."""
        self.counts[name] = self.counts.get(name, 0) + by

    async def app(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """The application."""
        event = await receive()
        self.calls += 1
        await self.go_on.wait()
        if event["type"] == "chat.bad":
            await send({"type": "chat.no"})

    async def take(
        self, key: str = "k1", *, repeated: bool = True, patience: float | None = None, **event: Any
    ) -> Verdict | None:
        """One message."""
        parcel = Parcel(scope={"type": "chat"}, event={"type": "chat.message", **event}, key=key)
        return await self.reception.take(parcel, repeated=repeated, patience=patience)


@scene
async def test_a_quick_call_is_answered_with_its_verdict() -> None:
    """Whether or not it could be kept."""
    shelf = Shelf()
    assert await Front().take() == ACCEPTED
    assert await Front(shelf=shelf).take(type="chat.bad") == Verdict("reject")
    assert shelf.kept == []


@scene
async def test_a_slow_call_without_a_shelf_is_left_to_the_peer() -> None:
    """It comes again, and joins what still runs."""
    front = Front(slow=True)
    assert await front.take() == DEFERRED
    assert front.counts["chat.withheld"] == 1
    front.go_on.set()
    assert await front.take() == ACCEPTED
    assert front.calls == 1


@scene
async def test_a_slow_call_of_what_never_comes_again_has_no_verdict_yet() -> None:
    """The protocol says what that is told as; nothing is kept, nothing withheld."""
    shelf = Shelf()
    front = Front(slow=True, shelf=shelf)
    assert await front.take(repeated=False) is None
    assert (shelf.kept, front.counts["chat.withheld"]) == ([], 0)
    front.go_on.set()
    await front.reception.drain(5)


@scene
async def test_a_slow_call_with_a_shelf_is_kept_until_its_lease_has_lapsed() -> None:
    """So that it is taken up only if the call dies."""
    shelf = Shelf()
    front = Front(slow=True, shelf=shelf)
    assert await front.take() == ACCEPTED
    assert shelf.kept == [("k1", 10.0)]
    front.go_on.set()
    await front.reception.drain(5)
    assert shelf.left


@scene
async def test_a_shelf_that_is_away_withholds() -> None:
    """Nothing is acknowledged that nobody has."""
    shelf = Shelf()
    shelf.away = True
    front = Front(slow=True, shelf=shelf)
    assert await front.take() == DEFERRED
    front.go_on.set()
    await front.reception.drain(5)


@scene
async def test_accepted_is_kept_first_and_once() -> None:
    """The application is not called by this; a repeat is told the same; what could not be kept is kept then."""
    shelf = Shelf()
    front = Front(shelf=shelf, accepted=True)
    shelf.away = True
    assert await front.take() == DEFERRED
    shelf.away = False
    assert await front.take() == ACCEPTED
    assert await front.take() == ACCEPTED
    assert (shelf.kept, front.calls) == ([("k1", 0.0)], 0)
    assert await front.take(key="") == ACCEPTED
    assert await front.take(key="") == ACCEPTED
    assert len(shelf.kept) == 3


@scene
async def test_a_repeat_of_what_is_being_kept_is_withheld() -> None:
    """Until it is known that it is kept."""
    shelf = Shelf()
    front = Front(shelf=shelf, accepted=True)
    await front.intake.dedupe.claim("kept:k1", lease=10)
    assert await front.take() == DEFERRED
    assert shelf.kept == []


@scene
async def test_nothing_is_taken_while_draining() -> None:
    """The peer is to come again."""
    front = Front()
    await front.reception.drain(0)
    assert await front.take() == DEFERRED
    assert front.calls == 0


@scene
async def test_what_is_not_repeated_has_room_of_its_own() -> None:
    """A crowd of slow messages takes no command's place; that room has its bound, too."""
    front = Front(slow=True)
    front.intake.rules = Rules(keep=900.0, most=2)
    assert await asyncio.gather(*(front.take(f"k{at}") for at in range(3))) == [DEFERRED] * 3
    assert (front.calls, front.counts["chat.full"]) == (2, 1)
    assert (
        await asyncio.gather(*(front.take(f"c{at}", repeated=False) for at in range(SPARE))) == [None] * SPARE
    )
    assert front.calls == 2 + SPARE
    assert await front.take("c", repeated=False) == DEFERRED
    front.go_on.set()
    await front.intake.drain(5)


@scene
async def test_a_peer_of_little_patience_has_its_message_kept_in_time() -> None:
    """Well before it turns away, though others may wait for longer."""
    front = Front(slow=True, shelf=Shelf())
    front.reception.patience = front.reception.keep_after = 60.0
    loop = asyncio.get_running_loop()
    begun = loop.time()
    assert await front.take(patience=0.2) == ACCEPTED
    assert loop.time() - begun < 0.2
    front.go_on.set()
    await front.reception.drain(5)


@scene
async def test_a_repeat_waits_for_the_first_no_longer_than_its_peer_does() -> None:
    """Where each is kept first, and the broker hangs."""
    front = Front(shelf=Shelf(), accepted=True)
    front.reception.patience = 60.0
    await front.intake.dedupe.claim("kept:k1", lease=60.0)
    async with asyncio.timeout(5):
        assert await front.take(patience=0.02) == DEFERRED
