"""Slack's side of the bench: what it posts is genuine, every event its own, and each answer is looked at."""

import json
import socket
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from interfaces.slack.posted import Posted, read
from interfaces.slack.verify import genuine
from tests.tools.loading import load

slackload = load("benchmarks/load/slackload.py")
slack_api = load("benchmarks/lib/slack_api.py")
SECRET = "one that both know"


def taken_apart(request: bytes) -> tuple[dict[str, str], bytes]:
    """Headers by their names in lower case, and the body."""
    head, _, body = request.partition(b"\r\n\r\n")
    lines = [line.partition(": ") for line in head.decode().split("\r\n")[1:]]
    return {name.lower(): value for name, _, value in lines}, body


def test_what_is_posted_is_genuine() -> None:
    """By our own check of Slack's signature; the length is that of the body."""
    for request in slackload.requests(3, "/slack/events", SECRET):
        headers, body = taken_apart(request)
        told = headers["x-slack-request-timestamp"], headers["x-slack-signature"]
        assert genuine((SECRET,), *told, body, time.time()) == ""
        assert genuine(("another",), *told, body, time.time()) != ""
        assert int(headers["content-length"]) == len(body)


def test_every_event_is_its_own() -> None:
    """A message each, with an event_id and a time of its own, in a hundred channels."""
    found = [read(body, False, {}) for body in slackload.bodies(250)]
    payloads: list[Any] = [one.payload for one in found if isinstance(one, Posted) and one.kind == "event"]
    assert len({one["event_id"] for one in payloads}) == len({one["event"]["ts"] for one in payloads}) == 250
    assert len({one["event"]["channel"] for one in payloads}) == 100


def test_two_runs_have_no_event_in_common() -> None:
    """Else the second would be repeats, which cost less."""
    first, second = ({json.loads(body)["event_id"] for body in slackload.bodies(2)} for _ in range(2))
    assert not first & second


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"", None),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n", None),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nh", None),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", (200, b"hi")),
        (b"HTTP/1.1 401 No\r\ncontent-length: 0\r\n\r\n", (401, b"")),
    ],
)
def test_an_answer_is_read_when_it_is_whole(data: bytes, found: tuple[int, bytes] | None) -> None:
    """Status and body, whatever the case of the header's name."""
    assert slackload.answered(data) == found


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nhi",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
    ],
)
def test_what_would_be_measured_wrongly_is_an_error(data: bytes) -> None:
    """Two answers to one question, one without a length, and the end of a connection."""
    with pytest.raises(ValueError, match="not expected"):
        slackload.answered(data)


@contextmanager
def answering(answer: bytes) -> Iterator[int]:
    """The port of a server that answers whatever comes with the same bytes."""

    def serve(connection: socket.socket) -> None:
        with connection:
            while connection.recv(65536):
                connection.sendall(answer)

    def accept() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(connection,)).start()

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


def test_all_that_is_ready_is_sent_and_answered() -> None:
    """Over several connections, one request at a time on each; fewer when the time is over."""
    ready = slackload.requests(20, "/", SECRET)
    with answering(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") as port:
        found = slackload.load(port, ready, 20.0, 3)
        assert slackload.load(port, ready, 0.0, 3)["n"] == 3
    assert found["n"] == 20 and 0 < found["p50_us"] <= found["p99_us"] and found["secs"] > 0


def test_an_answer_that_is_not_200_fails_the_run() -> None:
    """A fast refusal is no fast server."""
    with (
        answering(b"HTTP/1.1 503 Later\r\nContent-Length: 0\r\n\r\n") as port,
        pytest.raises(ValueError, match="503"),
    ):
        slackload.load(port, slackload.requests(2, "/", SECRET), 5.0, 1)


def test_the_web_api_says_who_a_token_is_of() -> None:
    """auth.test, which is all that servers ask at their start."""
    with (
        slack_api.web_api() as url,
        urllib.request.urlopen(f"{url}auth.test", data=b"", timeout=10) as answer,
    ):
        said = json.load(answer)
    assert said["ok"] and said["team_id"] and said["bot_id"]
