"""Short texts that are remembered for a while: in memory, and at a broker."""

import asyncio
from collections import Counter
from contextlib import asynccontextmanager

import pytest

from interfaces.layers.local import LocalChannelLayer
from interfaces.layers.notes import LocalNotes, notes_of
from interfaces.layers.redis import RedisChannelLayer
from interfaces.shared.errors import Unavailable
from interfaces.shared.interface import Context


@asynccontextmanager
async def shared(broker, **keywords):
    """Notes at a broker."""
    layer = RedisChannelLayer(broker.hosts, prefix=broker.prefix, **keywords)
    try:
        yield await notes_of(Context(layer=layer))
    finally:
        await layer.close()


def test_a_note_lasts_as_long_as_it_is_to():
    """Then it is gone; a newer one takes its place, and its time."""

    async def main():
        now = [0.0]
        notes = LocalNotes(clock=lambda: now[0])
        await notes.put("k", "one", 10)
        await notes.put("k", "two", 20)
        now[0] = 15.0
        assert await notes.get("k") == "two"
        now[0] = 20.0
        assert await notes.get("k") is None and len(notes) == 0
        assert await notes.get("other") is None
        assert repr(notes) == "<LocalNotes: 0>"

    asyncio.run(main())


def test_memory_is_bounded():
    """The oldest go, and those whose time was not over are counted."""

    async def main():
        now, counts = [0.0], Counter()
        notes = LocalNotes(most=2, clock=lambda: now[0], count=lambda name: counts.update([name]))
        await notes.put("short", "x", 1)
        await notes.put("long", "x", 100)
        now[0] = 2.0
        await notes.put("a", "x", 100)
        assert counts == {}
        await notes.put("b", "x", 100)
        assert counts == {"notes.dropped": 1}
        assert [await notes.get(key) for key in ("short", "long", "a", "b")] == [None, None, "x", "x"]

    asyncio.run(main())


def test_a_layer_without_a_broker_has_memory():
    """As has a process without a layer."""

    async def main():
        for layer in (None, LocalChannelLayer()):
            assert isinstance(await notes_of(Context(layer=layer)), LocalNotes)

    asyncio.run(main())


def test_containers_share_what_is_at_a_broker(broker):
    """Whatever the text is; it is gone when its time is over."""

    async def main():
        async with shared(broker) as one, shared(broker) as other:
            await one.put("k", "caf\u00e9 \ud83d", 60)
            assert await other.get("k") == "caf\u00e9 \ud83d"
            await other.put("k", "", 60)
            assert await one.get("k") == ""
            assert await one.get("none") is None
            await one.put("short", "x", 0.001)
            while await one.get("short") is not None:
                await asyncio.sleep(0.001)
            assert "SharedNotes" in repr(one)

    asyncio.run(main())


def test_what_another_has_sealed_is_nothing(broker):
    """Of a layer with other keys nobody is believed."""

    async def main():
        async with shared(broker, signing_keys=["a"]) as one, shared(broker, signing_keys=["b"]) as other:
            await one.put("k", "x", 60)
            assert await one.get("k") == "x"
            assert await other.get("k") is None

    asyncio.run(main())


def test_a_broker_that_refuses_is_unavailable(broker):
    """Such as one whose key has another kind of value."""

    async def main():
        async with shared(broker) as notes:
            node = notes._hub.node_of("k")
            await node.call("RPUSH", notes._name("k"), "x")
            with pytest.raises(Unavailable, match="refuses"):
                await notes.get("k")

    asyncio.run(main())
