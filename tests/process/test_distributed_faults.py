"""Containers and workers that are killed, stopped and misused: nothing hangs, and nothing is lost silently."""

import http.client
import re
import select
import signal
import socket
import struct
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from interfaces.layers.embedded import Embedded
from tests.process.server import Server, until
from tests.process.test_distributed import EVENTS, PYTHON, Place, rss
from tests.process.websocket import Client

APP = "tests.process.fault_app:application"
TRANSPORTS = ["redis", "direct", "direct on a layer"]
KNOWN = {"redis": 12.0, "direct": 6.0, "direct on a layer": 6.0}
"""Seconds until the death of a process is known, with five for a machine that is busy; a lease lapses later."""


@pytest.fixture(scope="module")
def broker() -> Iterator[Embedded]:
    """A broker that no test hurts."""
    with Embedded() as server:
        yield server


@pytest.fixture(params=TRANSPORTS)
def place(request: pytest.FixtureRequest, tmp_path: Path, broker: Embedded) -> Iterator[Place]:
    """Where container and workers meet."""
    made = Place(tmp_path, request.param, broker.url)
    with made.stack:
        yield made


def ask(container: Server, path: str, body: bytes = b"", method: str = "GET") -> tuple[int, bytes]:
    """Status and body; what of a body came that was broken off, with status 0."""
    connection = http.client.HTTPConnection("127.0.0.1", container.port, timeout=20)
    try:
        connection.request("POST" if body else method, path, body or None)
        answer = connection.getresponse()
        return answer.status, answer.read()
    except http.client.IncompleteRead as broken:
        return 0, broken.partial
    finally:
        connection.close()


def request(container: Server, text: bytes) -> socket.socket:
    """A connection on which a request is under way."""
    sock = socket.create_connection(("127.0.0.1", container.port), timeout=20)
    sock.sendall(text)
    return sock


def message(payload: bytes) -> bytes:
    """A binary message of a WebSocket client, of any length."""
    size = len(payload)
    head = (0x80 | 126, struct.pack("!H", size)) if size < 1 << 16 else (0x80 | 127, struct.pack("!Q", size))
    return bytes((0x82, head[0])) + head[1] + bytes(4) + payload


def length(client: Client) -> int:
    """How long the next message is, which is read."""
    _, short = client.file.read(2)
    long = {126: "!H", 127: "!Q"}.get(short)
    size: int = struct.unpack(long, client.file.read(struct.calcsize(long)))[0] if long else short
    assert len(client.file.read(size)) == size
    return size


def test_what_a_killed_worker_did(place: Place) -> None:
    """GET goes to another worker once more, POST gets 502, a socket 1011; all of that promptly."""
    container, worker = place.container(), place.worker(app=APP)
    with Client(container.port, "/echo") as client:
        client.send("x")
        assert client.receive() == (1, b"x")
        done = place.directory / "done"
        target = b"/slow?%b" % bytes(done)
        get, post = (
            request(container, b"%b %b HTTP/1.1\r\nhost: t\r\ncontent-length: 0\r\n\r\n" % (method, target))
            for method in (b"GET", b"POST")
        )
        worker.wait_for("application: slow", count=2)
        other = place.worker(app=APP)
        worker.process.kill()
        done.touch()  # what is asked once more is answered
        began = time.monotonic()
        assert client.closed() == 1011
        assert post.recv(65536).startswith(b"HTTP/1.1 502 ")
        assert time.monotonic() - began < KNOWN[place.transport]
        assert get.recv(65536).endswith(str(other.process.pid).encode())
        get.close()
        post.close()


def test_a_killed_worker_in_event_style(tmp_path: Path, broker: Embedded) -> None:
    """The event that it had is handled by another; the socket stays, and hears of it once."""
    place = Place(tmp_path, "redis", broker.url)
    with place.stack:
        container, worker = place.container(), place.worker(app="tests.process.fault_app:events")
        with Client(container.port, "/") as client:
            client.send("a")
            worker.wait_for("application: event a")
            other = place.worker(app="tests.process.fault_app:events")
            worker.process.kill()
            assert client.receive() == (1, f"a {other.process.pid}".encode())
            client.send("b")
            assert client.receive() == (1, f"b {other.process.pid}".encode())


def test_a_killed_container_leaves_nothing_behind(place: Place) -> None:
    """Its scopes are told that their peers are gone, and their slots are free for another container."""
    container = place.container()
    worker = place.worker("--concurrency", "3", app=APP)
    sockets = [Client(container.port, "/echo") for _ in range(2)]
    hanging = request(container, b"GET /hang HTTP/1.1\r\nhost: t\r\n\r\n")
    worker.wait_for("application: hang")
    container.process.kill()
    worker.wait_for("left /hang", seconds=KNOWN[place.transport])
    worker.wait_for("left /echo", count=2)
    assert worker.said.count("application: code 1006") == 2
    for sock in (*(client.sock for client in sockets), hanging):
        sock.close()
    other = place.container()
    for _ in range(3):
        assert ask(other, "/running") == (200, b"0")


