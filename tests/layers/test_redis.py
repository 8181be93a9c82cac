"""The layer over a broker: the contract of every layer, with one, two and four shards."""

import asyncio
import json
import subprocess
import sys
from contextlib import ExitStack
from secrets import token_hex
from zlib import crc32

import pytest

from interfaces.layers import redis
from interfaces.layers.base import ChannelFull
from interfaces.layers.embedded import Embedded
from interfaces.layers.redis import RedisChannelLayer
from interfaces.shared.errors import Unavailable
from interfaces.testing.layers import LayerContract


@pytest.fixture(scope="module", name="brokers")
def fixture_brokers():
    """Four servers: what goes to the wrong one does not arrive."""
    with ExitStack() as stack:
        yield [stack.enter_context(Embedded()).url for _ in range(4)]


class Contract(LayerContract):
    shards = 1

    @pytest.fixture(autouse=True)
    def _broker(self, brokers):
        self.hosts = brokers[: self.shards]
        self.prefix = token_hex(8)

    async def make(self, **keywords):
        return RedisChannelLayer(self.hosts, prefix=self.prefix, **keywords)

    async def other(self, layer):
        return RedisChannelLayer(
            self.hosts,
            prefix=self.prefix,
            expiry=layer.expiry,
            group_expiry=layer.group_expiry,
            capacity=layer.capacity,
            channel_capacity=[*layer.channel_capacity],
        )


class TestOneBroker(Contract):
    shards = 1


class TestTwoShards(Contract):
    shards = 2


class TestFourShards(Contract):
    shards = 4


class Peers:
    """Starts other processes at the same brokers."""

    def __init__(self, hosts, prefix):
        self.keywords = {"hosts": hosts, "prefix": prefix, "capacity": 100_000}
        self.started = []

    async def start(self, part, queue="work"):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-W", "error", "-m", "tests.layers.peer", part, json.dumps(self.keywords), queue,
            stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        self.started.append(process)
        assert await self.said(process) == "ready"
        return process

    async def said(self, process):
        return json.loads(await asyncio.wait_for(process.stdout.readline(), 60))


def across(test):
    """Run a test with a layer here and peers in other processes, on one, two and four shards."""

    @pytest.mark.parametrize("shards", [1, 2, 4])
    def run(brokers, shards):
        async def main():
            peers = Peers(brokers[:shards], token_hex(8))
            layer = RedisChannelLayer(**peers.keywords)
            await test(layer, peers)
            for process in peers.started:
                assert await asyncio.wait_for(process.wait(), 20) == 0

        asyncio.run(asyncio.wait_for(main(), 100))

    run.__doc__ = test.__doc__
    run.__name__ = test.__name__
    return run


@across
async def test_three_processes_share_a_queue(layer, peers):
    """4000 messages and three receivers: each message once, none lost, each receiver sees its own in order."""
    receivers = [await peers.start("take") for _ in range(3)]
    for n in range(4000):
        await layer.send("work", {"n": n})
    hub = layer.hub()
    async with asyncio.timeout(30):
        while await hub.queues.length("work"):
            await asyncio.sleep(0.01)
    for _ in receivers:
        await layer.send("work", {"n": None})
        await asyncio.sleep(0)
    got = [await peers.said(process) for process in receivers]
    assert sorted(n for one in got for n in one) == list(range(4000))
    assert all(one == sorted(one) for one in got)


@across
async def test_every_answer_arrives(layer, peers):
    """Answers to specific channels of this process, sent by another one, all come, to the right one."""
    process = await peers.start("answer")
    channels = [await layer.new_channel() for _ in range(200)]
    await asyncio.gather(
        *(layer.send("work", {"n": n, "reply": channel}) for n, channel in enumerate(channels))
    )
    assert [(await layer.receive(channel))["n"] for channel in channels] == list(range(200))
    await layer.send("work", {"n": 0, "reply": None})
    await process.wait()


