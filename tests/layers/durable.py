"""Durable queues for the tests: each a process's own, as far as the broker can see."""

import asyncio
import socket
from collections import Counter
from contextlib import asynccontextmanager
from zlib import crc32

from interfaces.layers.durable import DurableQueues, Limits
from interfaces.layers.redis import RedisChannelLayer
from tests.layers.conftest import until


class Makes:
    """Makes durable queues, each with a layer of its own; ``counts`` are of all."""

    def __init__(self, broker, **keywords):
        self.broker, self.keywords, self.counts = broker, keywords, Counter()
        self.made = []

    def layer(self, hosts=None, **keywords):
        layer = RedisChannelLayer(hosts or self.broker.hosts, prefix=self.broker.prefix, **keywords)
        layer.count = lambda name, by: self.counts.update({name: by})
        return layer

    async def __call__(self, *, layer=None, **keywords):
        layer = layer or self.layer()
        given = {"durability": "memory", **self.keywords, **keywords}
        limits = given.pop("limits", {})
        queues = DurableQueues(layer.hub(), limits=Limits(**limits), **given)
        self.made.append((queues, layer))
        await queues.open()
        return queues


@asynccontextmanager
async def durable(broker, **keywords):
    """A maker of queues; closes them."""
    make = Makes(broker, **keywords)
    try:
        yield make
    finally:
        for queues, layer in make.made:
            if hasattr(queues, "_loop"):
                await queues.close()
            await layer.close()


async def soon(true, seconds=10):
    """Wait until something is so."""
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.002)


def replicated(fresh_broker, **options):
    """A primary and its replica, which is there already; both are restarted as what they were."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = {"bind": "127.0.0.1", "repl_diskless_sync_delay": "0", **options}
    primary = fresh_broker(port=str(port), **options)
    replica = fresh_broker(replicaof=f"127.0.0.1 {port}", **options)
    until(lambda: b"state=online" in primary.command("INFO", "replication"))
    return primary, replica


def shards(fresh_broker):
    """Two brokers, where to dial them, and a queue's name for each."""
    one, two = fresh_broker(), fresh_broker()
    names = {crc32(name.encode()) % 2: name for name in ("work-1", "work-2", "work-3", "work-4")}
    return one, two, one.hosts + two.hosts, [names[0], names[1]]
