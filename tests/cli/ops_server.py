"""An operations port for the tests of commands: it tells what the test says, from a thread of its own."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from interfaces.runner.ops import Ops, serve_ops
from interfaces.runner.readiness import Readiness

__all__ = ["FakeOps", "free", "saying", "served"]


class FakeOps:
    """What it tells, which a test may change at any time."""

    def __init__(self) -> None:
        self.readiness = Readiness()
        self.readiness.tell("http", True)
        self.counters: dict[str, float] = {}
        self.gauges: dict[str, float] = {}
        self.facts: dict[str, Any] = {"listens": ["http: 127.0.0.1:8000"]}
        self.asked = 0
        """Times that somebody has read the counters."""
        self.on_asked: Callable[[], None] = lambda: None
        self.stopped = 0
        self.end: Callable[[], None] = lambda: None
        """Ends the port, as a process does that has drained."""

    def scraped(self) -> dict[str, float]:
        """The counters."""
        self.asked += 1
        self.on_asked()
        return self.counters

    def stop(self) -> None:
        """Drain."""
        self.stopped += 1
        self.readiness.draining = True


@contextmanager
def served(fake: FakeOps, bind: str = "127.0.0.1:0") -> Iterator[str]:
    """Where it answers, as --ops takes it; until the end, or until ``fake.end`` is called."""
    ops = Ops(readiness=fake.readiness, counters=fake.scraped, gauges=lambda: fake.gauges,
              facts=lambda: fake.facts, stop=fake.stop)  # fmt: skip
    there = threading.Event()
    found: list[str] = []
    loop = asyncio.new_event_loop()
    end = asyncio.Event()

    async def serve() -> None:
        async with serve_ops(bind, ops) as (address,):
            found.append(bind if bind.startswith("unix:") else f"http://{address.host}:{address.port}")
            there.set()
            await end.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    assert there.wait(10)
    fake.end = lambda: loop.call_soon_threadsafe(end.set)
    try:
        yield found[0]
    finally:
        loop.call_soon_threadsafe(end.set)
        thread.join(10)
        loop.close()


def free() -> str:
    """Where nobody answers."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{one.getsockname()[1]}"


@contextmanager
def saying(answer: bytes) -> Iterator[str]:
    """A server that says this to whoever comes, once."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def once() -> None:
            peer, _ = server.accept()
            with peer:
                peer.recv(4096)
                peer.sendall(answer)

        thread = threading.Thread(target=once)
        thread.start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        thread.join(5)
