"""The layer of one process: the contract, and what only it promises."""

import asyncio
import gc
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interfaces.layers.base import ChannelFull
from interfaces.layers.local import LocalChannelLayer
from interfaces.testing.layer_kit import HELLO, cancelled, numbered, numbers
from interfaces.testing.layers import LayerContract

PROGRAM = Path(__file__).with_name("local_channels.py")


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


class TestContract(LayerContract):
    """The suite, on a clock of its own."""

    quiet = 0.01

    async def make(self, **keywords):
        """A layer whose time stands still."""
        return LocalChannelLayer(clock=Clock(), **keywords)

    async def elapse(self, layer, seconds):
        """Nobody waits."""
        layer.clock.now += seconds


def test_time_is_that_of_the_machine():
    """Without a clock of its own: a delayed message wakes who waits, an old one is gone."""

    async def main():
        layer = LocalChannelLayer(expiry=0.01)
        await layer.send("old", HELLO)
        await layer.send_later("new", HELLO, 0.02)
        assert await layer.receive_any(["new"]) == ("new", HELLO)
        assert (await layer.statistics())["expired"] == 1

    asyncio.run(main())


def test_dead_channels_are_forgotten():
    """A channel a client, each read to its end: what is kept does not grow, and nothing looks at all of them."""

    async def main():
        layer = LocalChannelLayer()
        for _ in range(2000):
            channel = await layer.new_channel()
            await layer.group_add("room", channel)
            waiting = asyncio.create_task(layer.receive(channel))
            await asyncio.sleep(0)
            await layer.group_send("room", HELLO)
            await waiting
            await layer.group_discard("room", channel)
            assert len(layer._channels) <= 4
            assert len(layer._swept) == len(layer._channels)
        assert await layer.group_channels("room") == []

    asyncio.run(main())


def test_messages_that_nobody_reads_are_forgotten():
    """In channels of which nothing is ever heard again, once they have expired; each is counted."""

    async def main():
        clock, counts = Clock(), []
        layer = LocalChannelLayer(expiry=60, clock=clock)
        layer.count = lambda name, by: counts.append((name, by))
        for _ in range(5000):
            await layer.send(await layer.new_channel(), HELLO)
            clock.now += 1
            assert len(layer._channels) <= 2 * 61 + 2
        clock.now += 60
        found = await layer.statistics()
        assert (found["channels"], found["messages"], found["expired"]) == (0, 0, 5000)
        assert sum(by for name, by in counts if name == "layer.expired") == 5000

    asyncio.run(main())


def test_dead_groups_are_forgotten():
    """Emptied ones at once, those whose members' time is over when others are made."""

    async def main():
        clock = Clock()
        layer = LocalChannelLayer(group_expiry=60, clock=clock)
        for number in range(5000):
            await layer.group_add(f"left-{number}", "channel")
            await layer.group_add(f"closed-{number}", "channel")
            await layer.group_discard(f"closed-{number}", "channel")
            clock.now += 1
            assert len(layer._groups) <= 2 * 61 + 2
            assert len(layer._swept_groups) <= 4 * 61 + 4
        clock.now += 60
        assert (await layer.statistics())["groups"] == 0

    asyncio.run(main())


def test_a_receiver_in_another_thread_is_woken():
    """Each loop in a thread of its own, both ways, 200 times."""
    layer = LocalChannelLayer()

    async def pong():
        for number in range(200):
            assert await layer.receive("there") == numbered(number)
            await layer.send("back", numbered(number))

    async def ping():
        for number in range(200):
            await layer.send("there", numbered(number))
            assert await numbers(layer, "back", 1) == [number]

    thread = threading.Thread(target=asyncio.run, args=(pong(),))
    thread.start()
    asyncio.run(ping())
    thread.join(10)
    assert not thread.is_alive()


