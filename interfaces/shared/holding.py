"""A claim that stays ours for as long as it takes: renewed while its message waits for its turn, and while it runs."""

import asyncio
from typing import Any

from interfaces.shared.delivery import Claim, DedupeStore, Verdict
from interfaces.shared.errors import Unavailable

__all__ = ["Holding"]


class Holding:
    """Renews ``claim`` in ``dedupe`` every third of ``lease`` seconds, from now until :meth:`finish` or :meth:`end`.

    One that has lapsed, since the broker forgot it or this process was stopped, is claimed again if nobody else has
    done so meanwhile.
    """

    def __init__(self, dedupe: DedupeStore, claim: Claim, lease: float) -> None:
        self.dedupe = dedupe
        self.claim = claim
        self.lease = lease
        self.lost = False
        """Whether it is another's now, or has its verdict from there."""
        self._loop = asyncio.get_running_loop()
        self._renewing: asyncio.Task[None] | None = None
        self._timer = self._loop.call_later(lease / 3, self._due)

    def __repr__(self) -> str:
        return f"<Holding {self.claim.key}{', lost' if self.lost else ''}>"

    def end(self) -> None:
        """Renew it no more."""
        self._timer.cancel()
        if self._renewing is not None:
            self._renewing.cancel()

    async def finish(self, verdict: Verdict, keep: float) -> None:
        """Say what became of it, kept for ``keep`` seconds; what is another's is left to that. Unavailable."""
        self.end()
        if not self.lost:
            await self.dedupe.finish(self.claim, verdict, keep)

    def finish_now(self, verdict: Verdict, keep: float) -> None:
        """As :meth:`finish`, where the store is an :class:`interfaces.shared.delivery.AtOnce`."""
        self.end()
        if not self.lost:
            store: Any = self.dedupe
            store.finish_now(self.claim, verdict, keep)

    def _due(self) -> None:
        self._renewing = self._loop.create_task(self._renew())

    async def _renew(self) -> None:
        try:
            if not await self.dedupe.renew(self.claim, self.lease):
                again = await self.dedupe.claim(self.claim.key, lease=self.lease)
                if not again.ours:
                    self.lost = True
                    return
                self.claim = again
        except Unavailable:
            pass  # perhaps the next time
        self._timer = self._loop.call_later(self.lease / 3, self._due)
