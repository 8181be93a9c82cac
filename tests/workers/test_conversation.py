"""One scope in event style: order, sessions, the handshake, groups to the wire, requests, and what ends it."""

import asyncio
from dataclasses import asdict

import msgspec
import pytest

from interfaces.layers.local import LocalChannelLayer
from interfaces.shared.consumer import UNKNOWN, Consumer
from interfaces.shared.errors import ApplicationError, ConfigError, NoRoute, PeerGone, Unavailable
from interfaces.testing import Communicator, HttpCommunicator, WebsocketCommunicator
from interfaces.workers import conversation as module
from interfaces.workers.conversation import LATER, SKIPPED, Conversation
from interfaces.workers.message import Channel, Group
from interfaces.workers.ordering import ConsumeLater
from interfaces.workers.outcome import Outcome
from interfaces.workers.routing import Routing


class Remote:
    """A routing whose events and outcomes go through msgpack, as to a worker; ``seen`` are the events."""

    def __init__(self, routes, layer=None):
        self.routing = Routing(routes, layer=layer)
        self.layer = layer
        self.limits = (1000, 0.2)
        self.seen = []

    async def run(self, event, session):
        packed = msgspec.msgpack.encode((event, session))
        event, session = msgspec.msgpack.decode(packed)
        self.seen.append(event)
        outcome = await self.routing.attempt(event, session)
        return Outcome(**msgspec.msgpack.decode(msgspec.msgpack.encode(asdict(outcome))))

    async def __call__(self, scope, receive, send):
        await Conversation(scope, receive, send, self.run, layer=self.layer, limits=self.limits).run()


def both(routes, layer=None, **options):
    """The same routing in this process and as if in another."""
    return [Routing(routes, layer=layer, **options), Remote(routes, layer)]


def echo(message):
    """Answer what was said."""
    message.reply_channel.send({"text": message["text"]})


def run(main):
    """Run it, but not for ever."""

    async def timed():
        async with asyncio.timeout(20):
            await main

    asyncio.run(timed())


@pytest.mark.parametrize("app", both({"websocket.receive": echo}), ids=["here", "there"])
def test_an_echo_is_one_function(app) -> None:
    """It needs no layer and no accept; frames are answered in their order."""

    async def main():
        async with WebsocketCommunicator(app, "/") as client:
            assert await client.connect() == (True, None)
            for n in range(20):
                await client.send_to(text_data=str(n))
            assert [await client.receive_from() for _ in range(20)] == [str(n) for n in range(20)]

    run(main())


@pytest.mark.parametrize("index", [0, 1], ids=["here", "there"])
def test_events_come_in_order_with_what_2016_says(index) -> None:
    """Number, path and reply channel are in each, headers and the rest in the first; the session is carried on."""
    seen = []

    def hear(message):
        seen.append(dict(message.content))
        message.channel_session["count"] = message.channel_session.get("count", 0) + 1
        if message.channel.name == "websocket.receive":
            message.reply_channel.send({"text": str(message.channel_session["count"])})

    routes = dict.fromkeys(["websocket.connect", "websocket.receive", "websocket.disconnect"], hear)
    app = both(routes, LocalChannelLayer())[index]

    async def main():
        client = WebsocketCommunicator(app, "/a%20b?x=1", headers=[(b"x", b"1")], subprotocols=["p"])
        async with client:
            await client.connect()
            await client.send_to(text_data="hi")
            await client.send_to(bytes_data=b"\0")
            assert [await client.receive_from(), await client.receive_from()] == ["2", "3"]
            await client.disconnect(1001)

    run(main())
    connect, text, data, disconnect = seen
    reply = connect["reply_channel"]
    assert reply.startswith("websocket.send.")
    assert [one["order"] for one in seen] == [0, 1, 2, 3] and {one["path"] for one in seen} == {"/a b"}
    assert {one["reply_channel"] for one in seen} == {reply}
    assert connect["headers"] == [[b"x", b"1"]] and connect["query_string"] == b"x=1"
    assert connect["client"] == ["127.0.0.1", 1] and connect["subprotocols"] == ["p"]
    assert text["text"] == "hi" and "bytes" not in text and data["bytes"] == b"\0" and "headers" not in text
    assert disconnect["code"] == 1001


