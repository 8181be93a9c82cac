"""The event style over a broker: two servers, each with a layer of its own, are one chat."""

import asyncio

import pytest

from interfaces.layers.embedded import Embedded
from interfaces.layers.redis import RedisChannelLayer
from interfaces.testing.live import LiveServer
from interfaces.testing.websocket import WebSocketClient
from interfaces.workers.background import FUNCTIONS, Background, background
from interfaces.workers.message import Channel, Group
from interfaces.workers.routing import Routing

ROUNDS = 40


def connect(message):
    """Hear one's own joining."""
    Group("g").add(message.reply_channel)
    Group("g").send({"text": "joined"})


async def receive(message):
    """Before, to all, after."""
    text = message["text"]
    if text == "work":
        Channel("test.redis").send({"reply_channel": message.reply_channel.name})
        return
    message.reply_channel.send({"text": text + " a"})
    Group("g").send({"text": text + " b"})
    message.reply_channel.send({"text": text + " c"})


ROUTES = {"websocket.connect": connect, "websocket.receive": receive}


@pytest.fixture
def addresses():
    """Two servers and what they have in common: a broker."""
    with Embedded() as broker:
        apps = [Routing(ROUTES, layer=RedisChannelLayer([broker.url])) for _ in range(2)]
        with (
            LiveServer(apps[0], "ws", http_bind=("127.0.0.1:0",)) as one,
            LiveServer(apps[1], "ws", http_bind=("127.0.0.1:0",)) as two,
        ):
            yield broker.url, one.address, two.address


def test_two_servers_are_one_chat(addresses) -> None:
    """A joiner hears its own first word, all is in order with one's own words, nothing is lost or said twice."""
    _, here, there = addresses

    async def until(client, wanted):
        heard = []
        while wanted not in heard:
            heard.append(await client.receive())
        return heard

    async def main():
        async with await WebSocketClient.connect(here) as one:
            assert await one.receive() == "joined"
            async with await WebSocketClient.connect(there) as two:
                assert await two.receive() == await one.receive() == "joined"
                for n in range(ROUNDS):
                    await one.send(f"{n}")
                heard = await until(one, f"{ROUNDS - 1} c")
                assert heard == [f"{n} {word}" for n in range(ROUNDS) for word in "abc"]
                heard = await until(two, f"{ROUNDS - 1} b")
                assert heard == [f"{n} b" for n in range(ROUNDS)]

    asyncio.run(main())


def test_work_is_done_by_whoever_takes_it(addresses) -> None:
    """Somewhere else, which answers the socket by its reply channel; a plain program speaks to all."""
    url, here, _ = addresses

    @background("test.redis")
    def work(message):
        message.reply_channel.send({"text": "worked"})

    async def main():
        layer = RedisChannelLayer([url])
        routing = Routing([], layer=layer)
        loop = asyncio.ensure_future(Background(routing.attempt, routing.background_channels, layer).run())
        async with await WebSocketClient.connect(here) as client:
            assert await client.receive() == "joined"
            await client.send("work")
            assert await client.receive() == "worked"
            await asyncio.to_thread(Group("g", channel_layer=layer).send, {"text": "from a program"})
            assert await client.receive() == "from a program"
        loop.cancel()
        await asyncio.gather(loop, return_exceptions=True)
        await layer.close()

    try:
        asyncio.run(main())
    finally:
        del FUNCTIONS["test.redis"]
