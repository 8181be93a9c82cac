"""Connections that are open and do nothing, of several protocols; they answer when they are asked whether they live."""

from __future__ import annotations

import selectors
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

__all__ = ["KINDS", "Crowd", "Kind", "Memory", "kernel_kb"]

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
UPGRADE = (
    b"GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
ALL = ["--http-max-connections", "100000", "--http-max-connections-per-address", "100000"]


@dataclass(frozen=True)
class Kind:
    """One kind of connection: the server's words, what a client says to be there, and by what it knows that it is."""

    words: tuple[str, ...]
    app: str
    hello: bytes
    ready: bytes
    pong: Callable[[bytes], bytes] = lambda _data: b""
    tls: bool = False


def _pong_ws(data: bytes) -> bytes:
    """A pong, masked by nothing, for a ping that came whole."""
    return b"\x8a" + bytes([0x80 | data[1] & 0x7F]) + bytes(4) + data[2:] if data[:1] == b"\x89" else b""


def _pong_irc(data: bytes) -> bytes:
    """The answer to a server's PING."""
    at = data.rfind(b"PING ")
    return b"PONG " + data[at + 5 :] if at >= 0 else b""


HTTP = ("serve", "http", "ws", "--http-bind", "127.0.0.1:{port}", *ALL, "--http-keep-alive", "3600")
KINDS = {
    "http": Kind(HTTP, "app:app", GET, b"Hello World!"),
    "https": Kind((*HTTP, "--tls-cert", "{cert}"), "app:app", GET, b"Hello World!", tls=True),
    "websocket": Kind(HTTP, "app:app", UPGRADE, b"\r\n\r\n", _pong_ws),
    "irc": Kind(
        ("serve", "irc", "--irc-mode", "gateway", "--irc-bind", "127.0.0.1:{port}", "--irc-clients", "100000",
         "--irc-per-address", "100000", "--irc-ping-interval", "20"),
        "chat:relay", b"NICK n{n}\r\nUSER u 0 * :r\r\n", b" 422 ", _pong_irc,
    ),
    "smtp": Kind(
        ("serve", "email", "--email-bind", "127.0.0.1:{port}", "--email-max-connections", "100000",
         "--email-max-connections-per-address", "100000"),
        "mail:app", b"EHLO client.example\r\n", b"\r\n250 ",
    ),
}  # fmt: skip


class Crowd:
    """``count`` connections of one kind to a port of 127.0.0.1, each of them greeted."""

    def __init__(self, kind: Kind, port: int) -> None:
        self.kind, self.port = kind, port
        self.open: list[socket.socket] = []
        self.asked = 0
        self._selector = selectors.DefaultSelector()

    def grow(self, count: int) -> None:
        """Connect until there are ``count``; RuntimeError when one is refused."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        while len(self.open) < count:
            conn = socket.create_connection(("127.0.0.1", self.port), 10)
            if self.kind.tls:
                conn = context.wrap_socket(conn)
            self.open.append(conn)
            conn.sendall(self.kind.hello.replace(b"{n}", b"%d" % len(self.open)))
            said = b""
            while self.kind.ready not in said:
                data = conn.recv(4096)
                if not data:
                    raise RuntimeError(f"connection {len(self.open)} was refused: {said!r}")
                said += data
            self._answer(conn, said)
            self._selector.register(conn, selectors.EVENT_READ)
            self.rest(0.0)

    def rest(self, seconds: float) -> None:
        """Do nothing for a time but answer; RuntimeError when the server hangs up."""
        end = time.monotonic() + seconds
        while True:
            for key, _ in self._selector.select(max(0.0, end - time.monotonic())):
                conn: socket.socket = key.fileobj  # type: ignore[assignment]
                data = conn.recv(4096)
                if not data:
                    raise RuntimeError("an idle connection was closed")
                self._answer(conn, data)
            if time.monotonic() >= end:
                return

    def _answer(self, conn: socket.socket, data: bytes) -> None:
        if answer := self.kind.pong(data):
            self.asked += 1
            conn.sendall(answer)

    def close(self) -> None:
        """All of them."""
        self._selector.close()
        for conn in self.open:
            conn.close()


@dataclass(frozen=True)
class Memory:
    """What a connection costs: kilobytes in the server and in the kernel (its end), microseconds of CPU a second.

    ``begin_us`` are those of its beginning: accepted, shaken hands with, greeted.
    """

    count: int
    server_kb: float
    kernel_kb: float
    cpu_us: float
    begin_us: float = 0.0

    def of(self, connections: int) -> tuple[float, float, float]:
        """GiB in servers, GiB in the kernel and cores for so many, if they went on like this."""
        gib = connections / (1 << 20)
        return self.server_kb * gib, self.kernel_kb * gib, self.cpu_us * connections / 1e6


def kernel_kb(meminfo: Path = Path("/proc/meminfo"), sockstat: Path = Path("/proc/net/sockstat")) -> int:
    """What the kernel holds in its own objects (sockets, descriptors, their names), and in buffers of TCP."""
    slab = next(line for line in meminfo.read_text().splitlines() if line.startswith("Slab:"))
    tcp = next(line for line in sockstat.read_text().splitlines() if line.startswith("TCP:"))
    return int(slab.split()[1]) + 4 * int(tcp.split()[-1])
