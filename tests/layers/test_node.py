"""interfaces.layers.node with a real broker."""

import asyncio

import pytest
from redis.exceptions import ResponseError

from interfaces.layers.node import Node, Script
from interfaces.layers.settings import Settings
from interfaces.shared.errors import Unavailable


def node_of(broker, **keywords):
    """A node, not started, for one test."""
    settings = Settings.of(hosts=broker.hosts, prefix=broker.prefix, **keywords)
    return Node(settings, settings.hosts[0])


def test_commands_scripts_and_subscriptions_work(broker):
    """The whole of the API, once."""

    async def main():
        node = node_of(broker)
        states, got = [], asyncio.Queue()
        node.on_state.append(lambda up, reason: states.append(up))
        node.on_message = lambda name, payload: got.put_nowait((name, payload))
        await node.start()
        await node.ready(10)
        key = broker.prefix + "k"
        assert await node.call("SET", key, "1") == b"OK"
        with pytest.raises(ResponseError):
            await node.call("LPUSH", key, "x")
        assert await node.run(Script("return {KEYS[1], ARGV[1]}"), ["a"], [b"b"]) == [b"a", b"b"]
        await node.subscribe(key)
        assert await node.call("PUBLISH", key, b"\0x") == 1
        assert await got.get() == (key.encode(), b"\0x")
        await node.unsubscribe(key)
        assert await node.call("PUBLISH", key, b"x") == 0
        await node.close()
        assert states == [True, False]
        with pytest.raises(Unavailable):
            await node.call("PING")

    asyncio.run(main())
