"""Claims that stay ours for as long as it takes: renewed while messages wait for their turn, and while they run."""

import asyncio
from typing import Any

from interfaces.shared.delivery import Claim, DedupeStore, Verdict
from interfaces.shared.errors import Unavailable

__all__ = ["Holding", "Holdings"]


class Holding:
    """One claim, of ``holdings``."""

    __slots__ = ("_claim", "ended", "holdings", "key", "lost", "new", "token")

    def __init__(self, holdings: "Holdings", key: str, token: str) -> None:
        self.holdings = holdings
        self.key = key
        self.token = token
        self._claim: Claim | None = None
        self.lost = False
        """Whether it is another's now, or has its verdict from there."""
        self.new = True
        """Whether it came after the last look."""
        self.ended: tuple[Verdict, float] | None = None
        """What became of it, and how long that is to be kept."""

    def __repr__(self) -> str:
        return f"<Holding {self.key}{', lost' if self.lost else ''}>"

    @property
    def claim(self) -> Claim:
        """The claim; made when it is asked for, which it hardly is."""
        if self._claim is None:
            self._claim = Claim(self.key, self.token)
        return self._claim

    @claim.setter
    def claim(self, again: Claim) -> None:
        self.token, self._claim = again.token, again

    def end(self) -> None:
        """Renew it no more."""
        self.holdings.held.pop(self, None)

    async def finish(self, verdict: Verdict, keep: float) -> None:
        """Say what became of it, kept for ``keep`` seconds; what is another's is left to that. Unavailable."""
        self.end()
        self.ended = verdict, keep
        if not self.lost:
            await self.holdings.dedupe.finish(self.claim, verdict, keep)

    def finish_now(self, verdict: Verdict, keep: float) -> None:
        """As :meth:`finish`, where the store is an :class:`interfaces.shared.delivery.AtOnce`."""
        self.end()
        if not self.lost:
            store: Any = self.holdings.dedupe
            store.finish_now(self.key, self.token, verdict, keep)


class Holdings:
    """Claims in ``dedupe``: one look every third of ``lease`` seconds renews what has been held for that long.

    One that has lapsed, since the broker forgot it or this process was stopped, is claimed again if nobody else has
    done so meanwhile.
    """

    def __init__(self, dedupe: DedupeStore, lease: float) -> None:
        self.dedupe = dedupe
        self.lease = lease
        self.held: dict[Holding, None] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._renewing: set[asyncio.Task[None]] = set()

    def __repr__(self) -> str:
        return f"<Holdings: {len(self.held)}>"

    def hold(self, claim: Claim) -> Holding:
        """Keep ``claim`` from now until its :meth:`Holding.finish` or ``end``."""
        return self.hold_by(claim.key, claim.token)

    def hold_by(self, key: str, token: str) -> Holding:
        """As :meth:`hold`, of the claim of ``key`` that ``token`` proves."""
        holding = Holding(self, key, token)
        self.held[holding] = None
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self.lease / 3, self._look)
        return holding

    def _look(self) -> None:
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self.lease / 3, self._look) if self.held else None
        for holding in list(self.held):
            if holding.new:
                holding.new = False
            else:
                task = loop.create_task(self._renew(holding))
                self._renewing.add(task)
                task.add_done_callback(self._renewing.discard)

    async def _renew(self, holding: Holding) -> None:
        try:
            if await self.dedupe.renew(holding.claim, self.lease) or holding not in self.held:
                return
            again = await self.dedupe.claim(holding.claim.key, lease=self.lease)
            if again.ours and holding.ended is not None:  # meanwhile, by the claim that had lapsed
                await self.dedupe.finish(again, *holding.ended)
                return
        except Unavailable:
            return  # perhaps the next time
        if again.ours:
            holding.claim = again
        else:
            holding.lost = True
            holding.end()
