"""Containers without an application and workers, as processes: the same behaviour over every transport."""

import asyncio
import contextlib
import http.client
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from interfaces.layers.embedded import Embedded
from tests.process.load import Load
from tests.process.server import Server, until
from tests.process.websocket import Client

PYTHON = [sys.executable, "-m", "interfaces"]
SERVE = [*PYTHON, "serve", "http", "ws", "--bind", "127.0.0.1:0", "--no-access-log"]
APP = "tests.process.remote_app:application"
EVENTS = "tests.process.remote_events:application"


@pytest.fixture(scope="module")
def broker() -> Iterator[str]:
    """A private broker's URL."""
    with Embedded() as server:
        yield server.url


class Place:
    """Where container and workers of a test meet, and the processes themselves."""

    def __init__(self, directory: Path, transport: str, broker: str) -> None:
        self.directory = directory
        self.transport = transport
        layer = ["--layer", f"{broker}{'&' if '?' in broker else '?'}prefix={directory.name}"]
        self.serving = layer if transport == "redis" else ["--relay-bind", f"unix:{directory}/relay"]
        self.working = layer if transport == "redis" else ["--connect", f"unix:{directory}/relay"]
        if transport == "direct on a layer":
            self.serving = self.working = [*layer, "--transport", "direct"]
        self.stack = contextlib.ExitStack()
        self.number = 0

    def _made(self, *command: str) -> Server:
        self.number += 1
        directory = self.directory / str(self.number)
        directory.mkdir()
        return self.stack.enter_context(Server(directory, command=list(command)))

    def container(self, *more: str) -> Server:
        """A container, when it listens."""
        server = self._made(*SERVE, *self.serving, *more)
        server.wait_for("http ws on")
        return server

    def worker(self, *more: str, app: str = APP) -> Server:
        """A worker, when it is ready."""
        server = self._made(*PYTHON, "worker", "--app", app, *self.working, *more)
        server.wait_for(r"interfaces: worker for|process, pid|workers, pid")
        return server


@pytest.fixture(params=["direct", "redis", "direct on a layer"])
def place(request: pytest.FixtureRequest, tmp_path: Path, broker: str) -> Iterator[Place]:
    """A place for each transport."""
    made = Place(tmp_path, request.param, broker)
    with made.stack:
        yield made


def test_unmodified_applications_run_in_a_worker(place: Place) -> None:
    """Django's views, Starlette, an async and a sync consumer of Channels; the container has none of them."""
    container, worker = place.container(), place.worker()
    port = container.port
    assert container.get("/") == (200, f"{worker.process.pid} 0")
    assert container.get("/star") == (200, f"127.0.0.1 127.0.0.1:{port} /star")
    assert container.get("/nowhere")[0] == 404
    assert container.get("/fail")[0] == 500
    for path in ("/", "/sync"):
        with Client(port, path) as client:
            for text in ("a", "b"):
                client.send(text)
                assert client.receive() == (1, text.encode())
    maps = Path(f"/proc/{container.process.pid}/maps").read_text()
    assert "remote_app" not in container.said
    assert "django" not in maps
    for server in (worker, container):
        server.signal(signal.SIGTERM)
        assert server.ended() == 0
        assert server.said.count("interfaces: stopped") == 1
        assert "Traceback" not in container.said


def test_a_killed_worker_is_seen_at_once(place: Place) -> None:
    """A socket gets 1011, a request that is not safe 502, and what comes then another worker."""
    container, worker = place.container(), place.worker()
    with Client(container.port) as client:
        client.send("x")
        assert client.receive() == (1, b"x")
        connection = http.client.HTTPConnection("127.0.0.1", container.port, timeout=60)
        connection.request("POST", "/slow", b"x")
        worker.wait_for("application: slow")
        worker.process.kill()
        other = place.worker()
        assert client.closed() == 1011
        assert connection.getresponse().status == 502
        connection.close()
    assert container.get("/") == (200, f"{other.process.pid} 0")


