"""The worker's side of direct connections: whom it dials, when again, and what containers are told."""

import asyncio
from collections import Counter
from types import SimpleNamespace
from typing import Any

import pytest

from interfaces.shared.errors import ConfigError, Unavailable
from interfaces.shared.noise import Noise
from interfaces.workers.transports import dial
from interfaces.workers.transports.dial import FIRST, LONGEST, LOOK, Dialler
from interfaces.workers.transports.directory import Place
from interfaces.workers.transports.peer import Peer
from interfaces.workers.wire import BACK, CANCEL, DRAIN, OPEN, SLOTS
from tests.workers.transports.fakes import Clock, Wire, turns

ONE, TWO, THREE = (Place(f"127.0.0.1:{port}") for port in (1, 2, 3))


class Pipe(Wire):
    """Brings what is written to the other side, one turn later."""

    def __init__(self, own: Peer, other: Peer) -> None:
        super().__init__()
        self.own, self.other = own, other

    def write(self, data: bytes) -> None:
        asyncio.get_running_loop().call_soon(lambda: self.other.lost or self.other.data_received(data))

    def close(self) -> None:
        if not self.ended:
            self.ended = "closed"
            for peer in (self.own, self.other):
                asyncio.get_running_loop().call_soon(
                    lambda peer=peer: peer.lost or peer.connection_lost(None)
                )

    abort = close


class Net:
    """Containers, by their ports, as a loop finds them; and their directory."""

    def __init__(self, *places: Place) -> None:
        self.found: list[Place] = list(places)
        self.trouble: Exception | None = None
        self.down: set[int] = set()
        self.swallowing: set[int] = set()
        self.dials: list[int] = []
        self.token = b"token"
        self.relays: dict[int, Peer] = {}
        self.told: list[Any] = []

    async def places(self) -> list[Place]:
        if self.trouble is not None:
            raise self.trouble
        return self.found

    async def connect(self, factory: Any, host: str, port: int, *, ssl: Any) -> Any:
        """What the loop's create_connection is here."""
        self.dials.append(port)
        if port in self.swallowing:
            await asyncio.Event().wait()
        if port in self.down:
            raise ConnectionRefusedError
        relay = Peer(asyncio.get_running_loop(), self, "relay", str(port), self.token)
        worker = factory()
        self.relays[port] = relay
        relay.connection_made(Pipe(relay, worker))
        worker.connection_made(Pipe(worker, relay))
        return worker.transport, worker

    def joined(self, peer: Peer) -> None:
        """It is one."""

    def left(self, peer: Peer, reason: str) -> None:
        """It was one."""

    def heard(self, peer: Peer, kind: int, session: int, payload: Any, size: int) -> None:
        self.told.append((kind, session, payload))

    def dialler(self, **more: Any) -> Dialler:
        """A worker in this net, on the running loop."""
        asyncio.get_running_loop().create_connection = self.connect
        return Dialler(self, "worker", b"token", **more)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Time that a test lets pass, and no chance."""
    found = Clock()
    monkeypatch.setattr(dial, "asyncio", found)
    monkeypatch.setattr(dial, "_RANDOM", SimpleNamespace(uniform=lambda low, high: high))
    return found


def pauses(clock: Clock) -> list[float]:
    """How long dialling sleeps now."""
    return [seconds for seconds, future in clock.sleeping if seconds != LOOK and not future.done()]


def test_pauses_grow_until_it_is_there(clock: Clock) -> None:
    """The first is the shortest, doubled up to the longest; after a connection that was one, the first again."""

    async def main() -> None:
        net, seen = Net(ONE), []
        net.down = {1}
        async with net.dialler() as dialler:
            for _ in range(7):
                [pause] = pauses(clock)
                seen.append(pause)
                await clock.wake(seconds=pause)
            assert seen == [min(LONGEST, FIRST * 2**number) for number in range(7)]
            assert net.dials == [1] * 8 and dialler.connected == 0
            net.down = set()
            await clock.wake(seconds=LONGEST)
            assert dialler.connected == 1 and pauses(clock) == []
            net.relays[1].drop("it ends")
            await turns(20)
            assert dialler.connected == 0 and pauses(clock) == [FIRST]
            await clock.wake(seconds=FIRST)
            assert dialler.connected == 1

    asyncio.run(main())


@pytest.mark.parametrize("trouble", [Unavailable("away"), RuntimeError("NOPERM")])
def test_new_containers_are_found(clock: Clock, caplog: pytest.LogCaptureFixture, trouble: Exception) -> None:
    """At the next look, and those that are connected are not dialled again, even without a directory: one line."""

    async def main() -> None:
        net = Net(ONE)
        async with net.dialler() as dialler:
            net.trouble = trouble
            for _ in range(3):
                await clock.wake(seconds=LOOK)
            net.trouble = None
            net.found = [ONE, TWO]
            assert dialler.connected == 1
            await clock.wake(seconds=LOOK)
            assert dialler.connected == 2 and net.dials == [1, 2]
        assert caplog.messages == [f"no containers can be found: {trouble}"]

    asyncio.run(main())


def test_a_container_that_swallows_everything_holds_up_nobody(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its connect is given up after a while and tried again; others are connected, and found later, meanwhile."""
    monkeypatch.setattr(dial, "ROUND", 0)

    async def main() -> None:
        net = Net(ONE, TWO)
        net.swallowing = {1}
        async with net.dialler() as dialler:
            await turns(20)
            assert dialler.connected == 1 and sorted(net.dials) == [1, 2]
            net.found = [ONE, TWO, THREE]
            await clock.wake(seconds=LOOK)
            assert dialler.connected == 2 and net.dials[2:] == [3] and pauses(clock) == []
            clock.overdue(dial.CONNECT)
            await turns(20)
            assert pauses(clock) == [FIRST]
            net.swallowing = set()
            await clock.wake(seconds=FIRST)
            assert dialler.connected == 3

    asyncio.run(main())


