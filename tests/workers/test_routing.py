"""Routing: what it serves, which events need a route, and one event handled by itself."""

import asyncio
import threading
import traceback
from types import SimpleNamespace

import pytest

from interfaces.layers.local import LocalChannelLayer
from interfaces.shared.errors import ApplicationError, NoRoute, PeerError
from interfaces.testing import HttpCommunicator, LifespanCommunicator
from interfaces.workers.background import (
    FUNCTIONS,
    background,
    consumer_failed,
    consumer_finished,
    worker_ready,
)
from interfaces.workers.message import Channel, Group
from interfaces.workers.ordering import ConsumeLater, DenyConnection
from interfaces.workers.routing import Routing, find_routing, route

REPLY = "websocket.send.x!1"


def one(message, **kwargs):
    """A consumer, named in routings by a path too."""


def two(message, **kwargs):
    """Another."""


ROUTES = [route("websocket.receive", one)]


def event(kind="websocket.receive", **keys):
    """An event as a conversation gives it."""
    return {"type": kind, "path": "/", "reply_channel": REPLY, "order": 1, **keys}


def handle(routing, given, session=None, channel=""):
    """The outcome of one event."""
    return asyncio.run(routing.handle(given, session or {}, channel))


def test_channels_that_look_wrong_are_named() -> None:
    """An event that its protocol does not have never comes; a channel that is nearly one is a guess."""
    routing = Routing(
        dict.fromkeys(["websocket.recieve", "http.get", "websockets.connect", "thumbnails.make"], one)
    )
    assert routing.check() == [
        "http.get: http has no such event; http has http.request",
        "websocket.recieve: websocket has no such event; did you mean websocket.receive?",
        "websockets.connect: no protocol's event, so a channel of your own; did you mean websocket.connect?",
    ]


def test_what_it_serves_and_what_it_works_on() -> None:
    """Scope types as Channels' router tells them, and the channels that a worker reads from the layer."""
    routing = Routing(dict.fromkeys(["websocket.receive", "thumbnails.make"], one))
    assert routing.application_mapping == {"websocket": routing}
    assert routing.background_channels() - {*FUNCTIONS} == {"thumbnails.make"}
    assert routing.channels >= {"websocket.receive", "thumbnails.make"}
    with_views = Routing(ROUTES, fallback=two)
    assert with_views.application_mapping == {"websocket": with_views, "http": two}
    assert repr(routing) == "Routing(websocket.receive, thumbnails.make)"


def test_a_routing_is_found_in_routers() -> None:
    """As long as nothing stands between that would have to run."""
    routing = Routing(ROUTES)
    router = SimpleNamespace(application_mapping={"websocket": routing, "http": two})
    assert find_routing(routing, "websocket") is find_routing(router, "websocket") is routing
    project = Routing(ROUTES, fallback=two)
    sockets = find_routing(project, "websocket")
    assert sockets.table is project.table and (sockets.fallback, project.fallback) == (None, two)
    assert find_routing(routing, "http") is find_routing(router, "http") is find_routing(None, "http") is None


def test_what_it_speaks() -> None:
    """Scopes that a route could match, whatever their events will hold; the rest is the fallback's, or nobody's."""
    routing = Routing(
        [
            route("http.request", one, path="^/pages/", method="GET"),
            route("websocket.receive", one, path="^/chat/", text="hello"),
            route("tasks", one),
        ],
        fallback=two,
    )
    for scope, spoken in [
        ({"type": "http", "method": "GET", "path": "/pages/1"}, True),
        ({"type": "http", "method": "POST", "path": "/pages/1"}, False),
        ({"type": "http", "method": "GET", "path": "/admin/"}, False),
        ({"type": "websocket", "path": "/chat/a/"}, True),
        ({"type": "websocket", "path": "/pages/1"}, False),
        ({"type": "email"}, False),
    ]:
        assert routing.speaks(scope | {"extensions": {}, "state": object()}) is spoken, scope


