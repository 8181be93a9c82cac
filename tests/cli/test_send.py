"""``interfaces send``: what it sends, and what it tells of it."""

import asyncio
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from interfaces.layers.embedded import Embedded
from interfaces.layers.opening import open_layer
from tests.cli.conftest import Cli
from tests.layers.conftest import until
from tests.shared.outboxes import LATER, SENT, Scripted, running


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A broker."""
    with Embedded() as server:
        yield server.url


@pytest.fixture
def layer(url: str, tmp_path: Path) -> str:
    """A layer of this test's own."""
    return f"{url}?prefix={tmp_path.name.replace('_', '-')}"


class Sender:
    """A sender in a thread, which does these things."""

    def __init__(self, layer: str, *deeds: Any) -> None:
        self.way = Scripted(*deeds)
        self._ready, self._layer = threading.Event(), layer
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))

    async def _run(self) -> None:
        layer: Any = open_layer(self._layer)
        await layer.hub().started()
        async with running(self.way, layer.store("email.send")) as box:
            box.outbox.answer = layer.send
            self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
            self._ready.set()
            await self._stop.wait()
        await layer.close()

    def __enter__(self) -> Scripted:
        self._thread.start()
        assert self._ready.wait(20)
        return self.way

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(20)


def test_a_message_waits_for_its_sender(cli: Cli, layer: str) -> None:
    """It is kept when the command ends; whoever sends has it with its type."""
    assert cli("send", "email.send", '{"to": "a@example.net"}', "--layer", layer) == (0, "", "")
    with Sender(layer) as way:
        until(lambda: way.sendings)
    assert way.sendings[0].message == {"type": "email.send", "to": "a@example.net"}


def test_its_results_are_printed(cli: Cli, layer: str) -> None:
    """A line each until the final one, whose end is that of the command."""
    failed = Scripted().given_up(None, "no such user")
    with Sender(layer, LATER, SENT, failed):
        code, out, _ = cli("send", "email.send", "{}", "--wait", "20", "--layer", layer)
        assert (code, [json.loads(line)["final"] for line in out.splitlines()]) == (0, [False, True])
        code, out, _ = cli("send", "email.send", "{}", "--wait", "20", "--layer", layer)
        assert (code, json.loads(out)["error"]) == (1, "no such user")


def test_without_a_result_it_says_so(cli: Cli, layer: str) -> None:
    """The message is there all the same."""
    code, out, err = cli("send", "email.send", "{}", "--wait", "0.05", "--layer", layer)
    assert (code, out) == (1, "")
    assert "no result within 0.05 s" in err


def test_a_channel_of_the_application(cli: Cli, layer: str) -> None:
    """Any name will do; the message is as it was given."""
    assert cli("send", "thumbnails.make", '{"photo": 7}', "--layer", layer).code == 0

    async def taken() -> Any:
        opened = open_layer(layer)
        try:
            async with asyncio.timeout(10):
                return await opened.receive("thumbnails.make")
        finally:
            await opened.close()

    assert asyncio.run(taken()) == {"photo": 7}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["email.send", "no json"], "MESSAGE is no JSON"),
        (["email.send", "[1]"], "MESSAGE is a JSON object"),
        (["a name", "{}"], "Channel name"),
        (["email.send", '{"not_before": "soon"}'], "seconds"),
        (["email.send", "{}", "--layer", "local:"], "name a broker"),
        (["email.send", "{}", "--wait", "nan"], "--wait nan: say seconds, 0 or more"),
        (["email.send", "{}", "--wait", "inf"], "--wait inf: say seconds"),
        (["email.send", "{}", "--wait=-1"], "--wait -1: say seconds"),
        (["email.send", "{}", "--wait", "x"], "'--wait': 'x' is not a valid float"),
    ],
)
def test_mistakes_are_one_line(cli: Cli, layer: str, words: list[str], said: str) -> None:
    """Exit code 2, and what is wrong."""
    code, out, err = cli("send", *words, *([] if "--layer" in words else ["--layer", layer]))
    assert (code, out) == (2, "")
    assert said in err
    assert len(err.splitlines()) == 1


def test_without_a_broker_it_fails(cli: Cli) -> None:
    """One line, exit code 1."""
    code, _, err = cli("send", "email.send", "{}", "--layer", "unix:///nowhere/valkey.sock?timeout=0.1")
    assert (code, len(err.splitlines())) == (1, 1)
