"""What waits to go out at a broker: sends that are kept, the store of an outbox, records, and dead senders."""

import asyncio
import os
import signal
import subprocess
import sys
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest

from interfaces.layers.dead import DeadLetters
from interfaces.layers.local import LocalChannelLayer
from interfaces.layers.opening import open_layer
from interfaces.layers.outgoing import DurableStore
from interfaces.layers.redis import RedisChannelLayer
from interfaces.shared.errors import ConfigError, Unavailable
from interfaces.shared.sendings import NOTHING, Record
from interfaces.shared.waiting import MemoryStore
from tests.shared.outboxes import LATER, SENT, Scripted, running

CHANNEL = "email.send"


@asynccontextmanager
async def layered(broker, **keywords):
    """A layer of its own at the broker."""
    layer = RedisChannelLayer(broker.hosts, prefix=broker.prefix, **keywords)
    try:
        await layer.hub().started()
        yield layer
    finally:
        await layer.close()


def test_a_send_is_kept_until_it_is_sent(broker):
    """It is in a durable queue when ``send`` returns, with no sender there; then it is sent, and nothing is left."""

    async def main():
        async with layered(broker) as layer:
            await layer.send(CHANNEL, {"id": "m1", "reply_channel": "r"})
            store = layer.store(CHANNEL)
            assert await store.queues.length(CHANNEL) == 1
            async with running(way := Scripted(LATER, SENT), store) as box:
                results = await box.answered(2)
                await box.until(lambda: not box.outbox.running)
            assert [result["final"] for result in results] == [False, True]
            assert [sending.number for sending in way.sendings] == [1, 2]
            assert await store.queues.length(CHANNEL) == 0

    asyncio.run(main())


def test_it_may_be_sent_from_where_no_loop_lasts(broker):
    """A view without async code sends as well: over the thread that all such share."""
    layer = RedisChannelLayer(broker.hosts, prefix=broker.prefix)
    asyncio.run(layer.send(CHANNEL, {"n": 1}))
    asyncio.run(layer.send_later(CHANNEL, {"n": 2}, 3600))

    async def main():
        async with layered(broker) as other:
            store = other.store(CHANNEL)
            await store.open()
            (held,) = await store.take(9)
            assert held.message == {"n": 1}
            assert await store.queues.length(CHANNEL) == 2
            await store.close()
        await layer.close()

    asyncio.run(main())


def test_the_same_key_is_sent_once_and_both_are_answered(broker):
    """Those with one ``dedupe_key`` are taken one after the other, so the second finds the record of the first."""

    async def main():
        async with layered(broker) as layer:
            for n in "12":
                await layer.send(CHANNEL, {"id": n, "reply_channel": "r", "dedupe_key": "k" * 500})
            async with running(way := Scripted(), layer.store(CHANNEL)) as box:
                results = await box.answered(2)
            assert [result["id"] for result in results] == ["1", "2"]
            assert len(way.sendings) == 1

    asyncio.run(main())


@pytest.mark.parametrize(
    "message",
    [{"not_before": "soon"}, {"not_before": 1e300}, {"x": object()}],
    ids=["no number", "too late", "no value"],
)
def test_what_cannot_be_kept_is_refused(broker, message):
    """The sender is told, and nothing is put."""

    async def main():
        async with layered(broker) as layer:
            with pytest.raises((TypeError, ValueError)):
                await layer.send(CHANNEL, message)
            assert await layer.store(CHANNEL).queues.length(CHANNEL) == 0

    asyncio.run(main())


def test_a_failure_is_a_dead_letter_that_can_be_put_back(broker):
    """With its reason; put back it is tried anew, with what was told before."""

    async def main():
        async with layered(broker) as layer:
            await layer.send(CHANNEL, {"id": "m1", "reply_channel": "r"})
            way = Scripted()
            async with running(way, layer.store(CHANNEL)) as box:
                way.deeds.append(way.given_up(None, "no such user"))
                await box.until(lambda: box.counts["test.send.sent"] or box.counts["test.send.failed"])
                await box.until(lambda: not box.outbox.running)
                letters = DeadLetters(layer.hub())
                (letter,) = await letters.page(CHANNEL)
                assert (letter.reason, letter.message["id"]) == ("no such user", "m1")
                assert await letters.retry(CHANNEL, letter.number)
                await box.until(lambda: box.counts["test.send.sent"])
            assert [(sending.again, sending.number) for sending in way.sendings] == [(False, 1), (True, 2)]
            assert [result.get("error") for _, result in box.answers] == ["no such user", None]

    asyncio.run(main())


