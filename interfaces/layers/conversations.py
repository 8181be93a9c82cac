"""Deliveries of one conversation one after another, of different ones side by side: within a process, and beyond.

For deliveries that are run as they come; those in durable queues have their conversation there.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from interfaces.shared.delivery import Claim, DedupeStore, Verdict
from interfaces.shared.errors import Unavailable

__all__ = ["LEASE", "SIDE_BY_SIDE", "WAITING", "Conversations"]

SIDE_BY_SIDE = 100
WAITING = 1000
LEASE = 30.0
LONGEST = 86400.0
"""Seconds that a turn is waited for when nothing is said."""


class Conversations:
    """Gives turns: ``side_by_side`` at once, while ``waiting`` at most wait for theirs.

    With a ``store`` that containers share, a turn is theirs together: it is held by a lease of ``lease`` seconds, which
    is renewed; who was stopped for longer than that may overlap with the next.
    """

    def __init__(
        self,
        store: DedupeStore | None = None,
        *,
        side_by_side: int = SIDE_BY_SIDE,
        waiting: int = WAITING,
        lease: float = LEASE,
    ) -> None:
        self.store = store
        self.lease = lease
        self.most_waiting = waiting
        self.waiting = 0
        self._side = asyncio.Semaphore(side_by_side)
        self._names: dict[str, tuple[asyncio.Lock, int]] = {}

    def __len__(self) -> int:
        """How many conversations have somebody in them."""
        return len(self._names)

    def __repr__(self) -> str:
        return f"<Conversations: {len(self)}, {self.waiting} wait>"

    @asynccontextmanager
    async def turn(self, name: str, wait: float | None = None) -> AsyncIterator[None]:
        """Our turn in the conversation ``name``, in this process in the order of asking.

        Raises Unavailable after ``wait`` seconds, and at once when too many wait.
        """
        if self.waiting >= self.most_waiting:
            raise Unavailable(f"{self.waiting} deliveries wait for their turn")
        lock, users = self._names.get(name) or (asyncio.Lock(), 0)
        self._names[name] = lock, users + 1
        try:
            async with AsyncExitStack() as stack:
                await self._enter(stack, lock, name, wait)
                yield
        finally:
            lock, users = self._names.pop(name)
            if users > 1:
                self._names[name] = lock, users - 1

    async def _enter(self, stack: AsyncExitStack, lock: asyncio.Lock, name: str, wait: float | None) -> None:
        self.waiting += 1
        try:
            async with asyncio.timeout(wait):
                await stack.enter_async_context(lock)
                await stack.enter_async_context(self._side)
                if self.store is not None:
                    await self._lease(self.store, stack, f"conversation:{name}")
        except TimeoutError:
            raise Unavailable(f"the conversation is busy for more than {wait} s") from None
        finally:
            self.waiting -= 1

    async def _lease(self, store: DedupeStore, stack: AsyncExitStack, key: str) -> None:
        claim = await store.claim(key, lease=self.lease, wait=LONGEST)
        if not claim.ours:
            raise Unavailable("the conversation is busy")

        async def leave() -> None:
            renewing.cancel()
            try:
                await store.finish(claim, Verdict("defer"), 0)
            except Unavailable:
                pass  # the lease lapses

        renewing = asyncio.create_task(self._renew(store, claim))
        stack.push_async_callback(leave)

    async def _renew(self, store: DedupeStore, claim: Claim) -> None:
        held = True
        while held:
            await asyncio.sleep(self.lease / 3)
            try:
                held = await store.renew(claim, self.lease)
            except Unavailable:
                pass  # perhaps the next time
