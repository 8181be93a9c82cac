"""A network between us and a broker that can be made bad: slow, silent, cut, or sliced at any byte.

Runs in the loop of the test. Speaks TCP to us, and TLS when given a context; a unix socket to the broker.
"""

import asyncio
import socket
import ssl
import struct
from typing import Self


class FaultProxy:
    """``async with FaultProxy(path) as proxy``: connect to ``proxy.port`` of 127.0.0.1.

    ``slice`` bytes go to us in one piece, ``delay`` seconds late (0: at once); ``silent`` swallows both ways;
    ``refuse`` resets whoever connects; ``cut()`` resets all.
    """

    def __init__(self, path: str, tls: ssl.SSLContext | None = None) -> None:
        self.path, self.tls = path, tls
        self.slice: int | None = None
        self.delay = 0.0
        self.silent = self.refuse = False
        self.accepted = 0
        self.sent: list[bytes] = []
        self._live: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, ssl=self.tls)
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        self.cut()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}"

    def cut(self) -> None:
        """Reset every connection."""
        for writer in self._live:
            _reset(writer)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        task = asyncio.current_task()
        assert task
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        if self.refuse:
            _reset(writer)
            return
        try:
            to_reader, to_writer = await asyncio.open_unix_connection(self.path)
        except OSError:
            _reset(writer)
            return
        self._live |= {writer, to_writer}
        up, down = self._pump(reader, to_writer, ours=True), self._pump(to_reader, writer, ours=False)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(up)
                group.create_task(down)
        except* OSError:
            pass
        finally:
            self._live -= {writer, to_writer}
            for one in (writer, to_writer):
                one.close()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, ours: bool) -> None:
        while data := await reader.read(65536):
            if self.silent:
                continue
            if ours:
                self.sent.append(data)
            if self.delay:
                await asyncio.sleep(self.delay)
            size = (self.slice if not ours else None) or len(data)
            for start in range(0, len(data), size):
                writer.write(data[start : start + size])
                await writer.drain()
                if size < len(data):
                    await asyncio.sleep(0)  # the other side reads it by itself
        raise ConnectionResetError  # end the other direction too


def _reset(writer: asyncio.StreamWriter) -> None:
    if sock := writer.get_extra_info("socket"):
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        except OSError:
            pass  # it is closed already
    writer.transport.abort()