def test_a_dead_letter_has_what_redact_leaves(broker):
    """What was done with the content of a message that was sent holds for those that were not, too."""

    async def main():
        async with layered(broker) as layer:
            await layer.send(CHANNEL, {"id": "m1", "text": "secret", "dedupe_key": "k"})
            store = layer.store(CHANNEL, lambda message: {**message, "text": "(redacted)"})
            await store.open()
            (held,) = await store.take(1)
            await store.dead(held, "no such user")
            (letter,) = await DeadLetters(layer.hub()).page(CHANNEL)
            assert letter.message == {"id": "m1", "text": "(redacted)", "dedupe_key": "k"}
            assert (letter.reason, letter.id, letter.attempts) == ("no such user", held.id, 1)
            assert await DeadLetters(layer.hub()).retry(CHANNEL, letter.number)
            assert (await store.take(1))[0].message == letter.message
            await store.close()

    asyncio.run(main())


def test_records(broker):
    """An attempt is begun from what was seen, once, by whichever process; and settled by who has begun it, once."""

    async def main():
        async with layered(broker) as one, layered(broker) as other:
            a, b = one.store(CHANNEL), other.store(CHANNEL)
            assert await a.read("k") == NOTHING
            assert await a.begin("k", 0, 60)
            assert not await b.begin("k", 0, 60)
            assert not await b.settle("k", Record(number=1), 60)
            later = Record(number=1, begun=True, told={"error": "busy"}, owner="x")
            assert await a.settle("k", later, 60)
            assert not await b.settle("k", later, 60)
            assert await b.read("k") == Record(number=1, told={"error": "busy"}, owner="x")
            assert await b.settle("k", Record(number=2), 60)
            assert not await a.begin("k", 1, 60)
            assert await a.begin("k", 2, 60)
            assert await a.settle("k", Record(number=3, begun=True, final=True), 0.001)
            async with asyncio.timeout(10):
                while await a.read("k") != NOTHING:
                    await asyncio.sleep(0.002)

    asyncio.run(main())


def test_a_record_with_another_key_is_not_believed(broker):
    """A message whose record cannot be read is not sent a second time: its store is Unavailable."""

    async def main():
        async with layered(broker, signing_keys=["a"]) as one, layered(broker, signing_keys=["b"]) as other:
            await one.store(CHANNEL).settle("k", Record(number=1), 60)
            with pytest.raises(Unavailable):
                await other.store(CHANNEL).read("k")

    asyncio.run(main())


def test_a_broker_that_refuses(broker):
    """A key of another kind, and whatever else it says no to, is Unavailable."""

    async def main():
        async with layered(broker) as layer:
            store = layer.store(CHANNEL)
            broker.command("LPUSH", store._name("k"), 1)
            for call in (store.read("k"), store.begin("k", 0, 9), store.settle("k", Record(), 9)):
                with pytest.raises(Unavailable):
                    await call

    asyncio.run(main())


def test_how_well_it_is_kept(broker, fresh_broker):
    """The line for the start says it, as the broker does it by itself or as it is asked; less is a ConfigError."""

    async def told(broker, **keywords):
        async with layered(broker, **keywords) as layer:
            store = layer.store(CHANNEL)
            await store.open()
            try:
                return store.describe()
            finally:
                await store.close()

    lasting = fresh_broker()
    assert asyncio.run(told(broker)).startswith("a durable queue: memory (")
    assert "appendonly no" in asyncio.run(told(broker))
    assert asyncio.run(told(lasting)).startswith("a durable queue: host-crash (")
    assert asyncio.run(told(lasting, durability="process-crash")).startswith("a durable queue: process-crash")
    with pytest.raises(ConfigError, match="appendonly yes"):
        asyncio.run(told(broker, durability="process-crash"))


def test_a_send_waits_for_what_is_asked(broker, fresh_broker):
    """The layer's ``durability`` holds for who sends: a broker that keeps less is told to be one."""

    async def main(broker):
        async with layered(broker, durability="process-crash") as layer:
            await layer.send(CHANNEL, {"n": 1})

    with pytest.raises(ConfigError, match="appendonly yes"):
        asyncio.run(main(broker))
    asyncio.run(main(fresh_broker()))


@pytest.mark.parametrize("given", ["proces-crash", 7])
def test_a_class_that_is_none(given):
    """It is told which there are."""
    with pytest.raises(ConfigError, match="process-crash"):
        RedisChannelLayer(durability=given)


def test_the_url_may_say_it(broker):
    """As every keyword of the layer."""
    layer = open_layer(f"{broker.url}?durability=memory")
    assert layer.durability == "memory"
    asyncio.run(layer.close())


