"""interfaces.layers.leader: one holder among containers."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from interfaces.layers.leader import SAFE, Leader
from interfaces.layers.local import LocalChannelLayer
from interfaces.layers.redis import RedisChannelLayer
from interfaces.shared.errors import ConfigError, Unavailable

LONG = 600.0
"""A lease that does not lapse while a test runs: what happens is no lapse, then."""


@asynccontextmanager
async def candidates(broker, *, number=2, lease=LONG):
    """Leaders of one name, each with a layer of its own, as in containers of their own."""
    layers = [RedisChannelLayer(broker.hosts, prefix=broker.prefix, timeout=0.3) for _ in range(number)]
    leaders = [Leader(layer, "irc.bot", lease=lease) for layer in layers]
    try:
        yield leaders
    finally:
        for leader in leaders:
            leader._lose()
        for layer in layers:
            await layer.close()


async def soon(awaitable, seconds=5):
    """What has to come."""
    async with asyncio.timeout(seconds):
        return await awaitable


def test_one_holds_it_and_the_next_has_it_within_a_second(broker):
    """Who waits has it as soon as it is given back, with a greater token; the first one is told that it has lost it."""

    async def main():
        async with candidates(broker) as (one, other):
            first = await soon(one.won())
            waiting = asyncio.create_task(other.won())
            await broker_heard(other)
            assert one.held
            assert not other.held
            assert not waiting.done()
            await one.give_back()
            await soon(one.lost(), 0)
            assert not one.held
            assert await soon(waiting, 1) > first
            assert other.held
            assert "held" in repr(other)
            assert "not held" in repr(one)

    asyncio.run(main())


async def broker_heard(leader):
    """Let what the leader has asked be answered."""
    hub = leader._layer.hub()
    await hub.started()
    await hub.node_of(leader.name).call("PING")


def test_of_many_who_want_it_one_has_it(broker):
    """It is won once, whoever asks at the same time."""

    async def main():
        async with candidates(broker, number=4) as leaders:
            tasks = [asyncio.create_task(leader.won()) for leader in leaders]
            await soon(asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED))
            await asyncio.gather(*map(broker_heard, leaders))
            assert [task.done() for task in tasks].count(True) == 1
            assert [leader.held for leader in leaders].count(True) == 1
            for task in tasks:
                task.cancel()

    asyncio.run(main())


def test_a_lease_is_renewed(broker):
    """It is held for longer than it was asked for, by the clock of the broker as by our own."""

    async def main():
        async with candidates(broker, lease=0.3) as (one, other):
            fence = await soon(one.won())
            waiting = asyncio.create_task(other.won())
            done, _ = await asyncio.wait({waiting, asyncio.create_task(one.lost())}, timeout=0.6)
            assert not done
            assert one.held
            assert one.fence == fence
            waiting.cancel()

    asyncio.run(main())


def test_a_broker_that_is_away_costs_the_lease_on_our_own_clock(fresh_broker, caplog):
    """Nothing comes back from it: the holder knows before the lease lapses there, and takes it again afterwards."""
    server = fresh_broker()

    async def main():
        lease = 0.8
        async with candidates(server, number=1, lease=lease) as (one,):
            first = await soon(one.won())
            loop = asyncio.get_running_loop()
            server.pause()
            began = loop.time()
            try:
                await soon(one.lost())
                assert loop.time() - began <= lease * SAFE + 0.2
                assert not one.held
            finally:
                server.go_on()
            assert await soon(one.won()) >= first

    asyncio.run(main())
    assert "irc.bot is lost: its lease could not be renewed in time" in caplog.text


def test_a_broker_that_is_away_for_a_moment_costs_nothing(fresh_broker):
    """It is asked again until it answers, and the lease goes on with the same token."""
    server = fresh_broker()

    async def main():
        async with candidates(server, number=1, lease=4.0) as (one,):
            fence = await soon(one.won())
            real, failed = one._ask, asyncio.Event()

            async def ask(*words):
                try:
                    return await real(*words)
                except Unavailable:
                    failed.set()
                    raise

            one._ask = ask
            server.kill()
            await soon(failed.wait())
            until = one._until
            server.restart()
            while one._until == until:
                assert one.held
                await asyncio.sleep(0.01)
            assert (one.held, one.fence) == (True, fence)

    asyncio.run(main())


def test_who_was_stopped_does_not_keep_what_another_one_has(broker, caplog):
    """The broker says that the lease has lapsed and is another's: it is lost at once, and not taken away from it."""

    async def main():
        async with candidates(broker, lease=0.8) as (one, other):
            first = await soon(one.won())
            broker.command("DEL", f"{broker.prefix}:L:irc.bot")
            assert await soon(other.won()) > first
            await soon(one.lost())
            await one.give_back()
            await broker_heard(one)
            assert other.held
            assert broker.command("EXISTS", f"{broker.prefix}:L:irc.bot")

    asyncio.run(main())
    assert "another one may have it" in caplog.text