@across
async def test_a_joiner_hears_its_own_first_message(layer, peers):
    """A channel that another process adds to a group hears what that process sends to it right after, every time."""
    process = await peers.start("join")
    for n in range(300):
        channel = await layer.new_channel()
        await layer.send("work", {"n": n, "group": f"room-{n % 7}", "channel": channel})
        assert (await asyncio.wait_for(layer.receive(channel), 10))["n"] == n
        await layer.group_discard(f"room-{n % 7}", channel)
    await layer.send("work", {"channel": None})
    await process.wait()


def test_a_thousand_concurrent_sends(broker):
    """All of them succeed, over two connections."""

    async def main():
        layer = RedisChannelLayer(broker.hosts, prefix=broker.prefix, capacity=1000, timeout=10)
        await asyncio.gather(*(layer.send("work", {"n": n}) for n in range(1000)))
        got = [(await layer.receive("work"))["n"] for _ in range(1000)]
        assert sorted(got) == list(range(1000))
        with pytest.raises(ChannelFull):
            await asyncio.gather(*(layer.send("full", {"n": n}) for n in range(1001)))

    asyncio.run(main())


def test_a_lost_broker_is_told_and_waited_for(fresh_broker):
    """Killed and started again: sends are refused clearly, hooks hear of it, and service resumes by itself."""
    broker = fresh_broker()
    lost = []

    async def main():
        layer = RedisChannelLayer(broker.hosts, prefix=broker.prefix, timeout=0.3, on_loss=lost.append)
        channel = await layer.new_channel()
        await layer.group_add("room", channel)
        waiting = [asyncio.ensure_future(layer.receive(name)) for name in ("work", channel)]
        await layer.send("other", {"n": 0})
        assert layer.ready
        await asyncio.to_thread(broker.kill)
        for _ in range(2):
            with pytest.raises(Unavailable):
                await layer.send("work", {"n": 0})
        assert lost and not layer.ready
        await asyncio.to_thread(broker.restart)
        async with asyncio.timeout(20):
            while not layer.ready:
                await asyncio.sleep(0.01)
        await layer.send("work", {"n": 1})
        await layer.group_send("room", {"n": 2})
        assert [(await asyncio.wait_for(one, 10))["n"] for one in waiting] == [1, 2]
        await layer.close()

    asyncio.run(main())


def test_one_shard_that_is_away_leaves_the_others(fresh_broker):
    """Queues and groups of the other one go on; its own are refused until it is back, and receivers wait for that."""
    brokers = [fresh_broker(), fresh_broker()]
    names = {crc32(name.encode()) % 2: name for name in ("a", "b", "c", "d", "e")}
    stays, goes = names[0], names[1]

    async def main():
        layer = RedisChannelLayer([broker.url for broker in brokers], timeout=0.3)
        own = await layer.new_channel()
        for name in names.values():
            await layer.group_add(name, own)
        waiting = [asyncio.ensure_future(layer.receive(name)) for name in (stays, goes)]
        await layer.send("other", {})
        await asyncio.to_thread(brokers[1].kill)
        for deed in (layer.send, layer.group_send):
            with pytest.raises(Unavailable):
                await deed(goes, {"n": 0})
        assert not layer.ready
        await layer.group_send(stays, {"n": 1})
        assert await asyncio.wait_for(layer.receive(own), 10) == {"n": 1}
        await layer.send(stays, {"n": 2})
        assert await asyncio.wait_for(waiting[0], 10) == {"n": 2}
        await asyncio.to_thread(brokers[1].restart)
        async with asyncio.timeout(20):
            while not layer.ready:
                await asyncio.sleep(0.01)
        await layer.send(goes, {"n": 3})
        assert await asyncio.wait_for(waiting[1], 10) == {"n": 3}
        await layer.close()

    asyncio.run(main())


