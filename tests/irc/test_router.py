"""interfaces.irc.router and interfaces.irc.routes: a connection goes to the first route that matches its path."""

import re
from typing import Any

import pytest

from interfaces.cli.check import served_types
from interfaces.irc.consumer import IrcConsumer
from interfaces.irc.router import IrcRouter, anything, client, gateway
from interfaces.shared.errors import ConfigError, NoRoute
from interfaces.testing.irc_communicator import IrcCommunicator
from tests.http_ws.harness import scene


class Named(IrcConsumer):
    """Says its name, and what the route has found."""

    name = ""

    async def irc_message(self, message: Any) -> None:
        """Answer."""
        await self.reply(message, f"{self.name} {self.scope['url_route']['kwargs']}")


ROUTER = IrcRouter(
    [
        client("libera", Named.as_asgi(name="libera")),
        client(r"test-(?P<number>\d+)", Named.as_asgi(name="test")),
        client("a.b", Named.as_asgi(name="dotted")),
        gateway(Named.as_asgi(name="inner"), "inner"),
        gateway(Named.as_asgi(name="gateway")),
    ]
)


async def answer(app: Any, mode: Any, network: str, **scope: Any) -> str:
    """What the application of the route says."""
    async with IrcCommunicator(app, mode=mode, network=network, scope=scope) as irc:
        await irc.connect()
        [text] = (await irc.say("hi")).texts
    return str(text)


@scene
async def test_the_first_route_that_matches_has_the_connection() -> None:
    """By mode and network, a name as it is or a pattern of all of it."""
    assert await answer(ROUTER, "client", "libera") == "libera {}"
    assert await answer(ROUTER, "client", "test-12") == "test {'number': '12'}"
    assert await answer(ROUTER, "client", "a.b") == "dotted {}"
    assert await answer(ROUTER, "gateway", "inner") == "inner {}"
    assert await answer(ROUTER, "gateway", "libera") == "gateway {}"
    assert await answer(IrcRouter([anything(Named.as_asgi(name="x"))]), "client", "oftc") == "x {}"


@scene
async def test_keywords_are_beside_those_of_others() -> None:
    """As behind any router of Channels."""
    outer = {"args": (1,), "kwargs": {"a": "0"}}
    assert await answer(ROUTER, "client", "test-1", url_route=outer) == "test {'a': '0', 'number': '1'}"


@pytest.mark.parametrize(
    ("mode", "network"), [("client", "oftc"), ("client", "test-12x"), ("client", "libera2")]
)
@scene
async def test_what_has_no_route_is_said(mode: Any, network: str) -> None:
    """And so is a scope of another protocol."""
    with pytest.raises(NoRoute, match=f"no route for 'client/{network}'"):
        await answer(ROUTER, mode, network)
    with pytest.raises(NoRoute, match="takes IRC, not 'http'"):
        await ROUTER({"type": "http"}, None, None)


def test_mistakes_are_told_at_once() -> None:
    """What is no route, no application, no pattern, or a group that has no name."""
    app = Named.as_asgi()
    for make, words in (
        (lambda: IrcRouter([app]), "IrcRouter takes client"),
        (lambda: client("x", None), "None is no application"),
        (lambda: gateway(1), "1 is no application"),
        (lambda: client("", app), "write the name of a network"),
        (lambda: client("(", app), "no regular expression"),
        (lambda: client("(a)", app), "give each group a name"),
    ):
        with pytest.raises(ConfigError, match=words):
            make()


def test_a_router_says_what_it_takes() -> None:
    """To ``interfaces check``, and to who prints it."""
    assert served_types(ROUTER) == {"irc"}
    shown = repr(IrcRouter([client(re.compile("a|b"), ROUTER), gateway(ROUTER), anything(ROUTER)]))
    assert shown == "IrcRouter(client('a|b'), gateway(), anything())"