def test_sigterm_of_a_worker_under_load_loses_nothing(place: Place) -> None:
    """Every request is answered while one worker takes over from another, and the worker ends with 0."""
    container, first = place.container(), place.worker()
    load = Load(container.port, 20)

    def others() -> None:
        second = place.worker()
        first.signal(signal.SIGTERM)
        assert first.ended() == 0
        until(lambda: str(second.process.pid).encode() in {pid.split()[0] for pid in load.pids})

    async def main() -> None:
        running = asyncio.ensure_future(load.run())
        await asyncio.to_thread(others)
        load.stop = True
        await running

    asyncio.run(main())
    assert load.counts["lost"] == load.counts["refused"] == 0
    assert load.counts["sent"] == load.counts["answered"] > 100
    assert {pid.split()[1] for pid in load.pids} == {b"0"}
    assert first.said.count("interfaces: stopped") == 1


def test_a_drained_worker_moves_its_sockets(place: Place) -> None:
    """Session style: 1012, so that clients come back to another worker; a request that runs is finished."""
    container, worker = place.container(), place.worker()
    with Client(container.port) as client:
        client.send("x")
        assert client.receive() == (1, b"x")
        connection = http.client.HTTPConnection("127.0.0.1", container.port, timeout=60)
        connection.request("GET", "/slow")
        worker.wait_for("application: slow")
        worker.signal(signal.SIGTERM)
        assert client.closed() == 1012
        assert connection.getresponse().status == 200
        connection.close()
    assert worker.ended() == 0


def test_a_slow_client_makes_nothing_grow(place: Place) -> None:
    """200 MiB to a client that does not read: container and worker stay as they were."""
    container, worker = place.container(), place.worker()
    container.get("/")
    before = [rss(server.process.pid) for server in (container, worker)]
    with socket.create_connection(("127.0.0.1", container.port)) as sock:
        sock.sendall(b"GET /big HTTP/1.1\r\nhost: test\r\n\r\n")
        assert sock.recv(100)
        peak, still = before, 0
        while still < 10:
            time.sleep(0.1)
            now = [rss(server.process.pid) for server in (container, worker)]
            still = 0 if any(b > a for a, b in zip(peak, now, strict=True)) else still + 1
            peak = [max(pair) for pair in zip(peak, now, strict=True)]
    assert all(after - was < 16 << 10 for was, after in zip(before, peak, strict=True)), (before, peak)