@pytest.mark.parametrize("between", [False, True], ids=["connecting", "between attempts"])
def test_closing_without_a_broker_ends_who_waits(between, monkeypatch):
    """Senders and receivers alike get Unavailable, and none begins anew."""
    monkeypatch.setattr(redis, "RETRY", 0.2)

    async def main():
        layer = RedisChannelLayer(["unix:///nowhere/at/all"], timeout=0.05)
        hub = layer.hub()
        waiting = [asyncio.ensure_future(layer.receive(name)) for name in ("work", "more")]
        if not between:
            waiting += [asyncio.ensure_future(deed) for deed in (layer.send("work", {}), layer.new_channel())]
        while hub._starting is None:
            await asyncio.sleep(0)
        while between and hub._starting is not None:
            await asyncio.sleep(0.002)
        await layer.close()
        for one in waiting:
            with pytest.raises(Unavailable):
                await asyncio.wait_for(one, 10)
        assert not layer._homes.hubs()

    asyncio.run(main())


def test_messages_are_sealed(broker):
    """With keys nothing readable is at the broker; what another key wrote, or none, is dropped and counted."""

    async def main():
        keys = {"symmetric_encryption_keys": ["first"], "signing_keys": ["second"]}
        sealed = RedisChannelLayer(broker.hosts, prefix=broker.prefix, **keys)
        rotated = RedisChannelLayer(
            broker.hosts,
            prefix=broker.prefix,
            signing_keys=["new", "second"],
            symmetric_encryption_keys=["first"],
        )
        plain = RedisChannelLayer(broker.hosts, prefix=broker.prefix)
        await plain.send("work", {"n": "forged"})
        await sealed.send("work", {"n": "secret"})
        stored = broker.command("XRANGE", f"{broker.prefix}:q:work", "-", "+")
        assert b"forged" in stored[0][1][1] and b"secret" not in stored[1][1][1]
        assert await rotated.receive("work") == {"n": "secret"}
        assert (await rotated.statistics())["unsealed"] == 1
        for layer in (sealed, rotated, plain):
            await layer.close()

    asyncio.run(main())


def test_without_the_extra_the_error_says_what_to_install():
    """ConfigError names the command."""
    program = (
        "import sys; sys.modules['hiredis'] = None\n"
        "from interfaces.shared.errors import ConfigError\n"
        "try:\n    import interfaces.layers.redis\n"
        "except ConfigError as error:\n    print(error)"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "pip install 'asgi-interfaces[redis]'" in found.stdout


def test_channels_takes_it_from_settings(broker):
    """``CHANNEL_LAYERS`` makes it, with the keywords under CONFIG, and an unmodified consumer uses it."""
    from channels.generic.websocket import AsyncWebsocketConsumer
    from channels.layers import ChannelLayerManager
    from channels.testing import WebsocketCommunicator
    from django.conf import settings
    from django.test.utils import override_settings

    if not settings.configured:
        settings.configure()

    class Room(AsyncWebsocketConsumer):
        async def connect(self):
            await self.channel_layer.group_add("room", self.channel_name)
            await self.accept()

        async def receive(self, text_data=None, bytes_data=None):
            await self.channel_layer.group_send("room", {"type": "room.said", "text": text_data})

        async def room_said(self, event):
            await self.send(text_data=event["text"])

    config = {"hosts": broker.hosts, "prefix": broker.prefix, "capacity": 50, "channel_capacity": {"x*": 5}}
    layers = {"default": {"BACKEND": "interfaces.layers.redis.RedisChannelLayer", "CONFIG": config}}

    async def main():
        with override_settings(CHANNEL_LAYERS=layers):
            layer = ChannelLayerManager()["default"]
            assert isinstance(layer, RedisChannelLayer) and layer.get_capacity("xy") == 5
            sockets = [WebsocketCommunicator(Room.as_asgi(), "/") for _ in range(3)]
            for socket in sockets:
                assert (await socket.connect())[0]
            await sockets[0].send_to(text_data="hello")
            assert [await socket.receive_from(10) for socket in sockets] == ["hello"] * 3
            for socket in sockets:
                await socket.disconnect()

    asyncio.run(main())