def test_many_threads_compete():
    """Four loops receive what four others send: each message once."""
    layer, total = LocalChannelLayer(capacity=10_000), 4 * 250
    found = []

    async def take():
        while (message := await layer.receive("work"))["number"] >= 0:
            found.append(message["number"])

    async def give(start):
        for number in range(start, start + 250):
            await layer.send("work", numbered(number))
            await asyncio.sleep(0)

    calls = [take() for _ in range(4)] + [give(start) for start in range(0, total, 250)]
    threads = [threading.Thread(target=asyncio.run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads[4:]:
        thread.join()
    for _ in range(4):
        asyncio.run(layer.send("work", numbered(-1)))
    for thread in threads[:4]:
        thread.join(10)
        assert not thread.is_alive()
    assert sorted(found) == [*range(total)]


def test_a_loop_that_was_closed_holds_up_nobody():
    """Its receiver is left out, and the next one is woken."""
    layer, gone = LocalChannelLayer(), asyncio.new_event_loop()
    left = gone.create_task(layer.receive("channel"))
    gone.run_until_complete(asyncio.sleep(0))
    gone.close()

    async def main():
        waiting = asyncio.create_task(layer.receive("channel"))
        await asyncio.sleep(0)
        await layer.send("channel", HELLO)
        assert await waiting == HELLO
        assert (await layer.statistics())["receivers"] == 0

    asyncio.run(main())
    left._log_destroy_pending = False
    del left
    gc.collect()


def test_delays_are_bounded():
    """ChannelFull beyond max_delayed in the whole layer; room again when one was given."""

    async def main():
        clock = Clock()
        layer = LocalChannelLayer(max_delayed=2, clock=clock)
        for channel in ("a", "b"):
            await layer.send_later(channel, HELLO, 1)
        with pytest.raises(ChannelFull, match="wait for their time"):
            await layer.send_later("c", HELLO, 1)
        assert (await layer.statistics())["delayed"] == 2
        clock.now += 1
        assert await layer.receive("a") == HELLO
        await layer.send_later("c", HELLO, 1)

    asyncio.run(main())


def test_delayed_messages_that_find_no_room_are_counted():
    """As are those whose channel nobody read until they had expired."""

    async def main():
        clock = Clock()
        layer = LocalChannelLayer(capacity=1, expiry=10, clock=clock)
        for _ in range(3):
            await layer.send_later("channel", HELLO, 1)
        clock.now += 1
        assert await layer.receive("channel") == HELLO
        await layer.send_later("channel", HELLO, 1)
        clock.now += 11
        found = await layer.statistics()
        assert (found["full"], found["expired"], found["delayed"], found["messages"]) == (2, 1, 0, 0)

    asyncio.run(main())


@pytest.mark.parametrize("delay", [0, -0.5, -1000])
def test_a_delay_that_is_over_is_none(delay):
    """It is sent at once, as on every layer: it lives as long as others, and a full channel says so."""

    async def main():
        clock = Clock()
        layer = LocalChannelLayer(capacity=1, expiry=10, max_delayed=0, clock=clock)
        await layer.send_later("channel", HELLO, delay)
        with pytest.raises(ChannelFull):
            await layer.send_later("channel", HELLO, delay)
        clock.now += 9
        assert await layer.receive("channel") == HELLO

    asyncio.run(main())


def test_a_receiver_of_several_passes_on_what_it_leaves():
    """It was woken by one channel and took from the other; who waits for the first gets its message."""

    async def main():
        layer = LocalChannelLayer()
        both = asyncio.create_task(layer.receive_any(["b", "a"]))
        await asyncio.sleep(0)
        one = asyncio.create_task(layer.receive("a"))
        await asyncio.sleep(0)
        await layer.send("a", numbered(1))
        await layer.send("b", numbered(2))
        assert await both == ("b", numbered(2))
        assert await one == numbered(1)

    asyncio.run(main())


def test_statistics_count_who_waits():
    """A receiver of several is one; who has left is none."""

    async def main():
        layer = LocalChannelLayer()
        waiting = asyncio.create_task(layer.receive_any(["a", "b"]))
        await asyncio.sleep(0)
        found = await layer.statistics()
        assert (found["receivers"], found["channels"]) == (1, 2)
        await cancelled(waiting)
        found = await layer.statistics()
        assert (found["receivers"], found["channels"]) == (0, 0)

    asyncio.run(main())


@pytest.mark.parametrize("part", ["echo", "sync", "settings"])
def test_in_a_channels_project(part):
    """Unmodified consumers, async_to_sync from many threads, and Django's CHANNEL_LAYERS."""
    done = subprocess.run(
        [sys.executable, "-W", "error", str(PROGRAM), part],
        capture_output=True, text=True, timeout=60, cwd=PROGRAM.parents[2],
    )  # fmt: skip
    assert (done.returncode, done.stdout.split()) == (0, ["proven"]), done.stderr


class Model:
    """What a layer of one process is to do, in a few lines: lists, and the same clock."""

    def __init__(self, clock, capacity, expiry):
        self.clock, self.capacity, self.expiry = clock, capacity, expiry
        self.channels, self.later, self.groups = {}, [], {}
        self.expired = self.full = 0

    def settle(self, channel):
        """What is due comes in, in the order of its time, and what is too old is gone."""
        now, box = self.clock(), self.channels.setdefault(channel, [])
        kept = [one for one in box if one[0] > now]
        self.expired += len(box) - len(kept)
        due = sorted(one for one in self.later if one[2] == channel and one[0] <= now)
        self.later = [one for one in self.later if one not in due]
        for at, n, _ in due:
            if at + self.expiry <= now:
                self.expired += 1
            elif len(kept) >= self.capacity:
                self.full += 1
            else:
                kept.append((at + self.expiry, n))
        self.channels[channel] = kept
        return kept

    def send(self, channel, n):
        """Whether it fits."""
        box = self.settle(channel)
        if len(box) < self.capacity:
            box.append((self.clock() + self.expiry, n))
            return True
        return False

    def members(self, group):
        known = self.groups.setdefault(group, {})
        for channel in [channel for channel, until in known.items() if until <= self.clock()]:
            del known[channel]
        return known


class Pair:
    """A layer and its model, to which the same happens."""

    def __init__(self):
        self.clock = Clock()
        self.layer = LocalChannelLayer(
            capacity=2, expiry=10, group_expiry=15, max_delayed=3, clock=self.clock
        )
        self.model, self.sent = Model(self.clock, 2, 10), 0

    async def send(self, channel, _n):
        self.sent += 1
        fits = self.model.send(channel, self.sent)
        try:
            await self.layer.send(channel, {"n": self.sent})
        except ChannelFull:
            assert not fits
        else:
            assert fits

    async def later(self, channel, n):
        self.sent += 1
        if len(self.model.later) < 3:
            self.model.later.append((self.clock() + 3 * n + 1, self.sent, channel))
            await self.layer.send_later(channel, {"n": self.sent}, 3 * n + 1)
        else:
            with pytest.raises(ChannelFull):
                await self.layer.send_later(channel, {"n": self.sent}, 3 * n + 1)

    async def receive(self, channel, _n):
        """What is there, or nothing: then the receiver gives up."""
        box = self.model.settle(channel)
        task = asyncio.ensure_future(self.layer.receive(channel))
        for _ in range(3):
            await asyncio.sleep(0)
        if box:
            assert (await task)["n"] == box.pop(0)[1]
        else:
            assert not task.done()
            await cancelled(task)

    async def wait(self, channel, _n):
        """A receiver that waits gets what comes next, of any of its channels."""
        for name in "ab":
            if self.model.settle(name):
                return
        task = asyncio.ensure_future(self.layer.receive_any(("a", "b")))
        await asyncio.sleep(0)
        self.sent += 1
        await self.layer.send(channel, {"n": self.sent})
        assert await task == (channel, {"n": self.sent})

    async def add(self, channel, n):
        self.model.members(f"g{n % 2}").pop(channel, None)
        self.model.members(f"g{n % 2}")[channel] = self.clock() + 15
        await self.layer.group_add(f"g{n % 2}", channel)

    async def discard(self, channel, n):
        self.model.members(f"g{n % 2}").pop(channel, None)
        await self.layer.group_discard(f"g{n % 2}", channel)

    async def tell(self, _channel, n):
        """A group: who is full is left out, and counted."""
        self.sent += 1
        for name in self.model.members(f"g{n % 2}"):
            self.model.full += not self.model.send(name, self.sent)
        assert await self.layer.group_channels(f"g{n % 2}") == [*self.model.members(f"g{n % 2}")]
        await self.layer.group_send(f"g{n % 2}", {"n": self.sent})

    async def elapse(self, _channel, n):
        """Time goes on. Both look if something is to come: when the layer would is its own affair."""
        self.clock.now += 4 * n
        if self.model.later or n % 2:
            await self.compare()

    async def compare(self):
        """The layer says what the model knows."""
        told = await self.layer.statistics()
        boxes = [self.model.settle(channel) for channel in "ab"]
        assert told["messages"] == sum(map(len, boxes))
        assert told["delayed"] == len(self.model.later)
        assert (told["expired"], told["full"]) == (self.model.expired, self.model.full)
        assert told["groups"] == sum(bool(self.model.members(group)) for group in ("g0", "g1"))
        assert told["receivers"] == 0


DEEDS = [Pair.send, Pair.later, Pair.receive, Pair.wait, Pair.add, Pair.discard, Pair.tell, Pair.elapse]


@given(
    st.lists(
        st.tuples(st.sampled_from(DEEDS), st.sampled_from("ab"), st.integers(0, 4)), min_size=10, max_size=60
    )
)
@settings(max_examples=300, deadline=None)
def test_it_does_what_a_few_lists_would(steps):
    """Sends, delays, receivers, groups and time in any order: the same messages, members and counts."""

    async def main():
        pair = Pair()
        for deed, channel, n in steps:
            await deed(pair, channel, n)
        await pair.compare()

    asyncio.run(main())