def test_a_local_layer_has_memory():
    """What is sent to it waits in this process."""

    async def main():
        layer = LocalChannelLayer()
        await layer.send(CHANNEL, {"reply_channel": "r"})
        store = layer.store(CHANNEL)
        assert isinstance(store, MemoryStore)
        async with running(Scripted(), store) as box:
            await box.answered()

    asyncio.run(main())


def test_the_end_gives_back_what_was_not_begun(broker):
    """It leaves, and what had been taken is another's; who waits for more gets none."""

    async def main():
        async with layered(broker) as layer:
            store = layer.store(CHANNEL)
            await store.open()
            waiting = asyncio.ensure_future(store.take(1))
            await asyncio.sleep(0)
            store.leave()
            assert await waiting == []
            assert await store.take(1) == []
            await store.close()
            await layer.send(CHANNEL, {"n": 1})
            store = layer.store(CHANNEL)
            await store.open()
            assert (await store.take(1))[0].attempt == 1
            await store.close()
            other = layer.store(CHANNEL)
            await other.open()
            (held,) = await other.take(1)
            assert held.attempt == 1
            await other.give_back(held)
            await other.close()
            assert isinstance(other, DurableStore) and CHANNEL in repr(other)

    asyncio.run(main())


def test_a_take_that_is_cancelled_loses_nothing(broker):
    """Whoever takes next has it."""

    async def main():
        async with layered(broker) as layer:
            store = layer.store(CHANNEL)
            await store.open()
            waiting = asyncio.ensure_future(store.take(1))
            await asyncio.sleep(0)
            waiting.cancel()
            await asyncio.wait({waiting})
            assert waiting.cancelled()
            await layer.send(CHANNEL, {"n": 1})
            assert len(await store.take(1)) == 1
            await store.close()

    asyncio.run(main())


@pytest.mark.parametrize(("point", "outcome"), [("before", "sent"), ("after", "uncertain")])
def test_a_sender_that_is_killed(fresh_broker, point, outcome):
    """Before anything can have been sent it is sent by another; after that it is uncertain, and sent by nobody."""
    broker = fresh_broker()

    async def main():
        async with layered(broker) as layer:
            await layer.send(CHANNEL, {"id": "m1", "reply_channel": "r"})
            program = [sys.executable, "-m", "tests.layers.outgoing_victim", broker.url, broker.prefix, point]
            run = partial(
                subprocess.run, program, cwd=Path(__file__).parents[2], env={**os.environ}, timeout=60
            )
            assert (await asyncio.to_thread(run)).returncode == -signal.SIGKILL
            store = layer.store(CHANNEL)
            store.queues.limits = type(store.queues.limits)(lease=0.05)
            async with running(way := Scripted(), store) as box:
                await box.answered()
                await box.until(lambda: box.counts[f"test.send.{outcome}"])
            assert len(way.sendings) == (outcome == "sent")

    asyncio.run(main())


def test_a_conversation_leaves_in_its_order(broker):
    """One that is tried again is waited for, one that has failed is stepped over, and other channels go on."""

    async def main():
        async with layered(broker) as layer:
            for name in ("a0", "a1", "a2", "b0"):
                await layer.send("slack.send", {"id": name, "channel": name[0], "team_id": name[1]})
            store = layer.store("slack.send")
            await store.open()
            first, other = await store.take(9)
            assert [first.message["id"], other.message["id"]] == ["a0", "b0"]
            assert first.conversation and first.conversation != other.conversation
            await store.done(other)
            await store.retry(first, 0.02, "busy")
            for name, attempt in ("a0", 2), ("a1", 1), ("a2", 1):
                (held,) = await store.take(9)
                assert (held.message["id"], held.attempt) == (name, attempt)
                await (store.dead(held, "no") if name == "a1" else store.done(held))
            await store.close()

    asyncio.run(main())


@pytest.mark.parametrize("channel", ["slack.send", CHANNEL])
def test_what_is_given_back_for_a_while_does_not_count(broker, channel):
    """It comes after so many seconds as the same attempt; before those behind it where the order is kept."""

    async def main():
        async with layered(broker) as layer:
            for name in "ab":
                await layer.send(channel, {"id": name, "channel": "C", "dedupe_key": "k"})
            store = layer.store(channel)
            await store.open()
            (held,) = await store.take(9)
            await store.give_back(held, 0.03)
            names = []
            while len(names) < 2:
                (held,) = await store.take(9)
                assert held.attempt == 1
                names.append(held.message["id"])
                await store.done(held)
            assert names == (["a", "b"] if channel == "slack.send" else ["b", "a"])
            await store.close()

    asyncio.run(main())
