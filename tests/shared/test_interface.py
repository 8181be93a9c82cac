"""The plug-in contract: what a process gives to an interface."""

import asyncio

import pytest

from interfaces.layers.local import LocalChannelLayer
from interfaces.shared.errors import ConfigError
from interfaces.shared.interface import LAST, Context, Interface


def test_readiness_goes_to_who_asked_for_it():
    """With a reason; and nowhere when nobody did."""
    told = []
    Context(on_ready=lambda *what: told.append(what)).ready("irc", False, "no such nick")
    Context().ready("irc", True)
    assert told == [("irc", False, "no such nick")]


def test_what_ends_behind_something_else_gets_what_is_left():
    """All of the drain before it begins, then its rest, and a last second, of which a shorter drain has no more."""

    async def main():
        now = asyncio.get_running_loop().time()
        assert Context(drain=30.0).left() == 30.0
        context = Context(drain=30.0, ends=now + 20)
        assert 19 < context.left() <= 20
        context.ends = now - 5
        assert context.left() == LAST
        assert Context(drain=0.2, ends=now - 5).left() == 0.2

    asyncio.run(main())


def test_top_level_channels_need_a_layer():
    """ConfigError says so; with one, its messages come."""

    class Layer:
        def consume(self, channel):
            return f"messages of {channel}"

    with pytest.raises(ConfigError, match="need a channel layer"):
        Context().outgoing("udp.send")
    assert Context(layer=Layer()).outgoing("udp.send") == "messages of udp.send"


def test_two_takers_of_a_channel_share_its_messages():
    """Each comes once; what comes after one has left is the other's."""

    async def main():
        layer = LocalChannelLayer()
        one, other = (Context(layer=layer).outgoing("udp.send") for _ in range(2))
        for number in range(4):
            await layer.send("udp.send", {"number": number})
        assert [(await anext(taker))["number"] for taker in (one, other, one)] == [0, 1, 2]
        leaving = asyncio.create_task(anext(one))
        leaving.cancel()
        assert (await anext(other))["number"] == 3

    asyncio.run(main())


def test_contexts_share_nothing():
    """What a process does not give is made for each."""
    one, other = Context(), Context()
    assert one.state is not other.state
    assert one.telemetry is not other.telemetry
    assert one.listening is not other.listening


def test_an_interface_has_to_serve():
    """Without ``serve`` it cannot be made; with it, it says what it is."""
    with pytest.raises(TypeError):
        Interface(None)

    class Mine(Interface):
        def serve(self, app, context):
            """Nothing."""

    assert repr(Mine({"bind": ()})) == "Mine({'bind': ()})"
