"""Messages, channels and groups: what is collected, what is done at once, and which layer it goes to."""

import asyncio
import sys
import threading

import pytest

from interfaces.layers.local import LocalChannelLayer
from interfaces.shared import tracing
from interfaces.shared.errors import ConfigError
from interfaces.workers import message as module
from interfaces.workers.message import (
    Channel,
    Group,
    Message,
    at_once,
    collecting,
    current_layer,
    perform,
    set_default_layer,
    set_holder,
    using_layer,
)

WAIT = 10


@pytest.fixture
def layer():
    """The process's layer while the test runs."""
    made = LocalChannelLayer()
    set_default_layer(made)
    yield made
    set_default_layer(None)


async def taken(layer, channel):
    """The next message of ``channel``."""
    async with asyncio.timeout(WAIT):
        return await layer.receive(channel)


def test_a_message_is_the_mapping_of_its_event() -> None:
    """Consumers read and change their own copy of it, and see what it came on and where answers go."""
    event = {"path": "/a", "reply_channel": "websocket.send.x!1"}
    message = Message(event, "websocket.receive", {"room": "a"})
    message["text"] = "hi"
    assert {**message} == message.content == {**event, "text": "hi"} and "text" not in event
    assert (message.channel.name, str(message.reply_channel)) == ("websocket.receive", "websocket.send.x!1")
    del message["text"]
    assert len(message) == 2 and message.get("text") is None and message.channel_session["room"] == "a"
    assert not hasattr(message, "http_session") and not hasattr(message, "user")
    assert Message({}, "tasks").reply_channel is None
    assert repr(message) == "<Message websocket.receive /a>"


@pytest.mark.parametrize("name", ["", "with space", "a" * 100, "ä", 5])
def test_names_are_those_of_a_layer(name) -> None:
    """A name that no layer takes is refused where it is written."""
    with pytest.raises(TypeError):
        Channel(name)
    with pytest.raises(TypeError):
        Group(name)
    with pytest.raises(TypeError):
        Group("a!b")


def test_channels_compare_by_name() -> None:
    """So that a reply channel can be found again in a list."""
    assert Channel("a") == Channel("a") != Channel("b") and len({Channel("a"), Channel("a")}) == 1
    assert [str(Group("g")), repr(Group("g")), repr(Channel("a"))] == ["g", "Group('g')", "Channel('a')"]


def test_what_a_consumer_says_is_collected(layer) -> None:
    """Sync and async words alike wait in their order, memberships apart; from a thread too."""

    async def run():
        with collecting() as buffer:
            Group("g").add(Channel("x!1"))
            Channel("a").send({"n": 1})
            await Channel("a").asend({"n": 2})
            await asyncio.to_thread(lambda: Group("g").send({"text": "3"}))
            await Group("g").aadd("x!2")
            await Group("g").adiscard("x!2")
            Group("g").discard("x!1")
            outcome = buffer.outcome()
        assert outcome.groups == [
            ["add", "g", "x!1"],
            ["add", "g", "x!2"],
            ["discard", "g", "x!2"],
            ["discard", "g", "x!1"],
        ]
        assert outcome.sends == [
            ["channel", "a", {"n": 1}],
            ["channel", "a", {"n": 2}],
            ["group", "g", {"type": "websocket.send", "text": "3"}],
        ]
        assert (await layer.statistics())["messages"] == 0

    asyncio.run(run())


def test_what_is_collected_is_what_it_was(layer) -> None:
    """Changing a dict after it was sent changes nothing, and what cannot cross a process is refused at once."""

    async def run():
        with collecting() as buffer:
            content = {"list": [1]}
            Channel("a").send(content)
            content["list"].append(2)
            with pytest.raises(TypeError):
                Channel("a").send({"object": object()})
            for send in (Channel("a").send, Group("a").send):
                with pytest.raises(TypeError, match=r"a dict, such as \{'text': …\}, not str"):
                    send("hello")
            Channel("a").send(Message({"n": 1}, "b"))
            assert buffer.outcome().sends == [["channel", "a", {"list": [1]}], ["channel", "a", {"n": 1}]]

    asyncio.run(run())


def test_at_once_collects_nothing(layer) -> None:
    """Within a consumer too, for what is no part of it: done when it is said, from a thread as well."""

    async def run():
        with collecting() as buffer:
            with at_once():
                await Channel("a").asend({"n": 1})
                await asyncio.to_thread(lambda: Channel("a").send({"n": 2}))
                assert [await taken(layer, "a"), await taken(layer, "a")] == [{"n": 1}, {"n": 2}]
            Channel("a").send({"n": 3})
            assert buffer.outcome().sends == [["channel", "a", {"n": 3}]]

    asyncio.run(run())


