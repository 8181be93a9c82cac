"""The sender of a process, whatever it sends: where messages wait, and its life."""

import asyncio

import pytest

from interfaces.layers.dispatching import Waiting, dispatching, layer_of
from interfaces.layers.local import LocalChannelLayer
from interfaces.layers.posting import Posting
from interfaces.shared.errors import ConfigError, Unavailable
from interfaces.shared.interface import Context
from interfaces.shared.outbox import Outbox
from interfaces.shared.sendings import Tried
from interfaces.shared.waiting import MemoryStore

CHANNEL = "sms.send"


class Way:
    """Sends everything, into a list."""

    name, result = CHANNEL, "sms.result"

    def __init__(self):
        self.sent = []
        self.go = asyncio.Event()
        self.go.set()

    def place(self, message):
        return ""

    async def attempt(self, sending):
        await self.go.wait()
        self.sent.append(sending.message["text"])
        return Tried(state="sent", told={"ok": True})

    def unknown(self, sending):
        return Tried(state="uncertain", told={"ok": False})

    def given_up(self, sending, reason):
        return Tried(state="failed", told={"ok": False, "error": reason})


class Layer(LocalChannelLayer):
    """Has a store of its own making."""

    def __init__(self, store=MemoryStore):
        super().__init__()
        self.made = store

    def store(self, channel, redact=None):
        self.redact = redact
        return self.made(self.consume(channel))


async def unchecked(message):
    """Whatever it is."""


def run(main):
    """Run a coroutine function; it must not take longer than 10 s."""
    return asyncio.run(asyncio.wait_for(main(), 10))


async def until(true):
    """Wait until it is."""
    async with asyncio.timeout(5):
        while not true():
            await asyncio.sleep(0.001)


def made(layer, waiting=None, **context):
    """A posting, an outbox, a way and a context."""
    told = {}
    given = Context(layer=layer, drain=5, on_ready=lambda *said: told.update({said[0]: said}), **context)
    post = Posting(layer, CHANNEL, "sms.result", unchecked)
    store = (waiting or Waiting(channel=CHANNEL)).store(given, post)
    way = Way()
    outbox = Outbox(way, store, layer.send, count=given.telemetry.count)
    return post, outbox, way, given, told


def test_what_is_put_goes_out_until_the_end():
    """It is ready, says where it waits and by which way it goes; what was put before the end is sent, too."""

    async def main():
        async with layer_of(Context()) as layer:
            post, outbox, way, context, told = made(layer)
            async with dispatching(outbox, context, post, "carrier pigeon"):
                assert told[CHANNEL][:2] == (CHANNEL, True)
                result = await (await post({"type": "sms.send", "text": "1", "id": "m"}))
                assert result["ok"] is True
                await post({"type": "sms.send", "text": "2"})
            assert way.sent == ["1", "2"]
            assert context.keeps[0].startswith("sms.send by carrier pigeon, waiting in memory")

    run(main)


def test_which_way_it_goes_need_not_be_said():
    """Then the line has where it waits alone."""

    async def main():
        async with layer_of(Context()) as layer:
            post, outbox, _, context, _ = made(layer)
            async with dispatching(outbox, context, post):
                assert context.keeps[0].startswith("sms.send, waiting in memory")

    run(main)


def test_what_is_on_its_way_gets_as_long_as_is_left():
    """What the posting says counts before what the process has; what does not end in it is cut."""

    async def main():
        async with layer_of(Context()) as layer:
            post, outbox, way, context, _ = made(layer)
            async with dispatching(outbox, context, post):
                way.go.clear()
                await post({"type": "sms.send", "text": "1"})
                await until(lambda: outbox.running)
                post.drain = 0.0
            assert way.sent == []

    run(main)


def test_a_store_that_ends_is_told():
    """It is not ready any more, with the reason; an end that was asked for is none."""

    class Gone(MemoryStore):
        """Gives nothing."""

        async def take(self, n):
            raise Unavailable("gone")

    async def main():
        post, outbox, _, context, told = made(Layer(Gone))
        async with dispatching(outbox, context, post):
            await until(lambda: not told[CHANNEL][1])
        assert told[CHANNEL] == (CHANNEL, False, "gone")
        post, outbox, _, context, told = made(LocalChannelLayer())
        async with dispatching(outbox, context, post):
            pass
        await asyncio.sleep(0)
        assert told[CHANNEL][:2] == (CHANNEL, True)

    run(main)


def test_a_store_that_does_not_open_is_closed_by_itself():
    """Its error is given on, and nothing runs."""

    class Shut(MemoryStore):
        """Keeps less than is asked for."""

        async def open(self):
            raise ConfigError("appendonly no")

    async def main():
        post, outbox, _, context, told = made(Layer(Shut))
        with pytest.raises(ConfigError, match="appendonly"):
            async with dispatching(outbox, context, post):
                pass
        assert told == {} and context.keeps == []

    run(main)


def test_the_layers_store_is_told_what_to_hide():
    """What a dead letter there has of a message is made by the sender's own rule."""

    async def main():
        layer = Layer()
        made(layer, Waiting(channel=CHANNEL, redact=dict))
        assert layer.redact is dict
        await layer.close()

    run(main)


def test_a_spool_keeps_what_is_put(tmp_path):
    """On the disk before the posting returns: the next process sends what this one had no time for."""

    async def main():
        waiting = Waiting(channel=CHANNEL, spool=str(tmp_path), keep_dead=lambda message: False)
        async with layer_of(Context()) as layer:
            post, outbox, way, context, _ = made(layer, waiting)
            async with dispatching(outbox, context, post):
                way.go.clear()
                await post({"type": "sms.send", "text": "1"})
                post.drain = 0.0
            assert way.sent == [] and "a spool" in context.keeps[0]
        async with layer_of(Context()) as layer:
            post, outbox, way, context, _ = made(layer, waiting)
            async with dispatching(outbox, context, post):
                await until(lambda: way.sent)
        assert way.sent == ["1"]

    run(main)


def test_a_spool_beside_a_broker_is_refused():
    """By the name of the flag; one of both keeps what waits."""

    class Broker(LocalChannelLayer):
        """Looks like one."""

        def hub(self):
            """There is one."""

    Waiting(channel=CHANNEL, spool="/nowhere").check(LocalChannelLayer())
    Waiting(channel=CHANNEL).check(Broker())
    with pytest.raises(ConfigError, match="--sms-send-spool"):
        Waiting(channel=CHANNEL, spool="/nowhere").check(Broker())


def test_the_layer_of_a_process_stays_open():
    """One in memory, which nobody else has, is closed, and forgets everything."""

    class Seen(LocalChannelLayer):
        """Tells when it is closed."""

        closed = False

        async def close(self):
            self.closed = True

    async def main():
        layer = Seen()
        async with layer_of(Context(layer=layer)) as found:
            assert found is layer
        assert not layer.closed
        async with layer_of(Context()) as own:
            await own.send("x", {"type": "y"})
            assert own._channels
        assert not own._channels

    run(main)
