"""When a message from outside is acknowledged: with its verdict, or as soon as it is kept.

``processed``: the application decides first. Where something durable is there, a message whose call takes long is kept
and acknowledged; it is taken up again only if that call dies. ``accepted``: each message is kept first.
"""

import logging
from dataclasses import dataclass
from typing import Protocol

from interfaces.shared.delivery import ACCEPTED, DEFERRED, Verdict
from interfaces.shared.errors import Unavailable
from interfaces.shared.intake import Intake
from interfaces.shared.parcel import Parcel

__all__ = ["COUNTS", "KEPT", "SHARE", "SPARE", "Keeper", "Keeping", "Reception"]

log = logging.getLogger("interfaces.intake")

COUNTS = ("kept", "withheld")
"""What is counted, behind the protocol's name and a dot: what was kept, and what is to come again."""
SPARE = 100
"""Calls for what its sender does not repeat, beyond those that all may have: somebody waits there for an answer."""
SHARE = 0.6
"""Of the patience of a peer that has less than others, after which its message is kept at the latest: a broker takes
its time, too, until that is on the disk."""
KEPT = Verdict("accept")
"""What was kept, and is not decided yet. Told by identity."""
KEEPING = 10.0
"""Seconds after which keeping a message counts as failed, for its repeats."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """What the options of a protocol say of its messages."""

    name: str
    """The protocol's: of flags, counts, and of the queue NAME.accepted."""
    accepted: bool
    """Whether each message is kept before it is acknowledged."""
    spool: str
    """A folder to keep them in; "" for a broker's queue."""
    attempts: int
    """Calls of the application for what is kept, before it is a dead letter."""
    at_once: int
    """Calls side by side."""
    waiting: int
    """Messages that wait for others of their conversation."""


class Keeper(Protocol):
    """What keeps messages: a :class:`interfaces.shared.accepted.Accepted`."""

    async def keep(self, parcel: Parcel, delay: float) -> None:
        """Keep it; it is not taken up before ``delay`` seconds have passed. Unavailable."""
        ...

    def leave(self) -> None:
        """Begin nothing more that was kept."""
        ...


class Reception:
    """In front of ``intake``; times in seconds.

    ``patience``: until the peer has to have its answer; ``keep_after``: until a message is kept whose call still runs.
    """

    def __init__(self, intake: Intake, *, accepted: bool, patience: float, keep_after: float) -> None:
        self.intake = intake
        self.accepted = accepted
        self.patience = patience
        self.keep_after = min(keep_after, patience)
        self.keeper: Keeper | None = None
        """Where there is something durable."""
        self.draining = False
        for word in COUNTS:
            intake.count(word, 0)

    def __repr__(self) -> str:
        return f"<Reception {self.intake!r}>"

    async def take(self, parcel: Parcel, *, repeated: bool, patience: float | None = None) -> Verdict | None:
        """What the peer is told; None: its call still runs, and the peer will not ask again.

        ``repeated``: whether the peer comes again with what is deferred, so that it may be kept, or left to it;
        ``patience``: of this peer, if it is not that of all.
        """
        patience = self.patience if patience is None else patience
        verdict: Verdict | None = DEFERRED
        if self.draining:
            pass
        elif self.keeper is None or not repeated:
            verdict = await self.intake.deliver(parcel, patience, spare=0 if repeated else SPARE)
            if verdict is None and repeated:
                verdict = DEFERRED
        elif self.accepted:
            verdict = await self._kept(parcel, patience)
        else:
            verdict = await self.intake.deliver(parcel, self._keep_after(patience))
            if verdict is None:  # the call goes on, and when that ends well nobody takes up what is kept
                verdict = await self._put(parcel, self.intake.rules.lease)
        if verdict is not None and verdict.kind == "defer":
            self.intake.count("withheld")
        return verdict

    def _keep_after(self, patience: float) -> float:
        """Sooner where the peer waits less than others."""
        return min(self.keep_after, SHARE * patience) if patience < self.patience else self.keep_after

    async def drain(self, seconds: float) -> None:
        """Take nothing more, and wait for what runs."""
        self.draining = True
        if self.keeper is not None:
            self.keeper.leave()
        await self.intake.drain(seconds)

    async def _kept(self, parcel: Parcel, patience: float) -> Verdict:
        """Accepted once it is kept; a repeat is not kept twice."""
        if not parcel.key:
            return await self._put(parcel, 0.0)
        intake = self.intake
        try:
            claim = await intake.dedupe.claim(f"kept:{parcel.key}", lease=KEEPING, wait=patience)
            if not claim.ours:
                intake.count("repeats")
                return DEFERRED if claim.verdict is None else ACCEPTED
            verdict = await self._put(parcel, 0.0)
            await intake.dedupe.finish(claim, verdict, intake.rules.keep)
        except Unavailable as error:
            log.warning("%s: a message is to come again: %s", intake.name, error)
            return DEFERRED
        return verdict

    async def _put(self, parcel: Parcel, delay: float) -> Verdict:
        try:
            if self.keeper is None:  # the process ends
                return DEFERRED
            await self.keeper.keep(parcel, delay)
        except Unavailable as error:
            log.warning("%s: a message cannot be kept, and is to come again: %s", self.intake.name, error)
            return DEFERRED
        self.intake.count("kept")
        return KEPT
