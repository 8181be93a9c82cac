"""A process that is told to stop: what it finishes, refuses, says, and its exit code."""

import asyncio
import contextlib
import select
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

import pytest

from tests.process.load import Load
from tests.process.server import Server, until
from tests.process.websocket import Client

OPS = ("--ops-bind", "127.0.0.1:0")


def in_background(function, *arguments):
    """A thread that calls ``function``, and the list its result goes to."""
    results: list[object] = []
    thread = threading.Thread(target=lambda: results.append(function(*arguments)))
    thread.start()
    return thread, results


def refused(port: int) -> bool:
    """Whether a new connection is refused."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except ConnectionRefusedError:
        return True
    return False


@pytest.mark.parametrize("arguments", [(), ("--workers", "2")], ids=["one process", "workers"])
def test_sigterm_finishes_what_is_in_flight(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """A 2 s request is answered, an open WebSocket gets 1012, newcomers are refused, code 0, one line."""
    with Server(tmp_path, *OPS, *arguments) as server:
        port, ops = server.port, server.ops
        until(lambda: server.get("/readyz", ops)[1].count(": ok") == 2)  # http and ws, or two workers
        with Client(port) as client:
            client.send("hi")
            assert client.receive() == (1, b"hi")
            thread, answers = in_background(server.get, "/slow")
            server.wait_for("application: slow")
            began = time.monotonic()
            server.signal(signal.SIGTERM)
            until(lambda: refused(port))
            assert server.get("/readyz", ops)[0] == 503
            assert server.get("/livez", ops)[0] == 200
            assert client.closed() == 1012
            thread.join()
            assert answers[0][0] == 200
        assert server.ended() == 0
        assert 1 < time.monotonic() - began < 12
        assert server.said.count("stopping: finishing what is in flight, for 30 s at most") == 1
        assert server.said.count("interfaces: stopped") == 1
        assert server.said.count("application: shut down") == (2 if arguments else 1)
        assert "Traceback" not in server.said


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_no_accepted_request_is_lost_under_load(tmp_path: Path, loop: str) -> None:
    """Of thousands of requests on 50 connections every one that was sent around SIGTERM is answered."""
    with Server(tmp_path, "--loop", loop) as server:
        counts = drained_under_load(server)
        assert server.ended() == 0
    assert counts["sent"] == counts["answered"] > 500
    assert counts["lost"] == 0
    assert counts["closed"] == counts["refused"] == 50


@pytest.mark.parametrize("options", [(), ("--reuse-port",)], ids=["shared", "reuse-port"])
def test_no_accepted_request_is_lost_with_workers(tmp_path: Path, options: tuple[str, ...]) -> None:
    """The same with two processes on one socket or on one each, the second of them still starting or not."""
    with Server(tmp_path, "--workers", "2", *options) as server:
        counts = drained_under_load(server)
        assert server.ended() == 0
    assert counts["sent"] == counts["answered"] > 500
    assert counts["lost"] == 0


def test_without_the_moment_for_idle_connections_requests_are_lost(tmp_path: Path) -> None:
    """The counting client does see what crosses a close: that is what drain_idle is for."""
    with Server(tmp_path, "--http-drain-idle", "0") as server:
        counts = drained_under_load(server)
    assert counts["lost"] > 0


def drained_under_load(server: Server):
    """What becomes of the requests of 50 clients, with SIGTERM in their midst."""

    async def run() -> None:
        clients = asyncio.ensure_future(load.run())
        while load.counts["answered"] < 500:
            await asyncio.sleep(0.01)
        server.signal(signal.SIGTERM)
        async with asyncio.timeout(20):
            await clients

    load = Load(server.port, 50)
    asyncio.run(run())
    return load.counts


def test_a_drain_ends_at_its_deadline(tmp_path: Path) -> None:
    """What is not done after --drain seconds is cut, and logged."""
    with Server(tmp_path, "--drain", "0.2") as server:
        thread, answers = in_background(server.get, "/slow")
        server.wait_for("application: slow")
        server.signal(signal.SIGTERM)
        assert server.ended() == 0
        thread.join()
        assert answers == [(0, "")]
        assert "were cut after 0.2 s" in server.said


def test_a_second_signal_stops_at_once(tmp_path: Path) -> None:
    """A second SIGTERM or SIGINT does not wait for the request in flight, and the exit code tells."""
    for arguments in [(), ("--workers", "2")]:
        with Server(tmp_path, *arguments) as server:
            thread, answers = in_background(server.get, "/slow")
            server.wait_for("application: slow")
            server.signal(signal.SIGTERM)
            server.wait_for("stopping:")
            server.signal(signal.SIGINT)
            assert server.ended() == 1
            thread.join()
            assert answers == [(0, "")]
            assert "SIGINT again: stopping at once" in server.said


@pytest.mark.parametrize("arguments", [(), ("--workers", "2")], ids=["one process", "workers"])
def test_the_drain_delay_keeps_the_door_open(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """During --drain-delay /readyz says 503 while new connections are still served."""
    with Server(tmp_path, *OPS, "--drain-delay", "1", *arguments) as server:
        port, ops = server.port, server.ops
        server.signal(signal.SIGTERM)
        until(lambda: server.get("/readyz", ops)[0] == 503)
        assert server.get("/", port)[0] == 200
        until(lambda: refused(port))
        assert server.ended() == 0


def test_an_idle_connection_ends_with_an_answer_that_says_so(tmp_path: Path) -> None:
    """After SIGTERM a kept connection gets one more request answered, with connection: close."""
    with Server(tmp_path) as server, socket.create_connection(("127.0.0.1", server.port), timeout=20) as conn:
        request = b"GET / HTTP/1.1\r\nhost: test\r\n\r\n"
        conn.sendall(request)
        assert b"connection: close" not in conn.recv(65536)
        server.signal(signal.SIGTERM)
        server.wait_for("stopping:")
        conn.sendall(request)
        answer = conn.recv(65536)
        assert answer.startswith(b"HTTP/1.1 200") and b"connection: close" in answer
        assert conn.recv(65536) == b""
        assert server.ended() == 0


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_what_waits_in_the_kernel_is_served(tmp_path: Path, loop: str) -> None:
    """Connections that nobody has accepted yet when SIGTERM comes, their requests written, are answered."""
    with Server(tmp_path, "--loop", loop) as server:
        port = server.port
        server.signal(signal.SIGSTOP)
        clients = [socket.create_connection(("127.0.0.1", port), timeout=20) for _ in range(40)]
        for client in clients:
            client.sendall(b"GET / HTTP/1.1\r\nhost: test\r\n\r\n")
        server.signal(signal.SIGTERM)
        server.signal(signal.SIGCONT)
        for client in clients:
            assert client.recv(65536).startswith(b"HTTP/1.1 200")
            client.close()
        assert server.ended() == 0


def test_websockets_are_told_one_after_the_other(tmp_path: Path) -> None:
    """--ws-drain-spread spreads 1012 over its seconds, so that not all clients come back at once."""
    with Server(tmp_path, "--ws-drain-spread", "1") as server, contextlib.ExitStack() as stack:
        clients = [stack.enter_context(Client(server.port)) for _ in range(10)]
        server.signal(signal.SIGTERM)
        times = []
        for _ in clients:
            readable, _, _ = select.select([client.sock for client in clients], [], [], 20)
            times.append(time.monotonic())
            first = next(client for client in clients if client.sock in readable)
            assert first.closed() == 1012
            clients = [client for client in clients if client is not first]
        assert 0.5 < times[-1] - times[0] < 6
        assert server.ended() == 0


def test_a_websocket_that_comes_late_is_told_to_come_back(tmp_path: Path) -> None:
    """A handshake on a connection from before the drain gets 503, not a socket that lives an instant."""
    with Server(tmp_path) as server, socket.create_connection(("127.0.0.1", server.port), timeout=20) as conn:
        conn.sendall(b"GET / HTTP/1.1\r\nhost: test\r\n\r\n")
        conn.recv(65536)
        server.signal(signal.SIGTERM)
        server.wait_for("stopping:")
        conn.sendall(
            b"GET / HTTP/1.1\r\nhost: test\r\nupgrade: websocket\r\nconnection: upgrade\r\n"
            b"sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        assert conn.recv(65536).startswith(b"HTTP/1.1 503")
        assert server.ended() == 0


def test_sigterm_during_the_start_ends_it(tmp_path: Path) -> None:
    """An application that hangs in its startup does not keep the process from ending."""
    with Server(tmp_path, *OPS, env={"START": "hang"}) as server:
        until(lambda: server.log.exists() and server.process.poll() is None and listens(server.process.pid))
        server.signal(signal.SIGTERM)
        assert server.ended(10) == 0
        assert "Traceback" not in server.said


def listens(pid: int) -> bool:
    """Whether a process has SIGTERM's handler set, so that it is past Python's own start."""
    status = Path(f"/proc/{pid}/status").read_text()
    caught = int(status.partition("SigCgt:")[2].split()[0], 16)
    return bool(caught >> (signal.SIGTERM - 1) & 1)


def test_sigterm_finishes_what_is_in_flight_over_http_2(tmp_path: Path) -> None:
    """A slow request is answered, and an idle connection told twice, with what was served, before it is closed."""
    settings = b"\0\0\0\4\0\0\0\0\0"
    with Server(tmp_path) as server:
        port = server.port
        with socket.create_connection(("127.0.0.1", port), timeout=10) as idle:
            idle.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + settings)
            words = [
                "curl",
                "-sS",
                "--noproxy",
                "*",
                "--http2-prior-knowledge",
                "-w",
                "%{http_version} %{http_code}",
            ]
            words += ["-o", str(tmp_path / "body"), f"http://127.0.0.1:{port}/slow"]
            thread, answers = in_background(
                lambda: subprocess.run(words, capture_output=True, timeout=20, check=False)
            )
            server.wait_for("application: slow")
            server.signal(signal.SIGTERM)
            said = b""
            while more := idle.recv(65536):
                said += more
            away = b"\x08\7\0\0\0\0\0"
            assert said.count(away + b"\x7f\xff\xff\xff" + bytes(4)) == 1
            assert said.endswith(away + bytes(8))
        thread.join()
        done = answers[0]
        assert isinstance(done, subprocess.CompletedProcess) and done.stdout == b"2 200", done
        assert server.ended() == 0
        assert "Traceback" not in server.said
