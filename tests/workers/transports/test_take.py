"""The worker's side of the broker: as many openings as there are slots, from the queues that are wanted."""

import asyncio
from collections import Counter
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.workers.transports import take
from interfaces.workers.transports.base import Taken
from interfaces.workers.transports.redis import KNOWN, OPENINGS
from interfaces.workers.transports.take import LOOK, PULLERS, Taker
from interfaces.workers.wire import BACK, CANCEL, END, OPEN, VERSIONS, encode
from interfaces.workers.worker import Worker
from tests.workers.transports.fakes import Clock, Mail, turns


class Hub:
    """A hub from whose queues something comes when a test says so."""

    def __init__(self, kinds: tuple[bytes, ...] = ()) -> None:
        self.mail, self.nodes, self.kinds = Mail(), [self], kinds
        self.settings = SimpleNamespace(prefix="p")
        self.asked: list[tuple[tuple[str, ...], asyncio.Future[Any]]] = []

    async def started(self) -> None:
        """It is."""

    def server_time(self) -> float:
        return 100.0

    async def call(self, *words: Any) -> list[bytes]:
        assert words == ("SMEMBERS", "p:relay:types")
        return list(self.kinds)

    async def receive(self, names: tuple[str, ...], *, ahead: bool) -> Any:
        assert not ahead
        self.asked.append((names, asyncio.get_running_loop().create_future()))
        return await self.asked[-1][1]

    @property
    def waiting(self) -> list[asyncio.Future[Any]]:
        """Who still asks."""
        return [future for _, future in self.asked if not future.done()]

    async def bring(self, session: int = 1, **changed: Any) -> None:
        """An opening comes to the first who asks."""
        opening = {"scope": {"type": "http"}, "versions": VERSIONS, "until": 200.0} | changed
        self.waiting[0].set_result(("q", {"from": "them", "body": encode(OPEN, session, opening)}))
        await turns(20)


def taker(hub: Hub, counts: Counter[str] | None = None, **globs: Any) -> tuple[Taker, list[Taken]]:
    """One, and what it brought; each opening takes a slot, as a worker's does."""
    counts = Counter() if counts is None else counts
    made = Taker(SimpleNamespace(hub=lambda: hub), lambda name: counts.update([name]), **globs)
    brought: list[Taken] = []

    def opened(taken: Taken) -> None:
        brought.append(taken)
        made.free(made._free - 1)

    made.on_opening = opened
    return made, brought


def test_as_many_are_asked_for_as_there_are_slots() -> None:
    """Never one more, whatever comes; a slot that is free again asks again; none without slots."""

    async def main() -> None:
        hub = Hub()
        made, brought = taker(hub)
        async with made:
            await turns(20)
            assert hub.asked == []
            made.free(2)
            await turns(20)
            assert len(hub.waiting) == 2
            await hub.bring(1)
            assert len(hub.waiting) == 1 and [taken.session for taken in brought] == [1]
            await hub.bring(2)
            assert hub.waiting == []
            made.free(1)
            await turns(20)
            assert len(hub.waiting) == 1
            made.free(100)
            await turns(20)
            assert len(hub.waiting) == PULLERS

    asyncio.run(main())


def test_slots_are_given_back_when_it_is_drained() -> None:
    """Nobody asks any more, no slot is kept, and draining again is no error."""

    async def main() -> None:
        hub = Hub()
        made, brought = taker(hub)
        async with made:
            made.free(3)
            await turns(20)
            assert made._asking == 3
            await made.drain(1)
            assert (hub.waiting, made._asking, brought) == ([], 0, [])
            made.free(5)
            await turns(20)
            assert hub.waiting == []
            await made.drain(1)
        assert hub.mail.handlers == {}

    asyncio.run(main())


def test_what_comes_when_another_source_was_quicker_is_given_back() -> None:
    """The container hears it at once, and nothing of it stays here."""

    async def main() -> None:
        hub = Hub()
        made, brought = taker(hub)
        async with made:
            made.free(1)
            await turns(20)
            made.free(0)
            await hub.bring(7)
            assert hub.mail.posted == [("them", (BACK, 7, None))]
            assert brought == [] and not made._taken

    asyncio.run(main())


@pytest.mark.parametrize(
    ("globs", "wanted"),
    [
        ({}, KNOWN | {"xmpp", "xray"}),
        ({"only": ["x*", "http"]}, {"xmpp", "xray", "http"}),
        ({"exclude": ["x*", "irc"]}, KNOWN - {"irc"}),
        ({"only": ["x*"], "exclude": ["xr*"]}, {"xmpp"}),
        ({"only": ["HTTP"]}, set()),
    ],
)
def test_queues_are_chosen_by_globs(globs: dict[str, Any], wanted: set[str]) -> None:
    """Among the known types and those announced; what is excluded wins; capitals are others."""

    async def main() -> None:
        hub = Hub((b"xmpp", b"xray"))
        made, _ = taker(hub, **globs)
        async with made:
            await turns(20)
            made.free(1)
            await turns(20)
            names = tuple(OPENINGS + kind for kind in sorted(wanted))
            assert [found for found, _ in hub.asked] == ([names] if wanted else [])

    asyncio.run(main())