def answer(*messages):
    """A consumer that says these."""

    def consumer(message):
        for one in messages:
            message.reply_channel.send(one)

    return consumer


@pytest.mark.parametrize(
    ("words", "connected", "then"),
    [
        ([], (True, None), []),
        ([{"accept": True}], (True, None), []),
        ([{"text": "a"}], (True, None), ["a"]),
        ([{"text": "a"}, {"accept": True}, {"text": "b"}], (True, None), ["a", "b"]),
        ([{"accept": True, "text": "a", "subprotocol": "p"}], (True, "p"), ["a"]),
        ([{"type": "websocket.accept", "subprotocol": "p"}, {"bytes": b"b"}], (True, "p"), [b"b"]),
        ([{"text": "a", "close": 4001}], (True, None), ["a", 4001]),
        ([{"close": False}], (True, None), []),
        ([{"accept": False, "text": "ignored"}], (False, 1000), None),
        ([{"close": True}], (False, 1000), None),
        ([{"close": 4001}], (False, 4001), None),
        ([{"type": "websocket.close", "code": 4002}], (False, 4002), None),
        (
            [
                {"type": "websocket.http.response.start", "status": 402},
                {"type": "websocket.http.response.body"},
            ],
            (False, 402),
            None,
        ),
    ],
)
@pytest.mark.parametrize("layer", [None, LocalChannelLayer()], ids=["alone", "layer"])
def test_the_handshake(words, connected, then, layer) -> None:
    """Who returns without a refusal has accepted, first of all; a refusal is the first thing that is said."""
    app = Routing({"websocket.connect": answer(*words)}, layer=layer)

    async def main():
        async with WebsocketCommunicator(app, "/", subprotocols=["p"]) as client:
            assert await client.connect() == connected
            for expected in then or ():
                if isinstance(expected, int):
                    assert (await client.receive_output())["code"] == expected
                else:
                    assert await client.receive_from() == expected
            if then is None and connected[1] == 402:
                await client.receive_output()
            if then is None:
                await client.wait()
            assert not client.outputs

    run(main())


def test_a_refused_one_is_in_no_group() -> None:
    """Its membership would outlive it; those of others are made."""
    layer = LocalChannelLayer()

    def connect(message):
        Group("g").add(message.reply_channel)
        Group("g").add("other!1")
        message.reply_channel.send({"accept": False})

    async def main():
        async with WebsocketCommunicator(Routing({"websocket.connect": connect}, layer=layer), "/") as client:
            assert (await client.connect())[0] is False
        assert await layer.group_channels("g") == ["other!1"]

    run(main())


def join(message):
    """Come in and say so."""
    Group("g").send({"text": f"join {message['path']}"})
    Group("g").add(message.reply_channel)


def say(message):
    """To all."""
    Group("g").send({"text": message["text"]})


@pytest.mark.parametrize("index", [0, 1], ids=["here", "there"])
def test_groups_reach_the_wire_without_a_consumer(index) -> None:
    """Each member hears all in order, its own first word too; who left is in no group any more."""
    layer = LocalChannelLayer()
    app = both({"websocket.connect": join, "websocket.receive": say}, layer)[index]

    async def main():
        async with WebsocketCommunicator(app, "/1") as one:
            await one.connect()
            assert await one.receive_from() == "join /1"
            async with WebsocketCommunicator(app, "/2") as two:
                await two.connect()
                assert [await one.receive_from(), await two.receive_from()] == ["join /2", "join /2"]
                await two.send_to(text_data="hello")
                assert [await one.receive_from(), await two.receive_from()] == ["hello", "hello"]
                await layer.group_send("g", {"bytes": b"from a view"})
                assert [await one.receive_from(), await two.receive_from()] == [
                    b"from a view",
                    b"from a view",
                ]
                await two.disconnect()
            assert len(await layer.group_channels("g")) == 1
            await layer.group_send("g", {"close": 4000})
            assert (await one.receive_output())["code"] == 4000
            await one.disconnect()
        assert await layer.group_channels("g") == []

    run(main())


