"""Routes: their forms, filters and includes, and what is refused when a routing is made."""

import asyncio
import re

import pytest

from interfaces.shared.errors import ConfigError, NoRoute
from interfaces.workers.event_consumer import EventConsumer
from interfaces.workers.routes import Table
from interfaces.workers.routing import Routing, include, route, route_class


def one(message, **kwargs):
    """A consumer, named in routings by a path too."""


def two(message, **kwargs):
    """Another."""


ROUTES = [route("websocket.receive", one)]
HERE = __name__


def found(routing, channel, **event):
    """(consumer, kwargs) of the route."""
    match = routing.match(channel, event)
    return match and (match.consumer, match.kwargs)


def event(kind="email.receive", **keys):
    """An event as a conversation gives it."""
    return {"type": kind, "path": "/", "reply_channel": "email.send.x!1", "order": 0, **keys}


@pytest.mark.parametrize(
    "routes",
    [
        ROUTES,
        tuple(ROUTES),
        {"websocket.receive": one},
        {"websocket.receive": f"{HERE}.one"},
        [route("websocket.receive", f"{HERE}.one")],
        f"{HERE}.ROUTES",
        [include(f"{HERE}.ROUTES")],
        [include({"websocket.receive": one})],
        [route(["websocket.receive", "tasks"], one)],
        Routing(ROUTES),
        [include(Routing(ROUTES))],
    ],
    ids=lambda routes: re.sub("0x.*", "", str(routes))[:60],
)
def test_a_routing_has_many_forms(routes) -> None:
    """A list, a dict, a path to either, and one inside another say the same."""
    assert found(Routing(routes), "websocket.receive") == (one, {})


def test_filters_match_from_the_start_and_give_keywords() -> None:
    """Any key can be asked for, of str, bytes or a number; all have to match; the first route wins."""
    routing = Routing(
        [
            route("http.request", one, path=r"^/(?P<year>\d+)/$", method=b"^(?P<method>GET|HEAD)$"),
            route("http.request", two, query_string=r"(?P<key>\w+)=", order="0"),
            route("http.request", one, path="/a"),
        ]
    )
    assert found(routing, "http.request", path="/2016/", method="GET") == (
        one,
        {"year": "2016", "method": "GET"},
    )
    query = {"query_string": b"key=1", "order": 0}
    assert found(routing, "http.request", path="/2016/", method="POST", **query) == (two, {"key": "key"})
    assert found(routing, "http.request", path="/abc", **query)[0] is two
    assert found(routing, "http.request", path="/abc") == (one, {})
    with pytest.raises(NoRoute, match=r"http.request /b/a"):
        routing.match("http.request", {"path": "/b/a"})


def test_an_include_cuts_off_what_it_matched() -> None:
    """The routes in it look at the rest, also through several includes and inside a Routing; keywords add up."""
    chat = [route("websocket.connect", one, path=r"^/(?P<room>\w+)/$"), route("websocket.receive", two)]
    routing = Routing(
        [include(chat, path=r"^/(?P<site>\w+)/chat"), include([include(chat, path="/b")], path="/a")]
    )
    assert found(routing, "websocket.connect", path="/x/chat/lobby/") == (one, {"site": "x", "room": "lobby"})
    assert found(routing, "websocket.connect", path="/a/b/lobby/") == (one, {"room": "lobby"})
    assert found(routing, "websocket.receive", path="/a/b/anything") == (two, {})
    nested = Routing([include(Routing(chat), path="/n")])
    assert found(nested, "websocket.connect", path="/n/lobby/") == (one, {"room": "lobby"})
    with pytest.raises(NoRoute):
        routing.match("websocket.connect", {"path": "/lobby/"})


def test_of_several_values_the_first_that_matches_counts() -> None:
    """A recipient is found among all, gives the keywords, and is what the consumer sees as to_address."""
    seen = []

    def ticket(message, number):
        seen.append((message["to_address"], message["to"], number))

    routing = Routing([route("email.receive", ticket, to_address=r"support\+(?P<number>\d+)@")])
    to = ["sales@example.org", "support+7@example.org", "support+8@example.org"]
    asyncio.run(routing.handle(event(to=to, to_address=to[0]), {}))
    asyncio.run(routing.handle(event(to=to[1:], to_address=to[1:]), {}))
    assert seen == [(to[1], to, "7"), (to[1], to[1:], "7")]
    with pytest.raises(NoRoute):
        routing.match("email.receive", event("email.receive", to=to[:1], to_address=to[0]))
    with pytest.raises(NoRoute):
        routing.match("email.receive", event("email.receive", to_address=None))


class Chat(EventConsumer):
    """Of two channels."""

    def websocket_connect(self, message, room):
        """Ask nobody."""


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Routing("no.such.module"), "routing 'no.such.module' cannot be imported"),
        (lambda: Routing(f"{HERE}.missing"), "cannot be imported"),
        (lambda: Routing({"tasks": "nodots"}), "consumer 'nodots' cannot be imported"),
        (lambda: Routing({"tasks": 7}), "consumer of tasks is 7"),
        (lambda: Routing([one]), "a routing has route()"),
        (lambda: Routing(5), "a routing is a list"),
        (lambda: Routing([route("tasks", one, path="(")]), "is no regular expression"),
        (lambda: Routing([route("tasks", one, path=r"/(\d+)")]), "give each group a name"),
        (lambda: Routing([route_class(one)]), r"route_class\(\) takes an EventConsumer"),
        (lambda: Routing([route("websocket.connect", Chat)]), r"use route_class\(\)"),
    ],
)
def test_a_mistake_is_found_when_the_routing_is_made(make, words) -> None:
    """In one line that says which part of it is wrong."""
    with pytest.raises(ConfigError, match=words):
        make()


def test_a_table_knows_what_could_match() -> None:
    """With the keys that there are so far, and for the channels that are asked for."""
    table = Table.of([route("websocket.receive", one, path="/a", text="!"), route("tasks", two)])
    assert table.may_match(lambda channel: channel.startswith("websocket."), {"path": "/a"})
    assert not table.may_match(lambda channel: channel.startswith("websocket."), {"path": "/b"})
    assert not table.may_match(lambda channel: channel.startswith("http."), {"path": "/a"})
    assert table.match("websocket.receive", {"path": "/a"}) is None and table.match("none", {}) is None
