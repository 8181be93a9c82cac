"""The same bot over the Events API and Socket Mode, in one process and with workers, on a fake Slack."""

import asyncio
import contextlib
import re
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from interfaces.layers.embedded import Embedded
from interfaces.testing.slack import FakeSlack
from tests.process.server import Server

PYTHON = [sys.executable, "-m", "interfaces"]
APP = "tests.process.slack_app"
SCALE = 50.0
"""How fast Slack repeats: after 1.2 s and 6 s."""


@pytest.fixture(scope="module")
def broker() -> Iterator[str]:
    """A private broker that keeps what it has."""
    with Embedded(appendonly=True) as server:
        yield server.url


class Place:
    """The processes of one way and one style, and the fake that they speak to."""

    def __init__(self, slack: FakeSlack, directory: Path, way: str, style: str, broker: str) -> None:
        self.slack = slack
        self.directory = directory
        self.way = way
        self.style = style
        self.layer = ["--layer", f"{broker}?prefix={directory.name}", "--transport", style]
        self.stack = contextlib.ExitStack()
        self.url = ""
        self.servers: list[Server] = []

    def _made(self, *command: str) -> Server:
        directory = self.directory / str(len(self.servers))
        directory.mkdir()
        server = self.stack.enter_context(Server(directory, command=[*PYTHON, *command]))
        self.servers.append(server)
        return server

    def start(self, app: str = "bot") -> None:
        """All that the style needs."""
        slack = self.slack
        words = ["serve", "slack", "--slack-api-url", slack.api_url, "--slack-bot-token", slack.bot_token]
        words += ["--slack-send-channel-interval", "0", "--slack-send-rate", "0"]
        if self.way == "socket":
            words += ["--slack-app-token", slack.app_token]
        else:
            words += ["--slack-signing-secret", slack.signing_secret, "--slack-bind", "127.0.0.1:0"]
        words += ["--app", f"{APP}:{app}"] if self.style == "one" else self.layer
        server = self._made(*words)
        if self.style != "one":
            self._made("worker", "--app", f"{APP}:{app}", *self.layer)
        for one in self.servers:
            one.wait_for(", pid ")
        if self.way == "http":
            port = re.search(r"slack on 127\.0\.0\.1:(\d+)", server.said)
            assert port is not None, server.said
            self.url = f"http://127.0.0.1:{port[1]}/slack/events"

    async def tell(self, event: dict[str, Any]) -> Any:
        """Something that happened."""
        if self.way == "http":
            return await self.slack.post_event(self.url, event)
        return await self.slack.send_event(event)

    async def does(self, payload: dict[str, Any]) -> Any:
        """Something that a person has done."""
        return await (self.slack.post(self.url, payload) if self.way == "http" else self.slack.send(payload))

    async def seen(self, look: Callable[[], Any]) -> Any:
        """What ``look`` gives once it is true."""
        async with asyncio.timeout(20):
            while not (found := look()):
                await asyncio.sleep(0.01)
        return found

    def texts(self, channel: str = "C1") -> list[str]:
        """What the bot has said."""
        return [one["text"] for one in self.slack.messages(channel) if one["user"] != "U1"]

    def thread(self, event: dict[str, Any]) -> list[str]:
        """What the bot has said in the thread of a message."""
        said = [one for one in self.slack.messages("C1") if one.get("thread_ts") == event["ts"]]
        return [one["text"] for one in said if one["user"] != "U1"]


def story(test: Callable[[Place], Any], directory: Path, way: str, style: str, broker: str, app: str) -> None:
    """Run ``test`` on a place; every process then ends well."""

    async def main() -> None:
        async with FakeSlack(scale=SCALE) as slack:
            slack.world.ack_seconds = 1.5 * SCALE
            place = Place(slack, directory, way, style, broker)
            with place.stack:
                await asyncio.to_thread(place.start, app)
                if way == "socket":
                    await slack.socket.connected(2)
                await test(place)
                for server in place.servers:
                    server.signal(signal.SIGTERM)
                codes = [await asyncio.to_thread(server.ended, 40) for server in place.servers]
                assert codes == [0] * len(codes), place.servers[0].said

    asyncio.run(main())


async def talk(place: Place) -> None:
    """Everything that a person and Slack do to the bot."""
    slack, person = place.slack, place.slack.person()

    hello = person.says("hello")
    assert (await place.tell(hello)).acknowledged
    await place.seen(lambda: place.thread(hello) == ["hello, attempt 1"])

    fail = person.says("fail")
    failed = await place.tell(fail)
    assert (failed.acknowledged, failed.tried) == (True, 2)
    await place.seen(lambda: place.thread(fail) == ["fail, attempt 2"])

    who = person.says("who")
    await place.tell(who)
    await place.seen(lambda: place.thread(who) == ["I am UBOT1"])

    deploy = await place.does(person.command("/deploy", "payload=api"))
    assert deploy.answer == {"text": "Deploying payload=api"}
    await place.seen(lambda: "Deployed payload=api" in place.texts())

    broken = await place.does(person.command("/broken"))
    assert (broken.acknowledged, broken.tried) == (False, 1)

    assert (await place.does(person.command("/form"))).acknowledged
    [(view_id, _)] = await place.seen(lambda: [*slack.views.items()])
    towns = await place.does(person.types(view_id, "town", "Ber"))
    assert [one["value"] for one in towns.answer["options"]] == ["Bern", "Berlin"]
    short = await place.does(person.submits(view_id, {"said": "no"}))
    assert short.answer == {"response_action": "errors", "errors": {"words": "Too short"}}
    assert (await place.does(person.submits(view_id, {"said": "Well done"}))).acknowledged
    await place.seen(lambda: "U1: Well done" in place.texts())

    await place.tell(person.says("ask"))
    asked = await place.seen(lambda: [one for one in slack.messages("C1") if one["text"] == "Approve?"])
    assert (await place.does(person.uses("C1", asked[0]["ts"], "approve", "7"))).acknowledged
    await place.seen(lambda: "Approved 7" in place.texts())

    assert (await place.tell(person.reacts("C1", hello["ts"], "tada"))).acknowledged
    await place.seen(lambda: "Thanks for tada" in place.texts())


@pytest.mark.parametrize("way", ["http", "socket"])
@pytest.mark.parametrize("style", ["one", "direct", "redis"])
def test_the_same_bot_everywhere(tmp_path: Path, way: str, style: str, broker: str) -> None:
    """Messages, commands, views, menus, buttons and reactions: the same is said, whichever way and wherever."""
    story(talk, tmp_path, way, style, broker, "bot")


@pytest.mark.parametrize("way", ["http", "socket"])
def test_functions_take_messages_and_send_through_the_layer(tmp_path: Path, way: str, broker: str) -> None:
    """Event style: a route by its text, and an answer by the channel slack.send; what has no route is acknowledged."""

    async def test(place: Place) -> None:
        person = place.slack.person()
        other, hello = person.says("other"), person.says("hello")
        assert (await place.tell(other)).acknowledged
        assert (await place.tell(hello)).acknowledged
        await place.seen(lambda: place.thread(hello) == ["hello, event style"])
        assert place.thread(other) == []

    story(test, tmp_path, way, "redis", broker, "functions")
