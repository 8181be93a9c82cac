"""The broker's transport where the broker refuses: who waits is told."""

import asyncio
from collections import Counter
from types import SimpleNamespace
from typing import Any

from interfaces.workers.transports.base import Busy, Link
from interfaces.workers.transports.redis import Redis
from interfaces.workers.transports.take import Taker
from interfaces.workers.wire import OPEN, VERSIONS, encode
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
