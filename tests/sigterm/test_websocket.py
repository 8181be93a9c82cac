"""SIGTERM under a load of WebSockets: each is told to come back, one after the other, and nothing that was said is lost."""

import asyncio
import time
from itertools import count
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.sigterm.taking import Taking, refused, until

SOCKETS = 40


class Talk:
    """Sockets that say one thing after the other, two ahead of what comes back."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.said: list[str] = []
        self.heard: list[str] = []
        self.codes: list[int] = []
        self.times: list[float] = []
        self._names = (str(number) for number in count())

    async def client(self) -> None:
        """One socket, until the server closes it."""
        async with connect(f"ws://127.0.0.1:{self.port}/", compression=None) as socket:
            try:
                waiting = [await self._say(socket) for _ in range(2)]
                while True:
                    text = await socket.recv()
                    assert text == waiting.pop(0)
                    self.heard.append(str(text))
                    waiting.append(await self._say(socket))
            except ConnectionClosed as closed:
                assert closed.rcvd is not None
                self.codes.append(closed.rcvd.code)
                self.times.append(time.monotonic())

    async def _say(self, socket: ClientConnection) -> str:
        name = next(self._names)
        self.said.append(name)
        await socket.send(name)
        return name


@pytest.mark.parametrize("spread", [0, 0.8])
def test_sockets_are_closed_with_1012_spread_out(tmp_path: Path, spread: float) -> None:
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
        assert spread / 2 < took < spread + 1.5 if spread else took < 1.5
        done = server.done
        assert len({*done}) == len(done) and {*talk.heard} <= {*done} <= {*talk.said}
        assert len(done) - len(talk.heard) <= SOCKETS, "more than the one that each was working on"

    words = ["serve", "ws", "--bind", "127.0.0.1:0", "--ws-drain-spread", str(spread)]
    with Taking(tmp_path / "one", *words) as server:
        asyncio.run(main())
