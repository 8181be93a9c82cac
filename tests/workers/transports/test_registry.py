"""The directory in the broker: leases, their renewal, and a broker that refuses."""

import asyncio
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from interfaces.shared.errors import Unavailable
from interfaces.workers.transports import registry
from interfaces.workers.transports.directory import Place
from interfaces.workers.transports.registry import LEASE, RENEW, Registry
from tests.workers.transports.fakes import turns

PLACE = Place("one:1", b"token")


class ResponseError(Exception):
    """What a broker answers instead of a result."""


class Clock:
    """asyncio, with sleep that a test ends."""

    def __init__(self) -> None:
        self.sleeping: list[tuple[float, asyncio.Future[None]]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio, name)

    async def sleep(self, seconds: float) -> None:
        self.sleeping.append((seconds, asyncio.get_running_loop().create_future()))
        await self.sleeping[-1][1]

    async def wake(self, *, seconds: float) -> int:
        """End what sleeps so long; how many."""
        await turns()
        due = [one for one in self.sleeping if one[0] == seconds and not one[1].done()]
        self.sleeping = [one for one in self.sleeping if not one[1].done() and one not in due]
        for _, future in due:
            future.set_result(None)
        await turns(40)
        return len(due)


class Broker:
    """A hub, its node and one hash."""

    def __init__(self) -> None:
        self.settings, self.nodes = SimpleNamespace(prefix="p"), [self]
        self.now, self.trouble = 100.0, None
        self.fields: dict[Any, bytes] = {}

    async def started(self) -> None:
        """It is."""

    def server_time(self) -> float:
        return self.now

    async def call(self, word: str, key: str, *more: Any) -> Any:
        assert key == "p:relay"
        if self.trouble is not None:
            raise self.trouble
        if word == "HSET":
            self.fields[more[0]] = more[1]
        elif word == "HDEL":
            self.fields.pop(more[0], None)
        return list(self.fields.values())


def made(broker: Broker) -> Registry:
    """A container's or worker's view of it."""
    return Registry(SimpleNamespace(hub=lambda: broker))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Time that a test lets pass."""
    found = Clock()
    monkeypatch.setattr(registry, "asyncio", found)
    return found


def test_a_lease_ends(clock: Clock) -> None:
    """A container is found with its token until its lease is over, not at its end."""

    async def main() -> None:
        broker = Broker()
        await made(broker).announce(PLACE)
        broker.now += LEASE - 0.1
        [found] = await made(broker).places()
        assert (found.address, found.token) == ("one:1", b"token")
        broker.now += 0.1
        assert await made(broker).places() == []

    asyncio.run(main())


@pytest.mark.parametrize("trouble", [None, ResponseError("OOM"), Unavailable("away")])
def test_a_lease_is_renewed(clock: Clock, trouble: Exception | None) -> None:
    """Again and again; a renewal that the broker refuses is not the last."""

    async def main() -> None:
        broker = Broker()
        one = made(broker)
        await one.announce(PLACE)
        broker.trouble = trouble
        broker.now += RENEW
        assert await clock.wake(seconds=RENEW) == 1
        broker.trouble = None
        broker.now += RENEW
        assert await clock.wake(seconds=RENEW) == 1
        broker.now += LEASE - 1
        assert await one.places() == [PLACE]

    asyncio.run(main())


def test_who_ends_is_forgotten(clock: Clock) -> None:
    """At once, and nothing renews it; others stay."""

    async def main() -> None:
        broker = Broker()
        one, two = made(broker), made(broker)
        await one.announce(PLACE)
        await two.announce(Place("two:2"))
        await turns()
        await one.announce(None)
        assert await two.places() == [Place("two:2")]
        broker.now += RENEW
        assert await clock.wake(seconds=RENEW) == 1
        assert await two.places() == [Place("two:2")]

    asyncio.run(main())


def test_another_place_replaces_the_first(clock: Clock) -> None:
    """One container has one entry, and one renewal."""

    async def main() -> None:
        broker = Broker()
        one = made(broker)
        await one.announce(PLACE)
        await turns()
        await one.announce(Place("two:2"))
        await turns()
        assert await clock.wake(seconds=RENEW) == 1
        assert await one.places() == [Place("two:2")]

    asyncio.run(main())


def test_a_container_ends_without_a_broker(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    """That is logged, and no error."""

    async def main() -> None:
        broker = Broker()
        one = made(broker)
        await one.announce(PLACE)
        broker.trouble = Unavailable("away")
        await one.announce(None)
        assert "away" in caplog.text

    asyncio.run(main())


def test_entries_of_another_version_are_passed_over() -> None:
    """They hide none that can be read."""

    async def main() -> None:
        broker = Broker()
        broker.fields = {
            1: b"\xc1",
            2: msgspec.msgpack.encode(["x"]),
            3: msgspec.msgpack.encode(("one:1", b"token", 200.0)),
        }
        assert await made(broker).places() == [PLACE]

    asyncio.run(main())
