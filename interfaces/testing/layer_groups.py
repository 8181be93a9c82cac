"""The contract of channel layers: groups; see :mod:`interfaces.testing.layers`."""

# ruff: noqa: S101 - tests are made of it

import asyncio
from collections import Counter

from interfaces.layers.base import Layer
from interfaces.testing.layer_kit import HELLO, LayerCase, cancelled, layered, numbered, numbers

__all__ = ["GroupTests"]


class GroupTests(LayerCase):
    """What groups promise."""

    async def members(self, layer: Layer, count: int, prefix: str = "member") -> list[str]:
        """New channels in ``test-group``."""
        names = [await layer.new_channel(prefix) for _ in range(count)]
        for name in names:
            await layer.group_add("test-group", name)
        return names

    @layered()
    async def test_a_group_reaches_its_members(self, layer: Layer) -> None:
        """Each once, in order, and not who was discarded."""
        first, second, third = await self.members(layer, 3)
        await layer.group_discard("test-group", second)
        for number in range(5):
            await layer.group_send("test-group", numbered(number))
        for channel in (first, third):
            assert await numbers(layer, channel, 5) == [*range(5)]
        await self.nothing(layer, first, second, third)

    @layered(2)
    async def test_a_group_spans_processes(self, layer: Layer, other: Layer) -> None:
        """Whoever was added hears the next message, from wherever it comes, and may be added from anywhere."""
        here, there, added = await layer.new_channel(), await other.new_channel(), await other.new_channel()
        await layer.group_add("test-group", here)
        await other.group_add("test-group", there)
        await layer.group_add("test-group", added)
        for number, sender in enumerate((layer, other)):
            await sender.group_send("test-group", numbered(number))
        assert sorted(await numbers(layer, here, 2)) == [0, 1]
        assert sorted(await numbers(other, there, 2)) == [0, 1]
        assert sorted(await numbers(other, added, 2)) == [0, 1]

    @layered(2)
    async def test_joiners_hear_themselves(self, layer: Layer, other: Layer) -> None:
        """Of 50 that join and then send, each hears its own message first."""
        for number in range(50):
            channel = await other.new_channel()
            group = f"test-group-{number}"
            await layer.group_add(group, channel)
            await layer.group_send(group, numbered(number))
            assert await numbers(other, channel, 1) == [number]

    @layered()
    async def test_plain_channels_are_members_too(self, layer: Layer) -> None:
        """A group may hold work queues beside specific channels."""
        (channel,) = await self.members(layer, 1)
        await layer.group_add("test-group", "test-queue")
        await layer.group_send("test-group", HELLO)
        assert await layer.receive("test-queue") == HELLO
        assert await layer.receive(channel) == HELLO

    @layered()
    async def test_being_added_twice_is_being_in_once(self, layer: Layer) -> None:
        """One message, one discard; discarding who is not in, or no group at all, does nothing."""
        await layer.group_discard("no-group", "test-queue")
        (channel,) = await self.members(layer, 1)
        await layer.group_discard("test-group", "test-queue")
        await layer.group_add("test-group", channel)
        await layer.group_send("test-group", HELLO)
        assert await layer.receive(channel) == HELLO
        await layer.group_discard("test-group", channel)
        await layer.group_send("test-group", HELLO)
        await self.nothing(layer, channel)

    @layered()
    async def test_a_group_without_members_takes_messages(self, layer: Layer) -> None:
        """They go nowhere; who joins later does not get them."""
        await layer.group_send("test-group", numbered(0))
        (channel,) = await self.members(layer, 1)
        await layer.group_send("test-group", numbered(1))
        assert await numbers(layer, channel, 1) == [1]

    @layered()
    async def test_groups_know_their_channels(self, layer: Layer) -> None:
        """``group_channels`` lists them, as far as the layer can know."""
        names = await self.members(layer, 2)
        await layer.group_add("test-group", "test-queue")
        assert {*await layer.group_channels("test-group")} == {*names, "test-queue"}
        await layer.group_discard("test-group", names[0])
        assert {*await layer.group_channels("test-group")} == {names[1], "test-queue"}
        assert await layer.group_channels("no-group") == []

    @layered(capacity=3)
    async def test_a_full_member_is_left_out(self, layer: Layer) -> None:
        """And counted as ``layer.full``, while the others get all; nothing is raised."""
        counts: Counter[str] = Counter()
        layer.count = lambda name, by: counts.update({name: by})
        slow, quick = await self.members(layer, 2)
        receiving = asyncio.create_task(numbers(layer, quick, 5))
        for number in range(5):
            await layer.group_send("test-group", numbered(number))
            await asyncio.sleep(self.quiet / 10)
        assert await receiving == [*range(5)]
        await self.until(lambda: counts["layer.full"] == 2)
        assert await numbers(layer, slow, 3) == [0, 1, 2]
        await self.nothing(layer, slow)

    @layered()
    async def test_many_members(self, layer: Layer) -> None:
        """A thousand get each of five messages."""
        names = await self.members(layer, 1000)
        waiting = [asyncio.create_task(numbers(layer, name, 5)) for name in names]
        for number in range(5):
            await layer.group_send("test-group", numbered(number))
        assert all(found == [*range(5)] for found in await asyncio.gather(*waiting))

    @layered(group_expiry=1)
    async def test_membership_ends_by_itself(self, layer: Layer) -> None:
        """After ``group_expiry``, unless the channel was added again."""
        for channel in ("test-queue", "renewed-queue"):
            await layer.group_add("test-group", channel)
        await self.elapse(layer, 0.7)
        await layer.group_add("test-group", "renewed-queue")
        await self.elapse(layer, 0.5)
        await layer.group_send("test-group", HELLO)
        assert await layer.receive("renewed-queue") == HELLO
        await self.nothing(layer, "test-queue")
        assert await layer.group_channels("test-group") == ["renewed-queue"]

    @layered()
    async def test_flush_forgets_everything(self, layer: Layer) -> None:
        """Messages, groups and delays; a receiver that waits goes on to wait."""
        (channel,) = await self.members(layer, 1)
        await layer.send("test-channel", HELLO)
        await layer.send(channel, HELLO)
        await layer.send_later("test-channel", HELLO, 0.05)
        waiting = asyncio.create_task(layer.receive("other-channel"))
        await asyncio.sleep(self.quiet)
        await layer.flush()
        await self.elapse(layer, 0.1)
        await layer.group_send("test-group", HELLO)
        await self.nothing(layer, "test-channel", channel)
        await layer.send("other-channel", HELLO)
        assert await waiting == HELLO

    @layered()
    async def test_statistics_tell_what_there_is(self, layer: Layer) -> None:
        """At least channels, groups and messages, as numbers."""
        await layer.send("test-channel", HELLO)
        await self.members(layer, 1)
        found = await layer.statistics()
        assert {"channels", "groups", "messages"} <= {*found}
        assert all(isinstance(value, int) for value in found.values())
        assert found["messages"] >= 1

    @layered()
    async def test_a_cancelled_group_receiver_loses_nothing(self, layer: Layer) -> None:
        """What came while nobody waited is still there."""
        (channel,) = await self.members(layer, 1)
        waiting = asyncio.create_task(layer.receive(channel))
        await asyncio.sleep(self.quiet / 10)
        await layer.group_send("test-group", HELLO)
        await cancelled(waiting)
        found = waiting.result() if not waiting.cancelled() else await layer.receive(channel)
        assert found == HELLO
