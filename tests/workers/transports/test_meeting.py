"""Containers and workers of one layer that have no transport in common: what the log says, and when nothing."""

import asyncio
from typing import Any

import msgspec
import pytest

from interfaces.workers.transports import meeting
from interfaces.workers.transports.meeting import LONGEST, LOOK, Meeting, apart
from tests.workers.transports.fakes import Broker, Clock


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Time that a test lets pass."""
    found = Clock()
    monkeypatch.setattr(meeting, "asyncio", found)
    return found


@pytest.mark.parametrize(
    ("container", "worker", "helps"),
    [
        (
            "redis",
            "direct",
            "start the workers without --transport direct, or the containers with --relay-bind",
        ),
        (
            "direct",
            "redis",
            "start the workers without --transport redis, or the containers with --transport redis",
        ),
    ],
)
def test_both_say_once_what_each_takes_and_what_helps(
    clock: Clock, caplog: pytest.LogCaptureFixture, container: str, worker: str, helps: str
) -> None:
    """At the next look after both are there, and not again while nothing changes."""

    async def main() -> None:
        broker = Broker()
        async with Meeting(broker, "container", [container]):
            await clock.wake(seconds=LOOK)
            assert caplog.messages == []
            async with Meeting(broker, "worker", [worker]):
                for pause in (LOOK, LOOK * 2, LOOK * 4, LOOK * 8, LONGEST, LONGEST):
                    assert await clock.wake(seconds=pause) > 0

    asyncio.run(main())
    line = "no {} on this layer can be met: the transport of this {} is {}, that of the {}s is {}; {}"
    assert sorted(caplog.messages) == [
        line.format("container", "worker", worker, "container", container, helps),
        line.format("worker", "container", container, "worker", worker, helps),
    ]


@pytest.mark.parametrize(
    ("role", "ways", "others"),
    [
        ("container", ["redis"], []),
        ("container", ["redis"], [["direct", "redis"]]),
        ("container", ["redis"], [["direct"], ["redis"]]),
        ("worker", ["direct", "redis"], [["direct"]]),
        ("worker", ["redis"], [["direct"], ["redis"]]),
    ],
)
def test_nothing_is_said_when_somebody_can_be_met(
    role: str, ways: list[str], others: list[list[str]]
) -> None:
    """Or when nobody is there yet: a container may serve before its workers."""
    assert apart(role, ways, others) == ""


def test_transports_of_a_later_version_are_named() -> None:
    """There is no advice for them but the plain one."""
    words = apart("worker", ["direct", "redis"], [["carrier pigeon"]])
    assert "that of the containers is carrier pigeon; give both one transport in common" in words


def test_who_is_not_asked_to_look_says_nothing(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    """A worker with --connect may have its containers elsewhere; others see what it takes all the same."""

    async def main() -> None:
        broker = Broker()
        async with (
            Meeting(broker, "worker", ["direct"], looks=False),
            Meeting(broker, "container", ["redis"]),
        ):
            await clock.wake(seconds=LOOK)

    asyncio.run(main())
    assert [line[:9] for line in caplog.messages] == ["no worker"]


@pytest.mark.parametrize("facts", [[5, ["redis"]], ["worker", "redis"], ["worker", None], ["worker", 7]])
def test_strange_entries_and_a_broker_that_refuses(
    clock: Clock, caplog: pytest.LogCaptureFixture, facts: list[Any]
) -> None:
    """Neither is taken for somebody who cannot be met, nor ends the looking."""

    async def main() -> None:
        broker = Broker()
        async with Meeting(broker, "container", ["direct"]):
            broker.hashes["p:relay:ways"][b"x"] = msgspec.msgpack.encode([*facts, 200.0])
            await clock.wake(seconds=LOOK)
            assert caplog.messages == []
            broker.trouble = RuntimeError("NOPERM")
            await clock.wake(seconds=LOOK * 2)
            broker.trouble = None
            async with Meeting(broker, "worker", ["redis"], looks=False):
                await clock.wake(seconds=LOOK * 4)
            assert len(caplog.messages) == 1

    asyncio.run(main())


def test_who_has_left_is_not_there(clock: Clock) -> None:
    """Nothing stays in the broker."""

    async def main() -> None:
        broker = Broker()
        async with Meeting(broker, "worker", ["redis"]):
            assert len(broker.hashes["p:relay:ways"]) == 1
        assert broker.hashes["p:relay:ways"] == {}

    asyncio.run(main())
