"""A store of an outbox in memory."""

import asyncio

import pytest

from interfaces.shared.sendings import NOTHING, Record
from interfaces.shared.waiting import MemoryStore
from tests.shared.outboxes import Asked, Clock


def stored(main, **more):
    """Run ``main(store, asked)`` with a store that is open."""

    async def run():
        asked = Asked()
        store = MemoryStore(asked, clock=Clock(), **more)
        await store.open()
        try:
            await main(store, asked)
        finally:
            await store.close()

    asyncio.run(run())


async def turns(n=20):
    """Let the others run."""
    for _ in range(n):
        await asyncio.sleep(0)


def test_what_comes_is_taken_in_its_order():
    """Up to as many as are asked for, each with its attempt and the time when it came."""

    async def main(store, asked):
        for name in "abc":
            asked.queue.put_nowait({"id": name})
        await turns()
        first, second = await store.take(2), await store.take(2)
        assert [held.message["id"] for held in first + second] == ["a", "b", "c"]
        assert [(held.attempt, held.put_at) for held in first] == [(1, store.clock.now)] * 2
        for held in first + second:
            await store.done(held)
        assert "0 wait, 0 are held" in repr(store)
        assert "ends with this process" in store.describe()

    stored(main)


def test_who_waits_is_woken():
    """By what comes, and may be cancelled without losing it."""

    async def main(store, asked):
        waiting = asyncio.ensure_future(store.take(1))
        await turns()
        waiting.cancel()
        await turns()
        waiting = asyncio.ensure_future(store.take(1))
        await turns()
        asked.queue.put_nowait({"id": "a"})
        (held,) = await waiting
        await store.done(held)

    stored(main)


def test_what_is_tried_again_comes_when_it_is_due():
    """Its attempts are counted; what is given back comes at once, and that one does not count."""

    async def main(store, asked):
        asked.queue.put_nowait({"id": "a"})
        (held,) = await store.take(1)
        await store.retry(held, 0.001, "busy")
        waiting = asyncio.ensure_future(store.take(1))
        await turns()
        assert not waiting.done()
        store.clock.now += 1
        (held,) = await waiting
        assert held.attempt == 2
        await store.give_back(held)
        (held,) = await store.take(1)
        assert held.attempt == 2
        await store.dead(held, "given up")

    stored(main)


def test_it_is_bounded():
    """While ``most`` are here no more are read, so the channel fills up; room is made by each that goes."""

    async def main(store, asked):
        for n in range(5):
            asked.queue.put_nowait({"n": n})
        await turns()
        assert asked.queue.qsize() == 3
        (held,) = await store.take(1)
        await turns()
        assert asked.queue.qsize() == 3
        await store.done(held)
        await turns()
        assert asked.queue.qsize() == 2
        for held in await store.take(9):
            await store.done(held)

    stored(main, most=2)


def test_at_the_end_there_is_what_is_due(caplog):
    """Then nothing, and how many are lost is told."""

    async def main(store, asked):
        asked.queue.put_nowait({"n": 1})
        asked.queue.put_nowait({"n": 2, "not_before": store.clock.now + 60})
        await turns()
        store.leave()
        (held,) = await store.take(9)
        assert await store.take(9) == []
        await store.done(held)

    stored(main)
    assert "1 messages that were not sent are lost" in caplog.text


def test_records():
    """An attempt is begun from what was seen, once; and settled by who has begun it, or who has not, once."""

    async def main(store, _asked):
        assert await store.read("k") == NOTHING
        assert await store.begin("k", 0, 60)
        assert not await store.begin("k", 0, 60)
        assert not await store.settle("k", Record(number=1), 60)
        later = Record(number=1, begun=True, told={"error": "busy"}, owner="x")
        assert await store.settle("k", later, 60)
        assert not await store.settle("k", later, 60)
        assert await store.read("k") == Record(number=1, told={"error": "busy"}, owner="x")
        assert await store.settle("k", Record(number=2), 60)
        assert not await store.begin("k", 1, 60)
        assert await store.begin("k", 2, 60)
        assert await store.settle("k", Record(number=3, begun=True, final=True), 60)
        assert (await store.read("k")).final
        store.clock.now += 61
        assert await store.read("k") == NOTHING

    stored(main)


