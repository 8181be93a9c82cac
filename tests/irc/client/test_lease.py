"""One of several containers connects."""

import asyncio

import pytest

from interfaces.irc.sending import sending
from interfaces.layers import leader
from interfaces.layers.local import LocalChannelLayer
from interfaces.shared.errors import ConfigError
from tests.irc.client.kit import on
from tests.runner.virtual import run
from tests.shared.upstreams import FakeLease


@pytest.fixture
def leases(monkeypatch):
    """Those that are asked for, by their names."""
    found = {}

    def made(layer, name):
        found[name] = FakeLease()
        found[name].story = []
        return found[name]

    monkeypatch.setattr(leader, "Leader", made)
    return found


class Shared(LocalChannelLayer):
    """A layer that containers share."""

    hub = None


def test_who_has_not_the_lease_is_ready_and_says_nothing(leases):
    """Once it has it, it connects; when it loses it, it leaves."""

    async def main():
        async with on(layer=Shared(), lease=True) as end:
            (lease,) = leases.values()
            await asyncio.sleep(10)
            assert end.fake.dialled == 0
            assert not end.networks.ours()
            lease.mine.set()
            await end.desk.event("irc.connect")
            assert end.networks.ours()
            lease.take_away()
            assert (await end.desk.event("irc.disconnect"))["code"] == 1012
            await asyncio.sleep(10)
            assert end.fake.dialled == 1
        assert lease.story == ["given back"]

    run(main())


def test_who_has_not_the_lease_takes_no_messages(leases):
    """They wait for who has it."""

    async def main():
        layer = Shared()
        async with (
            on(layer=layer, lease=True, channels=("#a",)) as end,
            sending(end.options, end.context, end.networks),
        ):
            channel = await layer.new_channel("test")
            message = {"type": "irc.send", "network": "fake", "target": "#a", "text": "hi", "id": "1"}
            await layer.send("irc.send", {**message, "reply_channel": channel})
            await asyncio.sleep(30)
            (lease,) = leases.values()
            lease.mine.set()
            await end.fake.here(channel="#a")
            result = await layer.receive(channel)
            assert result["ok"]
        await layer.close()

    run(main())


def test_it_needs_a_layer_that_containers_share():
    """The operator hears so."""

    async def main():
        async with on(lease=True):
            pass

    with pytest.raises(ConfigError, match="lease needs a --layer"):
        run(main())
