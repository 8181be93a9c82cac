"""One loop's share of the brokers: what is mixed, what goes where, what is told."""

import asyncio
import contextlib

import pytest
import redis

from interfaces.layers.hub import Hub
from interfaces.layers.local import LocalChannelLayer
from interfaces.layers.settings import Settings
from interfaces.shared.errors import ConfigError, Unavailable


def run(broker, test, hubs=2, shards=1, **keywords):
    """Run a test with hubs, as if of several processes."""

    async def main():
        settings = Settings.of(
            [f"{broker.url}?db={n}" for n in range(shards)], prefix=broker.prefix, **keywords
        )
        layer = LocalChannelLayer(capacity=100)  # only its capacities, expiry and counts are asked for
        made = [Hub(settings, layer) for _ in range(hubs)]
        try:
            async with asyncio.timeout(20):
                for hub in made:
                    await hub.started()
                await test(*made)
        finally:
            for hub in made:
                await hub.close()

    asyncio.run(main())


def test_own_channels_and_queues_are_received_together(broker):
    """A receiver of both gets what comes to either, in any order, and loses nothing when it is cancelled."""

    async def test(one, two):
        channel = one.new_channel("me")
        names = ["work", channel]
        waiting = asyncio.ensure_future(one.receive(names))
        await asyncio.sleep(0)
        await two.send(channel, {"n": 1})
        assert await waiting == (channel, {"n": 1})
        waiting = asyncio.ensure_future(one.receive(names))
        await asyncio.sleep(0)
        await two.send("work", {"n": 2})
        assert await waiting == ("work", {"n": 2})
        got = []
        for n in range(40):
            await two.send(names[n % 2], {"n": n})
            waiting = asyncio.ensure_future(one.receive(names))
            for _ in range(n % 5):
                await asyncio.sleep(0)
            waiting.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                got.append((await waiting)[1]["n"])
        while len(got) < 40:
            got.append((await one.receive(names))[1]["n"])
        assert sorted(got) == list(range(40))

    run(broker, test)


def test_a_message_of_its_own_does_not_leave_the_process(broker):
    """What a hub sends to its own channel is there at once, without the broker."""

    async def test(one):
        before = (
            broker.command("INFO", "commandstats").decode().partition("cmdstat_publish:")[2].split(",")[0]
        )
        channel = one.new_channel("me")
        await one.send(channel, {"list": [1]})
        assert one.pop(channel) == {"list": [1]}
        after = broker.command("INFO", "commandstats").decode().partition("cmdstat_publish:")[2].split(",")[0]
        assert before == after

    run(broker, test, hubs=1)


def test_a_channel_of_another_hub_is_not_received(broker):
    """ValueError says why."""

    async def test(one, two):
        with pytest.raises(ValueError, match="in the event loop that made it"):
            await one.receive([two.new_channel("me")])

    run(broker, test)


def test_names_of_the_owner_say_whose_channel_it_is(broker):
    """A specific name whose owner is no hub is a queue under its full name."""

    async def test(one, two):
        await one.send("test.client!abc", {"n": 1})
        await one.send("test.client!xyz", {"n": 2})
        assert await two.receive(["test.client!xyz"]) == ("test.client!xyz", {"n": 2})
        assert await two.receive(["test.client!abc"]) == ("test.client!abc", {"n": 1})

    run(broker, test, shards=2)


def test_flush_deletes_what_is_under_the_prefix_alone(broker):
    """Keys of others, and of a prefix that begins the same, stay."""

    async def test(one):
        await one.send("work", {"n": 1})
        await one.delays.put("work", {"n": 2}, 60)
        broker.command("SET", f"{broker.prefix}x:q:work", "1")
        await one.flush()
        left = [key.decode() for key in broker.command("KEYS", f"{broker.prefix}*")]
        assert sorted(left) == [f"{broker.prefix}:h:{one.address}", f"{broker.prefix}x:q:work"]
        broker.command("DEL", f"{broker.prefix}x:q:work")

    run(broker, test, hubs=1)