def test_an_event_comes_to_an_outcome() -> None:
    """What was said and what changed in the session; the event and the session that were given stay as they are."""

    def receive(message):
        message["text"] = "changed"
        message.channel_session["count"] += 1
        del message.channel_session["gone"]
        Group("g").add(message.reply_channel)
        message.reply_channel.send({"text": "hi"})

    given, session = event(text="hi"), {"count": 1, "gone": 1, "same": 1}
    outcome = handle(Routing({"websocket.receive": receive}), given, session)
    assert given["text"] == "hi" and session == {"count": 1, "gone": 1, "same": 1}
    assert (outcome.groups, outcome.sends) == ([["add", "g", REPLY]], [["channel", REPLY, {"text": "hi"}]])
    assert (outcome.changed, outcome.removed, outcome.error) == ({"count": 2}, ["gone"], "")
    outcome.merge(session)
    assert session == {"count": 2, "same": 1}


def test_plain_functions_run_on_a_thread_and_coroutines_in_the_loop() -> None:
    """So a plain one may block, and both have the same layer in use."""
    seen = []
    layer = LocalChannelLayer()

    def plain(message):
        seen.append((threading.current_thread() is threading.main_thread(), message.channel_layer is layer))

    async def coroutine(message):
        plain(message)

    def disguised(message):
        return coroutine(message)

    class Callable:
        async def __call__(self, message):
            plain(message)

    for consumer in (plain, coroutine, Callable()):
        handle(Routing({"websocket.receive": consumer}, layer=layer), event())
    handle(Routing({"websocket.receive": disguised}, layer=layer), event())
    assert seen == [(False, True), (True, True), (True, True), (True, True)]


def test_what_a_consumer_raises(caplog) -> None:
    """Nothing that it said counts; for another process the outcome names it."""
    seen = []
    fail = consumer_failed.connect(lambda **facts: seen.append(facts))

    def fails(message):
        message.reply_channel.send({"text": "lost"})
        raise ZeroDivisionError("of its own")

    routing = Routing({"websocket.receive": fails})
    try:
        with pytest.raises(ZeroDivisionError):
            handle(routing, event())
        outcome = asyncio.run(routing.attempt(event(), {}))
    finally:
        consumer_failed.disconnect(fail)
    assert (outcome.error, outcome.reason, outcome.sends) == ("raised", "ZeroDivisionError: of its own", [])
    (record,) = caplog.records
    assert record.exc_info[2].tb_frame.f_code.co_name == "fails"
    assert [type(facts["error"]) for facts in seen] == [ZeroDivisionError] * 2
    missing = asyncio.run(routing.attempt(event("http.request", order=0), {}))
    assert (missing.error, missing.reason) == ("no-route", "no route for http.request /")


def test_a_log_has_the_consumers_frames_alone() -> None:
    """In one process, too: not the dozen through which it was called."""

    def fails(message):
        raise ZeroDivisionError

    def unfit(message):
        message.channel_session["a"] = object()

    async def failed(consumer):
        with pytest.raises((ZeroDivisionError, ApplicationError)) as caught:
            await HttpCommunicator(Routing({"http.request": consumer}), "GET", "/").get_response()
        return traceback.extract_tb(caught.tb)

    for consumer, last in ((fails, "fails"), (unfit, None)):
        frames = asyncio.run(failed(consumer))
        assert not [frame for frame in frames if "interfaces/workers/" in frame.filename]
        assert last in (None, frames[-1].name)


def test_later_and_denied_are_no_errors() -> None:
    """ConsumeLater asks for the event again, DenyConnection is a refusal; both end the consumer."""
    ended = []

    def later(message):
        raise ConsumeLater

    def deny(message):
        raise DenyConnection

    listener = consumer_finished.connect(lambda message: ended.append(message.channel.name))
    try:
        assert handle(Routing({"websocket.receive": later}), event()).error == "later"
        denied = handle(Routing({"websocket.connect": deny}), event("websocket.connect"))
        assert denied.sends == [["channel", REPLY, {"accept": False}]]
    finally:
        consumer_finished.disconnect(listener)
    assert ended == ["websocket.receive", "websocket.connect"]


def test_an_error_that_knows_what_to_tell_the_peer_tells_it() -> None:
    """Its answer is all that is said, and no group is joined; without a peer, or an answer, it is raised."""

    def refuses(message):
        message.channel_session["kept"] = 1
        Group("g").add(REPLY)
        Channel("other").send({"type": "x"})
        raise PeerError("closed", {"close": 4000})

    def wordless(message):
        raise PeerError("closed", b"bytes of another protocol")

    said = handle(Routing({"websocket.receive": refuses}), event())
    assert (said.error, said.groups, said.sends) == ("", [], [["channel", REPLY, {"close": 4000}]])
    assert said.changed == {"kept": 1}
    for consumer, given in ((wordless, event()), (wordless, event(reply_channel=None))):
        with pytest.raises(PeerError, match="closed"):
            handle(Routing({"websocket.receive": consumer}), given)


