"""Deliveries of one conversation one after another, of different ones side by side: within a process, and beyond.

For deliveries that are run as they come; those in durable queues have their conversation there.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from interfaces.shared.delivery import Claim, DedupeStore, Verdict
from interfaces.shared.errors import Unavailable

__all__ = ["LEASE", "SIDE_BY_SIDE", "WAITING", "Conversations"]

SIDE_BY_SIDE = 100
WAITING = 1000
LEASE = 30.0
LONGEST = 86400.0
"""Seconds that a turn is waited for when nothing is said."""
_Line = deque["asyncio.Future[None]"]


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
        self._room = side_by_side
        """How many more may run."""
        self._line: _Line = deque()
        """Who is first in a conversation, and waits for room."""
        self._names: dict[str, _Line | None] = {}
        """Conversations that somebody is in, with those who wait behind; None: nobody has yet."""

    def __len__(self) -> int:
        """How many conversations have somebody in them."""
        return len(self._names)

    def __repr__(self) -> str:
        return f"<Conversations: {len(self)}, {self.waiting} wait>"

    # --- at once ----------------------------------------------------------------------------------

    def enter(self, name: str) -> bool:
        """Our turn in ``name`` at once, until :meth:`leave`; False when it has to be waited for, by :meth:`turn`."""
        if self.store is not None or self._room <= 0 or name in self._names:
            return False
        self._names[name] = None
        self._room -= 1
        return True

    def leave(self, name: str) -> None:
        """Our turn is over: the next one's begins."""
        if self._line:
            self._leave_room()
        else:
            self._room += 1
        if self._names[name]:
            self._leave_name(name)
        else:
            del self._names[name]

    # --- after others -----------------------------------------------------------------------------

    @asynccontextmanager
    async def turn(self, name: str, wait: float | None = None) -> AsyncIterator[None]:
        """Our turn in the conversation ``name``, in this process in the order of asking.

        Raises Unavailable after ``wait`` seconds, and at once when too many wait.
        """
        if self.waiting >= self.most_waiting:
            raise Unavailable(f"{self.waiting} deliveries wait for their turn")
        async with AsyncExitStack() as stack:
            await self._entered(stack, name, wait)
            yield

    async def _entered(self, stack: AsyncExitStack, name: str, wait: float | None) -> None:
        self.waiting += 1
        try:
            async with asyncio.timeout(wait):
                await self._enter_name(name)
                stack.callback(self._leave_name, name)
                await self._enter_room()
                stack.callback(self._leave_room)
                if self.store is not None:
                    await self._lease(self.store, stack, f"conversation:{name}")
        except TimeoutError:
            raise Unavailable(f"the conversation is busy for more than {wait} s") from None
        finally:
            self.waiting -= 1

    async def _enter_name(self, name: str) -> None:
        if name not in self._names:
            self._names[name] = None
            return
        line = self._names[name]
        if line is None:
            line = self._names[name] = deque()
        await _in_line(line, lambda: self._leave_name(name))

    def _leave_name(self, name: str) -> None:
        if not _next(self._names[name]):
            del self._names[name]

    async def _enter_room(self) -> None:
        if self._room > 0 and not self._line:
            self._room -= 1
            return
        await _in_line(self._line, self._leave_room)

    def _leave_room(self) -> None:
        if not _next(self._line):
            self._room += 1

    # --- beyond this process ----------------------------------------------------------------------

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


def _next(line: _Line | None) -> bool:
    """Give the place of who leaves to the first in ``line``; False when nobody waits."""
    while line:
        waiter = line.popleft()
        if not waiter.done():
            waiter.set_result(None)
            return True
    return False


async def _in_line(line: _Line, give_on: Callable[[], None]) -> None:
    """Wait until the place is ours; who is cancelled in the moment it has become ours gives it on."""
    waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    line.append(waiter)
    try:
        await waiter
    except asyncio.CancelledError:
        if waiter.done() and not waiter.cancelled():
            give_on()
        raise
