"""Descriptors run out: a server process with room for 64, and three times as many clients."""

import os
import resource
import socket
import time
from pathlib import Path

import pytest

from tests.process.server import Server, until

REQUEST = b"GET / HTTP/1.1\r\nhost: test\r\n\r\n"


def cpu_seconds(pid: int) -> float:
    """What a process has used until now."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def limited() -> None:
    """``ulimit -n 64`` in the new process."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_descriptors_exhausted(tmp_path: Path, loop: str) -> None:
    """192 clients at a limit of 64: few log lines, little CPU, and after they left it serves again."""
    with Server(tmp_path, "--loop", loop, preexec_fn=limited) as server:
        port = server.port
        clients = [socket.create_connection(("127.0.0.1", port), timeout=20) for _ in range(192)]
        try:
            for client in clients:
                client.sendall(REQUEST)
            until(lambda: sum(answered(client) for client in clients) >= 32)
            server.wait_for("new connections wait until one closes")
            before, began = cpu_seconds(server.process.pid), time.monotonic()
            until(lambda: time.monotonic() - began > 2)
            assert (cpu_seconds(server.process.pid) - before) / 2 < 0.2
            assert sum(answered(client) for client in clients) < 64
        finally:
            for client in clients:
                client.close()
        assert server.get("/", timeout=10)[0] == 200
        assert len(server.said.splitlines()) <= 10 + 2  # the banner has two


def answered(client: socket.socket) -> bool:
    """Whether an answer is there, unread."""
    client.setblocking(False)
    try:
        return bool(client.recv(1, socket.MSG_PEEK))
    except BlockingIOError:
        return False
