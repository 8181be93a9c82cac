"""Messages for later, on a real broker."""

import asyncio

import pytest

from interfaces.layers import delays
from interfaces.layers.base import ChannelFull
from interfaces.layers.redis import RedisChannelLayer


def run(broker, test, **keywords):
    """Run a test with a layer, which is closed afterwards."""

    async def main():
        layer = RedisChannelLayer(broker.hosts, prefix=broker.prefix, **keywords)
        try:
            async with asyncio.timeout(20):
                await test(layer)
        finally:
            await layer.close()

    asyncio.run(main())


def test_it_is_sent_by_who_is_there(broker):
    """The process that asked may be gone: another one sends it, once."""

    async def ask(layer):
        await layer.send_later("work", {"n": 1}, 0.05)
        assert (await layer.statistics())["delayed"] == 1

    async def get(layer):
        assert await layer.receive("work") == {"n": 1}
        assert (await layer.statistics())["delayed"] == 0

    run(broker, ask)
    run(broker, get)


def test_many_that_are_due_at_once_all_come(broker, monkeypatch):
    """More than one look takes are taken by the next looks, at once, in their order."""
    monkeypatch.setattr(delays, "AT_ONCE", 7)

    async def test(layer):
        await layer.hub().started()  # one that looks, so that there is an order
        for n in range(30):
            await layer.send_later("work", {"n": n}, 0.001 * (n + 1))
        assert [(await layer.receive("work"))["n"] for _ in range(30)] == list(range(30))

    run(broker, test)


def test_there_is_a_limit(broker):
    """Beyond ``max_delayed`` the sender gets ChannelFull."""

    async def test(layer):
        for _ in range(3):
            await layer.send_later("work", {}, 60)
        with pytest.raises(ChannelFull):
            await layer.send_later("work", {}, 60)

    run(broker, test, max_delayed=3)


def test_a_full_channel_is_counted(broker):
    """What is due and does not fit is dropped by contract, and counted."""

    async def test(layer):
        hub = layer.hub()
        await hub.started()
        await layer.send("work", {"n": 0})
        await layer.send_later("work", {"n": 1}, 0.01)
        while not hub.counts["layer.full"]:
            await asyncio.sleep(0.01)

    run(broker, test, capacity=1)


def test_what_is_no_item_is_dropped_and_counted(broker):
    """Bytes that somebody else wrote stop nothing."""

    async def test(layer):
        hub = layer.hub()
        await hub.started()
        broker.command("ZADD", f"{broker.prefix}:d", 1, b"\xc1")
        await layer.send_later("work", {"n": 1}, 0.01)
        assert await layer.receive("work") == {"n": 1}
        assert hub.counts["layer.damaged"] == 1

    run(broker, test)


def test_what_was_taken_and_not_sent_goes_back(broker):
    """A hub that closes with due messages in hand leaves them to the next one."""

    async def ask(layer):
        hub = layer.hub()
        await hub.started()
        hub.delays._send = lambda _channel, _message: asyncio.Event().wait()
        for n in range(3):
            await layer.send_later("work", {"n": n}, 0.001)
        while len(hub.delays._due) < 2:
            await asyncio.sleep(0.005)

    async def get(layer):
        assert sorted([(await layer.receive("work"))["n"] for _ in range(2)]) == [1, 2]

    run(broker, ask)
    run(broker, get)
