"""The contract suite of layers fails for one that breaks a promise: one that cannot fail proves nothing."""

import asyncio

import pytest

from interfaces.layers import local
from interfaces.layers.base import ChannelFull, Layer
from interfaces.layers.local import LocalChannelLayer
from interfaces.testing.layers import LayerCase, LayerContract


class Clock:
    """Stands still."""

    now = 0.0

    def __call__(self):
        return self.now


class Shares(LocalChannelLayer):
    """Gives everybody the same dict."""

    async def send(self, channel, message):
        await super().send(channel, {})
        self._channels[channel].messages[-1] = (self.clock() + self.expiry, message)


class Endless(LocalChannelLayer):
    """Knows no capacity."""

    def get_capacity(self, channel):
        return 10**9


class Backwards(LocalChannelLayer):
    """Gives the newest first."""

    def _take(self, queues, now, loop):
        for queue in queues:
            queue.messages.rotate(1)
        return super()._take(queues, now, loop)


class Unfair(LocalChannelLayer):
    """Takes from the first channel that has something."""

    def _take(self, queues, now, loop):
        return next(
            (found for queue in queues if (found := super(Unfair, self)._take([queue], now, loop))), None
        )


class Greedy(LocalChannelLayer):
    """Keeps what a cancelled receiver was woken for."""

    async def receive_any(self, channels):
        found = await super().receive_any(channels)
        await asyncio.sleep(0)
        return found


class Asleep(LocalChannelLayer):
    """Wakes nobody in the place of a receiver that left."""

    def _pass_on(self, queues, loop):
        """Nothing."""


class Immortal(LocalChannelLayer):
    """Nothing expires."""

    def _settle(self, queue, now):
        super()._settle(queue, 0.0)

    def _members(self, group, now):
        return super()._members(group, 0.0)


class Anyhow(LocalChannelLayer):
    """Takes every name."""

    def require_valid_channel_name(self, name, receive=False):
        return True

    def require_valid_group_name(self, name):
        return True


class Deaf(LocalChannelLayer):
    """Its groups reach only the first member."""

    async def group_send(self, group, message):
        for channel in (await self.group_channels(group))[:1]:
            await self.send(channel, message)


class Repeating(LocalChannelLayer):
    """Makes the same channel again and again."""

    async def new_channel(self, prefix="specific"):
        return f"{prefix}.mine!1"


class Keeping(LocalChannelLayer):
    """Does not flush."""

    async def flush(self):
        """Nothing."""


class Silent(LocalChannelLayer):
    """Counts nothing that it drops."""

    def _dropped(self, *, expired=0, full=0):
        """Nothing."""


def case(layer_class, seconds=20.0):
    """The suite for ``layer_class``, which waits ``seconds`` for what has to come."""

    class Contract(LayerContract):
        patience = seconds
        quiet = 0.01

        async def make(self, **keywords):
            return layer_class(clock=Clock(), **keywords)

        async def elapse(self, layer, seconds):
            layer.clock.now += seconds

    return Contract()


@pytest.mark.parametrize(
    ("layer_class", "test"),
    [
        (Shares, "nobody_shares_a_message"),
        (Endless, "a_channel_holds_its_capacity"),
        (Endless, "specific_channels_are_counted_each"),
        (Endless, "capacities_by_glob"),
        (Endless, "a_full_member_is_left_out"),
        (Backwards, "messages_keep_their_order"),
        (Unfair, "a_quiet_channel_is_served_beside_a_busy_one"),
        (Greedy, "cancelling_at_any_moment_loses_nothing"),
        (Greedy, "cancelling_beside_others_loses_nothing"),
        (Asleep, "cancelling_one_receiver_wakes_the_next"),
        (Asleep, "a_delayed_message_wakes_who_waits"),
        (Immortal, "messages_expire_each_at_its_time"),
        (Immortal, "what_has_expired_takes_no_room"),
        (Immortal, "a_message_of_a_group_expires_in_one_channel"),
        (Immortal, "membership_ends_by_itself"),
        (Anyhow, "bad_names_are_refused"),
        (Deaf, "a_group_reaches_its_members"),
        (Deaf, "many_members"),
        (Repeating, "new_channels_have_names_of_their_own"),
        (Keeping, "flush_forgets_everything"),
        (Silent, "messages_expire_each_at_its_time"),
        (Silent, "a_full_member_is_left_out"),
    ],
)
def test_a_broken_promise_is_found(layer_class, test):
    """By the test that is about it, which passes for a layer that keeps it."""
    getattr(case(LocalChannelLayer), f"test_{test}")()
    with pytest.raises((AssertionError, TimeoutError, ChannelFull)):
        getattr(case(layer_class, 0.3), f"test_{test}")()


def test_every_test_says_what_it_proves():
    """Also when it was wrapped, so that reports read well."""
    tests = [name for name in dir(LayerContract) if name.startswith("test_")]
    assert len(tests) >= 45
    for name in tests:
        assert getattr(LayerContract, name).__name__ == name
        assert getattr(LayerContract, name).__doc__


def test_the_factory_is_the_subclasss():
    """``make`` has to be given; ``other`` is the same layer, and time passes by itself, unless said otherwise."""
    with pytest.raises(NotImplementedError):
        asyncio.run(LayerCase().make())
    layer = LocalChannelLayer()
    assert isinstance(layer, Layer)
    assert asyncio.run(LayerCase().other(layer)) is layer
    assert asyncio.run(LayerCase().elapse(layer, 0)) is None
    assert local.__all__ == ["LocalChannelLayer"]
