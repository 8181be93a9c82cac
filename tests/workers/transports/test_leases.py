"""What processes tell each other through the broker: leases, their renewal, and a broker that refuses."""

import asyncio
from typing import Any

import msgspec
import pytest

from interfaces.shared.errors import Unavailable
from interfaces.workers.transports import leases
from interfaces.workers.transports.leases import FORGOTTEN, LEASE, RENEW, Leases
from tests.workers.transports.fakes import Broker, Clock, turns

REFUSALS = [
    "NOPERM this user has no permissions",
    "OOM command not allowed",
    "MISCONF cannot save",
    "LOADING",
]


class ResponseError(Exception):
    """What a broker answers instead of a result."""


def made(broker: Broker) -> Leases:
    """One process's view of it."""
    return Leases(broker, "test", "nobody finds it")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Time that a test lets pass."""
    found = Clock()
    monkeypatch.setattr(leases, "asyncio", found)
    return found


def test_a_lease_ends(clock: Clock) -> None:
    """A process is found with its facts until its lease is over, not at its end."""

    async def main() -> None:
        broker = Broker()
        await made(broker).announce(("one", b"token"))
        broker.now += LEASE - 0.1
        assert await made(broker).found(2) == [["one", b"token"]]
        broker.now += 0.1
        assert await made(broker).found(2) == []

    asyncio.run(main())


@pytest.mark.parametrize("trouble", [None, Unavailable("away"), *map(ResponseError, REFUSALS)])
def test_a_lease_is_renewed(clock: Clock, trouble: Exception | None) -> None:
    """Again and again; a renewal that the broker refuses is not the last."""

    async def main() -> None:
        broker = Broker()
        one = made(broker)
        await one.announce(("one",))
        broker.trouble = trouble
        broker.now += RENEW
        assert await clock.wake(seconds=RENEW) == 1
        broker.trouble = None
        broker.now += RENEW
        assert await clock.wake(seconds=RENEW) == 1
        broker.now += LEASE - 1
        assert await one.found(1) == [["one"]]

    asyncio.run(main())


@pytest.mark.parametrize("trouble", [Unavailable("away"), *map(ResponseError, REFUSALS)])
def test_whatever_the_broker_refuses_ends_nothing(
    clock: Clock, caplog: pytest.LogCaptureFixture, trouble: Exception
) -> None:
    """Neither the first announcement nor the last raises; each kind of trouble is one line, however long it lasts."""

    async def main() -> None:
        broker = Broker()
        broker.trouble = trouble
        one = made(broker)
        await one.announce(("one",))
        for _ in range(3):
            assert await clock.wake(seconds=RENEW) == 1
        assert caplog.messages == [f"nobody finds it: {trouble}"]
        broker.trouble = None
        await clock.wake(seconds=RENEW)
        assert await one.found(1) == [["one"]]
        broker.trouble = trouble
        await one.announce(None)
        assert caplog.messages == [f"nobody finds it: {trouble}"] * 2
        assert await clock.wake(seconds=RENEW) == 0

    asyncio.run(main())
    assert all(record.exc_info is None for record in caplog.records)


def test_who_ends_is_forgotten(clock: Clock) -> None:
    """At once, and nothing renews it; others stay."""

    async def main() -> None:
        broker = Broker()
        one, two = made(broker), made(broker)
        await one.announce(("one",))
        await two.announce(("two",))
        await turns()
        await one.announce(None)
        assert await two.found(1) == [["two"]]
        broker.now += RENEW
        assert await clock.wake(seconds=RENEW) == 1
        assert await two.found(1) == [["two"]]

    asyncio.run(main())


def test_who_died_is_taken_out(clock: Clock) -> None:
    """The hash does not grow with each process that was killed; a lease that has just ended stays for now."""

    async def main() -> None:
        broker = Broker()
        await made(broker).announce(("one",))
        broker.now += LEASE + FORGOTTEN
        await made(broker).found(1)
        assert len(broker.hashes["p:test"]) == 1
        broker.now += 0.1
        await made(broker).found(1)
        assert broker.hashes["p:test"] == {}

    asyncio.run(main())


def test_other_facts_replace_the_first(clock: Clock) -> None:
    """One process has one entry, and one renewal."""

    async def main() -> None:
        broker = Broker()
        one = made(broker)
        await one.announce(("one",))
        await turns()
        await one.announce(("two",))
        await turns()
        assert await clock.wake(seconds=RENEW) == 1
        assert await one.found(1) == [["two"]]

    asyncio.run(main())


@pytest.mark.parametrize(
    "strange", [b"\xc1", b"", b"\x01", *map(msgspec.msgpack.encode, (["x"], [], ["x", "soon"], 7))]
)
def test_what_cannot_be_read_is_passed_over(strange: bytes) -> None:
    """It hides none that can be; what a later version adds to the end hides nothing either."""

    async def main() -> None:
        broker = Broker()
        later: Any = msgspec.msgpack.encode(["one", 200.0, "more"])
        broker.hashes["p:test"] = {b"1": strange, b"2": later}
        assert await made(broker).found(1) == [["one"]]

    asyncio.run(main())