@pytest.mark.parametrize("passes", [0, 100])
def test_records_are_bounded(passes):
    """The oldest go, and those whose time is over."""

    async def main(store, _asked):
        for n in range(9):
            assert await store.begin(f"{n}", 0, 60)
            store.clock.now += passes
            assert len(store._records) <= 3
        if passes:
            assert len(store._records) == 1

    stored(main, records=3)


@pytest.mark.parametrize("start", [float("nan"), float("inf"), 10**400, "tomorrow", None])
def test_a_beginning_that_is_no_time_holds_up_nobody(start):
    """It is taken at once, so that whoever sends it refuses it, and so is what comes behind it."""

    async def main(store, asked):
        asked.queue.put_nowait({"id": "a", "not_before": start})
        asked.queue.put_nowait({"id": "b"})
        await turns()
        found = await store.take(2)
        assert [held.message["id"] for held in found] == ["a", "b"]
        for held in found:
            await store.done(held)

    stored(main)


def test_no_more_is_read_than_memory_is_meant_for():
    """Few large messages fill it as many small ones do; what is sent, or given up, makes room, and a retry does not."""

    async def main(store, asked):
        for name in "abc":
            asked.queue.put_nowait({"id": name, "files": [{"content": b"x" * 60}]})
        await turns()
        first, second = await store.take(3)
        assert asked.queue.qsize() == 1
        await store.retry(first, 0.0, "")
        await turns()
        assert asked.queue.qsize() == 1
        await store.dead(second, "")
        await turns()
        assert asked.queue.qsize() == 0
        for held in await store.take(3):
            await store.done(held)
        assert store._weight == 0

    stored(main, octets=100)


def test_those_of_a_conversation_come_one_after_the_other():
    """In their order; one that is tried again is waited for, one that is given up is stepped over, others pass."""

    async def main(store, asked):
        for name, channel in ("a1", "A"), ("a2", "A"), ("a3", "A"), ("b1", "B"), ("x", ""):
            asked.queue.put_nowait({"id": name, "channel": channel})
        await turns()
        first, other, free = await store.take(9)
        assert [held.message["id"] for held in (first, other, free)] == ["a1", "b1", "x"]
        await store.retry(first, 10, "busy")
        await store.done(other)
        await store.done(free)
        waiting = asyncio.ensure_future(store.take(9))
        await turns()
        assert not waiting.done()
        store.clock.now += 11
        store._bell.set()
        (held,) = await waiting
        assert (held.message["id"], held.attempt) == ("a1", 2)
        await store.dead(held, "given up")
        (held,) = await store.take(9)
        assert held.message["id"] == "a2"
        await store.done(held)
        await store.done((await store.take(9))[0])

    stored(main, ordered_by=("channel",))


def test_one_that_is_not_to_be_sent_yet_holds_up_nobody():
    """It joins its conversation at its time."""

    async def main(store, asked):
        asked.queue.put_nowait({"id": "later", "channel": "A", "not_before": store.clock.now + 60})
        asked.queue.put_nowait({"id": "now", "channel": "A"})
        (held,) = await store.take(9)
        assert held.message["id"] == "now"
        await store.done(held)
        store.clock.now += 61
        await store.done((await store.take(9))[0])

    stored(main, ordered_by=("channel",))


def test_what_is_given_back_for_a_while_does_not_count():
    """It comes after so many seconds, as the same attempt, before those behind it."""

    async def main(store, asked):
        for name in "ab":
            asked.queue.put_nowait({"id": name, "channel": "A"})
        await turns()
        (held,) = await store.take(9)
        await store.give_back(held, 5)
        store.clock.now += 6
        (held,) = await store.take(9)
        assert (held.message["id"], held.attempt) == ("a", 1)
        await store.done(held)
        await store.done((await store.take(9))[0])

    stored(main, ordered_by=("channel",))


def test_at_the_end_those_behind_what_is_held_have_their_turn():
    """As long as somebody holds one before them: else nothing would be left of a conversation but its first."""

    async def main(store, asked):
        for name in "ab":
            asked.queue.put_nowait({"id": name, "channel": "A"})
        await turns()
        (held,) = await store.take(9)
        store.leave()
        waiting = asyncio.ensure_future(store.take(9))
        await turns()
        assert not waiting.done()
        await store.done(held)
        (held,) = await waiting
        await store.done(held)
        assert await store.take(9) == []

    stored(main, ordered_by=("channel",))
