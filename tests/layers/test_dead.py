"""Dead letters: looked at and replayed."""

import asyncio

import pytest

from interfaces.layers.dead import PAGE, DeadLetters
from interfaces.shared.errors import Unavailable
from tests.layers.durable import durable, shards


async def bury(queues, names, queue="work"):
    """Put items and give them up."""
    for name in names:
        await queues.put(queue, {"name": name}, id=name, dedupe_key=f"k-{name}", conversation="talk")
        (item,) = await queues.take([queue], 1)
        assert await queues.dead(item, "it was no good")


def test_what_is_told(broker):
    """Who held it, why, how often it was tried, when, and all of the message."""

    async def main():
        async with durable(broker) as make:
            one = await make()
            letters = DeadLetters(one.hub)
            await bury(one, ["a"])
            await one.put("more", {"n": 1}, id="x")
            assert await letters.queues() == {"work": (0, 1), "more": (1, 0)}
            assert await letters.ready_since("work") == await letters.ready_since("none") == 0.0
            assert 0 <= one.hub.nodes[0].server_time() - await letters.ready_since("more") < 60
            (letter,) = await letters.page("work")
            assert (letter.id, letter.queue, letter.reason) == ("a", "work", "it was no good")
            assert (letter.attempts, letter.owner) == (1, one.owner)
            assert (letter.dedupe_key, letter.conversation) == ("k-a", "talk")
            assert letter.message == {"name": "a"}
            assert 0 < letter.put_at < letter.died_at + 1
            assert await letters.show("work", letter.number) == letter
            for nobody in ("1-1", "x", "-", "+", "(1", "", "1-", "9" * 30):
                assert await letters.show("work", nobody) is None
                assert not await letters.retry("work", nobody)

    asyncio.run(main())


def test_replay(broker):
    """A letter that is put back is a new item with its old dedupe key; it is put back once."""

    async def main():
        async with durable(broker) as make:
            one = await make()
            letters = DeadLetters(one.hub)
            await bury(one, ["a"])
            (letter,) = await letters.page("work")
            assert await letters.retry("work", letter.number)
            assert not await letters.retry("work", letter.number)
            assert await letters.page("work") == []
            (item,) = await one.take(["work"], 1)
            assert (item.id, item.attempt, item.dedupe_key) == ("a", 1, "k-a")
            assert (item.message, item.conversation) == ({"name": "a"}, "talk")

    asyncio.run(main())


def test_replay_all(broker):
    """All that are there, over several pages."""

    async def main():
        async with durable(broker) as make:
            one = await make()
            letters = DeadLetters(one.hub)
            names = [f"{n:03}" for n in range(PAGE + 5)]
            await bury(one, names)
            assert await letters.retry_all("work") == len(names)
            assert await letters.queues() == {"work": (len(names), 0)}
            assert await letters.retry_all("work") == 0
            for name in names:  # of one conversation, so in their order
                (item,) = await one.take(["work"], 5)
                assert item.id == name
                assert await one.done(item)

    asyncio.run(main())


def test_letters_are_bounded(broker):
    """The oldest go, and are counted."""

    async def main():
        async with durable(broker, limits={"letters": 2}) as make:
            one = await make()
            await bury(one, ["a", "b", "c"])
            assert [letter.id for letter in await DeadLetters(one.hub).page("work")] == ["b", "c"]
            assert make.counts["layer.letters_dropped"] == 1

    asyncio.run(main())


def test_letters_of_two_brokers(fresh_broker):
    """All queues are listed; what is shown and put back is found where its queue is, and nothing of the other moves."""
    server, _, hosts, names = shards(fresh_broker)

    async def main():
        async with durable(server) as make:
            one = await make(layer=make.layer(hosts))
            letters = DeadLetters(one.hub)
            for name in names:
                await bury(one, ["a", "b"], name)
            assert await letters.queues() == dict.fromkeys(names, (0, 2))
            for name in names:
                first, second = await letters.page(name)
                assert (first.queue, first.id, second.id) == (name, "a", "b")
                assert await letters.show(name, second.number) == second
                assert await letters.retry(name, first.number)
                assert not await letters.retry(name, first.number)
            assert await letters.queues() == dict.fromkeys(names, (1, 1))
            assert await letters.retry_all(names[1]) == 1
            assert await letters.queues() == {names[0]: (1, 1), names[1]: (2, 0)}
            left = {(item.queue, item.id) for item in await one.take(names, 10)}
            assert left == {(name, "a") for name in names}  # of one conversation: b comes after a

    asyncio.run(main())


def test_a_broker_that_is_away_is_no_queue_without_letters(fresh_broker):
    """Where one is lost its letters are not told to be none: the other's queues are as before."""
    server, lost, hosts, names = shards(fresh_broker)

    async def main():
        async with durable(server) as make:
            one = await make(layer=make.layer(hosts, timeout=0.2))
            letters = DeadLetters(one.hub)
            for name in names:
                await bury(one, ["a"], name)
            await asyncio.to_thread(lost.kill)
            for asked in (letters.queues(), letters.page(names[1]), letters.retry_all(names[1])):
                with pytest.raises(Unavailable):
                    await asked
            assert await letters.retry_all(names[0]) == 1

    asyncio.run(main())