def test_own_words_stay_in_order_with_the_groups() -> None:
    """Within one event and from one to the next, sync and async."""
    layer = LocalChannelLayer(capacity=5)

    async def receive(message):
        message.reply_channel.send({"text": message["text"] + "1"})
        Group("g").send({"text": message["text"] + "2"})
        message.reply_channel.send({"text": message["text"] + "3"})

    app = Routing({"websocket.connect": join, "websocket.receive": receive}, layer=layer)

    async def main():
        async with WebsocketCommunicator(app, "/") as client:
            await client.connect()
            await client.receive_from()
            for word in "abcdefgh":
                await client.send_to(text_data=word)
            got = [await client.receive_from() for _ in range(24)]
            assert got == [word + n for word in "abcdefgh" for n in "123"]

    run(main())


@pytest.mark.parametrize(
    ("message", "why"),
    [
        ({"type": "chat.said", "text": "for class consumers"}, "websocket unknown"),
        ({"type": "websocket.http.response.start", "status": 200}, "websocket unknown"),
        ({"text": 5}, "websocket malformed"),
        ({"type": "websocket.send", "text": b"bytes"}, "websocket malformed"),
        ({"nothing": "known"}, "websocket malformed"),
        ({"type": ["unhashable"]}, "websocket malformed"),
        ({"text": "x", "close": [1000]}, "websocket malformed"),
        ({"close": float("inf")}, "websocket malformed"),
    ],
)
def test_what_the_wire_cannot_take_is_counted(message, why) -> None:
    """It ends nobody's connection, whoever sent it; an accept changes nothing by then."""
    layer = LocalChannelLayer()
    app = Routing({"websocket.connect": join, "websocket.receive": echo}, layer=layer)

    async def main():
        async with WebsocketCommunicator(app, "/") as client:
            await client.connect()
            await client.receive_from()
            before = SKIPPED[why]
            await layer.group_send("g", message)
            await layer.group_send("g", {"accept": True, "text": "next"})
            assert await client.receive_from() == "next"
            assert SKIPPED[why] == before + 1

    run(main())


def test_what_an_interface_refuses_ends_no_member() -> None:
    """A message that only the interface can judge is logged where it came from elsewhere."""
    layer = LocalChannelLayer()
    refused = []

    async def main():
        inbox = asyncio.Queue()

        async def send(event):
            if event.get("code") == 3:
                refused.append(event)
                raise RuntimeError("no such code")

        scope = {"type": "websocket", "path": "/"}
        routing = Routing({"websocket.connect": join}, layer=layer)
        task = asyncio.ensure_future(Conversation(scope, inbox.get, send, routing.handle, layer=layer).run())
        await inbox.put({"type": "websocket.connect"})
        while not await layer.group_channels("g"):
            await asyncio.sleep(0)
        await layer.group_send("g", {"close": 3})
        while not refused:
            await asyncio.sleep(0)
        await inbox.put({"type": "websocket.disconnect", "code": 1000})
        await task

    run(main())


@pytest.mark.parametrize("app", both({"websocket.receive": answer({"text": 5})}), ids=["here", "there"])
def test_a_reply_that_means_nothing_is_the_consumers_mistake(app) -> None:
    """Its own words are told from those of others."""

    async def main():
        client = WebsocketCommunicator(app, "/")
        await client.connect()
        await client.send_to(text_data="x")
        with pytest.raises(ApplicationError, match="text is a str"):
            await client.wait()

    run(main())


def fail(message):
    """Raise."""
    message.reply_channel.send({"text": "lost"})
    raise ZeroDivisionError


def test_what_is_raised_ends_the_scope() -> None:
    """As of any ASGI application; from another process it comes by name."""

    async def main():
        for app, kind in zip(
            both({"websocket.receive": fail}), (ZeroDivisionError, ApplicationError), strict=True
        ):
            client = WebsocketCommunicator(app, "/")
            await client.connect()
            await client.send_to(text_data="x")
            with pytest.raises(kind):
                await client.wait()
            assert not client.outputs
        for app in both({"websocket.connect": fail}):
            with pytest.raises(Exception, match=r"ZeroDivisionError|^$"):
                await WebsocketCommunicator(app, "/").connect()

    run(main())


def test_no_route_is_told_before_anything_is_asked() -> None:
    """By a path that no route can match; where only the worker knows, by its outcome."""

    async def main():
        with pytest.raises(NoRoute):
            await WebsocketCommunicator(Routing({"http.request": echo}), "/").connect()
        with pytest.raises(NoRoute, match=r"websocket.connect /"):
            await WebsocketCommunicator(Remote({"http.request": echo}), "/").connect()

    run(main())