def test_flush_leaves_the_groups(broker):
    """No subscription is left of them, and a group that is joined again is like a new one."""

    async def test(one):
        topic = f"{broker.prefix}:g:room"
        channel = one.new_channel("test")
        await one.groups.add("room", channel)
        await one.flush()
        async with asyncio.timeout(10):
            while broker.command("PUBSUB", "NUMSUB", topic)[1]:
                await asyncio.sleep(0.001)
        await one.groups.add("room", channel)
        await one.groups.send("room", {"n": 1})
        assert await one.receive([channel]) == (channel, {"n": 1})
        assert await one.groups.channels("room") == [channel]
        assert "layer.members_unknown" not in one.counts

    run(broker, test, hubs=1)


@pytest.mark.parametrize("letters", ["[x]", "a*b", "a?b", "a\\b", "a[^x]b", "a-b"])
def test_a_prefix_means_itself(broker, letters):
    """Flush deletes all of its own, whatever letters a glob would read otherwise, and nothing of another's."""

    async def test(_):
        prefix = f"{broker.prefix}{letters}"
        others = [f"{broker.prefix}{name}:q:work" for name in ("x", "axb", "aXXb", "ab", "a\\\\b")]
        hub = Hub(Settings.of(broker.hosts, prefix=prefix), LocalChannelLayer())
        await hub.started()
        try:
            for name in others:
                broker.command("SET", name, "1")
            await hub.send("work", {"n": 1})
            await hub.flush()
            assert broker.command("EXISTS", f"{prefix}:q:work") == 0
            assert broker.command("EXISTS", *others) == len(others)
        finally:
            broker.command("DEL", *others)
            await hub.close()

    run(broker, test, hubs=1)


def test_closing_ends_all_who_receive(broker):
    """Of own channels, of queues and of both: Unavailable, at once, and for those who come later too."""

    async def test(hub):
        channel = hub.new_channel("me")
        places = ([channel], ["work"], [channel, "work"])
        tasks = [asyncio.ensure_future(hub.receive(names)) for names in places]
        await asyncio.sleep(0)
        await hub.close()
        for task in tasks:
            with pytest.raises(Unavailable, match="closed"):
                await task
        for names in places:
            with pytest.raises(Unavailable, match="closed"):
                await hub.receive(names)

    run(broker, test, hubs=1)


@pytest.mark.parametrize("turns", [1, 2, 5])
def test_closing_while_it_connects_cancels_nobody(turns):
    """Who waits for the start is told Unavailable; who was cancelled is cancelled."""

    async def main():
        hub = Hub(Settings.of(["unix:///nowhere/at/all"]), LocalChannelLayer())
        waiting, gone = [asyncio.ensure_future(hub.started()) for _ in range(2)]
        for _ in range(turns):
            await asyncio.sleep(0)
        gone.cancel()
        await hub.close()
        with pytest.raises(Unavailable, match="closed"):
            await waiting
        await asyncio.wait([gone])
        assert gone.cancelled()

    asyncio.run(main())


def test_one_that_was_never_started_is_closed():
    """There is nothing to end, and nothing can be asked afterwards."""

    async def main():
        hub = Hub(Settings.of(["unix:///nowhere/at/all"]), LocalChannelLayer())
        await hub.close()
        with pytest.raises(Unavailable, match="closed"):
            await hub.started()
        assert "closed" in repr(hub)

    asyncio.run(main())


def test_without_a_broker_it_says_so_in_time():
    """Unavailable after the timeout, and again; closing is possible."""

    async def main():
        hub = Hub(Settings.of(["unix:///nowhere/at/all"], timeout=0.05), LocalChannelLayer())
        for _ in range(2):
            with pytest.raises(Unavailable):
                await hub.started()
        assert not hub.ready and "nowhere" in hub.reason
        await hub.close()
        with pytest.raises(Unavailable, match="closed"):
            await hub.started()

    asyncio.run(main())


def test_a_broker_that_refuses_us_is_the_operators_fault(fresh_broker):
    """ConfigError, at once."""
    broker = fresh_broker()
    keep = redis.Redis.from_url(broker.url)
    keep.config_set("requirepass", "secret")

    async def main():
        hub = Hub(Settings.of(broker.hosts), LocalChannelLayer())
        try:
            with pytest.raises(ConfigError):
                await hub.started()
        finally:
            await hub.close()

    asyncio.run(main())
    keep.config_set("requirepass", "")
    keep.close()