@pytest.mark.parametrize("place", ["redis"], indirect=True)
def test_a_stopped_worker_is_given_up_when_its_lease_lapses(place: Place) -> None:
    """SIGSTOP for longer than the lease: its sockets get 1011; it goes on, and works again."""
    container, worker = place.container(), place.worker(app=APP)
    with Client(container.port, "/echo") as client:
        worker.signal(signal.SIGSTOP)
        began = time.monotonic()
        assert client.closed() == 1011
        assert 7 < time.monotonic() - began < 20
    worker.signal(signal.SIGCONT)
    worker.wait_for("left /echo, 0 running")
    assert ask(container, "/pid") == (200, str(worker.process.pid).encode())


@pytest.mark.parametrize("transport", ["redis", "direct on a layer"])
@pytest.mark.parametrize("app", [APP, EVENTS])
def test_a_broker_restarts_under_open_sockets(tmp_path: Path, transport: str, app: str) -> None:
    """It comes back without its data: /readyz tells, the sockets live on, and new ones open."""
    paths = ["/echo" if app == APP else f"/room{number}" for number in range(11)]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, Embedded(Path(folder)) as server:
        place = Place(tmp_path, transport, server.url)
        with place.stack as stack:
            container = place.container("--ops-bind", "127.0.0.1:0")
            place.worker(app=app)
            sockets = [stack.enter_context(Client(container.port, path)) for path in paths[:10]]
            server.close()
            until(lambda: container.get("/readyz", container.ops)[0] == 503)
            server.start()
            until(lambda: container.get("/readyz", container.ops)[0] == 200)
            time.sleep(3)  # what is thought dead would be closed by now
            assert not select.select([client.sock for client in sockets], [], [], 0)[0]
            sockets.append(stack.enter_context(Client(container.port, paths[10])))
            for number, client in enumerate(sockets):
                client.send(str(number))
                said = client.receive()[1].decode().split()
                assert str(number) in said


@pytest.mark.parametrize("place", ["redis", "direct"], indirect=True)
def test_slow_ends_make_nothing_grow(place: Place, broker: Embedded) -> None:
    """200 MiB to a client that reads nothing, and to applications that read nothing; others are served meanwhile."""
    container, worker = place.container(), place.worker(app=APP)
    assert ask(container, "/length", bytes(300_000)) == (200, b"300000")
    info = Path(broker.path).parent
    pids = [container.process.pid, worker.process.pid, *served_from(info)]
    before = [rss(pid) for pid in pids]
    big = request(container, b"GET /big HTTP/1.1\r\nhost: t\r\n\r\n")
    deaf = request(container, b"POST /deaf HTTP/1.1\r\nhost: t\r\ncontent-length: 209715200\r\n\r\n")
    with Client(container.port, "/deaf") as client:
        pour(deaf, bytes(1 << 18))
        pour(client.sock, message(bytes(1 << 18)))
        assert ask(container, "/pid")[0] == 200
        after = [rss(pid) for pid in pids]
        assert all(now - was < 16 << 10 for was, now in zip(before, after, strict=True)), (before, after)
    big.close()
    deaf.close()


def served_from(folder: Path) -> list[int]:
    """The broker's process, which has its socket in ``folder``."""
    found = []
    for one in Path("/proc").glob("[0-9]*"):
        try:
            words = (one / "cmdline").read_bytes()
        except OSError:
            continue
        if words.startswith(b"/") and b"valkey-server" in words and str(folder).encode() in words:
            found.append(int(one.name))
    return found


def pour(sock: socket.socket, piece: bytes) -> None:
    """Send until nothing is taken any more for half a second."""
    sock.setblocking(False)
    total, last, rest = 0, time.monotonic(), piece
    while time.monotonic() - last < 0.5 and total < 100 << 20:
        try:
            sent = sock.send(rest)
        except BlockingIOError:
            time.sleep(0.01)
            continue
        total, last, rest = total + sent, time.monotonic(), rest[sent:] or piece
    assert total < 32 << 20


@pytest.mark.parametrize("place", ["redis", "direct"], indirect=True)
def test_messages_of_any_size(place: Place) -> None:
    """More than half the window, the window, and ten times as much, after others that left it partly used."""
    container, _ = place.container(), place.worker(app=APP)
    with Client(container.port, "/echo") as client:
        for size in (500_000, 700_000, 1 << 20, 1000, 3 << 20, 1 << 20, 10 << 20, 65536):
            client.sock.sendall(message(bytes(size)))
            assert length(client) == size


