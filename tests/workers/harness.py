"""A container and its workers in one event loop, over a unix socket: what the tests of this folder stand on."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from interfaces.http_ws.interface import HttpWs, HttpWsOptions
from interfaces.shared.interface import Context
from interfaces.testing.raw import RawClient, Response
from interfaces.testing.websocket import WebSocketClient
from interfaces.workers.relay import Relay
from interfaces.workers.transports.dial import Dialler
from interfaces.workers.transports.direct import Direct
from interfaces.workers.transports.directory import Places
from interfaces.workers.transports.queue import Queue
from interfaces.workers.worker import Worker

TOKEN = b"a token of the tests"
WAIT = 10.0


async def until(condition: Any) -> None:
    """Wait until ``condition()`` is true."""
    async with asyncio.timeout(WAIT):
        while not condition():
            await asyncio.sleep(0.001)


class Cluster:
    """One container that serves HTTP and WebSockets, and as many workers as are wanted."""

    def __init__(self, directory: Path, *, limit: int = 100, wait: float = 5.0, layer: Any = None) -> None:
        self.counts: Counter[str] = Counter()
        self.place = f"unix:{directory}/relay"
        self.queue = Queue(limit, wait, lambda name: self.counts.update([name]))
        self.direct = Direct(self.place, TOKEN, self.queue)
        self.relay = Relay(self.direct, layer)
        self.stack = AsyncExitStack()

    async def __aenter__(self) -> "Cluster":
        await self.stack.enter_async_context(self.direct)
        interface = HttpWs(HttpWsOptions(bind=("127.0.0.1:0",), half_close_timeout=0.1, ws_drain_spread=0.0))
        serving = interface.serve(self.relay, Context(names=("http", "ws"), drain=1))
        (self.address,) = await self.stack.enter_async_context(serving)
        return self

    async def __aexit__(self, *failure: object) -> None:
        await self.stack.aclose()

    @asynccontextmanager
    async def worker(
        self, app: Any, *, concurrency: int = 100, state: Any = None, **more: Any
    ) -> AsyncIterator[Worker]:
        """Another worker; it is drained, drained at the end; ``last`` is its dialler."""
        known = len(self.queue.desks)
        async with Dialler(Places([self.place]), "w", TOKEN, **more) as dialler:
            worker = Worker(app, dialler, name="w", concurrency=concurrency, state=state or {})
            await until(lambda: len(self.queue.desks) > known and self.queue.desks[-1].room > 0)
            self.last = dialler
            yield worker
            await worker.drain(1)
        await until(lambda: len(self.queue.desks) <= known)

    def lose(self, dialler: Any = None) -> None:
        """Cut the connections of a worker as its death does."""
        for peer in list((dialler or self.last)._containers):
            peer.abort()

    async def get(self, path: str = "/", *, body: bytes = b"", method: str = "GET") -> Response:
        """One request."""
        async with await RawClient.connect(self.address) as client:
            head = f"{method} {path} HTTP/1.1\r\nHost: test\r\nContent-Length: {len(body)}\r\n\r\n"
            await client.send(head.encode() + body)
            return await client.response()

    async def open(self, path: str = "/") -> WebSocketClient:
        """A WebSocket."""
        return await WebSocketClient.connect(self.address, path)


def run(test: Any, directory: Path, **options: Any) -> Cluster:
    """Run ``await test(cluster)`` in a cluster, within a deadline."""

    async def main() -> Cluster:
        async with asyncio.timeout(3 * WAIT), Cluster(directory, **options) as cluster:
            await test(cluster)
        return cluster

    return asyncio.run(main())
