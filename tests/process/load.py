"""A load of keep-alive connections that counts what becomes of every request."""

import asyncio
from collections import Counter

FLIGHT = 0.003
"""Seconds from a client's decision to send to the bytes, as on a network: what crosses a close is lost."""
REQUEST = b"GET / HTTP/1.1\r\nhost: test\r\n\r\n"


class Load:
    """``clients`` connections, each sending one request after the other until it is refused.

    ``counts``: sent, answered, closed (after an answer that said so), refused, lost (written, not answered).
    """

    def __init__(self, port: int, clients: int) -> None:
        self.port = port
        self.clients = clients
        self.counts: Counter[str] = Counter()
        self.pids: set[bytes] = set()
        self.stop = False

    async def run(self) -> None:
        """Run until every client is refused, or :attr:`stop` is set."""
        await asyncio.gather(*(self._client() for _ in range(self.clients)))

    async def _client(self) -> None:
        while not self.stop:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            except OSError:
                self.counts["refused"] += 1
                return
            await self._requests(reader, writer)
            writer.close()

    async def _requests(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request after the other; how many of them share a connection is the server's choice."""
        while not self.stop:
            if reader.at_eof():
                self.counts["closed idle"] += 1
                return
            await asyncio.sleep(FLIGHT)
            self.counts["sent"] += 1
            try:
                writer.write(REQUEST)
                head = await reader.readuntil(b"\r\n\r\n")
                size = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
                self.pids.add(await reader.readexactly(size))
            except (OSError, asyncio.IncompleteReadError):
                self.counts["lost"] += 1
                return
            self.counts["answered"] += 1
            if b"connection: close" in head.lower():
                self.counts["closed"] += 1
                return