def test_the_token_grows_although_the_broker_forgets(broker):
    """Without its last token the broker's clock is what the next one is made of."""

    async def main():
        async with candidates(broker) as (one, other):
            first = await soon(one.won())
            await one.give_back()
            broker.command("DEL", f"{broker.prefix}:Lf:irc.bot")
            assert await soon(other.won()) > first

    asyncio.run(main())


def test_the_token_grows_although_the_clock_goes_back(broker):
    """The last one is remembered, and the next is greater, whatever time it is at the broker."""

    async def main():
        async with candidates(broker, number=1) as (one,):
            broker.command("SET", f"{broker.prefix}:Lf:irc.bot", 9_000_000_000_000_000)
            assert await soon(one.won()) == 9_000_000_000_000_001
            assert int(broker.command("GET", f"{broker.prefix}:Lf:irc.bot")) == 9_000_000_000_000_001

    asyncio.run(main())


def test_what_was_asked_for_is_given_back_too(broker):
    """Who is cancelled while its question is on the way may have won: the next one need not wait for the lapse."""

    async def main():
        async with candidates(broker) as (one, other):
            asking = asyncio.create_task(one.won())
            await one._layer.hub().started()
            await asyncio.sleep(0)
            asking.cancel()
            await one.give_back()
            await soon(other.won(), 1)

    asyncio.run(main())


def test_a_broker_that_is_not_there_is_waited_for(fresh_broker, caplog):
    """One line tells it, and it is won when the broker comes."""
    server = fresh_broker()
    server.kill()

    async def main():
        async with candidates(server, number=1) as (one,):
            waiting = asyncio.create_task(one.won())
            while "cannot be asked" not in caplog.text:
                await asyncio.sleep(0.01)
            server.restart()
            await soon(waiting, 10)
            server.kill()
            await one.give_back()

    asyncio.run(main())
    assert caplog.text.count("cannot be asked") == 1
    assert "is free only when its lease has lapsed" in caplog.text


def test_a_broker_that_refuses_is_unavailable(broker):
    """A key of another kind is no lease, and nobody's."""

    async def main():
        async with candidates(broker, number=1) as (one,):
            broker.command("LPUSH", f"{broker.prefix}:L:irc.bot", 1)
            with pytest.raises(Unavailable, match="the broker refuses"):
                await one._ask(*claim(one))

    asyncio.run(main())


def claim(leader):
    """What ``won`` asks."""
    from interfaces.layers.leader import _CLAIM

    return _CLAIM, leader.lease * 1000, 1000


def test_an_answer_that_took_too_long_is_not_relied_on(broker):
    """What was won so long ago that it may be another's is asked for again."""

    async def main():
        async with candidates(broker, number=1, lease=0.5) as (one,):
            one._take(7, asyncio.get_running_loop().time() - 0.5)
            assert not one.held
            assert await soon(one.won()) != 7
            assert one.held

    asyncio.run(main())


def test_a_layer_of_one_process_has_no_containers():
    """The operator is told what is missing."""
    with pytest.raises(ConfigError, match="needs a --layer with a broker"):
        Leader(LocalChannelLayer(), "irc.bot")
