"""The broker's transport where the broker refuses: who waits is told."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import pytest

from interfaces.layers.base import ChannelFull
from interfaces.shared.errors import Unavailable
from interfaces.workers.transports.base import Busy, Link, Lost
from interfaces.workers.transports.post import KIND
from interfaces.workers.transports.redis import AGAIN, KNOWN, OPENINGS, Redis, types_key
from interfaces.workers.transports.take import Taker
from interfaces.workers.wire import (
    ASK,
    BACK,
    CANCEL,
    END,
    OPEN,
    REFUSE,
    SEND,
    TAKEN,
    VERSIONS,
    decode,
    encode,
)
from tests.runner.virtual import run
from tests.workers.transports.fakes import Mail, turns


class Hub:
    """A hub whose broker does as it is told."""

    def __init__(self, trouble: Exception | None = None) -> None:
        self.mail, self.address, self.trouble = Mail(), "me", trouble
        self.settings = SimpleNamespace(prefix="p")
        self.nodes = [self]

    async def started(self) -> None:
        """It is."""

    def node_of(self, queue: str) -> "Hub":
        """There is one broker."""
        return self

    def server_time(self) -> float:
        """Seconds."""
        return 0.0

    async def call(self, *words: Any) -> list[bytes]:
        """Nothing is known."""
        return []

    async def send(self, queue: str, message: Any) -> None:
        """Refuse it."""
        if self.trouble is not None:
            raise self.trouble

    async def receive(self, names: Any, *, ahead: bool) -> Any:
        """Nothing comes."""
        await asyncio.Event().wait()


def test_a_broker_that_refuses_leaves_nobody_waiting() -> None:
    """One without memory answers with an error that is no outage: Busy, at once, not silence for ever."""

    async def main() -> None:
        hub, counts = Hub(ValueError("OOM command not allowed")), Counter[str]()
        layer = SimpleNamespace(hub=lambda: hub)
        async with Redis(layer, 10, 60.0, lambda name: counts.update([name])) as redis:
            link = Link({"type": "http"})
            redis.submit(link)
            async with asyncio.timeout(5):
                kind, error, _ = await link.next()
            assert kind == 0 and isinstance(error, Busy) and "OOM" in str(error)
            assert "0 waiting" in repr(redis)

    asyncio.run(main())


def test_a_lost_container_leaves_nothing_behind_at_a_worker() -> None:
    """Its sessions hear of it once, and are forgotten."""

    async def main() -> None:
        hub, heard = Hub(), []
        async with Taker(SimpleNamespace(hub=lambda: hub), lambda name: None) as taker:
            taker.free(1)

            def opened(taken: Any) -> None:
                taken.on_event = lambda *what: heard.append(what)

            taker.on_opening = opened
            body = encode(OPEN, 1, {"scope": {"type": "http"}, "versions": VERSIONS, "until": 9.0})
            taker._arrived({"from": "container", "body": body})
            await turns()
            hub.mail.lose("container")
            assert heard == [(0, None, 0)]
            assert not taker._taken

    asyncio.run(main())


# --- in a time that passes at once -----------------------------------------------------------------------------


class Queues(Hub):
    """A hub that keeps what is sent; a queue that is full stays so for some tries."""

    def __init__(self, full: int = 0) -> None:
        super().__init__()
        self.full = full
        self.sent: list[tuple[str, dict[str, Any]]] = []
        self.calls: list[tuple[Any, ...]] = []

    def server_time(self) -> float:
        """The broker's clock is a million seconds ahead."""
        return 1e6 + asyncio.get_running_loop().time()

    async def call(self, *words: Any) -> list[bytes]:
        """Remember it."""
        self.calls.append(words)
        return []

    async def send(self, queue: str, message: Any) -> None:
        """Keep it, or be full."""
        if self.full:
            self.full -= 1
            raise ChannelFull(queue)
        self.sent.append((queue, message))

    def opening(self, at: int = -1) -> tuple[int, dict[str, Any]]:
        """Number and payload of one that was sent."""
        kind, number, payload, _ = decode(self.sent[at][1]["body"])
        assert kind == OPEN
        return number, payload

    def says(self, worker: str, kind: int, session: int, payload: Any = None) -> None:
        """A frame comes from a worker."""
        self.mail.handlers[KIND](worker, encode(kind, session, payload), 10)


Test = Callable[[Redis, Queues], Awaitable[None]]


