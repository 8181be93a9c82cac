"""Connections that do nothing: they are greeted, they answer when they are asked, and what they cost is added up."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.tools.loading import load

idle = load("benchmarks/lib/idle.py")
KINDS = idle.KINDS


@contextmanager
def server(serve: Callable[[socket.socket], None], count: int = 1) -> Iterator[int]:
    """A port where ``count`` clients are served, one after the other."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def run() -> None:
            for _ in range(count):
                conn, _ = listener.accept()
                with conn:
                    serve(conn)

        thread = threading.Thread(target=run)
        thread.start()
        yield listener.getsockname()[1]
        thread.join()


@pytest.mark.parametrize(
    ("kind", "asked", "answer"),
    [
        ("websocket", b"\x89\x04abcd", b"\x8a\x84\0\0\0\0abcd"),
        ("websocket", b"\x89\x00", b"\x8a\x80\0\0\0\0"),
        ("websocket", b"\x81\x02hi", b""),
        ("irc", b"PING :x\r\n", b"PONG :x\r\n"),
        ("irc", b":s 372 n :-\r\nPING 7\r\n", b"PONG 7\r\n"),
        ("irc", b":s NOTICE n :hello\r\n", b""),
        ("http", b"HTTP/1.1 408 \r\n", b""),
        ("smtp", b"421 bye\r\n", b""),
    ],
)
def test_who_is_asked_says_that_it_is_there(kind: str, asked: bytes, answer: bytes) -> None:
    """In its protocol's words; what asks nothing has no answer."""
    assert KINDS[kind].pong(asked) == answer


def test_a_client_is_greeted_and_answers_pings() -> None:
    """It waits until the server has let it in, and counts what it answered."""
    heard: list[bytes] = []

    def serve(conn: socket.socket) -> None:
        heard.append(conn.recv(4096))
        conn.sendall(b":s 001 n1 :hello\r\n:s 4")
        conn.sendall(b"22 n1 :no motd\r\n")
        conn.sendall(b"PING :are you there\r\n")
        heard.append(conn.recv(4096))
        conn.recv(4096)

    with server(serve) as port:
        crowd = idle.Crowd(KINDS["irc"], port)
        crowd.grow(1)
        while not crowd.asked:
            crowd.rest(0.01)
        crowd.close()
    assert heard == [b"NICK n1\r\nUSER u 0 * :r\r\n", b"PONG :are you there\r\n"]


def test_a_refusal_is_no_connection() -> None:
    """A server that hangs up before it has greeted is not measured."""

    def serve(conn: socket.socket) -> None:
        conn.recv(4096)
        conn.sendall(b"HTTP/1.1 503 no room\r\n\r\n")

    with server(serve) as port:
        crowd = idle.Crowd(KINDS["http"], port)
        with pytest.raises(RuntimeError, match=r"connection 1 was refused.*503"):
            crowd.grow(1)
        crowd.close()


def kept_for_a_while(crowd: Any) -> None:
    """One connection, and some seconds."""
    crowd.grow(1)
    crowd.rest(5.0)


def test_a_connection_that_is_closed_later_is_none_either() -> None:
    """Else the cost of those that are gone would be divided by those that were there."""

    def serve(conn: socket.socket) -> None:
        conn.recv(4096)
        conn.sendall(b"HTTP/1.1 200 OK\r\n\r\nHello World!")

    with server(serve) as port:
        crowd = idle.Crowd(KINDS["http"], port)
        with pytest.raises(RuntimeError, match="was closed"):
            kept_for_a_while(crowd)
        crowd.close()


def test_figures_of_a_million() -> None:
    """Kilobytes become GiB, microseconds a second become cores."""
    memory = idle.Memory(9000, server_kb=4.0, kernel_kb=2.0, cpu_us=1.5)
    assert memory.of(1 << 20) == (4.0, 2.0, 1.5 * (1 << 20) / 1e6)
    assert replace(memory, server_kb=8.0).of(1 << 19)[0] == 4.0


def test_the_kernels_memory_is_read(tmp_path: Path) -> None:
    """Its own objects, and the pages of TCP's buffers, four kilobytes each."""
    (tmp_path / "meminfo").write_text("MemTotal: 9 kB\nSlab:   1000 kB\nSReclaimable: 5 kB\n")
    (tmp_path / "sockstat").write_text(
        "sockets: used 9\nTCP: inuse 5 orphan 0 tw 0 alloc 6 mem 25\nUDP: inuse 1 mem 2\n"
    )
    assert idle.kernel_kb(tmp_path / "meminfo", tmp_path / "sockstat") == 1100