def test_a_session_that_cannot_travel_is_the_consumers_mistake() -> None:
    """It is told in direct mode too, not when workers are added."""

    def receive(message):
        message.channel_session["object"] = object()

    with pytest.raises(ApplicationError, match="channel_session"):
        handle(Routing({"websocket.receive": receive}), event())


@pytest.mark.parametrize(
    ("routes", "given", "passes"),
    [
        ({"websocket.receive": one}, event("websocket.connect", order=0), True),
        ({"websocket.connect": one}, event("websocket.receive"), True),
        ({"websocket.connect": one}, event("websocket.disconnect"), True),
        ({"http.request": one}, event("websocket.connect", order=0), False),
        ([route("websocket.receive", one, path="/b")], event("websocket.connect", order=0), False),
        ([route("websocket.receive", one, text="!")], event("websocket.connect", order=0), True),
        ([route("websocket.connect", one, path="/b")], event("websocket.connect", order=0), False),
        ({"email.bounce": one}, event("email.receive", order=0), False),
        ({"email.rcpt": one}, event("email.receive", order=1), False),
        ({"email.receive": one}, event("email.result", order=1), True),
        ({"irc.message": one}, event("irc.connect", order=0), True),
        ({"irc.message": one}, event("irc.topic", order=5), True),
        ({"tasks": one}, event("unknown.word", order=0), False),
    ],
)
def test_which_events_need_a_route(routes, given, passes) -> None:
    """A connection that has other routes goes on; what has none, and any message that wants a verdict, is refused."""
    routing = Routing(routes)
    if passes:
        assert routing.match(given["type"], given) is None and handle(routing, given).sends == []
    else:
        with pytest.raises(NoRoute):
            routing.match(given["type"], given)


def test_lifespan(caplog) -> None:
    """It starts and stops, tells what looks wrong, hears its consumers, and says when one fails."""
    seen = []

    def start(message):
        seen.append("started")

    def fail(message):
        raise ZeroDivisionError

    async def run():
        app = LifespanCommunicator(Routing({"lifespan.startup": start, "websocket.recieve": one}))
        await app.startup()
        await app.shutdown()
        bad = LifespanCommunicator(Routing({"lifespan.startup": fail}))
        with pytest.raises(AssertionError, match="ZeroDivisionError"):
            await bad.startup()

    asyncio.run(run())
    assert seen == ["started"] and "did you mean websocket.receive?" in caplog.text


def test_background_work_runs_here_when_the_layer_reaches_no_other() -> None:
    """In one process nobody else would do it; what was taken is finished before the end."""
    done, ready = [], []
    layer = LocalChannelLayer()
    listener = worker_ready.connect(lambda: ready.append(1))

    @background("test.routing")
    def make(message):
        done.append(message["n"])

    async def run(routing):
        app = LifespanCommunicator(routing)
        await app.startup()
        await layer.send("test.routing", {"n": 1})
        async with asyncio.timeout(10):
            while (await layer.statistics())["messages"]:
                await asyncio.sleep(0.01)
        await app.shutdown()

    try:
        asyncio.run(run(Routing(ROUTES, layer=layer)))
        assert done == [1]
        asyncio.run(layer.send("test.routing", {"n": 2}))

        async def idle():
            app = LifespanCommunicator(Routing(ROUTES, layer=layer, run_background=False))
            await app.startup()
            await app.shutdown()

        asyncio.run(idle())
        assert done == ready == [1] and asyncio.run(layer.statistics())["messages"] == 1
    finally:
        worker_ready.disconnect(listener)
        del FUNCTIONS["test.routing"]


def test_a_channel_sends_to_its_background_function() -> None:
    """Whoever sends it: the function is found by the channel, and needs no route."""

    @background("test.routing")
    def make(message):
        Channel("other").send({"n": message["n"] + 1})

    try:
        outcome = handle(Routing([]), {"n": 1}, channel="test.routing")
    finally:
        del FUNCTIONS["test.routing"]
    assert outcome.sends == [["channel", "other", {"n": 2}]]