def test_an_event_that_asks_for_later_is_tried_again(monkeypatch) -> None:
    """Nothing of a try that gave up counts, the next event waits, and in the end the peer is to try again."""
    monkeypatch.setattr(module, "LATER", (0, 0))
    tries = []

    def receive(message):
        tries.append(message["text"])
        message.channel_session["n"] = message.channel_session.get("n", 0) + 1
        message.reply_channel.send({"text": f"{message['text']} {message.channel_session['n']}"})
        if len(tries) < 3 or message["text"] == "never":
            raise ConsumeLater

    async def main():
        for app in both({"websocket.receive": receive}):
            tries.clear()
            client = WebsocketCommunicator(app, "/")
            await client.connect()
            await client.send_to(text_data="a")
            await client.send_to(text_data="b")
            assert [await client.receive_from(), await client.receive_from()] == ["a 1", "b 2"]
            assert tries == ["a", "a", "a", "b"]
            await client.send_to(text_data="never")
            with pytest.raises(Unavailable, match="later once too often"):
                await client.wait()

    run(main())
    assert len(LATER) > 3


def test_a_lost_broker_ends_the_scope() -> None:
    """With what the layer says; the reader's failure is the scope's."""

    class Broken(LocalChannelLayer):
        async def receive(self, channel, *more):
            raise Unavailable("the broker is gone")

    async def main():
        client = WebsocketCommunicator(Routing({"websocket.receive": echo}, layer=Broken()), "/")
        await client.connect()
        with pytest.raises(Unavailable, match="the broker is gone"):
            await client.wait()

    run(main())


def test_a_full_channel_is_tried_again_and_then_refused(monkeypatch) -> None:
    """A queue that nobody reads does not hold a connection for ever, and nothing is lost unsaid."""
    monkeypatch.setattr(module, "FULL", 0.05)
    layer = LocalChannelLayer(capacity=1)

    def receive(message):
        Channel("tasks").send({})

    async def main():
        client = WebsocketCommunicator(Routing({"websocket.receive": receive}, layer=layer), "/")
        await client.connect()
        await client.send_to(text_data="x")
        await client.send_to(text_data="x")
        with pytest.raises(Unavailable, match="channel tasks is full"):
            await client.wait()

    run(main())


def page(message):
    """Answer with what was asked."""
    text = f"{message['method']} {message['path']} {message['body']!r} {message['order']}"
    message.reply_channel.send({"status": 201, "headers": {"Content-Type": "text/plain"}, "content": text})


@pytest.mark.parametrize("app", both({"http.request": page}), ids=["here", "there"])
def test_a_request_is_one_event_with_its_whole_body(app) -> None:
    """And its answer one message."""

    async def main():
        async with HttpCommunicator(app, "POST", "/a", [b"one ", b"two"]) as client:
            response = await client.get_response()
        assert (response.status, response.body) == (201, b"POST /a b'one two' 0")
        assert response.headers == [(b"content-type", b"text/plain")]

    run(main())


def test_a_response_can_come_in_parts_and_from_elsewhere() -> None:
    """The consumer hands the reply channel on; who has it answers, with or without a layer."""
    names = []

    def begin(message):
        message.reply_channel.send({"status": 200, "content": "a", "more_content": True})
        message.reply_channel.send({"content": b"b", "more_content": True})
        names.append(message.reply_channel)

    async def main():
        for layer in (None, LocalChannelLayer()):
            async with HttpCommunicator(Routing({"http.request": begin}, layer=layer), "GET", "/") as client:
                asking = asyncio.ensure_future(client.get_response())
                while not names:
                    await asyncio.sleep(0)
                channel = Channel(names.pop().name, channel_layer=layer)
                await channel.asend({"type": "chat.said"})
                await channel.asend({"content": b"c"})
                assert (await asking).body == b"abc"

    run(main())


