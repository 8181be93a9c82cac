"""interfaces.slack.router: an event goes to the first route that matches, whole and with its keywords."""

import asyncio
from typing import Any

import pytest

from interfaces.cli.check import served_types
from interfaces.shared.errors import ConfigError, NoRoute
from interfaces.slack.consumer import SlackConsumer
from interfaces.slack.router import (
    SlackRouter,
    action,
    anything,
    command,
    event,
    mention,
    message,
    options,
    shortcut,
    view,
    view_closed,
)
from interfaces.testing.slack_communicator import SlackCommunicator
from tests.http_ws.harness import scene


class Heard:
    """An application that keeps what it gets."""

    def __init__(self) -> None:
        self.scopes: list[Any] = []
        self.events: list[Any] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.scopes.append(scope)
        self.events.append(await receive())

    @property
    def kwargs(self) -> list[Any]:
        """Of each call."""
        return [scope["url_route"]["kwargs"] for scope in self.scopes]


@scene
async def test_each_kind_goes_to_its_route() -> None:
    """By the path of its scope; what has no route of its own to the last."""
    apps = {name: Heard() for name in (
        "command", "action", "options", "shortcut", "view", "closed", "event", "mention", "message", "edit", "rest"
    )}  # fmt: skip
    router = SlackRouter(
        [
            command("/x", apps["command"]),
            action("x", apps["action"]),
            options("x", apps["options"]),
            shortcut("x", apps["shortcut"]),
            view("x", apps["view"]),
            view_closed("x", apps["closed"]),
            event("reaction_added", apps["event"]),
            event("message_changed", apps["edit"]),
            mention("deploy", apps["mention"]),
            message("ticket", apps["message"]),
            anything(apps["rest"]),
        ]
    )
    slack = SlackCommunicator(router)
    edit = {"subtype": "message_changed", "message": {"text": "ticket", "ts": "1.1"}}
    for call in (
        slack.command("/x"), slack.action("x"), slack.options("x"), slack.shortcut("x"), slack.view("x"),
        slack.view_closed("x"), slack.event("reaction_added"), slack.message("", **edit), slack.mention("deploy"),
        slack.message("a ticket"),
    ):  # fmt: skip
        await call
    assert {name: len(app.events) for name, app in apps.items()} == {**dict.fromkeys(apps, 1), "rest": 0}
    for call in (slack.command("/y"), slack.message("hi"), slack.mention("hi"), slack.event("team_join")):
        await call
    assert [one["type"] for one in apps["rest"].events] == [
        "slack.command", "slack.message", "slack.event", "slack.event",
    ]  # fmt: skip


@scene
async def test_the_first_route_counts() -> None:
    """In the order in which they stand there, whether they read the event or not."""
    first, second = Heard(), Heard()
    slack = SlackCommunicator(SlackRouter([message("b", first), anything(second), message("a", first)]))
    await slack.message("a b")
    await slack.message("a")
    assert [one["text"] for one in first.events] == ["a b"] and [one["text"] for one in second.events] == [
        "a"
    ]


@scene
async def test_keywords_are_those_of_the_route() -> None:
    """Beside those that somebody before has found, as those of a URLRouter."""
    heard = Heard()
    router = SlackRouter([message(r"(?P<n>\d+)", heard), action(r"a-(?P<id>.+)", heard)])
    slack = SlackCommunicator(router, scope={"url_route": {"args": (1,), "kwargs": {"n": "0", "m": "0"}}})
    await slack.message("see 12")
    await slack.action("a-b")
    assert heard.kwargs == [{"n": "12", "m": "0"}, {"n": "0", "m": "0", "id": "b"}]
    assert heard.scopes[0]["url_route"]["args"] == (1,)


@scene
async def test_who_gets_it_has_the_event_once() -> None:
    """A route that has looked into it takes nothing away, and what comes after it comes after it."""

    class Bot(SlackConsumer):
        async def slack_message(self, message: Any) -> None:
            result = await self.reply(message, "yes", wait=5)
            await self.say(result["ts"])

    router = SlackRouter([message("no", Heard()), message("hi", Bot.as_asgi())])
    said = await SlackCommunicator(router).message("hi")
    assert said.texts == ["yes", "1700000000.000001"]


@scene
async def test_what_decides_by_the_path_reads_nothing() -> None:
    """An application that never asks for its event is not waited for by the router."""

    async def deaf(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "slack.reject"})

    async def never() -> Any:
        raise AssertionError

    async def send(event: Any) -> None:
        sent.append(event)

    sent: list[Any] = []
    router = SlackRouter([message("x", deaf), command("/x", deaf)])
    await router({"type": "slack", "path": "command/x"}, never, send)
    assert sent == [{"type": "slack.reject"}]


@scene
async def test_without_a_route_there_is_none() -> None:
    """NoRoute, which names the path; for other scopes too."""
    router = SlackRouter([message("x", Heard())])
    with pytest.raises(NoRoute, match="command/y"):
        await SlackCommunicator(router).command("/y")
    with pytest.raises(NoRoute, match="'message'"):
        await SlackCommunicator(router).message("y")
    for kind in ("lifespan", "http"):
        with pytest.raises(NoRoute, match=kind):
            await router({"type": kind}, None, None)  # type: ignore[arg-type]


def test_it_says_what_it_takes() -> None:
    """So that `interfaces check` knows; and what is no route is refused at the start."""
    router = SlackRouter([command("/x", Heard()), anything(Heard())])
    assert served_types(router) == {"slack"}
    assert repr(router) == "SlackRouter(command('/x'), anything())"
    with pytest.raises(ConfigError, match="takes command"):
        SlackRouter([Heard()])  # type: ignore[list-item]


@scene
async def test_two_events_at_the_same_time_are_apart() -> None:
    """What one has seen is not given to another."""
    heard = Heard()
    slack = SlackCommunicator(SlackRouter([message("x", Heard()), message("", heard)]))
    await asyncio.gather(*(slack.message(f"{n}") for n in range(20)))
    assert [one["text"] for one in heard.events] == [f"{n}" for n in range(20)]
