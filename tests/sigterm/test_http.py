"""SIGTERM under a load of HTTP: what was taken is answered, once, and the last answer says so."""

import asyncio
from itertools import count
from pathlib import Path

from tests.abuse.test_h2 import DATA, END_STREAM, GOAWAY, PREFACE, request, settings
from tests.sigterm.taking import Taking, refused, until

SERVE = ("serve", "http", "--bind", "127.0.0.1:0")


class Requests:
    """Clients of HTTP/1.1 on connections that they keep; what became of each request."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.sent: set[str] = set()
        self.answered: list[str] = []
        self.last: list[bool] = []
        """Of each connection, whether its last answer said "connection: close"."""
        self._paths = (f"/{number}" for number in count())

    async def client(self) -> None:
        """One connection, until the server ends it."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        closing = False
        while not closing:
            path = next(self._paths)
            self.sent.add(path)
            writer.write(f"GET {path} HTTP/1.1\r\nhost: test\r\n\r\n".encode())
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            size = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
            assert (await reader.readexactly(size)).decode() == path and head.startswith(b"http/1.1 200")
            self.answered.append(path)
            closing = b"connection: close" in head
        self.last.append(await reader.read() == b"")
        writer.close()


def test_kept_connections_end_with_an_answer_that_says_so(tmp_path: Path) -> None:
    """30 connections: every request that was written is done once and answered; then nobody listens."""

    async def main() -> None:
        port = await server.listens("http")
        load = Requests(port)
        clients = asyncio.gather(*(load.client() for _ in range(30)))
        await until(lambda: len(load.answered) > 100)
        before = len(load.answered)
        server.tell()
        await clients
        assert await refused(port)
        await server.stopped()
        assert load.last == [True] * 30
        assert len(load.sent) - before >= 30 - 1, "there was nothing in flight"
        assert sorted(load.answered) == sorted(load.sent) == sorted(server.done)

    with Taking(tmp_path / "one", *SERVE) as server:
        asyncio.run(main())


class Streams:
    """Clients of HTTP/2, ten requests at a time on a connection; they open none after the first GOAWAY."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.sent: list[str] = []
        self.answered: list[str] = []
        self.aways: list[list[int]] = []
        """Of each connection, the last stream of each GOAWAY."""
        self.opened: list[int] = []
        """Of each connection, its last stream."""
        self._paths = (f"/{number}" for number in count())

    async def client(self) -> None:
        """One connection, until the server ends it."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(PREFACE + settings())
        streams = dict(self._open(writer, number) for number in range(1, 20, 2))
        aways: list[int] = []
        newest = 19
        while head := await maybe(reader, 9):
            payload = await reader.readexactly(int.from_bytes(head[:3], "big"))
            if head[3] == GOAWAY:
                aways.append(int.from_bytes(payload[:4], "big"))
            elif head[3] == DATA and head[4] & END_STREAM:
                self.answered.append(streams.pop(int.from_bytes(head[5:], "big")))
                if not aways:
                    newest += 2
                    streams |= dict([self._open(writer, newest)])
        assert streams == {}
        self.aways.append(aways)
        self.opened.append(newest)
        writer.close()

    def _open(self, writer: asyncio.StreamWriter, number: int) -> tuple[int, str]:
        path = next(self._paths)
        self.sent.append(path)
        writer.write(request(number, path.encode()))
        return number, path


async def maybe(reader: asyncio.StreamReader, size: int) -> bytes:
    """So many bytes, or none at the end."""
    first = await reader.read(1)
    return first + await reader.readexactly(size - 1) if first else b""


def test_connections_of_http_2_are_told_twice_and_finish_their_streams(tmp_path: Path) -> None:
    """8 connections with 10 streams each: all are answered, the second GOAWAY names the last of them."""

    async def main() -> None:
        port = await server.listens("http")
        load = Streams(port)
        clients = asyncio.gather(*(load.client() for _ in range(8)))
        await until(lambda: len(load.answered) > 200)
        server.tell()
        await clients
        assert await refused(port)
        await server.stopped()
        assert load.aways == [[0x7FFFFFFF, last] for last in load.opened]
        assert sorted(load.answered) == sorted(load.sent) == sorted(server.done)

    with Taking(tmp_path / "one", *SERVE) as server:
        asyncio.run(main())