def test_a_request_that_nobody_answers_is_unavailable() -> None:
    """503 after a while, or broken off when it had begun; one whose client has gone is just over."""

    async def main():
        app = Routing({"http.request": answer()}, limits=(1000, 0.05))
        response = await HttpCommunicator(app, "GET", "/").get_response()
        assert response.status == 503 and response.header(b"retry-after") == b"1"
        begun = Routing({"http.request": answer({"status": 200, "more_content": True})}, limits=(1000, 0.05))
        with pytest.raises(Unavailable, match=r"no answer in 0.05 s"):
            await HttpCommunicator(begun, "GET", "/").get_response()
        client = HttpCommunicator(Routing({"http.request": answer()}), "GET", "/")
        await client.send_input({"type": "http.request", "body": b"", "more_body": False})
        await client.finish({"type": "http.disconnect"})
        early = HttpCommunicator(Routing({"http.request": page}), "GET", "/")
        await early.finish({"type": "http.disconnect"})
        assert not client.outputs and not early.outputs

    run(main())


def test_a_body_has_a_limit() -> None:
    """413, before all of it was read."""

    async def main():
        app = Routing({"http.request": page}, limits=(5, 1))
        client = HttpCommunicator(app, "POST", "/", [b"1234", b"56", b"never read"])
        assert (await client.get_response()).status == 413

    run(main())


def test_requests_without_a_route_go_to_the_fallback() -> None:
    """As they came: Django's views serve what no consumer wants."""

    async def views(scope, receive, send):
        body = (await receive())["body"]
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": b"view " + body})

    routing = Routing({"websocket.receive": echo}, fallback=views)

    async def main():
        async with HttpCommunicator(routing, "POST", "/", b"x") as client:
            assert (await client.get_response()).body == b"view x"
        with pytest.raises(NoRoute):
            await Communicator(routing, {"type": "email"}).finish()

    run(main())


@pytest.mark.parametrize(
    ("words", "verdict"),
    [
        ([], ("accept", None)),
        ([{"type": "email.reject", "code": 550}], ("reject", 550)),
        ([{"type": "email.defer", "code": 451}], ("defer", 451)),
    ],
)
@pytest.mark.parametrize("layer", [None, LocalChannelLayer()], ids=["alone", "layer"])
def test_a_delivery_ends_with_a_verdict(words, verdict, layer) -> None:
    """Of its consumer, or by its return; the keys of its scope and of its event stand side by side."""
    seen = []

    def receive(message):
        seen.append((message["transaction_id"], message["subject"], message["order"]))
        answer(*words)(message)

    scope = {
        "type": "email",
        "transaction_id": "t1",
        "path": "example.org/support",
        "rcpt_to": [{"local": "a"}],
    }

    async def main():
        for app in both({"email.receive": receive}, layer):
            found = await Communicator(app, scope).verdict({"type": "email.receive", "subject": "Hello"})
            assert (found.word, found.event and found.event["code"]) == verdict

    run(main())
    assert seen == [("t1", "Hello", 0)] * 2


def test_a_delivery_that_fails_is_deferred() -> None:
    """By an exception, or refused for good where there is no route."""

    async def main():
        found = await Communicator(Routing({"sms.receive": fail}), {"type": "sms"}).verdict(
            {"type": "sms.receive"}
        )
        assert found.word == "defer" and isinstance(found.error, ZeroDivisionError)
        found = await Communicator(Routing({"sms.status": fail}), {"type": "sms"}).verdict(
            {"type": "sms.receive"}
        )
        assert isinstance(found.error, NoRoute)

    run(main())


def test_an_irc_connection() -> None:
    """A gateway asks for an accept and a client does not; a reply without a type is said; results come as events."""
    layer = LocalChannelLayer()
    results = []

    def connect(message):
        Group("g").add(message.reply_channel)

    def heard(message):
        message.reply_channel.send({"target": "#a", "text": message["text"]})

    def result(message):
        results.append((message["id"], message["order"]))
        message.reply_channel.send({"target": "#a", "text": "result"})

    routes = {"irc.connect": connect, "irc.message": heard, "irc.result": result}

    async def main():
        for mode, app in [("gateway", both(routes, layer)[0]), ("client", both(routes, layer)[1])]:
            async with Communicator(app, {"type": "irc", "mode": mode}) as client:
                await client.send_input({"type": "irc.connect", "nick": "a"})
                if mode == "gateway":
                    assert await client.receive_output() == {"type": "irc.accept"}
                await client.send_input({"type": "irc.message", "text": "hi"})
                assert await client.receive_output() == {"type": "irc.send", "target": "#a", "text": "hi"}
                await layer.group_send("g", {"type": "irc.send", "target": "#b", "text": "all"})
                assert (await client.receive_output())["target"] == "#b"
                await layer.group_send("g", {"type": "irc.result", "id": "1"})
                assert (await client.receive_output())["text"] == "result"
                await layer.group_send("g", {"type": "websocket.send", "text": "of another protocol"})
                await client.finish({"type": "irc.disconnect"})

    run(main())
    assert results == [("1", 2), ("1", 2)]


