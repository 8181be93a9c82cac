"""Greylisting: a stranger's first attempt is put off, since what sends junk seldom comes again (RFC 6647).

A stranger is a network, a sender and a recipient together that were not seen before. Whose second attempt comes after
the delay is believed, and so is the whole network from then on.
"""

from collections import OrderedDict
from typing import Protocol

from interfaces.email.policies.networks import Ip, around
from interfaces.shared.delivery import Verdict

__all__ = ["Greylist", "Memory", "Store"]

WINDOW = 86_400.0
"""Seconds within which the second attempt has to come (RFC 6647 §5)."""
MOST = 100_000
"""Strangers, and networks that are believed, that memory has room for; then the oldest go."""


class Store(Protocol):
    """Remembers when something was first said. Several processes may share one."""

    async def first(self, key: str, now: float, keep: float) -> float:
        """When ``key`` was first said: ``now`` if it is the first time, which is then kept for ``keep`` seconds."""
        ...

    async def known(self, key: str, now: float) -> bool:
        """Whether ``key`` was said and is still kept."""
        ...


class Memory:
    """A store in this process, which forgets with it."""

    def __init__(self, most: int = MOST) -> None:
        self.most = most
        self._kept: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    async def first(self, key: str, now: float, keep: float) -> float:
        """When ``key`` was first said."""
        if await self.known(key, now):
            return self._kept[key][0]
        self._kept[key] = now, now + keep
        self._kept.move_to_end(key)
        while len(self._kept) > self.most:
            self._kept.popitem(last=False)
        return now

    async def known(self, key: str, now: float) -> bool:
        """Whether ``key`` is kept."""
        return key in self._kept and self._kept[key][1] > now


class Greylist:
    """``delay``: seconds until a second attempt counts; ``keep``: seconds that a network is believed after one."""

    def __init__(self, delay: float, keep: float, store: Store) -> None:
        self.delay = delay
        self.keep = keep
        self.store = store

    async def verdict(self, client: Ip, sender: str, recipient: str, now: float) -> Verdict | None:
        """451 for a stranger who comes too early. ``now``: Unix seconds."""
        network = around(client, 24, 64)
        believed = f"grey:{network}"
        if await self.store.known(believed, now):
            return None
        key = f"{believed} {sender.lower()} {recipient.lower()}"
        waited = now - await self.store.first(key, now, WINDOW)
        if waited >= self.delay:
            await self.store.first(believed, now, self.keep)
            return None
        left = max(1, round(self.delay - waited))
        return Verdict(
            "defer", {"code": 451, "enhanced": "4.7.1", "text": f"Greylisted, come again in {left} seconds"}
        )
