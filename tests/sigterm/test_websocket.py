"""SIGTERM under a load of WebSockets: each is told to come back, in its turn, and nothing that was answered is lost."""

import asyncio
import time
from itertools import count
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.sigterm.taking import Taking, refused, until

SOCKETS = 40
SPREAD = 0.6


class Talk:
    """Sockets that say one thing after the other, two ahead of what comes back."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.said: list[str] = []
        self.heard: list[str] = []
        self.codes: list[int | None] = []
        self.times: list[float] = []
        self._names = (str(number) for number in count())

    async def client(self) -> None:
        """One socket, until the server closes it."""
        async with connect(f"ws://127.0.0.1:{self.port}/", compression=None) as socket:
            with pytest.raises(ConnectionClosed):
                await self._talk(socket)
            self.codes.append(socket.close_code)
            self.times.append(time.monotonic())

    async def _talk(self, socket: ClientConnection) -> None:
        waiting = [await self._say(socket) for _ in range(2)]
        while True:
            text = await socket.recv()
            assert text == waiting.pop(0)
            self.heard.append(str(text))
            waiting.append(await self._say(socket))

    async def _say(self, socket: ClientConnection) -> str:
        name = next(self._names)
        self.said.append(name)
        await socket.send(name)
        return name


def test_sockets_are_closed_with_1012_spread_out(tmp_path: Path) -> None:
    """40 sockets that talk: all hear 1012, over the time that is said; what is done came back, in order and once."""

    async def main() -> None:
        port = await server.listens("ws")
        talk = Talk(port)
        clients = asyncio.gather(*(talk.client() for _ in range(SOCKETS)))
        await until(lambda: len(talk.heard) > 200)
        server.tell()
        await clients
        assert await refused(port)
        await server.stopped()
        assert talk.codes == [1012] * SOCKETS
        took = max(talk.times) - min(talk.times)
        assert SPREAD / 2 < took < SPREAD + 5
        done = server.done
        assert len({*done}) == len(done) and {*talk.heard} <= {*done} <= {*talk.said}
        assert len(done) - len(talk.heard) <= SOCKETS, "more than the one that each was working on"

    words = ["serve", "ws", "--bind", "127.0.0.1:0", "--ws-drain-spread", str(SPREAD)]
    with Taking(tmp_path / "one", *words) as server:
        asyncio.run(main())
