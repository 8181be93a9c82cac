"""WebSocket echo load over HTTP/2 (RFC 8441): SOCKETS streams in CONNS connections, one message in flight on each.

    h2wsload.py PORT PATH CONNS SOCKETS SIZE SECONDS text|bin

Without TLS, by prior knowledge; frames by hand. What came on a connection in one read is answered in one write.
Prints a line of JSON: n, secs, p50_us, p99_us. Exit code 1 for any wrong answer.
"""

from __future__ import annotations

import json
import selectors
import socket
import sys
import time
from contextlib import ExitStack
from typing import Self

__all__ = ["Connection", "block", "h2_frame", "load", "ws_frame"]

DATA, HEADERS, SETTINGS, WINDOW_UPDATE = 0, 1, 4, 8
ACK, END_HEADERS = 1, 4
WINDOW = 2**31 - 1
"""For the server: so much is never used up. Ours is not looked at, since few messages are in flight."""
PATIENCE = 10.0
"""Seconds in which any answer has to come."""


def h2_frame(kind: int, flags: int, stream: int, data: bytes) -> bytes:
    """A frame of HTTP/2."""
    return len(data).to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big") + data


def ws_frame(first: int, size: int, mask: bytes) -> bytes:
    """A frame of a client, or with an empty mask of a server; its payload is the alphabet over and over."""
    bit = 0x80 if mask else 0
    head = bytes((first, bit | size)) if size < 126 else bytes((first, bit | 126)) + size.to_bytes(2, "big")
    data = bytes(97 + at % 26 for at in range(size))
    return head + mask + (bytes(byte ^ mask[at % 4] for at, byte in enumerate(data)) if mask else data)


def block(path: str, port: int) -> bytes:
    """The fields of the handshake, as literals."""
    fields = {
        ":method": "CONNECT", ":protocol": "websocket", ":scheme": "http", ":path": path,
        ":authority": f"127.0.0.1:{port}", "sec-websocket-version": "13",
    }  # fmt: skip
    return b"".join(
        b"\0" + bytes((len(name),)) + name.encode() + bytes((len(value),)) + value.encode()
        for name, value in fields.items()
    )


class Connection:
    """``count`` WebSockets in one connection."""

    def __init__(self, port: int, path: str, count: int, size: int, text: bool) -> None:
        self.conn = socket.create_connection(("127.0.0.1", port), PATIENCE)
        self.conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        first = 0x81 if text else 0x82
        message = ws_frame(first, size, b"\x12\x34\x56\x78")
        streams = range(1, 2 * count, 2)
        self.said = {stream: h2_frame(DATA, 0, stream, message) for stream in streams}
        self.expected = ws_frame(first, size, b"")
        self.since: dict[int, float] = {}
        self.took: list[float] = []
        self._rest = b""
        self._data = dict.fromkeys(streams, b"")
        try:
            self._open(path, port)
        except BaseException:
            self.conn.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.conn.close()

    def _open(self, path: str, port: int) -> None:
        """All handshakes, and their answers."""
        settings = b"\0\x04" + WINDOW.to_bytes(4, "big")
        out = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + h2_frame(SETTINGS, 0, 0, settings)
        out += h2_frame(WINDOW_UPDATE, 0, 0, (WINDOW - 65535).to_bytes(4, "big"))
        fields = block(path, port)
        out += b"".join(h2_frame(HEADERS, END_HEADERS, stream, fields) for stream in self.said)
        self.conn.sendall(out)
        waiting = set(self.said)
        while waiting:
            for kind, flags, stream, data in self._frames():
                if kind == SETTINGS and not flags & ACK:
                    self.conn.sendall(h2_frame(SETTINGS, ACK, 0, b""))
                elif kind == HEADERS and data[:1] == b"\x88":
                    waiting.discard(stream)
                elif kind not in (SETTINGS, WINDOW_UPDATE):
                    raise RuntimeError(f"handshake refused: frame {kind} {data[:40]!r}")

    def _frames(self) -> list[tuple[int, int, int, bytes]]:
        """What one read brings: type, flags, stream, payload."""
        data = self.conn.recv(1 << 18)
        if not data:
            raise RuntimeError("the server closed")
        data = self._rest + data
        at, found = 0, []
        while len(data) - at >= 9:
            end = at + 9 + int.from_bytes(data[at : at + 3], "big")
            if end > len(data):
                break
            stream = int.from_bytes(data[at + 5 : at + 9], "big")
            found.append((data[at + 3], data[at + 4], stream, data[at + 9 : end]))
            at = end
        self._rest = data[at:]
        return found

    def start(self) -> None:
        """A message on each."""
        self.since = dict.fromkeys(self.said, time.perf_counter())
        self.conn.sendall(b"".join(self.said.values()))

    def answer(self) -> None:
        """Read echoes, and send as many messages."""
        now, out = time.perf_counter(), []
        for kind, _flags, stream, data in self._frames():
            if kind == WINDOW_UPDATE:
                continue
            if kind != DATA:
                raise RuntimeError(f"unexpected frame {kind} {data[:40]!r}")
            if self._data[stream]:
                data = self._data[stream] + data
                self._data[stream] = b""
            if data == self.expected:
                out.append(self.said[stream])
                self.took.append(now - self.since[stream])
                self.since[stream] = now
            elif self.expected.startswith(data):
                self._data[stream] = data
            else:
                raise RuntimeError("unexpected message")
        if out:
            self.conn.sendall(b"".join(out))


def load(connections: list[Connection], seconds: float) -> dict[str, float]:
    """Keep all of them busy."""
    with selectors.DefaultSelector() as selector:
        for connection in connections:
            selector.register(connection.conn, selectors.EVENT_READ, connection)
        began = time.perf_counter()
        for connection in connections:
            connection.start()
        while (now := time.perf_counter()) < began + seconds:
            ready = selector.select(PATIENCE)
            if not ready:
                raise RuntimeError("no answer")
            for key, _events in ready:
                key.data.answer()
    took = sorted(one for connection in connections for one in connection.took)
    if not took:
        raise RuntimeError("no answers")
    return {
        "n": len(took),
        "secs": now - began,
        "p50_us": took[len(took) // 2] * 1e6,
        "p99_us": took[int(len(took) * 0.99)] * 1e6,
    }


def main() -> None:
    """Run from the command line."""
    port, path, conns, sockets, size, seconds, kind = sys.argv[1:8]
    each = int(sockets) // int(conns)
    with ExitStack() as stack:
        try:
            connections = [
                stack.enter_context(Connection(int(port), path, each, int(size), kind == "text"))
                for _ in range(int(conns))
            ]
            print(json.dumps(load(connections, float(seconds))))
        except (RuntimeError, OSError) as error:
            sys.exit(str(error))


if __name__ == "__main__":
    main()