@pytest.mark.parametrize(
    ("changed", "counted"),
    [
        ({"until": 99.0}, "relay.expired"),
        ({"until": "soon"}, "relay.malformed"),
        ({"versions": [90, 99]}, "relay.refused"),
        ({"versions": 5}, "relay.malformed"),
    ],
)
def test_what_cannot_be_worked_on_is_counted(changed: dict[str, Any], counted: str) -> None:
    """Too late or none: no slot is lost by it, and the next one comes."""

    async def main() -> None:
        hub, counts = Hub(), Counter[str]()
        made, brought = taker(hub, counts)
        async with made:
            made.free(1)
            await turns(20)
            await hub.bring(1, **changed)
            assert brought == [] and counts == {counted: 1}
            await hub.bring(2)
            assert [taken.session for taken in brought] == [2]

    asyncio.run(main())


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 300)
    | st.floats()
    | st.text(max_size=3)
    | st.binary(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["type", "path", "x"]), inner, max_size=3)
    ),
    max_leaves=5,
)
OPENING = st.fixed_dictionaries(
    {},
    optional={
        "scope": ANYTHING | st.just({"type": "http", "path": "/"}), "events": ANYTHING | st.just([]),
        "event": ANYTHING, "session": ANYTHING, "attempt": ANYTHING, "asks": ANYTHING,
        "versions": ANYTHING | st.just(VERSIONS), "until": ANYTHING | st.just(200.0),
    },
)  # fmt: skip


@given(
    st.fixed_dictionaries(
        {"from": ANYTHING, "body": ANYTHING | st.builds(encode, st.just(OPEN), ANYTHING, OPENING)}
    )
)
def test_whatever_comes_out_of_a_queue_is_an_opening_or_counted(message: dict[str, Any]) -> None:
    """Nothing of it raises, and no slot is lost by what was not begun."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.Event().wait()

    async def main() -> None:
        hub, counts = Hub(), Counter[str]()
        made, _ = taker(hub, counts)
        async with made:
            worker = Worker(app, made, name="w", concurrency=3, state={})
            made._arrived(message)
            told = len(hub.mail.posted)
            assert sum(counts.values()) + told + len(worker.running) > 0
            assert made._free == 3 - len(worker.running)
            for one in list(worker.running):
                one.cut()
            await turns(5)

    asyncio.run(main())


def test_frames_find_their_session() -> None:
    """By hub and number, until it has ended."""

    async def main() -> None:
        hub, heard = Hub(), []
        made, brought = taker(hub)
        async with made:
            made.free(1)
            await turns(20)
            await hub.bring(4)
            [taken] = brought
            taken.on_event = lambda kind, *_: heard.append(kind)
            [arrived] = hub.mail.handlers.values()
            arrived("others", encode(CANCEL, 4, None), 1)
            arrived("them", encode(CANCEL, 5, None), 1)
            assert heard == []
            arrived("them", encode(CANCEL, 4, None), 1)
            taken.end({"how": "ok"})
            arrived("them", encode(CANCEL, 4, None), 1)
            assert heard == [CANCEL]
            assert hub.mail.posted == [("them", (END, 4, {"how": "ok"}))]

    asyncio.run(main())


def test_a_broker_that_refuses_ends_no_search(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever it says to whoever asks, the same slots are asked for again, and new types are found later."""
    clock = Clock()
    monkeypatch.setattr(take, "asyncio", clock)

    async def main() -> None:
        hub = Hub()
        made, brought = taker(hub)
        async with made:
            made.free(2)
            await turns(20)
            for future in hub.waiting:
                future.set_exception(RuntimeError("NOPERM"))
            real, hub.call = hub.call, refuse
            await clock.wake(seconds=LOOK)
            assert len(hub.waiting) == 2
            hub.call, hub.kinds = real, (b"xmpp",)
            await clock.wake(seconds=LOOK)
            await hub.bring(1)
            assert [taken.session for taken in brought] == [1]
            made.free(5)
            await turns(20)
            assert any(f"{OPENINGS}xmpp" in names for names, _ in hub.asked)

    async def refuse(*words: Any) -> list[bytes]:
        raise RuntimeError("NOPERM")

    asyncio.run(main())
    assert caplog.messages == ["no openings for now: NOPERM"]  # of all who asked
