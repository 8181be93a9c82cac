"""The contract of channel layers: messages, capacities, receivers, loops; see :mod:`interfaces.testing.layers`."""

# ruff: noqa: S101 - tests are made of it

import asyncio
import random
import re
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from interfaces.layers.base import Layer, Message
from interfaces.testing.layer_kit import HELLO, LayerCase, cancelled, layered, numbered, numbers

__all__ = ["MessageTests"]

BAD_NAMES = ("", "=+135!", "a b", "a!b!c", "naïve", "line\n", "x" * 100, b"bytes", None)


class MessageTests(LayerCase):
    """What channels promise."""

    @layered(2)
    async def test_a_message_arrives(self, layer: Layer, other: Layer) -> None:
        """Sent by one, received by the other, once."""
        await layer.send("test-channel", HELLO)
        assert await other.receive("test-channel") == HELLO
        await self.nothing(layer, "test-channel")

    @layered(2)
    async def test_a_specific_channel_is_received_by_who_made_it(self, layer: Layer, other: Layer) -> None:
        """Sent to from anywhere."""
        channel = await layer.new_channel()
        await layer.send(channel, numbered(1))
        assert await numbers(layer, channel, 1) == [1]
        await other.send(channel, numbered(2))
        assert await numbers(layer, channel, 1) == [2]

    @layered()
    async def test_new_channels_have_names_of_their_own(self, layer: Layer) -> None:
        """With the prefix and a ``!``; seeding ``random`` makes no name come twice."""
        names = []
        for _ in range(100):
            random.seed(1)
            names.append(await layer.new_channel("my-prefix"))
            assert layer.require_valid_channel_name(names[-1])
        assert len({*names}) == 100
        assert all(name.startswith("my-prefix") and "!" in name for name in names)
        assert "!" in await layer.new_channel()

    @layered(2)
    async def test_values_arrive_as_they_were(self, layer: Layer, other: Layer) -> None:
        """Text of any language, bytes, numbers, None, and what is nested in dicts and lists."""
        message: Message = {
            "type": "test.message", "text": "Grüße, 世界 \U0001f600 \x00", "bytes": bytes(range(256)), "none": None,
            "numbers": [0, -1, 2**63 - 1, -(2**63), 1.5, -0.25], "flags": [True, False], "empty": ["", b"", [], {}],
            "nested": {"a": [{"b": {"c": [b"\xff", None, "d"]}}]}, "long": "x" * 100_000,
        }  # fmt: skip
        await layer.send("test-channel", message)
        assert await other.receive("test-channel") == message

    @layered()
    async def test_nobody_shares_a_message(self, layer: Layer) -> None:
        """What a sender or a receiver changes, no other receiver sees."""
        message: Message = {"type": "test.message", "list": [1], "flat": 1}
        members = [await layer.new_channel() for _ in range(2)]
        for channel in members:
            await layer.group_add("test-group", channel)
        await layer.send("test-channel", message)
        await layer.group_send("test-group", message)
        message["list"].append(2)
        message["flat"] = 2
        for channel in ("test-channel", *members):
            found = await layer.receive(channel)
            assert found == {"type": "test.message", "list": [1], "flat": 1}
            found["list"].append(3)
            found["flat"] = 3

    @layered(2)
    async def test_what_is_no_message_is_refused(self, layer: Layer, other: Layer) -> None:
        """TypeError for all that is no dict with plain values, wherever it goes, and nobody gets anything."""
        there = await other.new_channel()
        values: list[Any] = [object(), datetime(2026, 1, 1, tzinfo=UTC), {1, 2}, 2**64, {(1, 2): 3}]
        bad: Any
        for bad in ("text", None, ["list"], {1: 2}, {b"value": 2}, *({"value": value} for value in values)):
            for channel in ("test-channel", there):
                await self.refused(layer.send(channel, bad))
            await self.refused(layer.group_send("test-group", bad))
            await self.refused(layer.send_later("test-channel", bad, 0.001))
        await self.nothing(layer, "test-channel")
        await self.nothing(other, there)

    @layered(2)
    async def test_subclasses_of_plain_types_pass(self, layer: Layer, other: Layer) -> None:
        """As texts, to whatever channel: templates make some, such as Django's SafeString."""

        class Safe(str):
            __slots__ = ()

            def __str__(self) -> str:
                return self

        channels = ["test-channel", await layer.new_channel(), there := await other.new_channel()]
        for channel in channels:
            await layer.send(channel, {"type": "test.message", "html": Safe("<b>")})
        await layer.group_add("test-group", there)
        await layer.group_send("test-group", {"type": "test.message", "html": Safe("<b>")})
        got = [
            await (other if channel is there else layer).receive(channel) for channel in [*channels, there]
        ]
        assert got == [{"type": "test.message", "html": "<b>"}] * 4

    @layered()
    async def test_bad_names_are_refused(self, layer: Layer) -> None:
        """TypeError from everything that takes a name."""
        name: Any
        for name in BAD_NAMES:
            await self.refused(layer.send(name, HELLO))
            await self.refused(layer.receive(name))
            await self.refused(layer.receive_any(["test-channel", name]))
            await self.refused(layer.send_later(name, HELLO, 1))
            await self.refused(layer.group_add(name, "test-channel"))
            await self.refused(layer.group_add("test-group", name))
            await self.refused(layer.group_discard(name, "test-channel"))
            await self.refused(layer.group_discard("test-group", name))
            await self.refused(layer.group_send(name, HELLO))
        await self.refused(layer.group_send("test!group", HELLO))
        await self.refused(layer.receive_any([]))
        assert layer.valid_channel_name("x" * 99)
        assert layer.valid_group_name("x" * 99)

    # --- capacity ---------------------------------------------------------------------------------

    @layered(2, capacity=3)
    async def test_a_channel_holds_its_capacity(self, layer: Layer, other: Layer) -> None:
        """ChannelFull beyond it, for every sender; room again for who has received, and a moment later for others."""
        for number in range(3):
            await layer.send("test-channel", numbered(number))
        await self.full(layer, "test-channel")
        await self.full(other, "test-channel")
        await layer.send("other-channel", numbered(9))
        assert await numbers(layer, "test-channel", 1) == [0]
        await layer.send("test-channel", numbered(3))
        await self.full(other, "test-channel")
        assert await numbers(layer, "test-channel", 3) == [1, 2, 3]

    @layered(capacity=2)
    async def test_specific_channels_are_counted_each(self, layer: Layer) -> None:
        """A slow receiver fills its own channel, and no other of the same process."""
        slow, quick = await layer.new_channel(), await layer.new_channel()
        for _ in range(2):
            await layer.send(slow, HELLO)
        await self.full(layer, slow)
        await layer.send(quick, HELLO)
        assert await layer.receive(quick) == HELLO

    @layered(capacity=3, channel_capacity={"one*": 1, "mine.*!*": 2})
    async def test_capacities_by_glob(self, layer: Layer) -> None:
        """A dict, whose patterns are tried in order, on the part up to the ``!`` too."""
        mine = await layer.new_channel("mine")
        for channel, capacity in {"one": 1, "one-too": 1, mine: 2, "another": 3}.items():
            assert layer.get_capacity(channel) == capacity
            for _ in range(capacity):
                await layer.send(channel, HELLO)
            await self.full(layer, channel)

    @layered(channel_capacity=[(re.compile(r"^mine[^!]*!$"), 1), ("all*", 2), ("al*", 3)])
    async def test_capacities_by_regular_expression(self, layer: Layer) -> None:
        """A list, with globs between them; the first that matches counts."""
        mine = await layer.new_channel("mine")
        for channel, capacity in {mine: 1, "all": 2, "alone": 3}.items():
            for _ in range(capacity):
                await layer.send(channel, HELLO)
            await self.full(layer, channel)

    # --- order and receivers ----------------------------------------------------------------------

    @layered(2)
    async def test_messages_keep_their_order(self, layer: Layer, other: Layer) -> None:
        """Of one sender for one receiver, whether it waited or came later."""
        for channel in ("test-channel", await other.new_channel()):
            waiting = asyncio.create_task(numbers(other, channel, 60))
            for number in range(60):
                await layer.send(channel, numbered(number))
            assert await waiting == [*range(60)]
            for number in range(60):
                await layer.send(channel, numbered(number))
            assert await numbers(other, channel, 60) == [*range(60)]

    @layered()
    async def test_several_channels_are_received_together(self, layer: Layer) -> None:
        """``receive_any`` says which channel a message is from; ``receive`` takes several too."""
        await layer.send("second", numbered(2))
        assert await layer.receive_any(["first", "second"]) == ("second", numbered(2))
        waiting = asyncio.create_task(layer.receive_any(["first", "second"]))
        await asyncio.sleep(0)
        await layer.send("first", numbered(1))
        assert await waiting == ("first", numbered(1))
        await layer.send("third", numbered(3))
        assert await layer.receive("first", "second", "third") == numbered(3)

    @layered(2)
    async def test_each_of_several_channels_wakes(self, layer: Layer, other: Layer) -> None:
        """A receiver of four that nobody used before, whichever of them gets the message."""
        for turn in range(4):
            names = [f"channel-{turn}-{number}" for number in range(3)] + [await other.new_channel()]
            waiting = asyncio.create_task(other.receive_any(names))
            await asyncio.sleep(self.quiet)
            await layer.send(names[turn], HELLO)
            assert await waiting == (names[turn], HELLO)

    @layered()
    async def test_a_quiet_channel_is_served_beside_a_busy_one(self, layer: Layer) -> None:
        """Channels take turns: the quiet one's message comes long before the busy one is empty."""
        for names in (["busy", "quiet"], ["quiet", "busy"]):
            for number in range(50):
                await layer.send("busy", numbered(number))
            await layer.send("quiet", HELLO)
            seen = [(await layer.receive_any(names))[0] for _ in range(51)]
            assert "quiet" in seen[:10], f"served after {seen.index('quiet')} others"

    @layered(capacity=5000)
    async def test_every_message_has_one_receiver(self, layer: Layer) -> None:
        """Three receivers compete for 1,000: none is lost, doubled, or out of order for who gets it."""
        found: list[list[int]] = [[], [], []]

        async def take(mine: list[int]) -> None:
            while True:
                mine.extend(await numbers(layer, "test-channel", 1))

        receivers = [asyncio.create_task(take(mine)) for mine in found]
        for number in range(1000):
            await layer.send("test-channel", numbered(number))
        await self.until(lambda: sum(map(len, found)) >= 1000)
        await cancelled(*receivers)
        assert sorted(number for mine in found for number in mine) == [*range(1000)]
        assert all(a < b for mine in found for a, b in pairwise(mine))

    @layered(2, capacity=2000)
    async def test_a_thousand_sends_at_once(self, layer: Layer, other: Layer) -> None:
        """All arrive."""
        await asyncio.gather(*(layer.send("test-channel", numbered(number)) for number in range(1000)))
        assert sorted(await numbers(other, "test-channel", 1000)) == [*range(1000)]

    @layered(2)
    async def test_a_receiver_may_wait(self, layer: Layer, other: Layer) -> None:
        """An idle receive is woken by the first message."""
        channel = await other.new_channel()
        for name in ("test-channel", channel):
            waiting = asyncio.create_task(other.receive(name))
            await asyncio.sleep(self.quiet)
            assert not waiting.done()
            await layer.send(name, HELLO)
            assert await waiting == HELLO

    @layered()
    async def test_all_messages_can_be_iterated_over(self, layer: Layer) -> None:
        """``consume`` gives them as they come, and leaving it loses none."""
        for number in range(3):
            await layer.send("test-channel", numbered(number))
        async for message in layer.consume("test-channel"):
            if message["number"] == 1:
                break
        assert await numbers(layer, "test-channel", 1) == [2]

    # --- loops and threads ------------------------------------------------------------------------

    @layered()
    async def test_threads_may_send(self, layer: Layer) -> None:
        """Each from a loop that does not last, as ``async_to_sync`` makes them; a waiting receiver is woken."""
        channel = await layer.new_channel()
        await layer.group_add("test-group", channel)
        waiting = asyncio.create_task(numbers(layer, channel, 40))

        def work(start: int) -> None:
            for number in range(start, start + 5):
                asyncio.run(layer.send(channel, numbered(number)))
                asyncio.run(layer.group_send("test-group", numbered(number + 100)))

        await asyncio.gather(*(asyncio.to_thread(work, start) for start in (0, 5, 10, 15)))
        assert sorted(await waiting) == [*range(20), *range(100, 120)]

    @layered()
    async def test_loops_may_come_and_go(self, layer: Layer) -> None:
        """A loop sends and ends, the next receives, the one after that too."""

        def work() -> None:
            for number in (1, 2):
                asyncio.run(layer.send("test-channel", numbered(number)))
            assert asyncio.run(numbers(layer, "test-channel", 1)) == [1]
            assert asyncio.run(numbers(layer, "test-channel", 1)) == [2]

        await asyncio.to_thread(work)

    @layered()
    async def test_specific_channels_outlive_the_loop_that_made_them(self, layer: Layer) -> None:
        """Made, sent to and received in loops that end each time, in another order."""

        def work() -> None:
            first, second = asyncio.run(layer.new_channel()), asyncio.run(layer.new_channel())
            asyncio.run(layer.send(first, numbered(1)))
            asyncio.run(layer.send(second, numbered(2)))
            assert asyncio.run(numbers(layer, second, 1)) == [2]
            assert asyncio.run(numbers(layer, first, 1)) == [1]

        await asyncio.to_thread(work)
