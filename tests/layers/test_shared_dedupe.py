"""The store of deliveries that containers share."""

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from interfaces.layers.redis import RedisChannelLayer
from interfaces.layers.shared_dedupe import SharedDedupe
from interfaces.shared.delivery import Verdict
from interfaces.shared.errors import Unavailable
from tests.layers.dedupe_contract import ACCEPT, DedupeContract


@asynccontextmanager
async def shared(broker, **keywords):
    """A store of a layer of its own."""
    layer = RedisChannelLayer(broker.hosts, prefix=broker.prefix, **keywords)
    await layer.hub().started()
    try:
        yield SharedDedupe(layer.hub())
    finally:
        await layer.close()


class TestShared(DedupeContract):
    @pytest.fixture(autouse=True)
    def _broker(self, broker):
        self.broker = broker

    @asynccontextmanager
    async def stores(self):
        """Two layers."""
        async with AsyncExitStack() as stack:
            made = [await stack.enter_async_context(shared(self.broker)) for _ in range(2)]
            yield made[0], made[1]


def test_what_is_not_ours_is_no_verdict(broker):
    """A verdict sealed with another key is not believed, and the delivery is not run a second time: "try again"."""

    async def main():
        async with shared(broker, signing_keys=["a"]) as one, shared(broker, signing_keys=["b"]) as other:
            await one.finish(await one.claim("k", lease=9), ACCEPT, 9)
            seen = await other.claim("k", lease=9)
            assert not seen.ours
            assert seen.verdict is None

    asyncio.run(main())


def test_a_finish_may_be_repeated(broker):
    """When nobody knows whether it was heard it is said again."""

    async def main():
        async with shared(broker) as one:
            claim = await one.claim("k", lease=9)
            for _ in range(2):
                assert await one.finish(claim, Verdict("reject"), 9)
            assert "SharedDedupe" in repr(one)

    asyncio.run(main())


def test_a_broker_that_refuses(broker):
    """A key of another kind, and whatever else it says no to, is Unavailable."""

    async def main():
        async with shared(broker) as one:
            broker.command("LPUSH", f"{broker.prefix}:Qk:k", 1)
            with pytest.raises(Unavailable):
                await one.claim("k", lease=9)

    asyncio.run(main())


def test_a_claim_that_is_cancelled_on_its_way_is_given_up(fresh_broker):
    """The broker hears of both when it goes on, and others do not wait until its lease lapses."""
    server = fresh_broker()

    async def main():
        async with shared(server) as one, shared(server) as other:
            server.pause()
            try:
                claim = asyncio.create_task(one.claim("k", lease=600))
                await asyncio.sleep(0)
                claim.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await claim
            finally:
                server.go_on()
            await one._hub.node_of("k").call("PING")  # what was on its way has come
            assert (await other.claim("k", lease=600, wait=5)).ours

    asyncio.run(main())


def test_a_claim_whose_answer_is_lost_is_given_up(broker):
    """Who is told Unavailable has no token to finish with: nobody else is kept waiting for it."""

    async def main():
        async with shared(broker) as one, shared(broker) as other:
            real = one._run

            async def lost(*words):
                await real(*words)
                raise Unavailable("the connection went before the answer came")

            one._run = lost
            with pytest.raises(Unavailable):
                await one.claim("k", lease=600)
            assert (await other.claim("k", lease=600, wait=5)).ours

    asyncio.run(main())


def test_a_look_takes_nothing(broker):
    """It tells what runs and what has its verdict, and the key is as free as before."""

    async def main():
        async with shared(broker) as store:
            assert await store.look("k") is None
            claim = await store.claim("k", lease=10)
            found = await store.look("k")
            assert found is not None and not found.ours and found.verdict is None
            await store.finish(claim, ACCEPT, 10)
            assert (await store.look("k")).verdict == ACCEPT
            await store.forget("k")
            assert await store.look("k") is None
            await store.claim("k", lease=10)
            await store.forget("k")  # what runs goes on
            assert await store.look("k") is not None

    asyncio.run(main())
