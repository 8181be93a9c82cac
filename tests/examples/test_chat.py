"""examples/chat: a browser's socket and IRC clients in one room, in one process and in containers with two gateways."""

import json
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple, Self

import pytest

from interfaces.layers.embedded import Embedded
from tests.process.server import ROOT, Server, until
from tests.process.websocket import Client

FOLDER = ROOT / "examples" / "chat"
IRC = r"irc on 127\.0\.0\.1:(\d+)"
HTTP = r"http[a-z ]* on 127\.0\.0\.1:(\d+)"


class Served(NamedTuple):
    """Ports of the page, and of each gateway."""

    http: int
    gateways: list[int]


def served(stack: ExitStack, directory: Path, way: str) -> Served:
    """The chat, served as its README says."""
    broker = stack.enter_context(Embedded())
    env = {"PYTHONPATH": f"{ROOT}:{FOLDER}", "LAYER": broker.url}

    def start(name: str, words: str) -> Server:
        folder = directory / name
        folder.mkdir()
        found = words.replace("$LAYER", broker.url).replace("127.0.0.1:8000", "127.0.0.1:0")
        parts = (
            found.replace("127.0.0.1:6667", "127.0.0.1:0")
            .replace("manage.py", str(FOLDER / "manage.py"))
            .split()
        )
        command = [sys.executable, *([] if parts[0] == "python" else ["-m", parts[0]]), *parts[1:]]
        return stack.enter_context(Server(folder, command=command, env=env))

    if way == "one process":
        one = start(
            "one",
            "python manage.py interfaces serve http ws irc --http-bind 127.0.0.1:0 --irc-bind 127.0.0.1:0",
        )
        return Served(int(one.wait_for(HTTP)[1]), [int(one.wait_for(IRC)[1])])
    lines = dict(
        line.split(": ", 1) for line in (FOLDER / "Procfile").read_text(encoding="utf-8").splitlines()
    )
    start("worker", lines["worker"])
    web = start("web", lines["web"])
    gateways = [start(f"irc{number}", lines["irc"]) for number in (1, 2)]
    until(lambda: web.get("/lobby/", int(web.wait_for(HTTP)[1]))[0] == 200)  # there is a worker
    return Served(int(web.wait_for(HTTP)[1]), [int(one.wait_for(IRC)[1]) for one in gateways])


@pytest.fixture(scope="module", params=["one process", "containers"])
def chat(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Both ways."""
    with ExitStack() as stack:
        yield served(stack, tmp_path_factory.mktemp("chat"), request.param)


class Person:
    """Somebody's IRC client."""

    def __init__(self, port: int, nick: str) -> None:
        self.sock = socket.create_connection(("127.0.0.1", port), 20)
        self.reads = self.sock.makefile("rb")
        self.say(f"NICK {nick}", f"USER {nick} 0 * :{nick}")
        self.until(" 001 ")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.reads.close()
        self.sock.close()

    def say(self, *lines: str) -> None:
        """Type something."""
        self.sock.sendall("".join(f"{line}\r\n" for line in lines).encode())

    def until(self, words: str) -> str:
        """The next line with ``words`` in it."""
        while line := self.reads.readline().decode():
            if words in line:
                return line.rstrip()
        raise AssertionError(f"closed before {words!r}")


def heard(browser: Client) -> dict[str, object]:
    """What a page shows next."""
    return dict(json.loads(browser.receive()[1]))


def test_the_page_is_there(chat: Served) -> None:
    """It names its room."""
    with socket.create_connection(("127.0.0.1", chat.http), 20) as sock:
        sock.sendall(b"GET /lobby/ HTTP/1.0\r\nhost: localhost\r\n\r\n")
        assert b"<h1>lobby</h1>" in sock.makefile("rb").read()


def test_browsers_and_irc_clients_hear_each_other(chat: Served) -> None:
    """A line that is typed in an IRC client reaches the page, the other IRC clients by any gateway, and back."""
    with (
        Client(chat.http, "/ws/lobby/") as browser,
        Person(chat.gateways[0], "dan") as dan,
        Person(chat.gateways[-1], "ann") as ann,
    ):
        for person in (dan, ann):
            person.say("JOIN #lobby")
            person.until(" 366 ")
        dan.say("NAMES #lobby")
        until_named(dan, "ann")
        dan.say("PRIVMSG #lobby :hello from irssi")
        assert heard(browser) == {"nick": "dan", "text": "hello from irssi", "irc": True}
        assert ann.until("hello from irssi").startswith(":dan!~dan@")
        browser.send(json.dumps({"nick": "Eve at home", "text": "hello from the page"}))
        assert heard(browser) == {"nick": "Eve_at_home", "text": "hello from the page", "irc": False}
        for person in (dan, ann):
            said = person.until("hello from the page")
            assert said == ":Eve_at_home!web@browser PRIVMSG #lobby :hello from the page"
        ann.say("PRIVMSG dan :only you", "PART #lobby", "PRIVMSG #lobby :I am gone")
        assert "PRIVMSG dan :only you" in dan.until("only you")
        ann.until(" 404 ")
        browser.send(json.dumps({"nick": "eve", "text": "the last"}))
        assert dan.until("PRIVMSG #lobby").endswith("the last")
        assert heard(browser)["text"] == "the last"


def until_named(person: Person, nick: str) -> None:
    """Wait until NAMES has ``nick``: another gateway may tell of it a moment later."""
    while nick not in person.until(" 353 "):
        person.until(" 366 ")
        person.say("NAMES #lobby")
