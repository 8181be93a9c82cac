"""Containers and workers one version of their protocol apart work together: real processes, both ways round."""

import contextlib
import http.client
import signal
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from interfaces.layers.embedded import Embedded
from interfaces.workers.wire import VERSIONS
from tests.process.server import Server, until
from tests.process.websocket import Client

OLDEST, NEWEST = VERSIONS
NEXT = f"{NEWEST}-{NEWEST + 1}"
"""What the next release speaks, as the protocol's rules have it."""
AFTER = f"{NEWEST + 1}-{NEWEST + 2}"
"""And the one after that."""
SESSIONS, EVENTS = "tests.process.remote_app:application", "tests.process.remote_events:application"
BODY = bytes(600_000)


class Fleet:
    """One layer, and the processes on it; ``release`` is "" for this one, else the versions that it speaks."""

    def __init__(self, directory: Path, way: str, broker: str) -> None:
        self.directory = directory
        self.way = way
        self.layer = f"{broker}{'&' if '?' in broker else '?'}prefix={directory.name}"
        self.all: list[Server] = []
        self.stack = contextlib.ExitStack()

    def _started(self, release: str, *words: str) -> Server:
        folder = self.directory / str(len(self.all))
        folder.mkdir()
        module = "tests.deploy.later" if release else "interfaces"
        command = [sys.executable, "-m", module, *words]
        env = {"INTERFACES_LAYER": self.layer, "VERSIONS": release}
        self.all.append(self.stack.enter_context(Server(folder, command=command, env=env)))
        return self.all[-1]

    def container(self, release: str, *more: str) -> Server:
        """An interface container, when it listens."""
        bind = ["--relay-bind", "127.0.0.1:0"] if self.way == "direct" else []
        words = ["serve", "http", "ws", "--bind", "127.0.0.1:0", "--no-access-log", *bind, *more]
        server = self._started(release, *words)
        server.wait_for("http ws on")
        return server

    def worker(self, release: str, app: str) -> Server:
        """A worker with one slot; not yet ready."""
        return self._started(release, "worker", "--app", app, "--concurrency", "1")

    def hire(self, release: str, app: str) -> Server:
        """The same, when it is ready."""
        worker = self.worker(release, app)
        worker.wait_for("interfaces: worker for")
        return worker


@pytest.fixture(scope="module")
def broker() -> Iterator[str]:
    """A private broker's URL."""
    with Embedded() as server:
        yield server.url


@pytest.fixture(params=["redis", "direct"])
def fleet(request: pytest.FixtureRequest, tmp_path: Path, broker: str) -> Iterator[Fleet]:
    """One for each transport; at its end nobody has seen a traceback."""
    made = Fleet(tmp_path, request.param, broker)
    with made.stack:
        yield made
        assert [server.said for server in made.all if "Traceback" in server.said] == []


def uploaded(container: Server) -> tuple[int, str]:
    """Status and body of the answer to a request with a body."""
    connection = http.client.HTTPConnection("127.0.0.1", container.port, timeout=20)
    with contextlib.closing(connection):
        connection.request("POST", "/", BODY)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


def agreed(server: Server, count: int, version: int) -> None:
    """The ``count``-th who came to ``server`` speaks this version with it."""
    said = server.wait_for(
        r"(?:connected|takes openings|openings come).*version (\d+) of the protocol", count
    )
    assert int(said[1]) == version


@pytest.mark.parametrize("release", ["", NEXT], ids=["this container", "the next container"])
def test_a_rolling_upgrade_in_session_style(fleet: Fleet, release: str) -> None:
    """A worker of the other release serves alone, then beside one of the container's, which goes on alone."""
    other, both = ("", NEWEST + 1) if release else (NEXT, NEWEST)
    container, first = fleet.container(release), fleet.hire(other, SESSIONS)
    assert uploaded(container) == (200, f"{first.process.pid} {len(BODY)}")
    with Client(container.port) as client:
        for number in range(20):
            client.send(f"message {number}")
            assert client.receive() == (1, b"message %d" % number)
    agreed(container, 1, NEWEST)
    agreed(first, 1, NEWEST)
    second = fleet.hire(release, SESSIONS)
    with ThreadPoolExecutor(2) as pool:  # one slot each, so both have to work
        answers = {*pool.map(container.get, ["/slow", "/slow"])}
    assert answers == {(200, str(worker.process.pid)) for worker in (first, second)}
    agreed(container, 2, both)
    agreed(second, 1, both)
    first.signal(signal.SIGTERM)
    assert first.ended() == 0
    assert uploaded(container) == (200, f"{second.process.pid} {len(BODY)}")


@pytest.mark.parametrize("release", ["", NEXT], ids=["this container", "the next container"])
def test_a_rolling_upgrade_in_event_style(fleet: Fleet, release: str) -> None:
    """A socket goes from a worker of the other release to one of the container's; its session counts on."""
    other = "" if release else NEXT
    container, first = fleet.container(release), fleet.hire(other, EVENTS)
    with Client(container.port, "/room") as client:
        client.send("a")
        assert client.receive() == (1, f"1 a {first.process.pid}".encode())
        second = fleet.hire(release, EVENTS)
        first.signal(signal.SIGTERM)
        assert first.ended() == 0
        client.send("b")
        assert client.receive() == (1, f"2 b {second.process.pid}".encode())
    agreed(container, 1, NEWEST)
    agreed(first, 1, NEWEST)


@pytest.mark.parametrize("late", ["container", "worker"])
def test_two_versions_apart_is_said_and_refused(fleet: Fleet, late: str) -> None:
    """With no version in common each side has one line, and clients get 503, soon."""
    container = fleet.container(AFTER if late == "container" else "", "--relay-wait", "3")
    worker = fleet.worker(AFTER if late == "worker" else "", SESSIONS)
    if fleet.way == "direct":
        assert worker.ended() == 2  # as with another mistake of the operator's: it would serve nobody
    else:
        worker.wait_for("interfaces: worker for")
    status, _ = until(lambda: container.get("/"))
    assert status == 503
    both = f"{OLDEST} to {NEWEST}", AFTER.replace("-", " to ")
    for server in (container, worker):
        lines = [line for line in server.said.splitlines() if "it speaks versions" in line]
        assert len(lines) == 1
        assert all(versions in lines[0] for versions in both)
