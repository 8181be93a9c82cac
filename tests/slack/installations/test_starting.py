"""What has to work once: at the start, or later."""

import asyncio

import pytest

from interfaces.shared.errors import ConfigError, Unavailable
from interfaces.slack.installations.starting import PAUSES, Starting
from tests.slack.installations.kit import Readiness


class Attempts:
    """Ends as it is told, one after another; then it works. Its sleep lets others run and is written down."""

    def __init__(self, *ends: Exception | None) -> None:
        self.ends = [*ends]
        self.done = asyncio.Event()
        self.slept: list[float] = []

    async def __call__(self) -> None:
        end = self.ends.pop(0) if self.ends else None
        if end is not None:
            raise end
        self.done.set()

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(0)


def starting(attempts):
    """It, and what was said of readiness."""
    ready = Readiness()
    return Starting(ready.context, "slack.x", attempts, sleep=attempts.sleep), ready


def test_what_works_is_ready():
    """At once, and nothing goes on."""

    async def main():
        attempts = Attempts()
        start, ready = starting(attempts)
        await start.open()
        await start.close()
        assert ready.said == [("slack.x", True, "")] and attempts.slept == []

    asyncio.run(main())


def test_what_is_down_is_tried_again():
    """Ever more seldom, the process not ready until it works."""

    async def main():
        attempts = Attempts(*(Unavailable("down") for _ in range(len(PAUSES) + 2)))
        start, ready = starting(attempts)
        await start.open()
        assert ready.said == [("slack.x", False, "down")]
        await asyncio.wait_for(attempts.done.wait(), 5)
        await start.close()
        assert ready.said[-1] == ("slack.x", True, "")
        assert attempts.slept == [*PAUSES, PAUSES[-1], PAUSES[-1]]

    asyncio.run(main())


def test_what_cannot_be_is_told_at_the_start():
    """As ConfigError; later, where it would end a server, in /readyz, and it is tried on."""

    async def main():
        start, _ = starting(Attempts(ConfigError("wrong")))
        with pytest.raises(ConfigError):
            await start.open()
        attempts = Attempts(Unavailable("down"), ConfigError("wrong"))
        start, ready = starting(attempts)
        await start.open()
        await asyncio.wait_for(attempts.done.wait(), 5)
        await start.close()
        assert ready.said[1:] == [("slack.x", False, "wrong"), ("slack.x", True, "")]

    asyncio.run(main())


def test_what_works_no_more():
    """Is told with its reason, and tried by one task, however often it is said."""

    async def main():
        attempts = Attempts()
        start, ready = starting(attempts)
        await start.open()
        attempts.done.clear()
        start.again("gone")
        start.again("gone")
        await asyncio.wait_for(attempts.done.wait(), 5)
        await start.close()
        assert ready.said.count(("slack.x", False, "gone")) == 2 and len(attempts.slept) == 1

    asyncio.run(main())
