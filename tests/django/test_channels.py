"""Scopes of type ``channel``, and layers that read one channel at a time."""

import asyncio

from channels.layers import InMemoryChannelLayer

from interfaces.django.channels import ChannelScopes, names_of
from interfaces.django.layer import Each
from interfaces.layers.local import LocalChannelLayer
from interfaces.shared.errors import NoRoute
from interfaces.workers.background import Background
from interfaces.workers.outcome import ConsumeLater


class Heard:
    """An application in the manner of Channels' consumers: it asks for events for ever."""

    def __init__(self):
        self.events = []
        self.scopes = []
        self.cancelled = 0

    async def __call__(self, scope, receive, send):
        self.scopes.append(scope)
        try:
            while True:
                message = await receive()
                if message["type"] in ERRORS:
                    raise ERRORS[message["type"]]
                if message["type"] == "answer":
                    await send({"type": "x"})
                if message["type"] == "slow":
                    await asyncio.sleep(0)
                self.events.append(message)
                if message["type"] == "return":
                    return
        except asyncio.CancelledError:
            self.cancelled += 1
            raise


ERRORS = {"fail": ZeroDivisionError("x"), "later": ConsumeLater(), "nowhere": NoRoute("no such channel")}


async def attempt(message):
    """The application, the outcome and the counts of one message."""
    app, counts = Heard(), {}
    outcome = await ChannelScopes(app, counts.__setitem__).attempt(message, {}, "work")
    return app, outcome, counts


def test_a_message_is_handled_when_the_next_is_asked_for():
    """Then the instance is cancelled; one that returns is not."""
    for kind, cancelled in [("do", 1), ("slow", 1), ("return", 0)]:
        app, outcome, counts = asyncio.run(attempt({"type": kind}))
        assert app.events == [{"type": kind}]
        assert app.scopes == [{"type": "channel", "channel": "work", "asgi": {"version": "3.0"}}]
        assert (outcome.error, counts, app.cancelled) == ("", {}, cancelled)


def test_a_message_without_type_is_counted(caplog):
    """The application is not called; Channels' worker would have ended."""
    for message in ({}, {"type": ""}, {"type": 3}, {"type": None}):
        app, outcome, counts = asyncio.run(attempt(message))
        assert not app.scopes
        assert (outcome.error, counts) == ("", {"channel.typeless": 1})
    assert "without a type" in caplog.text


def test_what_a_consumer_raises(caplog):
    """It ends that message alone, told and counted; ConsumeLater says that it is to come again."""
    for kind, error, counted in [
        ("fail", "raised", "channel.raised"),
        ("nowhere", "no-route", "channel.no_route"),
        ("answer", "raised", "channel.raised"),
    ]:
        _, outcome, counts = asyncio.run(attempt({"type": kind}))
        assert (outcome.error, counts) == (error, {counted: 1})
    assert "nobody to answer" in caplog.text
    assert asyncio.run(attempt({"type": "later"}))[1].error == "later"


def test_names_of_a_router():
    """Those of the ChannelNameRouter; of anything else none."""

    class Router:
        def __init__(self, mapping):
            self.application_mapping = mapping

    assert names_of(Router({"channel": Router({"b": 1, "a": 2})})) == ["a", "b"]
    for app in (Router({}), Router({"channel": object()}), object()):
        assert names_of(app) == []


def test_several_channels_of_a_layer_that_reads_one():
    """Channels' own layer: both are served, in turn."""

    async def main():
        layer = InMemoryChannelLayer()
        each = Each(layer)
        for n in range(3):
            await layer.send("a", {"n": n})
            await layer.send("b", {"n": n})
        found = [await each.receive_any(["a", "b"]) for _ in range(6)]
        assert {name for name, _ in found[:2]} == {"a", "b"}
        assert [message["n"] for name, message in found if name == "a"] == [0, 1, 2]
        await each.send_later("a", {"n": 9}, 0)
        await layer.send("b", {"n": 9})
        name, _ = await each.receive_any(["a", "b"])
        await each.close()  # what was received of the other is given back
        assert await layer.receive("b" if name == "a" else "a") == {"n": 9}

    asyncio.run(main())


def test_with_background_messages_run_side_by_side():
    """As many as its concurrency; one that fails is one less, and cancelling finishes what was taken."""

    async def main():
        layer, running, most, done = LocalChannelLayer(), set(), [0], []

        async def app(scope, receive, send):
            message = await receive()
            running.add(message["n"])
            most[0] = max(most[0], len(running))
            await asyncio.sleep(0.001)
            running.discard(message["n"])
            if message["n"] == 3:
                raise ZeroDivisionError
            done.append(message["n"])

        for n in range(20):
            await layer.send("work", {"type": "do", "n": n})
        scopes = ChannelScopes(app, lambda name, by: None)
        work = asyncio.ensure_future(Background(scopes.attempt, lambda: ["work"], layer, concurrency=5).run())
        while len(done) < 10:
            await asyncio.sleep(0)
        work.cancel()
        await asyncio.wait({work})
        assert not running
        left = (await layer.statistics())["messages"]
        assert len(done) == len(set(done)) == 20 - 1 - left
        assert most[0] == 5

    asyncio.run(main())
