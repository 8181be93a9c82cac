"""The contract of channel layers: expiry, delays, cancelled receivers; see :mod:`interfaces.testing.layers`."""

# ruff: noqa: S101 - tests are made of it

import asyncio
from collections import Counter

from interfaces.layers.base import DELAY, Layer
from interfaces.testing.layer_kit import HELLO, LayerCase, cancelled, layered, numbered, numbers

__all__ = ["TimeTests"]


class TimeTests(LayerCase):
    """What happens in time."""

    # --- expiry -----------------------------------------------------------------------------------

    @layered(expiry=1)
    async def test_messages_expire_each_at_its_time(self, layer: Layer) -> None:
        """The oldest is gone and counted, the younger ones come; on plain and on specific channels."""
        counts: Counter[str] = Counter()
        layer.count = lambda name, by: counts.update({name: by})
        channels = ("test-channel", await layer.new_channel())
        for channel in channels:
            await layer.send(channel, numbered(1))
        await self.elapse(layer, 0.7)
        for channel in channels:
            await layer.send(channel, numbered(2))
            await layer.send(channel, numbered(3))
        await self.elapse(layer, 0.5)
        for channel in channels:
            assert await numbers(layer, channel, 2) == [2, 3]
        await self.nothing(layer, *channels)
        assert counts["layer.expired"] == 2

    @layered(expiry=60)
    async def test_messages_stay_until_they_expire(self, layer: Layer) -> None:
        """All that are young enough are given."""
        for number in range(3):
            await layer.send("test-channel", numbered(number))
            await self.elapse(layer, 0.1)
        assert await numbers(layer, "test-channel", 3) == [0, 1, 2]

    @layered(expiry=1, capacity=2)
    async def test_what_has_expired_takes_no_room(self, layer: Layer) -> None:
        """A full channel takes messages again."""
        for channel in ("test-channel", await layer.new_channel()):
            for _ in range(2):
                await layer.send(channel, HELLO)
            await self.full(layer, channel)
            await self.elapse(layer, 1.1)
            await layer.send(channel, numbered(1))
            assert await numbers(layer, channel, 1) == [1]

    @layered(expiry=1)
    async def test_a_message_of_a_group_expires_in_one_channel(self, layer: Layer) -> None:
        """Who has not read an older one stays in the group, and what others get does not change."""
        first, second = await layer.new_channel(), await layer.new_channel()
        for channel in (first, second):
            await layer.group_add("test-group", channel)
        await layer.send(first, numbered(0))
        await self.elapse(layer, 0.7)
        await layer.group_send("test-group", numbered(1))
        await self.elapse(layer, 0.5)
        await layer.group_send("test-group", numbered(2))
        for channel in (first, second):
            assert await numbers(layer, channel, 2) == [1, 2]
        await self.nothing(layer, first, second)

    # --- delays -----------------------------------------------------------------------------------

    @layered(2)
    async def test_delayed_messages_come_in_their_order(self, layer: Layer, other: Layer) -> None:
        """Not before their time, and the earlier ones first, whichever was sent first."""
        await layer.send_later("test-channel", numbered(2), 0.7)
        await layer.send_later("test-channel", numbered(1), 0.4)
        await layer.send_later("test-channel", numbered(0), 0)
        assert await numbers(other, "test-channel", 1) == [0]
        await self.nothing(other, "test-channel")
        await self.elapse(layer, 1)
        assert await numbers(other, "test-channel", 2) == [1, 2]

    @layered()
    async def test_a_delayed_message_wakes_who_waits(self, layer: Layer) -> None:
        """Also when the first of two receivers has left; and nothing else has to happen."""
        leaving, waiting = (asyncio.create_task(layer.receive("test-channel")) for _ in range(2))
        await asyncio.sleep(0)
        await layer.send_later("test-channel", HELLO, 0.2)
        await asyncio.sleep(self.quiet / 10)
        await cancelled(leaving)
        await self.elapse(layer, 0.2)
        assert await waiting == HELLO

    @layered()
    async def test_asgi_delay_is_a_channel(self, layer: Layer) -> None:
        """What is sent to it names channel, delay in milliseconds, and content; other things are refused."""
        channel = await layer.new_channel()
        await layer.send(DELAY, {"channel": channel, "delay": 300, "content": HELLO})
        await self.nothing(layer, channel)
        await self.elapse(layer, 0.3)
        assert await layer.receive(channel) == HELLO
        await self.refused(layer.send(DELAY, {"channel": channel, "content": HELLO}))
        await self.refused(layer.send(DELAY, {"channel": channel, "delay": 1, "content": "hello"}))
        await self.refused(layer.receive(DELAY))

    # --- cancelled receivers ----------------------------------------------------------------------

    @layered()
    async def test_a_receive_may_be_given_up(self, layer: Layer) -> None:
        """By a deadline, with nothing there; the next one gets the next message."""
        for channel in ("test-channel", await layer.new_channel()):
            await self.nothing(layer, channel)
            await layer.send(channel, HELLO)
            assert await layer.receive(channel) == HELLO

    @layered(2)
    async def test_cancelling_at_any_moment_loses_nothing(self, layer: Layer, other: Layer) -> None:
        """However long the receiver had waited: each message is given, or still there, in order."""
        for channel in ("test-channel", await other.new_channel()):
            given = []
            for number in range(100):
                waiting = asyncio.create_task(numbers(other, channel, 1))
                for _ in range(number % 4):
                    await asyncio.sleep(0)
                await layer.send(channel, numbered(number))
                await asyncio.sleep(number % 10 / 5000)
                await cancelled(waiting)
                if not waiting.cancelled():
                    given += waiting.result()
            given += await numbers(other, channel, 100 - len(given))
            assert given == [*range(100)]

    @layered(2, capacity=1000)
    async def test_cancelling_beside_others_loses_nothing(self, layer: Layer, other: Layer) -> None:
        """Five receivers of two channels that give up again and again get everything once."""
        channels = ("test-channel", "other-channel")
        given: list[int] = []

        async def take(turn: int) -> None:
            while True:
                waiting = asyncio.create_task(other.receive_any(channels[:: 1 if turn % 2 else -1]))
                for _ in range(turn % 7):
                    await asyncio.sleep(0)
                if turn % 3 == 0:
                    await asyncio.sleep(0.001)  # what waits for a broker has to come to an end now and then
                await cancelled(waiting)
                if not waiting.cancelled():
                    given.append(waiting.result()[1]["number"])
                turn += 1

        receivers = [asyncio.create_task(take(turn)) for turn in range(5)]
        for number in range(500):
            await layer.send(channels[number % 2], numbered(number))
            await asyncio.sleep(0)
        await self.until(lambda: len(given) >= 500)
        await cancelled(*receivers)
        assert sorted(given) == [*range(500)]

    @layered()
    async def test_cancelling_one_receiver_wakes_the_next(self, layer: Layer) -> None:
        """The message that it was woken for is given to who still waits, at once."""
        for channel in ("test-channel", await layer.new_channel()):
            leaving, waiting = (asyncio.create_task(layer.receive(channel)) for _ in range(2))
            await asyncio.sleep(self.quiet / 10)
            await layer.send(channel, HELLO)
            leaving.cancel()
            await asyncio.wait({leaving, waiting}, return_when=asyncio.ALL_COMPLETED, timeout=self.quiet)
            if not leaving.cancelled():
                await layer.send(channel, HELLO)
            assert await waiting == HELLO