@pytest.mark.parametrize("place", ["redis", "direct"], indirect=True)
def test_applications_that_fail(place: Place) -> None:
    """In every phase: what is told is what one process would tell, the worker lives on and keeps nothing."""
    container, worker = place.container(), place.worker(app=APP)
    for path, expected in (
        ("raise-early", 500), ("raise-started", 500), ("nothing", 500), ("wrong", 500), ("unfit", 500),
        ("nosuch", 500), ("raise-late", 200),
    ):  # fmt: skip
        assert (path, ask(container, f"/{path}")[0]) == (path, expected)
    assert ask(container, "/raise-midway") == (0, b"half")
    for path, code in (("raise-receive", 1011), ("return", 1000)):
        with Client(container.port, f"/{path}") as client:
            client.send("x")
            assert client.closed() == code
    with Client(container.port, "/raise-connect") as client:
        assert client.status == 500
    with Client(container.port, "/early") as client:
        assert client.receive() == (1, b"first")
    until(lambda: ask(container, "/running") == (200, b"0"))
    assert "Exception in callback" not in worker.said + container.said


@pytest.mark.parametrize("place", ["redis", "direct"], indirect=True)
def test_pipelined_requests_keep_their_order(place: Place) -> None:
    """500 on one connection, each answered, and a handler that blocks delays the rest and no more."""
    container, _ = place.container(), place.worker(app=APP)
    lines = [b"GET /query?%d HTTP/1.1\r\nhost: t\r\n\r\n" % number for number in range(500)]
    lines.insert(3, b"GET /block HTTP/1.1\r\nhost: t\r\n\r\n")
    with request(container, b"".join(lines)) as sock:
        got = b""
        while got.count(b"q=") < 500:
            got += sock.recv(65536)
    assert re.findall(rb"q=(\d+)\n", got) == [b"%d" % number for number in range(500)]


@pytest.mark.parametrize("place", ["redis"], indirect=True)
def test_five_hundred_sync_consumers(place: Place) -> None:
    """All open in one worker, which has fewer threads; each gets its echo."""
    container, _ = place.container(), place.worker("--threads", "8")
    clients = [place.stack.enter_context(Client(container.port, "/sync")) for _ in range(500)]
    for number, client in enumerate(clients):
        client.send(str(number))
    for number, client in enumerate(clients):
        assert client.receive() == (1, str(number).encode())


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("serve http --bind 127.0.0.1:0 --layer unix:///nowhere/at/all", "the layer's broker is not there"),
        ("worker --app {app} --layer unix:///nowhere/at/all", "the layer's broker is not there"),
        ("worker --layer {url}", "say which application"),
        ("worker --app {app} --connect unix:/x --transport redis", "--connect is for direct connections"),
        (
            "serve http --bind 127.0.0.1:0 --layer {url} --app {app} --relay websocket",
            "is not served; http may",
        ),
        ("serve http --relay-bind unix:x --relay-tls-key x", "needs --relay-tls-cert"),
    ],
)
def test_mistakes_are_told_in_one_line(tmp_path: Path, broker: Embedded, words: str, why: str) -> None:
    """Exit code 2, and no traceback."""
    with Server(tmp_path, command=[*PYTHON, *words.format(app=APP, url=broker.url).split()]) as server:
        assert server.ended() == 2
        assert why in server.said
        assert server.said.count("\n") == 1


def test_a_wrong_token_is_told_on_both_sides(tmp_path: Path) -> None:
    """The worker ends with one line; the container says it and goes on."""
    container_, worker_ = tmp_path / "container", tmp_path / "worker"
    for folder in (container_, worker_):
        folder.mkdir()
    serve = "serve http ws --bind 127.0.0.1:0 --relay-bind 127.0.0.1:0 --relay-token right"
    with Server(container_, command=[*PYTHON, *serve.split()]) as container:
        port = container.wait_for(r"connect to 127\.0\.0\.1:(\d+)")[1]
        work = f"worker --app {APP} --connect 127.0.0.1:{port} --relay-token wrong"
        with Server(worker_, command=[*PYTHON, *work.split()]) as worker:
            assert worker.ended() == 2
            assert "the tokens differ" in worker.said
            assert worker.said.count("\n") == 1
        container.wait_for("a worker is refused: the tokens differ")
        assert container.process.poll() is None


def test_a_worker_tells_when_it_takes_work(tmp_path: Path, broker: Embedded) -> None:
    """worker_ready is sent once, where the application is."""
    place = Place(tmp_path, "redis", broker.url)
    with place.stack:
        worker = place.worker(app=APP)
        assert worker.said.count("application: ready\n") == 1