def test_cancelling_leaves_nothing() -> None:
    """No member, no task, no message."""
    layer = LocalChannelLayer()

    async def main():
        client = WebsocketCommunicator(Routing({"websocket.connect": join}, layer=layer), "/")
        await client.connect()
        await client.receive_from()
        client.stop()
        await client.session.wait(5)
        assert await layer.group_channels("g") == [] and len(asyncio.all_tasks()) <= 2
        assert (await layer.statistics())["receivers"] == 0

    run(main())


def test_who_has_gone_is_told_nothing_and_ends_well() -> None:
    """A send after the end is no mistake: the disconnect is on its way, and its consumer runs."""
    seen = []

    def disconnect(message):
        seen.append(message["code"])
        message.reply_channel.send({"text": "nobody hears"})

    async def main():
        inbox = asyncio.Queue()

        async def send(event):
            if event["type"] != "websocket.accept":
                raise PeerGone("gone")

        scope = {"type": "websocket", "path": "/"}
        routing = Routing({"websocket.receive": echo, "websocket.disconnect": disconnect})
        task = asyncio.ensure_future(Conversation(scope, inbox.get, send, routing.handle).run())
        for event in ({"type": "websocket.connect"}, {"type": "websocket.receive", "text": "x"}):
            await inbox.put(event)
        await inbox.put({"type": "websocket.disconnect", "code": 1006})
        await task

    run(main())
    assert seen == [1006]


def test_a_membership_that_cannot_be_ended_is_logged(caplog) -> None:
    """It expires by itself."""

    class Broken(LocalChannelLayer):
        async def group_discard(self, group, channel):
            raise Unavailable("no broker")

    async def main():
        async with WebsocketCommunicator(Routing({"websocket.connect": join}, layer=Broken()), "/") as client:
            await client.connect()
            await client.receive_from()

    run(main())
    assert "could not leave the group g: no broker" in caplog.text


def test_without_a_layer_a_group_is_a_mistake_with_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody would ever hear it."""
    monkeypatch.setattr("interfaces.workers.message.layer_of", lambda: None)  # other tests set Django up

    async def main():
        client = WebsocketCommunicator(Routing({"websocket.connect": join}), "/")
        with pytest.raises(ConfigError, match=r"Group\('g'\)\.add needs a channel layer"):
            await client.connect()

    run(main())


def test_a_group_may_have_class_consumers_too() -> None:
    """They get what has their handler's name; what they do not know is counted and ends none of them."""
    layer = LocalChannelLayer()
    heard = asyncio.Queue()

    class Hears(Consumer):
        """Has a handler for what is sent to sockets."""

        groups = ("g",)

        async def websocket_send(self, message):
            """Keep it."""
            await heard.put(message["text"])

    class Deaf(Consumer):
        """Has none."""

        groups = ("g",)

    async def main():
        before = UNKNOWN[f"{Deaf.__name__} websocket.send"]
        async with (
            Communicator(Hears.as_asgi(channel_layer=layer), {"type": "irc"}) as hears,
            Communicator(Deaf.as_asgi(channel_layer=layer), {"type": "irc"}) as deaf,
        ):
            await hears.receive_nothing()
            await deaf.receive_nothing()
            async with WebsocketCommunicator(
                Routing({"websocket.connect": join}, layer=layer), "/"
            ) as client:
                await client.connect()
                assert await client.receive_from() == "join /"
            assert await heard.get() == "join /"
            await layer.group_send("g", {"close": True})
            assert await deaf.receive_nothing()
        assert UNKNOWN[f"{Deaf.__name__} websocket.send"] == before + 1

    run(main())
