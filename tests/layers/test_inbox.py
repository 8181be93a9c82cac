"""interfaces.layers.inbox: fair, bounded, and no cancelled receiver takes a message with it."""

import asyncio
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.layers.inbox import Inbox


class Kit:
    """An inbox with a clock of its own, what it counted, and the credit it gave back."""

    def __init__(self, capacity=3, expiry=60):
        self.now = 0.0
        self.counts = Counter()
        self.credit = Counter()
        self.box = Inbox(
            lambda _channel: capacity,
            expiry,
            count=lambda name, by: self.counts.update({name: by}),
            on_consumed=lambda sender, size: self.credit.update({sender: size}),
            clock=lambda: self.now,
        )

    def empty(self):
        """Whether nothing is left of any channel."""
        return not self.box._boxes and not self.box._waiters


async def turn():
    """Let everything that can run do so."""
    for _ in range(5):
        await asyncio.sleep(0)


def test_messages_come_out_in_order_with_their_channel():
    """One writer, one reader: first in, first out."""

    async def main():
        kit = Kit()
        for number in range(3):
            assert kit.box.deliver("a", {"n": number})
        assert (len(kit.box), kit.box.buffered("a"), kit.box.channels) == (3, 3, ["a"])
        assert [await kit.box.receive(("a",)) for _ in range(3)] == [("a", {"n": n}) for n in range(3)]
        assert kit.empty()

    asyncio.run(main())


def test_a_receiver_waits_and_receivers_take_turns():
    """Each message goes to the receiver that has waited longest."""

    async def main():
        kit = Kit()
        tasks = [asyncio.create_task(kit.box.receive(("a", "b"))) for _ in range(2)]
        await turn()
        assert kit.box.waiting("a") == 2
        kit.box.deliver("b", {"n": 1})
        kit.box.deliver("a", {"n": 2})
        assert await asyncio.gather(*tasks) == [("b", {"n": 1}), ("a", {"n": 2})]
        assert kit.empty()

    asyncio.run(main())


def test_a_full_channel_refuses_the_newest_and_no_other_channel():
    """Capacity counts by full name; what comes from elsewhere is counted, and gives its credit back."""

    async def main():
        kit = Kit(capacity=1)
        assert kit.box.deliver("x!1", {"n": 1}, 10, "peer")
        assert not kit.box.deliver("x!1", {"n": 2})
        assert not kit.counts
        assert not kit.box.deliver("x!1", {"n": 3}, 7, "peer")
        assert kit.counts == {"layer.full": 1}
        assert kit.credit == {"peer": 7}
        assert kit.box.deliver("x!2", {"n": 4})
        assert await kit.box.receive(("x!1",)) == ("x!1", {"n": 1})
        assert kit.credit == {"peer": 17}

    asyncio.run(main())


def test_a_busy_and_a_quiet_channel_are_both_served():
    """Channels take turns, whatever the busy one holds."""

    async def main():
        kit = Kit(capacity=100)
        for number in range(50):
            kit.box.deliver("busy", {"n": number})
            kit.box.deliver("also", {"n": number})
        kit.box.deliver("quiet", {})
        got = [(await kit.box.receive(("busy", "also", "quiet")))[0] for _ in range(4)]
        assert "quiet" in got[:3]
        assert {"busy", "also"} <= {*got}

    asyncio.run(main())


def test_cancelling_a_receiver_that_was_given_a_message_puts_it_in_front():
    """The next receive gets it, before what came later."""

    async def main():
        kit = Kit()
        task = asyncio.create_task(kit.box.receive(("a",)))
        await turn()
        kit.box.deliver("a", {"n": 1}, 5, "peer")
        kit.box.deliver("a", {"n": 2})
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not kit.credit
        assert [(await kit.box.receive(("a",)))[1] for _ in range(2)] == [{"n": 1}, {"n": 2}]
        assert kit.credit == {"peer": 5}
        assert kit.empty()

    asyncio.run(main())


def test_what_a_cancelled_receiver_had_goes_to_another_that_waits():
    """Nobody waits beside a message."""

    async def main():
        kit = Kit()
        first, second = (asyncio.create_task(kit.box.receive(("a",))) for _ in range(2))
        await turn()
        kit.box.deliver("a", {"n": 1})
        first.cancel()
        assert await second == ("a", {"n": 1})
        with pytest.raises(asyncio.CancelledError):
            await first
        assert kit.empty()

    asyncio.run(main())


def test_a_receiver_that_was_cancelled_just_now_is_passed_over():
    """Before its task has run: the next one gets the message, or it waits."""

    async def main():
        kit = Kit()
        first, second = (asyncio.create_task(kit.box.receive((name, "b"))) for name in "aa")
        await turn()
        first.cancel()
        kit.box.deliver("a", {"n": 1})
        assert await second == ("a", {"n": 1})
        third = asyncio.create_task(kit.box.receive(("a",)))
        await turn()
        third.cancel()
        assert kit.box.fan_out(["a"], {"n": 2}) == 0
        await asyncio.wait([first, third])
        assert kit.box.pop("a") == {"n": 2}
        assert kit.empty()

    asyncio.run(main())


def test_one_channel_is_received_the_short_way():
    """With credit, expiry and waiting as on the long one."""

    async def main():
        kit = Kit(expiry=10)
        kit.box.deliver("a", {"n": 1}, 4, "peer")
        kit.box.deliver("a", {"n": 2})
        assert kit.box.pop("a") == {"n": 1}
        assert kit.credit == {"peer": 4}
        kit.now = 10
        assert kit.box.pop("a") is None
        task = asyncio.create_task(kit.box.receive(["a"]))
        await turn()
        assert kit.counts == {"layer.expired": 1}
        kit.box.deliver("a", {"n": 3})
        assert await task == ("a", {"n": 3})
        assert kit.empty()

    asyncio.run(main())