def test_immediately_does_not_wait_for_the_end(layer) -> None:
    """On a thread of the consumer it blocks until it is done; in the loop it has to be awaited."""

    async def run():
        with collecting() as buffer:
            await asyncio.to_thread(lambda: Channel("a").send({"n": 1}, immediately=True))
            await Channel("a").asend({"n": 2}, immediately=True)
            with pytest.raises(RuntimeError, match=r"await ….asend"):
                Channel("a").send({"n": 3}, immediately=True)
            assert buffer.outcome().sends == []
        assert [await taken(layer, "a"), await taken(layer, "a")] == [{"n": 1}, {"n": 2}]

    asyncio.run(run())


def test_outside_of_a_consumer_all_is_done_at_once(layer) -> None:
    """A view on a thread just sends, async code awaits, and a plain send in the loop is refused."""
    Channel("a").send({"n": 1})
    Group("g").add("member!1")
    Group("g").send({"text": "hi"})

    async def run():
        assert await taken(layer, "a") == {"n": 1}
        assert await taken(layer, "member!1") == {"type": "websocket.send", "text": "hi"}
        await Group("g").adiscard("member!1")
        await Group("g").asend({"text": "nobody"})
        await Group("g").aadd("member!1")
        await Channel("a").asend({"n": 2})
        assert await taken(layer, "a") == {"n": 2}
        assert await layer.group_channels("g") == ["member!1"]
        with pytest.raises(RuntimeError, match=r"await ….aadd"):
            Group("g").add("member!2")

    asyncio.run(run())
    Group("g").discard("member!1")
    assert asyncio.run(layer.group_channels("g")) == []


def test_without_asgiref_a_send_has_a_loop_of_its_own(layer, monkeypatch) -> None:
    """Nothing of Django is needed to send from a plain program."""
    monkeypatch.delitem(sys.modules, "asgiref.sync", raising=False)
    Channel("a").send({"n": 1})
    assert asyncio.run(taken(layer, "a")) == {"n": 1}


def test_a_task_that_outlives_its_consumer_sends_at_once(layer) -> None:
    """What it says after the end would otherwise be lost."""

    async def run():
        over = asyncio.Event()

        async def late():
            await over.wait()
            await Channel("a").asend({"n": 1})

        with collecting() as buffer:
            task = asyncio.ensure_future(late())
        over.set()
        await task
        assert buffer.outcome().sends == [] and await taken(layer, "a") == {"n": 1}

    asyncio.run(run())


def test_a_holder_decides_when(layer) -> None:
    """As a transaction does: its sends are made when it commits, in its consumer or after it; immediate ones now."""
    held = []
    set_holder(held.append)
    try:
        Channel("a").send({"n": 1})
        Channel("a").send({"n": 2}, immediately=True)
    finally:
        set_holder(None)
    held.pop()()
    assert [asyncio.run(taken(layer, "a"))["n"] for _ in range(2)] == [2, 1]


def test_which_layer_is_in_use(layer) -> None:
    """The one of this context, else that of the process."""
    other = LocalChannelLayer()
    with using_layer(other):
        assert current_layer() is other
        found = []
        thread = threading.Thread(target=lambda: found.append(current_layer()))
        thread.start()
        thread.join()
        assert found == [layer]
    assert current_layer() is layer and Message({}, "a").channel_layer is layer
    Channel("a", channel_layer=other).send({"n": 1})
    assert asyncio.run(taken(other, "a")) == {"n": 1}


def test_without_a_layer_it_says_what_is_missing(monkeypatch) -> None:
    """Groups and channels need one; reply channels of this process do not."""
    monkeypatch.setattr(module, "layer_of", lambda: None)
    for call in (lambda: Channel("a").send({}), lambda: Group("g").send({}), lambda: Group("g").add("a")):
        with pytest.raises(ConfigError, match="needs a channel layer: --layer"):
            call()

    async def run():
        name = await module.NO_LAYER.new_channel("reply")
        await perform(["channel", name, {"n": 1}])
        assert await taken(module.NO_LAYER, name) == {"n": 1}

    asyncio.run(run())


def test_what_is_sent_to_a_channel_has_the_trace_that_runs():
    """So that who takes it up elsewhere continues it; a reply to somebody has none."""
    parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    sent = []

    class Fixed:
        def current(self):
            return parent

    class Layer:
        async def send(self, channel, message):
            sent.append((channel, message))

    async def main():
        for name in ("work", "reply.a!b"):
            await Channel(name, Layer()).asend({"n": 1})

    tracing.install(Fixed())
    try:
        asyncio.run(main())
    finally:
        tracing.install(None)
    assert sent == [("work", {"n": 1, "traceparent": parent}), ("reply.a!b", {"n": 1})]
