"""The load of WebSockets over HTTP/2: each message is looked at, and what is none is no measurement."""

import socket
import threading

import pytest

from tests.process.server import Server
from tests.tools.loading import load

h2wsload = load("benchmarks/load/h2wsload.py")


def test_frames() -> None:
    """As RFC 9113 and RFC 6455 have them; the mask undone gives the payload."""
    assert h2wsload.h2_frame(0, 1, 5, b"ab") == b"\0\0\2\0\1\0\0\0\5ab"
    assert h2wsload.ws_frame(0x81, 3, b"") == b"\x81\x03abc"
    assert h2wsload.ws_frame(0x82, 200, b"")[:4] == b"\x82\x7e\0\xc8"
    masked = h2wsload.ws_frame(0x81, 5, b"\1\2\3\4")
    assert masked[:6] == b"\x81\x85\1\2\3\4"
    assert bytes(byte ^ b"\1\2\3\4"[at % 4] for at, byte in enumerate(masked[6:])) == b"abcde"


def test_our_server_echoes(tmp_path) -> None:  # type: ignore[no-untyped-def]
    """Two sockets on each of two connections have all they said come back."""
    with Server(tmp_path, app="tests.http_ws.harness:echo") as server, h2wsload.ExitStack() as stack:
        connections = [
            stack.enter_context(h2wsload.Connection(server.port, "/ws", 2, 32, True)) for _ in range(2)
        ]
        found = h2wsload.load(connections, 0.2)
    assert found["n"] > 4 and 0 < found["p50_us"] <= found["p99_us"]


@pytest.mark.parametrize("said", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b""])
def test_another_answer_is_an_error(said: bytes) -> None:
    """What is no HTTP/2, or nothing, is told."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            with listener.accept()[0] as conn:
                conn.sendall(said)
                conn.shutdown(socket.SHUT_WR)
                conn.recv(65536)

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(RuntimeError, match="the server closed"):
            h2wsload.Connection(listener.getsockname()[1], "/ws", 1, 32, True)
        thread.join()