def played(test: Test, hub: Queues, *, limit: int = 10, seconds: float = 10.0) -> Counter[str]:
    """What was counted while a test went on."""
    counts = Counter[str]()

    async def main() -> None:
        layer = SimpleNamespace(hub=lambda: hub)
        async with Redis(layer, limit, seconds, lambda name: counts.update([name])) as redis:
            await test(redis, hub)

    run(main())
    return counts


async def submitted(redis: Redis, kind: str = "http") -> Link:
    """An opening that is in its queue."""
    link = Link({"type": kind})
    redis.submit(link)
    await turns(10)
    return link


async def failure(link: Link) -> Unavailable:
    """Why it failed."""
    kind, error, _ = await link.next()
    assert kind == 0
    assert isinstance(error, Unavailable)
    return error


def test_an_opening_says_until_when_it_is_wanted() -> None:
    """By the broker's clock, in the queue of its type of scope, with the versions that are spoken here."""

    async def test(redis: Redis, hub: Queues) -> None:
        await submitted(redis)
        queue, message = hub.sent[0]
        _, payload = hub.opening()
        assert (queue, message["from"]) == (f"{OPENINGS}http", "me")
        assert payload["until"] == pytest.approx(1e6 + 10)
        assert payload["versions"] == [*VERSIONS]

    played(test, Queues())


def test_a_type_that_workers_would_not_know_is_announced_once() -> None:
    """Before its first opening; those that every worker looks for are not."""

    async def test(redis: Redis, hub: Queues) -> None:
        for kind in (*sorted(KNOWN), "mine", "mine"):
            await submitted(redis, kind)
        assert hub.calls == [("SADD", types_key(hub), "mine")]

    played(test, Queues())


@pytest.mark.parametrize(("full", "ok"), [(3, True), (10_000, False)])
def test_a_full_queue_is_tried_again_while_there_is_time(full: int, ok: bool) -> None:
    """Twenty times a second; then it is as if no worker were free."""

    async def test(redis: Redis, hub: Queues) -> None:
        link = Link({"type": "http"})
        redis.submit(link)
        if ok:
            await asyncio.sleep(full * AGAIN + 0.01)
            assert len(hub.sent) == 1
            return
        assert "interfaces.open.http is full" in str(await failure(link))
        assert 9.9 < asyncio.get_running_loop().time() <= 10

    assert played(test, Queues(full)) == ({} if ok else {"relay.full": 1})


def test_nobody_waits_longer_than_is_said() -> None:
    """For a worker that takes it: then it is Busy, counted as late, and a worker that comes then is told to stop."""

    async def test(redis: Redis, hub: Queues) -> None:
        link = await submitted(redis)
        error = await failure(link)
        assert isinstance(error, Busy) and "no worker had a free slot in 10 s" in str(error)
        assert asyncio.get_running_loop().time() == pytest.approx(10)
        number, _ = hub.opening()
        hub.says("late", TAKEN, number, {"style": "session"})
        assert hub.mail.frames("late") == [(CANCEL, number, None)]

    assert played(test, Queues()) == {"relay.late": 1}


def test_no_more_wait_than_may() -> None:
    """The next is refused at once; when one is served, there is room again."""

    async def test(redis: Redis, hub: Queues) -> None:
        for _ in range(2):
            await submitted(redis)
        third = await submitted(redis)
        assert "too many" in str(await failure(third))
        hub.says("worker", TAKEN, hub.opening(0)[0], {})
        await submitted(redis)
        assert len(hub.sent) == 3

    assert played(test, Queues(), limit=2) == {"relay.full": 1}


def test_who_was_taken_waits_no_longer() -> None:
    """Whatever time passes: its frames come, and its end is the end."""

    async def test(redis: Redis, hub: Queues) -> None:
        link = await submitted(redis)
        number, _ = hub.opening()
        hub.says("worker", TAKEN, number, {"style": "session", "worker": "w", "version": 1})
        await asyncio.sleep(100)
        hub.says("worker", SEND, number, {"type": "x"})
        hub.says("worker", ASK, number)
        hub.says("worker", END, number, {"how": "ok"})
        assert [(await link.next())[:2] for _ in range(3)] == [
            (SEND, {"type": "x"}),
            (ASK, None),
            (END, {"how": "ok"}),
        ]
        hub.says("worker", SEND, number, {"type": "late"})
        assert hub.mail.frames("worker") == [(CANCEL, number, None)]
        redis.release(link)
        assert len(hub.mail.frames("worker")) == 1

    assert played(test, Queues()) == {}


