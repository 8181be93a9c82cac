"""``interfaces tail``, ``send --console``, and ``dev``'s presets, against a console that is served."""

import asyncio
import json
import re
import socket
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from interfaces.cli import tail
from interfaces.cli.console_client import ConsoleClient
from interfaces.cli.tail import line_of
from interfaces.runner.api import Server
from interfaces.shared.errors import ConfigError, Unavailable
from interfaces.testing import Recorder
from tests.cli.conftest import Cli
from tests.cli.ops_server import saying

ROW = {
    "id": 7, "time": 1000.0, "direction": "in", "protocol": "email", "type": "email.receive", "title": "a → b: hi",
    "took_ms": 1.5, "verdict": "failed", "error": "ValueError: x",
}  # fmt: skip


class Running:
    """A server with a console, in a thread; ``stop`` ends it."""

    def __init__(self) -> None:
        self.app = Recorder({"email.receive": {"type": "email.accept", "text": "thanks"}})
        self.address = ""
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))
        self._thread.start()
        assert self._ready.wait(10)

    async def _run(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        options: dict[str, Any] = {"console": self.address or "127.0.0.1:0", "email_bind": ("127.0.0.1:0",)}
        async with Server(self.app, "email", drain=1.0, **options) as server:
            self.address = server.beside[0].removeprefix("console on http://")
            self._ready.set()
            await self._stop.wait()

    def stop(self) -> None:
        """End it."""
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def mail(self, subject: str) -> None:
        """Write one to it."""
        with ConsoleClient(self.address) as console:
            said = {"from": "a@x.org", "to": "b@y.org", "subject": subject}
            assert console.ask("/api/simulate/email", post=said)[0] == 200


@pytest.fixture(scope="module")
def served() -> Iterator[Running]:
    """A server with a console."""
    running = Running()
    yield running
    running.stop()


def test_wait_ends_at_the_first_that_fits(cli: Cli, served: Running) -> None:
    """With code 0 and the message; one that is there already counts where --after says so."""
    served.mail("one geheim")
    served.mail("two")
    found = cli(
        "tail",
        "--console",
        served.address,
        "--wait",
        "email.receive",
        "--text",
        "TWO",
        "--after",
        "0",
        "--json",
    )
    assert found.code == 0 and json.loads(found.out)["title"] == "a@x.org → b@y.org: two"


def test_wait_is_for_what_comes(cli: Cli, served: Running) -> None:
    """From now on, unless --after says otherwise."""
    with ConsoleClient(served.address) as console:
        last = console.ask("/api/state")[1]["last"]
    late = threading.Thread(target=lambda: served.mail("three"))
    late.start()
    found = cli(
        "tail", "--console", served.address, "--wait", "email.receive", "--after", str(last), "--timeout", "9"
    )
    late.join()
    assert found.code == 0 and "three" in found.out


def test_wait_gives_up(cli: Cli, served: Running) -> None:
    """With code 1, in words."""
    found = cli("tail", "--console", served.address, "--wait", "sms.receive", "--timeout", "0.05")
    assert found.code == 1 and "no sms.receive within 0.05 s" in found.err


def test_following(cli: Cli, served: Running) -> None:
    """A line a message, only of what was asked for, until the time is over."""
    served.mail("four")
    served.mail("five")
    found = cli("tail", "--console", served.address, "--after", "0", "--type", "email.receive", "--text", "f",
                "--timeout", "0.5")  # fmt: skip
    assert found.code == 1
    rows = [line for line in found.out.splitlines() if "four" in line or "five" in line]
    assert len(rows) >= 2 and all("email.receive" in row and "→" in row for row in rows)
    assert "email.accept" not in found.out


def test_nobody_there(cli: Cli) -> None:
    """What to start is said, in one line and with code 1; an address that is none is the user's mistake."""
    found = cli("tail", "--console", "127.0.0.1:1")
    assert found.code == 1 and "interfaces dev" in found.err and "Traceback" not in found.err
    assert cli("tail", "--console", "unix:/x").code == 2
    with pytest.raises(ConfigError):
        ConsoleClient("fd:3")


def test_a_line_says_what_came_of_it() -> None:
    """Which way, what, how long; a bad end with its reason."""
    bare = re.sub(r"\x1b\[[0-9;]*m", "", line_of(ROW))
    assert re.fullmatch(
        r"\d\d:\d\d:\d\d\.000     7 → email\.receive        a → b: hi 1\.5 ms failed ValueError: x", bare
    )
    quiet = re.sub(
        r"\x1b\[[0-9;]*m",
        "",
        line_of({**ROW, "direction": "out", "took_ms": None, "verdict": "", "error": ""}),
    )
    assert quiet.endswith("← email.receive        a → b: hi")


def test_send_plays_a_peer(cli: Cli, served: Running) -> None:
    """The simulator's answer; 1 where it could not; without either the user is told what to say."""
    said = json.dumps({"from": "a@x.org", "to": "b@y.org", "subject": "six"})
    found = cli("send", "--console", served.address, "email", said)
    assert found.code == 0 and json.loads(found.out)["code"] == 250
    found = cli("send", "--console", served.address, "sms", "{}")
    assert found.code == 1 and "interfaces dev" in found.out
    assert cli("send", "--console", "127.0.0.1:1", "email", "{}").code == 1
    assert "--layer URL, or --console" in cli("send", "email", "{}").err


def test_a_stream_says_good_bye() -> None:
    """As when a file was changed: whoever follows looks for the process again, which is another one then."""
    first = Running()
    with ConsoleClient(first.address) as client:
        run = client.ask("/api/state")[1]["run"]
        first.mail("before")
        names = []
        for name, _ in client.stream({"after": 0, "type": "email.receive"}):
            if name and name not in names:
                names.append(name)
                if name == "message":
                    threading.Thread(target=first.stop).start()
        assert names == ["message", "bye"]
    other = Running()
    with ConsoleClient(other.address) as client:
        assert client.ask("/api/state")[1]["run"] != run
    other.stop()


def test_what_is_no_json_is_an_error_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some other server may be there."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen()

        def answer() -> None:
            for body in (b"<p>", b""):
                conn, _ = sock.accept()
                with conn:
                    conn.recv(1000)
                    conn.sendall(
                        b"HTTP/1.1 404 No\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s"
                        % (len(body), body)
                    )

        thread = threading.Thread(target=answer)
        thread.start()
        with ConsoleClient(f"http://127.0.0.1:{sock.getsockname()[1]}/") as console:
            with pytest.raises(Unavailable, match="is no console: /api/state is 404"):
                console.ask("/api/state")
            with pytest.raises(Unavailable, match="404"):
                next(console.stream({}))
        thread.join()


class Script:
    """A console that plays what it is told: each stream a list of events, each state a run, or nobody there."""

    def __init__(self, streams: list[list[tuple[str, Any]]], runs: list[str | None]) -> None:
        self.streams, self.runs = streams, runs
        self.asked: list[Any] = []

    def ask(self, path: str, query: Any = None) -> tuple[int, Any]:
        """The state, in the next run; None: it is not there yet."""
        run = self.runs.pop(0)
        if run is None:
            raise Unavailable("not there")
        return 200, {"run": run}

    def stream(self, query: Any, patience: float) -> Iterator[tuple[str, Any]]:
        """The next one; after the last the time is over."""
        self.asked.append(query["after"])
        if not self.streams:
            raise TimeoutError
        return iter(self.streams.pop(0))


def test_following_a_process_that_starts_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cut goes on behind what was seen; another process begins at 0, and may need a moment to be there."""
    shown: list[int] = []
    slept: list[float] = []
    monkeypatch.setattr(tail.time, "sleep", slept.append)
    console: Any = Script(
        [
            [("message", {**ROW, "id": 4}), ("", None), ("bye", {})],
            [("message", {**ROW, "id": 5})],
            [("message", {**ROW, "id": 1})],
        ],
        ["a", "a", None, None, "b", "b"],
    )
    with pytest.raises(TimeoutError):
        tail._follow(console, {"after": None}, 0.0, lambda row: shown.append(row["id"]))
    assert shown == [4, 5, 1]
    assert console.asked == [None, 4, 0, 1] and slept == [0.1, 0.1]


@pytest.mark.parametrize("state", [(404, {"error": "no"}), (200, {}), (200, {"last": 1})])
def test_another_server_is_no_console(state: tuple[int, Any]) -> None:
    """It may answer with JSON, as the application that is asked by mistake."""
    console: Any = SimpleNamespace(ask=lambda path: state)
    with pytest.raises(Unavailable, match="is no console"):
        tail._follow(console, {"after": None}, 0.0, lambda row: None)
    with pytest.raises(Unavailable, match="is no console"):
        tail._wait(console, {"after": None, "type": "x"}, 0.0, lambda row: None)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"220 \x1b[31mmail\x07\r\n", r"no console at .* \(220 \?\[31mmail\?\)"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}", "no console at .*IncompleteRead"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]", "is no console: /x is 200"),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"[" * 90000, "is no console: /x is 200"),
    ],
)
def test_what_else_answers_is_told_in_one_line(answer: bytes, words: str) -> None:
    """Whatever it says."""
    with (
        saying(answer) as where,
        ConsoleClient(where) as console,
        pytest.raises(Unavailable, match=words) as caught,
    ):
        console.ask("/x")
    assert "\n" not in str(caught.value) and str(caught.value).isprintable()


def test_a_name_that_is_none() -> None:
    """Is told, without a traceback."""
    with ConsoleClient("a..b:8088") as console, pytest.raises(Unavailable, match=r"no console at a\.\.b"):
        console.ask("/api/state")


def test_a_process_that_does_not_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Is waited for, for a while."""
    monkeypatch.setattr(tail, "PATIENCE", 0.0)
    console: Any = Script([[("bye", {})]], ["a", None])
    with pytest.raises(Unavailable):
        tail._follow(console, {"after": None}, 0.0, lambda row: None)


def test_only_bad_verdicts_are_told_later() -> None:
    """A line a message; a second one where it failed."""
    told: list[Any] = []
    for name, verdict in (("message", "running"), ("update", "accepted"), ("update", "failed")):
        tail._told(name, {**ROW, "verdict": verdict}, told.append)
    assert [row["verdict"] for row in told] == ["running", "failed"]
