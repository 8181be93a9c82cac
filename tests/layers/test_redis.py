"""The layer over a broker: the contract of every layer, with one, two and four shards."""

from collections import Counter

import pytest

from interfaces.layers.redis import RedisChannelLayer
from interfaces.testing.layers import LayerContract


class Contract(LayerContract):
    shards = 1

    @pytest.fixture(autouse=True)
    def _broker(self, broker, request):
        """Shards are databases of one broker: pub/sub is not told apart by them, so each has its own names anyway."""
        self.hosts = [f"{broker.url}?db={n}" for n in range(self.shards)]
        self.prefix = broker.prefix

    async def make(self, **keywords):
        return RedisChannelLayer(self.hosts, prefix=self.prefix, **keywords)

    async def other(self, layer):
        return RedisChannelLayer(
            self.hosts,
            prefix=self.prefix,
            expiry=layer.expiry,
            group_expiry=layer.group_expiry,
            capacity=layer.capacity,
            channel_capacity=[*layer.channel_capacity],
        )


class TestOneBroker(Contract):
    shards = 1


class TestTwoShards(Contract):
    shards = 2


class TestFourShards(Contract):
    shards = 4