def test_receivers_that_gave_up_leave_nothing():
    """Cancelled receivers of many channels are forgotten, and no message is given to them."""

    async def main():
        kit = Kit()
        for _ in range(100):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0):
                    await kit.box.receive(("a", "b", "a"))
        assert kit.empty()
        kit.box.deliver("b", {})
        assert await kit.box.receive(("a", "b", "a")) == ("b", {})
        assert kit.empty()

    asyncio.run(main())


def test_a_loop_over_two_channels_leaves_no_receivers_in_the_quiet_one():
    """A thousand receives leave as much as one."""

    async def main():
        kit = Kit()
        for _ in range(1000):
            task = asyncio.create_task(kit.box.receive(("busy", "quiet")))
            await asyncio.sleep(0)
            kit.box.deliver("busy", {})
            await task
        assert kit.empty()

    asyncio.run(main())


@given(st.lists(st.sampled_from("darcst"), max_size=60))
def test_whatever_happens_each_message_is_received_once_in_order(steps):
    """Deliveries, receives and cancels in any order: none is lost, none comes twice."""

    async def main():
        kit = Kit(capacity=1000)
        sent, got, task = 0, [], None
        for step in [*steps, "end"]:
            if step in "da":
                kit.box.deliver("ab"[step == "a"], {"n": sent})
                sent += 1
            elif step == "t":
                await turn()
            elif task is None and step in "rs":
                task = asyncio.create_task(kit.box.receive(("a", "b") if step == "r" else ("a",)))
                await asyncio.sleep(0)
            if task is not None and step in ("c", "end"):
                task.cancel()  # what is delivered before it runs is delivered to nobody who is there
            if task is not None and step == "end":
                await asyncio.wait([task])
            if task is not None and task.done():
                got += [] if task.cancelled() else [task.result()]
                task = None
        while len(kit.box):
            got.append(await kit.box.receive(("a", "b")))
        assert sorted(message["n"] for _, message in got) == [*range(sent)]
        for channel in "ab":
            numbers = [message["n"] for name, message in got if name == channel]
            assert numbers == sorted(numbers)
        assert kit.empty()

    asyncio.run(main())


def test_what_waited_too_long_is_dropped_and_counted():
    """At receive, when a full channel needs the room, and by sweep for channels that nobody receives."""

    async def main():
        kit = Kit(capacity=1, expiry=10)
        for channel in "abc":
            kit.box.deliver(channel, {"n": 1}, 2, "peer")
        kit.now = 10
        assert kit.box.deliver("b", {"n": 2})
        kit.box.sweep()
        assert kit.box.channels == ["b"]
        assert kit.counts == {"layer.expired": 3}
        assert kit.credit == {"peer": 6}
        kit.now = 20
        assert kit.box.take(("b", "a")) is None
        assert kit.counts == {"layer.expired": 4}
        assert kit.empty()
        kit.box.deliver("b", {"n": 3})
        kit.now = 29
        assert await kit.box.receive(("b",)) == ("b", {"n": 3})

    asyncio.run(main())


def test_a_group_message_is_a_copy_for_each():
    """Receivers may change what they got; members that are full are counted and harm no other."""

    async def main():
        kit = Kit(capacity=1)
        kit.box.deliver("full", {})
        waiting = asyncio.create_task(kit.box.receive(("waits",)))
        await turn()
        message = {"type": "x", "inner": [{"n": 1}]}
        assert kit.box.fan_out(["waits", "full", "a", "b"], message) == 1
        got = [(await waiting)[1], *[(await kit.box.receive((name,)))[1] for name in "ab"]]
        assert got == [message] * 3
        assert len({id(one) for one in [*got, message]}) == 4
        assert len({id(one["inner"][0]) for one in [*got, message]}) == 4
        assert kit.counts == {"layer.full": 1}
        kit.now = 60
        assert kit.box.fan_out(["full"], message) == 0
        assert kit.counts == {"layer.full": 1, "layer.expired": 1}

    asyncio.run(main())


def test_a_forgotten_channel_gives_its_credit_back():
    """What it held is handed to who asked for that."""
    kit = Kit()
    kit.box.deliver("a", {"n": 1}, 4, "peer")
    kit.box.deliver("a", {"n": 2})
    assert [entry.message["n"] for entry in kit.box.forget("a")] == [1, 2]
    assert kit.credit == {"peer": 4}
    assert kit.box.forget("a") == []
    assert kit.empty()
    assert "0 messages" in repr(kit.box)


def test_who_waits_can_be_told_that_nothing_will_come():
    """Each receiver once, whatever it waits for; the inbox goes on, and nobody is left in it."""

    async def main():
        kit = Kit()
        tasks = [asyncio.create_task(kit.box.receive(names)) for names in (("a",), ("a", "b"), ("c",))]
        await turn()
        tasks[2].cancel()
        kit.box.fail(OSError("closed"))
        for task in tasks[:2]:
            with pytest.raises(OSError, match="closed"):
                await task
        await asyncio.wait(tasks)
        assert tasks[2].cancelled()
        assert kit.empty()
        task = asyncio.create_task(kit.box.receive(("a",)))
        await turn()
        kit.box.fail(OSError("closed"))
        task.cancel()  # in the same turn: told, and nothing of that is a message to be put back
        await asyncio.wait([task])
        assert kit.empty()
        kit.box.deliver("a", {"n": 1})
        assert await kit.box.receive(("a",)) == ("a", {"n": 1})

    asyncio.run(main())