def rss(pid: int) -> int:
    """Kilobytes in memory."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024


@pytest.mark.parametrize("place", ["redis", "direct on a layer"], indirect=True)
def test_event_style_outlives_its_workers(place: Place) -> None:
    """No socket closes and no message is lost while the workers are replaced, gently and by kill -9."""
    container = place.container()
    workers = [place.worker(app=EVENTS)]
    with Client(container.port, "/lobby") as one, Client(container.port, "/lobby") as two:
        for number in range(1, 31):
            one.send(str(number))
            for client in (one, two):
                count, text, pid = client.receive()[1].decode().split()
                assert int(count) >= number
                assert text == str(number)
            if number == 10:
                workers.append(place.worker(app=EVENTS))
                workers[0].signal(signal.SIGTERM)
                assert workers[0].ended() == 0
            elif number == 20:
                workers[1].process.kill()
                workers.append(place.worker(app=EVENTS))
        assert int(pid) == workers[-1].process.pid


def test_one_type_of_scope_may_be_sent_away(tmp_path: Path, broker: str) -> None:
    """--relay websocket: requests are answered in this process, sockets by a worker."""
    place = Place(tmp_path, "direct", broker)
    with place.stack:
        container = place.container("--relay", "websocket", "--app", "tests.process.app:application")
        worker = place.worker()
        assert container.get("/") == (200, str(container.process.pid))
        with Client(container.port, "/sync") as client:
            client.send("x")
            assert client.receive() == (1, b"x")
        container.wait_for("for tests.process.app:application, websocket for workers that connect to unix:")
        assert worker.process.poll() is None


def test_several_worker_processes_and_their_replacement(place: Place) -> None:
    """--workers 2, SIGHUP: one after the other, and no request is lost."""
    container, workers = place.container(), place.worker("--workers", "2")
    load = Load(container.port, 8)

    def others() -> None:
        until(lambda: len({pid.split()[0] for pid in load.pids}) >= 2)
        workers.signal(signal.SIGHUP)
        workers.wait_for("replaced 2 of 2 workers", seconds=60)
        until(lambda: len({pid.split()[0] for pid in load.pids}) >= 4)

    async def main() -> None:
        running = asyncio.ensure_future(load.run())
        await asyncio.to_thread(others)
        load.stop = True
        await running

    asyncio.run(main())
    assert load.counts["lost"] == 0
    assert load.counts["sent"] == load.counts["answered"]
    workers.signal(signal.SIGTERM)
    assert workers.ended() == 0


def test_a_worker_reloads_what_was_changed(tmp_path: Path, broker: str) -> None:
    """--reload starts the worker again; the container, and who waits there, notice nothing else."""
    place = Place(tmp_path, "direct", broker)
    module = tmp_path / "changing.py"
    text = APPLICATION.replace("BODY", "one")
    module.write_text(text)
    with place.stack:
        container = place.container()
        place.worker("--reload", "--app-dir", str(tmp_path), app="changing:app")
        assert container.get("/") == (200, "one")
        module.write_text(text.replace("one", "two"))
        until(lambda: container.get("/") == (200, "two"))


APPLICATION = """
async def app(scope, receive, send):
    assert scope["type"] == "http"
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"BODY"})
"""


def test_a_broker_that_is_gone_is_no_readiness(tmp_path: Path) -> None:
    """/readyz says which part, until the broker is back; the process lives on."""
    with Embedded() as server:
        place = Place(tmp_path, "redis", server.url)
        with place.stack:
            container = place.container("--ops-bind", "127.0.0.1:0")
            ops = container.ops
            assert container.get("/readyz", ops)[0] == 200
            assert "layer: ok" in container.get("/readyz", ops)[1]
            server.close()
            until(lambda: container.get("/readyz", ops)[0] == 503)
            assert "layer: ok" not in container.get("/readyz", ops)[1]
            assert container.get("/livez", ops)[0] == 200
            assert container.get("/")[0] == 503
            container.signal(signal.SIGTERM)
            assert container.ended() == 0


@pytest.mark.parametrize("transport", ["redis", "direct"])
def test_a_container_imports_no_application_and_no_framework(
    tmp_path: Path, broker: str, transport: str
) -> None:
    """What it has loaded while it serves: no Django, no Channels, nothing of ours above the workers' relay."""
    place = Place(tmp_path, transport, broker)
    words = ["serve", "http", "ws", "--bind", "127.0.0.1:0", *place.serving]
    code = f"""
import sys, threading, time, os, signal
from interfaces.cli import main
def look():
    while signal.getsignal(signal.SIGTERM) == signal.SIG_DFL:
        time.sleep(0.05)
    time.sleep(1.5)
    sys.stderr.write("loaded: " + " ".join(sorted(sys.modules)) + chr(10))
    os.kill(os.getpid(), signal.SIGTERM)
threading.Thread(target=look, daemon=True).start()
sys.exit(main({words!r}))
"""
    with place.stack, Server(tmp_path, command=[sys.executable, "-c", code]) as server:
        loaded = set(server.wait_for("loaded: (.*)")[1].split())
        assert server.ended() == 0
    foreign = {
        "django",
        "tests",
        "starlette",
        "twisted",
        "interfaces.django",
        "interfaces.demo",
        "interfaces.testing",
    }
    assert loaded & foreign == set()


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["serve", "http", "--relay", "http", "--app", "x:y"], "--relay needs workers"),
        (["serve", "http", "--relay-bind", "127.0.0.1:0"], "needs --relay-token"),
        (["serve", "http", "--layer", "local:"], "workers cannot be reached through this layer"),
        (["serve", "http", "--layer", "nonsense:"], "nonsense"),
        (["worker", "--app", "tests.process.app:application"], "say where the interface containers are"),
        (["worker", "--app", "tests.process.app:application", "--connect", "h:1"], "needs --relay-token"),
        (["worker", "--connect", "unix:/x"], "say which application"),
    ],
)
def test_mistakes_are_told_in_one_line(tmp_path: Path, words: list[str], why: str) -> None:
    """Exit code 2, and no traceback."""
    with Server(tmp_path, command=[*PYTHON, *words]) as server:
        assert server.ended() == 2
        assert why in server.said
        assert server.said.count("\n") == 1
