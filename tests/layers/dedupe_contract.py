"""What every store of deliveries has to do; ``make()`` gives a store, ``other()`` the same for another process."""

import asyncio
from contextlib import asynccontextmanager

from interfaces.shared.delivery import Verdict

ACCEPT = Verdict("accept", {"text": "queued as 7", "data": b"\0"})
DEFER = Verdict("defer")


class DedupeContract:
    """The tests; a subclass says how stores are made."""

    @asynccontextmanager
    async def stores(self):
        """Two that share what they know, as two containers."""
        raise NotImplementedError
        yield

    def run(self, test):
        """Run a test with two stores."""

        async def main():
            async with self.stores() as (one, other):
                await test(one, other)

        asyncio.run(main())

    def test_one_runs_it(self):
        """Of many who want to run a delivery one does; the others have neither claim nor verdict."""

        async def test(one, other):
            claims = await asyncio.gather(*(store.claim("k", lease=9) for store in (one, other) * 5))
            assert sum(claim.ours for claim in claims) == 1
            assert not any(claim.verdict for claim in claims)
            assert (await other.claim("another", lease=9)).ours

        self.run(test)

    def test_a_repeat_gets_the_kept_verdict(self):
        """A final verdict is given to everybody, whole, until its time is over."""

        async def test(one, other):
            claim = await one.claim("k", lease=9)
            assert await one.finish(claim, ACCEPT, 1)
            repeat = await other.claim("k", lease=9)
            assert not repeat.ours
            assert repeat.verdict == ACCEPT
            await asyncio.sleep(1.1)
            assert (await other.claim("k", lease=9)).ours

        self.run(test)

    def test_a_repeat_waits(self):
        """A repeat of a running delivery has its verdict as soon as that is said."""

        async def test(one, other):
            claim = await one.claim("k", lease=9)
            repeat = asyncio.create_task(other.claim("k", lease=9, wait=9))
            await asyncio.sleep(0.05)
            assert not repeat.done()
            await one.finish(claim, ACCEPT, 9)
            assert (await repeat).verdict == ACCEPT

        self.run(test)

    def test_a_repeat_has_a_deadline(self):
        """After that it has neither, which is "try again"."""

        async def test(one, other):
            await one.claim("k", lease=9)
            repeat = await other.claim("k", lease=9, wait=0.05)
            assert not repeat.ours
            assert repeat.verdict is None

        self.run(test)

    def test_temporary_refusals_are_not_kept(self):
        """The repeat runs again, and so does one of those that wait."""

        async def test(one, other):
            claim = await one.claim("k", lease=9)
            waiting = asyncio.create_task(other.claim("k", lease=9, wait=9))
            await asyncio.sleep(0.05)
            assert await one.finish(claim, DEFER, 9)
            assert (await waiting).ours

        self.run(test)

    def test_a_lapsed_lease_is_absent(self):
        """Who comes then runs it; the late verdict is refused, the new one is kept."""

        async def test(one, other):
            late = await one.claim("k", lease=0.05)
            claim = await other.claim("k", lease=9, wait=9)
            assert claim.ours
            assert not await one.renew(late, 9)
            assert not await one.finish(late, ACCEPT, 9)
            assert await other.finish(claim, Verdict("reject"), 9)
            assert not await one.finish(late, ACCEPT, 9)
            assert (await one.claim("k", lease=9)).verdict == Verdict("reject")

        self.run(test)

    def test_a_late_verdict_nobody_contests(self):
        """The lease lapsed and nobody came: the verdict is kept, so the next repeat does not run."""

        async def test(one, other):
            late = await one.claim("k", lease=0.02)
            await asyncio.sleep(0.05)
            assert await one.finish(late, ACCEPT, 9)
            assert (await other.claim("k", lease=9)).verdict == ACCEPT

        self.run(test)

    def test_renewing(self):
        """A lease that is renewed holds."""

        async def test(one, other):
            claim = await one.claim("k", lease=1)
            assert await one.renew(claim, 9)
            assert not (await other.claim("k", lease=9, wait=1.2)).ours
            assert await one.finish(claim, ACCEPT, 9)
            assert not await one.renew(claim, 9)

        self.run(test)