def test_two_workers_cannot_have_one() -> None:
    """The first that took it has it; what another says of it counts for nothing."""

    async def test(redis: Redis, hub: Queues) -> None:
        link = await submitted(redis)
        number, _ = hub.opening()
        hub.says("one", TAKEN, number, {"style": "session", "worker": "one"})
        hub.says("two", TAKEN, number, {"style": "session", "worker": "two"})
        hub.says("two", END, number, {"how": "error"})
        hub.says("two", BACK, number)
        hub.says("two", REFUSE, number, {"reason": "x"})
        assert (link.worker, list(link.news)) == ("one", [])
        hub.says("one", END, number, {"how": "ok"})
        assert (await link.next())[1] == {"how": "ok"}

    played(test, Queues())


def test_what_is_given_back_goes_to_another() -> None:
    """With another number, and all that was put in meanwhile; the time that it may wait begins anew."""

    async def test(redis: Redis, hub: Queues) -> None:
        link = Link({"type": "http"})
        link.put({"type": "http.request", "body": b"1"})
        redis.submit(link)
        await turns(10)
        number, _ = hub.opening()
        link.put({"type": "http.request", "body": b"2"})
        await asyncio.sleep(9)
        hub.says("one", BACK, number)
        await turns(10)
        again, payload = hub.opening()
        assert again != number
        assert [event["body"] for event in payload["events"]] == [b"1", b"2"]
        await asyncio.sleep(9)
        hub.says("two", TAKEN, again, {"style": "session", "worker": "two"})
        assert link.worker == "two"

    assert played(test, Queues()) == {}


def test_a_worker_that_refuses_says_why() -> None:
    """Such as a version that it does not speak: Busy with its reason, and nobody waits for another."""

    async def test(redis: Redis, hub: Queues) -> None:
        link = await submitted(redis)
        hub.says("worker", REFUSE, hub.opening()[0], {"reason": "it speaks version 9"})
        error = await failure(link)
        assert isinstance(error, Busy) and str(error) == "it speaks version 9"
        assert "0 waiting" in repr(redis)

    assert played(test, Queues()) == {"relay.refused": 1}


def test_a_lost_worker_fails_what_it_had_and_nothing_else() -> None:
    """Each of its scopes once; those of another, and those that wait, go on."""

    async def test(redis: Redis, hub: Queues) -> None:
        links = [await submitted(redis) for _ in range(3)]
        for at, worker in enumerate(("one", "two")):
            hub.says(worker, TAKEN, hub.opening(at)[0], {"style": "session"})
        hub.mail.lose("one", "its lease is over")
        error = await failure(links[0])
        assert isinstance(error, Lost) and "its lease is over" in str(error)
        assert not links[1].news and not links[2].news

    played(test, Queues())


@pytest.mark.parametrize("taken", [False, True])
def test_who_is_released_leaves_nothing_behind(taken: bool) -> None:
    """A worker that has it is told to end it; one that has not yet is told when it takes it."""

    async def test(redis: Redis, hub: Queues) -> None:
        link = await submitted(redis)
        number, _ = hub.opening()
        if taken:
            hub.says("worker", TAKEN, number, {"style": "session"})
        redis.release(link)
        if not taken:
            hub.says("worker", TAKEN, number, {"style": "session"})
        assert hub.mail.frames("worker") == [(CANCEL, number, None)]
        assert link.closed
        assert not redis.withdraw(link)
        await asyncio.sleep(100)

    assert played(test, Queues()) == {}


@pytest.mark.parametrize(
    ("kind", "payload"), [(TAKEN, 7), (TAKEN, {"version": "x"}), (REFUSE, None), (REFUSE, [1])]
)
def test_frames_that_do_not_fit_are_counted(kind: int, payload: Any) -> None:
    """They end no container: it goes on to hear what fits."""

    async def test(redis: Redis, hub: Queues) -> None:
        link = await submitted(redis)
        number, _ = hub.opening()
        hub.says("bad", kind, number, payload)
        hub.mail.handlers[KIND]("bad", b"\xc1", 1)
        hub.says("good", TAKEN, number, {"style": "session", "worker": "good"})
        assert link.worker == "good"

    assert played(test, Queues()) == {"relay.malformed": 2}


def test_leaving_ends_what_waits() -> None:
    """A container that stops keeps no task, whoever waits for it."""

    async def test(redis: Redis, hub: Queues) -> None:
        for _ in range(3):
            await submitted(redis)
        assert "3 waiting" in repr(redis)

    hub = Queues()
    played(test, hub)
    assert KIND not in hub.mail.handlers
