"""Applications that harm the process they run in, and operators who close what it expects to be open."""

import signal
import socket
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from tests.process.server import ROOT, Server, until

STUBBORN = "tests.process.stubborn:application"
UPGRADE = (
    b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
)


def ask(server: Server, path: str, fields: bytes = b"") -> socket.socket:
    """Send a request, and keep the connection."""
    client = socket.create_connection(("127.0.0.1", server.port), 20)
    client.sendall(b"GET %s HTTP/1.1\r\nHost: a\r\n%s\r\n" % (path.encode(), fields))
    return client


@pytest.mark.parametrize("path", ["/swallow", "/block", "/sync"])
@pytest.mark.parametrize("arguments", [(), ("--loop", "asyncio")], ids=["uvloop", "asyncio"])
def test_what_will_not_end_does_not_hinder_the_end(
    tmp_path: Path, path: str, arguments: tuple[str, ...]
) -> None:
    """A task that takes no cancelling, or a thread, ends with the process soon after the drain; code 1."""
    with Server(tmp_path, "--drain", "0.5", *arguments, app=STUBBORN) as server:
        with ask(server, path):
            assert server.get("/")[0] == 200
            server.signal(signal.SIGTERM)
            assert server.ended(8) == 1
        assert server.said.endswith("did not end in 2 s: stopping without them\n")


@pytest.mark.parametrize("arguments", [(), ("--loop", "asyncio")], ids=["uvloop", "asyncio"])
def test_sys_exit_ends_a_call_and_no_process(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """Its client gets 500, everybody else is served on, and the drain is clean."""
    with Server(tmp_path, *arguments, app=STUBBORN) as server:
        answers = [server.get(path)[0] for path in ("/exit", "/", "/exit", "/")]
        assert answers == [500, 200, 500, 200]
        assert "SystemExit: 7" in server.said
        server.signal(signal.SIGTERM)
        assert server.ended() == 0


def test_a_scope_that_was_emptied_is_the_applications_loss(tmp_path: Path) -> None:
    """What is logged and counted afterwards needs nothing of it."""
    with Server(tmp_path, "--access-log", app=STUBBORN) as server:
        assert [server.get(path)[0] for path in ("/empty", "/")] == [500, 200]
        assert "ValueError: empty" in server.said


def test_who_sends_nothing_for_ever_stops_nobody_else(tmp_path: Path) -> None:
    """The loop turns between empty parts of a body, and the end of their client ends them."""
    with Server(tmp_path, app=STUBBORN) as server:
        with ask(server, "/nothing"):
            assert server.get("/", timeout=5)[0] == 200
        server.signal(signal.SIGTERM)
        assert server.ended() == 0


@pytest.mark.parametrize("path", ["/flood", "/again"])
@pytest.mark.parametrize("arguments", [(), ("--loop", "asyncio")], ids=["uvloop", "asyncio"])
def test_who_sends_to_nobody_for_ever_stops_nobody_else(
    tmp_path: Path, path: str, arguments: tuple[str, ...]
) -> None:
    """The loop turns although no send waits: for a client that reads all, and one that is gone."""
    with Server(tmp_path, "--drain", "0.5", *arguments, app=STUBBORN) as server:
        with ask(server, path, UPGRADE if path == "/flood" else b"") as client:
            client.recv(4096)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        assert [server.get("/", timeout=5)[0] for _ in range(3)] == [200, 200, 200]
        server.signal(signal.SIGTERM)
        server.wait_for("stopped")


def test_a_shutdown_that_raises_is_told(tmp_path: Path) -> None:
    """With the application's frames; the drain was clean all the same."""
    with Server(tmp_path, app=STUBBORN) as server:
        assert server.port
        server.signal(signal.SIGTERM)
        assert server.ended() == 0
        assert "ValueError: the pool would not close" in server.said and "stubborn.py" in server.said


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize("workers", ["1", "2"])
def test_closed_standard_streams_are_no_sockets(tmp_path: Path, closed: str, workers: str) -> None:
    """``>&-`` counts as /dev/null: it serves, logs into nothing, and ends with 0."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    words = f"-m interfaces serve http ws --app {STUBBORN} --bind 127.0.0.1:{port} --workers {workers}"
    command = ["sh", "-c", f"exec {sys.executable} {words} {closed}"]
    with Server(tmp_path, command=command) as server:
        until(lambda: server.get("/", port)[0] == 200)
        server.signal(signal.SIGTERM)
        assert server.ended() == 0


@pytest.mark.parametrize("name", ["email", "json", "http", "token"])
def test_a_project_may_name_its_modules_as_it_likes(tmp_path: Path, name: str) -> None:
    """The working directory does not hide the standard library from ``python -m interfaces``."""
    (tmp_path / f"{name}.py").write_text("raise RuntimeError('not the one of the standard library')\n")
    command = [sys.executable, "-m", "interfaces", "check", "http", "ws", "--app", STUBBORN]
    done = subprocess.run(
        [*command, "--bind", "127.0.0.1:0"], cwd=tmp_path, env={"PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
