"""Claims that are kept for as long as it takes."""

import asyncio
from typing import Any

from interfaces.layers.dedupe import LocalDedupe
from interfaces.shared.delivery import ACCEPTED, Claim, Verdict
from interfaces.shared.errors import Unavailable
from interfaces.shared.holding import Holding, Holdings
from tests.http_ws.harness import scene

LEASE = 0.15


class Store(LocalDedupe):
    """Counts renewals; ``away``: how many of them find no broker."""

    renewals = 0
    away = 0

    async def renew(self, claim: Claim, lease: float) -> bool:
        """As the store does."""
        self.renewals += 1
        if self.away:
            self.away -= 1
            raise Unavailable("no broker")
        return await super().renew(claim, lease)


async def held(store: Store, **more: Any) -> Holding:
    """One that was claimed."""
    return Holdings(store, more.get("lease", LEASE)).hold(await store.claim("1", lease=LEASE))


async def until(store: Store, renewals: int) -> None:
    """Wait for so many."""
    async with asyncio.timeout(5):
        while store.renewals < renewals:
            await asyncio.sleep(0.002)


@scene
async def test_it_is_renewed_until_its_end() -> None:
    """Nobody else gets it for longer than a lease; then its verdict is known, and it is renewed no more."""
    store = Store()
    holding = await held(store)
    await until(store, 6)
    assert not (await store.claim("1", lease=1)).ours
    await holding.finish(ACCEPTED, 10)
    said = await store.claim("1", lease=1)
    assert said.verdict == ACCEPTED
    renewals = store.renewals
    await asyncio.sleep(LEASE)
    assert store.renewals == renewals


@scene
async def test_a_broker_that_is_away_is_asked_again() -> None:
    """An outage shorter than the lease costs nothing."""
    store = Store()
    holding = await held(store, lease=0.3)
    store.away = 1
    await until(store, 2)
    assert not holding.lost
    holding.end()


@scene
async def test_what_has_lapsed_and_nobody_has_is_claimed_again() -> None:
    """The broker has forgotten it: a repeat is not to run beside it."""
    store = Store()
    holding = await held(store)
    first = holding.claim
    store._entries.clear()
    async with asyncio.timeout(5):
        while holding.claim is first:
            await asyncio.sleep(0.002)
    assert not holding.lost
    assert not (await store.claim("1", lease=1)).ours
    holding.end()


@scene
async def test_what_another_has_is_lost() -> None:
    """It is not renewed, and the other one's verdict is not touched."""
    store = Store()
    holding = await held(store)
    store._entries.clear()
    other = await store.claim("1", lease=10)
    async with asyncio.timeout(5):
        while not holding.lost:
            await asyncio.sleep(0.002)
    await holding.finish(ACCEPTED, 10)
    assert (await store.claim("1", lease=1)).verdict is None
    assert await store.renew(other, 10)


@scene
async def test_what_ends_while_it_is_claimed_again_keeps_its_verdict() -> None:
    """The claim that had lapsed can say nothing any more: the new one does, and no repeat runs."""
    store = Store()
    asked, answer = asyncio.Event(), asyncio.Event()

    class Slow(Store):
        async def claim(self, key: str, *, lease: float, wait: float = 0) -> Claim:
            """The broker has it, and its answer takes a while."""
            again = await store.claim(key, lease=lease)
            asked.set()
            await answer.wait()
            return again

        async def finish(self, claim: Claim, verdict: Verdict, keep: float) -> bool:
            """As the store does."""
            return await store.finish(claim, verdict, keep)

    holdings = Holdings(Slow(), LEASE)
    holding = holdings.hold(await store.claim("1", lease=LEASE))
    store._entries.clear()
    async with asyncio.timeout(5):
        await asked.wait()
    await holding.finish(ACCEPTED, 10)
    answer.set()
    async with asyncio.timeout(5):
        while (await store.claim("1", lease=1)).verdict != ACCEPTED:
            await asyncio.sleep(0.002)
