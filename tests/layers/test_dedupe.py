"""The store of deliveries of one event loop."""

import asyncio
from collections import Counter
from contextlib import asynccontextmanager

from interfaces.layers.dedupe import LocalDedupe
from interfaces.shared.delivery import Verdict
from tests.layers.dedupe_contract import DedupeContract


class TestLocal(DedupeContract):
    @asynccontextmanager
    async def stores(self):
        """One store: it is for one process."""
        store = LocalDedupe()
        yield store, store


def test_it_is_bounded():
    """Beyond ``most`` the oldest verdicts go, counted; what runs stays."""
    counts = Counter()

    async def main():
        store = LocalDedupe(most=10, count=lambda name, by: counts.update({name: by}))
        running = await store.claim("running", lease=99)
        for n in range(30):
            claim = await store.claim(str(n), lease=99)
            assert await store.finish(claim, Verdict("accept"), 99)
        assert len(store) <= 10
        assert counts["dedupe.dropped"] >= 20
        assert await store.renew(running, 99)
        assert (await store.claim("29", lease=99)).verdict
        assert (await store.claim("0", lease=99)).ours
        assert "keys" in repr(store)

    asyncio.run(main())


def test_time_makes_room_first():
    """What is over goes before what still counts."""
    now, counts = [0.0], Counter()

    async def main():
        store = LocalDedupe(most=10, clock=lambda: now[0], count=lambda name, by: counts.update({name: by}))
        for n in range(10):
            await store.finish(await store.claim(str(n), lease=1), Verdict("accept"), 5 if n < 5 else 50)
        now[0] = 10
        await store.claim("new", lease=1)
        assert len(store) == 6
        assert not counts

    asyncio.run(main())


def test_a_verdict_comes_back_whose_entry_is_gone():
    """Lapsed and swept for want of room, and nobody ran it since: it is kept all the same, and bounded."""
    now = [0.0]

    async def main():
        store = LocalDedupe(most=2, clock=lambda: now[0])
        late = await store.claim("late", lease=1)
        now[0] = 2
        for name in "abc":
            await store.claim(name, lease=50)
        assert "late" not in store._entries
        assert await store.finish(late, Verdict("accept"), 10)
        assert (await store.claim("late", lease=1)).verdict == Verdict("accept")
        now[0] = 12
        assert (await store.claim("late", lease=1)).ours

    asyncio.run(main())


def test_a_temporary_refusal_of_what_is_gone_keeps_nothing():
    """There is nothing to take away, and nothing to remember."""
    now = [0.0]

    async def main():
        store = LocalDedupe(clock=lambda: now[0])
        claim = await store.claim("k", lease=1)
        now[0] = 2
        assert await store.finish(claim, Verdict("defer"), 10)
        assert len(store) == 0
        assert await store.finish(claim, Verdict("defer"), 10)
        assert len(store) == 0

    asyncio.run(main())
