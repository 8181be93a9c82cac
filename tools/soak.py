#!/usr/bin/env python3
"""Mixed load on our own server for a time; its memory and descriptors have to stay level.

    python tools/soak.py [SECONDS]     3600 unless given

Clients keep connections and drop them, finish requests and leave in the middle, echo over WebSockets and
vanish without a close. After a warm-up of a tenth of the time the server's memory may grow by GROWTH; at the
end it has to be back at the descriptors it began with, and to end with 0 on SIGTERM. Exit code 1 when one of
these fails.
"""

import argparse
import asyncio
import itertools
import os
import random
import signal
import socket
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path

__all__ = ["main"]

ROOT = Path(__file__).resolve().parent.parent
CLIENTS = 40
GROWTH = 16 * 1024  # KiB
SPARE = 2  # what a loop opens for itself on the way
REPORT = 10.0
HEAD = b" HTTP/1.1\r\nHost: soak\r\n"
UPGRADE = HEAD + (
    b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
FRAME = b"\x81\x85\0\0\0\0hello"
ECHO = b"\x81\x05hello"

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def get(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Several requests on one connection."""
    for _ in range(20):
        writer.write(b"GET /10k" + HEAD + b"\r\n")
        await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(10240)


async def post(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """An upload in pieces, echoed."""
    writer.write(b"POST /echo" + HEAD + b"Content-Length: 100000\r\n\r\n")
    for _ in range(10):
        writer.write(b"x" * 10000)
        await writer.drain()
    await reader.readuntil(b"\r\n\r\n")
    await reader.readexactly(100000)


async def leave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A stream that is left after its first bytes."""
    writer.write(b"GET /stream" + HEAD + b"\r\n")
    await reader.readuntil(b"\r\n\r\n")


async def half(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Half an upload, and gone."""
    writer.write(b"POST /echo" + HEAD + b"Content-Length: 100000\r\n\r\n" + b"x" * 50000)
    await writer.drain()


async def malformed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A request that is refused, until the server closes."""
    writer.write(b"GET /" + HEAD + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n")
    if not (await reader.read(-1)).startswith(b"HTTP/1.1 400"):
        raise RuntimeError("a smuggled request was not refused")


async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A WebSocket that echoes, and vanishes without a close."""
    writer.write(b"GET /" + UPGRADE)
    await reader.readuntil(b"\r\n\r\n")
    for _ in range(50):
        writer.write(FRAME)
        if await reader.readexactly(len(ECHO)) != ECHO:
            raise RuntimeError("a WebSocket did not echo")


KINDS: list[Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]] = [
    get, post, leave, half, malformed, talk,
]  # fmt: skip


class Soak:
    """The server, its clients, and what was seen of both."""

    def __init__(self, port: int, pid: int) -> None:
        self.port = port
        self.pid = pid
        self.done: Counter[str] = Counter()
        self.end = 0.0

    async def client(self, number: int) -> None:
        """One kind of client after the other, at random, until the time is over."""
        choose = random.Random(number)
        while time.monotonic() < self.end:
            kind = choose.choice(KINDS)
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            try:
                await asyncio.wait_for(kind(reader, writer), 30)
                self.done[kind.__name__] += 1
            finally:
                writer.transport.abort()

    def memory(self) -> int:
        """KiB that the server has in memory."""
        fields = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii").split("VmRSS:")[1]
        return int(fields.split()[0])

    def descriptors(self) -> int:
        """Files and sockets that the server has open."""
        return len(list(Path(f"/proc/{self.pid}/fd").iterdir()))

    async def watch(self, seconds: float) -> int:
        """Memory after the warm-up, and a line now and then; the growth in KiB."""
        await asyncio.sleep(seconds / 10)
        level = most = self.memory()
        for turn in itertools.count(1):
            left = self.end - time.monotonic()
            if left <= 0:
                return most - level
            await asyncio.sleep(min(REPORT, left))
            most = max(most, self.memory())
            seen = f"{self.memory():8} KiB {self.descriptors():5} open"
            print(f"{turn:5} {seen}, {self.done.total()} conversations", flush=True)
        return most - level

    async def run(self, seconds: float) -> list[str]:
        """All of it; what is wrong, a sentence each."""
        begun = self.descriptors()
        self.end = time.monotonic() + seconds
        async with asyncio.TaskGroup() as group:
            watching = group.create_task(self.watch(seconds))
            for number in range(CLIENTS):
                group.create_task(self.client(number))
        await self.settled(begun)
        wrong = []
        if watching.result() > GROWTH:
            wrong.append(f"memory grew by {watching.result()} KiB, {GROWTH} at most")
        if (left := self.descriptors() - begun) > SPARE:
            wrong.append(f"{left} descriptors were not closed")
        if missing := [kind.__name__ for kind in KINDS if not self.done[kind.__name__]]:
            wrong.append(f"never tried: {', '.join(missing)}")
        print(f"grew by {watching.result()} KiB; {dict(self.done)}")
        return wrong

    async def settled(self, begun: int) -> None:
        """Wait until the server has noticed who left, for ten seconds at most."""
        end = time.monotonic() + 10
        # what is waited for happens in another process
        while self.descriptors() > begun + SPARE and time.monotonic() < end:  # noqa: ASYNC110
            await asyncio.sleep(0.1)


async def soak(seconds: float) -> list[str]:
    """Start the server, load it, stop it; what is wrong."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        os.set_inheritable(sock.fileno(), True)
        words = [
            "-m",
            "interfaces",
            "serve",
            "http",
            "ws",
            "--app",
            "app:app",
            "--app-dir",
            "benchmarks/apps",
        ]
        server = await asyncio.create_subprocess_exec(
            sys.executable, *words, "--bind", f"fd:{sock.fileno()}", "--no-access-log",
            cwd=ROOT, pass_fds=[sock.fileno()],
        )  # fmt: skip
        try:
            reader, writer = await asyncio.open_connection(*sock.getsockname())
            await asyncio.wait_for(get(reader, writer), 30)
            writer.transport.abort()
            wrong = await Soak(sock.getsockname()[1], server.pid).run(seconds)
            server.send_signal(signal.SIGTERM)
            code = await asyncio.wait_for(server.wait(), 40)
        finally:
            if server.returncode is None:
                server.kill()
    return [*wrong, *([f"the server ended with {code}"] if code else [])]


def main() -> int:
    """0, or 1 when something is wrong."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("seconds", nargs="?", type=float, default=3600.0)
    wrong = asyncio.run(soak(parser.parse_args().seconds))
    for line in wrong:
        print(f"soak: {line}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