def test_one_that_is_new_and_swallows_everything_stops_no_search(clock: Clock) -> None:
    """The next look comes when it always does."""

    async def main() -> None:
        net = Net(TWO)
        net.swallowing = {1}
        async with net.dialler() as dialler:
            net.found = [ONE, TWO]
            await clock.wake(seconds=LOOK)
            net.found = [ONE, TWO, THREE]
            assert await clock.wake(seconds=LOOK) == 1
            assert dialler.connected == 2 and net.dials == [2, 1, 3]

    asyncio.run(main())


def test_what_a_container_sends_that_is_none_is_counted(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """The connection ends with one line, without a traceback, and is made again."""

    async def main() -> None:
        net, counts = Net(ONE), Counter[str]()
        async with net.dialler() as dialler:
            dialler.malformed = Noise(lambda name: counts.update([name]), "relay.malformed")
            net.relays[1].post(OPEN, 5, "no dict")
            await turns(20)
            assert counts == {"relay.malformed": 1} and dialler.connected == 0
            await clock.wake(seconds=FIRST)
            assert dialler.connected == 1

    asyncio.run(main())
    assert caplog.messages == ["container 127.0.0.1:1 was left for what it sent: malformed frame"]


def test_who_is_no_longer_found(clock: Clock) -> None:
    """Is not dialled any more, unless there is a connection: that stays."""

    async def main() -> None:
        net = Net(ONE, TWO)
        net.down = {2}
        async with net.dialler() as dialler:
            assert pauses(clock) == [FIRST]
            net.found = []
            await clock.wake(seconds=LOOK)
            assert dialler.connected == 1 and pauses(clock) == []

    asyncio.run(main())


def test_a_lost_container_ends_its_sessions(clock: Clock) -> None:
    """They hear of it once, those of others do not."""

    async def main() -> None:
        net, heard = Net(ONE, TWO), []
        async with net.dialler() as dialler:
            dialler.on_opening = lambda taken: setattr(
                taken, "on_event", lambda kind, *_: heard.append((taken.carrier.name, kind))
            )
            dialler.free(2)
            for relay in net.relays.values():
                relay.post(OPEN, 5, {})
            await turns(20)
            net.relays[2].post(CANCEL, 5, None)
            await turns(20)
            net.relays[1].drop("it ends")
            await turns(20)
            assert heard == [("2", CANCEL), ("1", 0)]

    asyncio.run(main())


def test_a_container_that_refuses_is_told_on_entering(clock: Clock) -> None:
    """With its address and reason, and nobody is dialled afterwards."""

    async def main() -> None:
        net = Net(ONE)
        net.token = b"another"
        dialler = net.dialler()
        with pytest.raises(ConfigError, match=r"127\.0\.0\.1:1 refuses this worker: the tokens differ"):
            await dialler.__aenter__()
        assert pauses(clock) == [] and dialler.connected == 0

    asyncio.run(main())


def test_a_refusal_is_told_until_it_is_another(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    """One line however often it is tried; again after it was connected in between; nothing is kept of who has gone."""

    async def main() -> None:
        net = Net()
        async with net.dialler() as dialler:
            net.found, net.token = [ONE], b"another"
            await clock.wake(seconds=LOOK)
            await clock.wake(seconds=FIRST)
            assert len(caplog.messages) == 1
            net.token = b"token"
            await clock.wake(seconds=FIRST * 2)
            assert dialler.connected == 1
            net.token = b"another"
            net.relays[1].drop("it ends")
            await turns(20)
            await clock.wake(seconds=FIRST)
            assert caplog.messages == ["container 127.0.0.1:1 refuses this worker: the tokens differ"] * 2
            net.found = []
            await clock.wake(seconds=LOOK)
            assert dialler._refusals == {}

    asyncio.run(main())


def test_containers_know_the_free_slots(clock: Clock) -> None:
    """First with the types, then what changes, once a turn; what comes without a slot goes back after that."""

    async def main() -> None:
        net, brought = Net(ONE), []
        async with net.dialler(only=["http"]) as dialler:
            dialler.on_opening = brought.append
            await turns(20)
            dialler.free(5)
            dialler.free(0)
            dialler.free(0)
            net.relays[1].post(OPEN, 9, {})
            await turns(20)
            types = {"only": ["http"], "exclude": []}
            assert net.told == [
                (SLOTS, 0, {"free": 0, "seen": 0, **types}),
                (SLOTS, 0, {"free": 0, "seen": 1}),
                (BACK, 9, None),
            ]
            assert brought == []

    asyncio.run(main())


def test_draining_waits_until_every_container_knows(clock: Clock) -> None:
    """One that has not answered keeps it; what comes meanwhile goes back; nobody is looked for any more."""

    async def main() -> None:
        net = Net(ONE, TWO)
        async with net.dialler() as dialler:
            dialler.free(5)
            draining = asyncio.ensure_future(dialler.drain(60))
            await turns(20)
            assert net.told.count((DRAIN, 0, None)) == 2
            net.relays[1].post(DRAIN, 0, None)
            net.relays[2].post(OPEN, 3, {})
            await turns(20)
            assert not draining.done() and net.told[-1] == (BACK, 3, None)
            net.relays[2].drop("it is gone")
            await asyncio.wait_for(draining, 5)
            assert await clock.wake(seconds=LOOK) == 0

    asyncio.run(main())
