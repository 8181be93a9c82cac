"""What one bind has to submit: in order, within its window and pace, and what became of each message.

What is throttled goes again, before what came after it, until it has waited for ``patience`` seconds. Nothing else is
repeated here. Of a message in parts all have to be taken: a part that is refused is the end of it, and those that were
not written yet are not; what the SMSC took of it no telephone shows. So "later", which may repeat those, is harmless.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from heapq import heappop, heappush
from itertools import count
from typing import Any, Final

from interfaces.shared.errors import PeerError
from interfaces.sms.command_status import OK, TEMPORARY, THROTTLING, status_name
from interfaces.sms.pdus import SUBMIT_SM, Pdu, read_id
from interfaces.sms.providers.base import Sent
from interfaces.sms.receipt_ids import Ids
from interfaces.sms.smpp.pace import Pace
from interfaces.sms.smpp.talk import Talk

__all__ = ["WAITING", "Queue"]

WAITING: Final = 200_000
"""Parts that wait in a bind; further messages are to come later."""
RETRY: Final = 1.0
"""Seconds after which a message is to come again that found no connection."""


@dataclass(slots=True, eq=False)
class _Job:
    """A message."""

    told: "asyncio.Future[Sent]"
    until: float
    left: int
    """Parts that have no final answer."""
    ids: list[str]
    flying: int = 0
    end: Sent | None = None
    """What became of it, where not all parts were taken."""

    def fail(self, state: Any, error: str, **more: Any) -> None:
        """It is over; what is worse counts."""
        worse = {"later": 0, "uncertain": 1, "failed": 2}
        if self.end is None or worse[state] > worse[self.end.state]:
            self.end = Sent(state=state, error=error, **more)

    @property
    def over(self) -> bool:
        return self.end is not None or self.told.done()

    def settle(self) -> None:
        """Say it, once nothing of it is on its way."""
        if self.told.done() or self.flying or (self.left and self.end is None):
            return
        if self.end is None:
            ids = tuple(self.ids) if all(self.ids) else ()
            self.told.set_result(Sent(state="sent", provider_ids=ids, segments=len(self.ids)))
            return
        ids, end = tuple(one for one in self.ids if one), self.end
        self.told.set_result(
            Sent(
                state=end.state, provider_ids=ids, error=end.error, retry_after=end.retry_after,
                segments=end.segments, wide=end.wide,
            )
        )  # fmt: skip


@dataclass(slots=True, eq=False)
class _Part:
    job: _Job
    at: int
    body: bytes
    ticket: int
    sent_at: float = 0.0

    def __lt__(self, other: "_Part") -> bool:
        return self.ticket < other.ticket


@dataclass(slots=True, eq=False)
class Queue:
    """Of the bind ``name``. ``patience``: seconds that a message may wait; ``command``: submit_sm, or deliver_sm."""

    name: str
    pace: Pace
    ids: Ids
    loop: Any
    patience: float
    counts: Callable[[str], None]
    waiting: int = WAITING
    command: int = SUBMIT_SM
    links: list[Talk] = field(default_factory=list)
    """Those that take submits."""
    flying: int = 0
    _new: deque[_Part] = field(default_factory=deque)
    _again: list[_Part] = field(default_factory=list)
    _tickets: Any = field(default_factory=count)
    _timer: Any = None
    _planned: bool = False

    def __repr__(self) -> str:
        return f"<Queue {self.name}: {self.flying} on their way, {len(self)} wait>"

    def __len__(self) -> int:
        return len(self._new) + len(self._again)

    async def submit(self, bodies: list[bytes]) -> Sent:
        """Submit a message in so many parts; what became of it."""
        if not self.links:
            return Sent(state="later", error=f"{self.name} is not bound", retry_after=RETRY, wide=True)
        if len(self) >= self.waiting:
            return Sent(
                state="later", error=f"{len(self)} parts wait for {self.name}", retry_after=RETRY, wide=True
            )
        told: asyncio.Future[Sent] = self.loop.create_future()
        job = _Job(told, self.loop.time() + self.patience, len(bodies), [""] * len(bodies))
        for at, body in enumerate(bodies):
            self._new.append(_Part(job, at, body, next(self._tickets)))
        self.pump()
        return await told

    def pump(self) -> None:
        """Write what may go now."""
        self._planned = False
        now, pace = self.loop.time(), self.pace
        while (part := self._head()) is not None:
            link = self._roomy()
            if link is None:
                return
            wait = pace.wait(now)
            if wait > 0:
                if self._timer is None:
                    self._timer = self.loop.call_later(wait, self._woken)
                return
            if self._again and part is self._again[0]:
                heappop(self._again)
            else:
                self._new.popleft()
            part.sent_at = now
            part.job.flying += 1
            self.flying += 1
            pace.sent(now)
            link.ask(self.command, part.body, partial(self._answered, part))

    def _woken(self) -> None:
        self._timer = None
        self.pump()

    def _head(self) -> _Part | None:
        """The next that is to go; what waited before is first."""
        while self._again:
            if not self._again[0].job.over:
                return self._again[0]
            heappop(self._again)
        while self._new:
            if not self._new[0].job.over:
                return self._new[0]
            self._new.popleft()
        return None

    def _roomy(self) -> Talk | None:
        """The connection that has fewest on their way, if its window has room."""
        room = int(self.pace.window)
        best = None
        for link in self.links:
            if len(link.pending) < room and not link.blocked:
                best, room = link, len(link.pending)
        return best

    # --- answers ----------------------------------------------------------------------------------

    def _answered(self, part: _Part, pdu: Pdu | None) -> None:
        job, now = part.job, self.loop.time()
        job.flying -= 1
        self.flying -= 1
        if pdu is None:
            job.fail("uncertain", "no response")
        elif pdu.status == OK:
            self._took(part, pdu, now)
        elif pdu.status in THROTTLING:
            self._throttled(part, pdu.status, now)
        elif pdu.status in TEMPORARY:
            job.fail("later", status_name(pdu.status))
        else:
            job.fail("failed", status_name(pdu.status))
        job.settle()
        self._plan()

    def _plan(self) -> None:
        """Go on once all responses of this turn are known: one that throttles may be among them."""
        if not self._planned:
            self._planned = True
            self.loop.call_soon(self.pump)

    def _took(self, part: _Part, pdu: Pdu, now: float) -> None:
        job = part.job
        self.pace.went(now)
        try:
            name = read_id(pdu.body)
        except PeerError:
            name = ""
        job.left -= 1
        if name:
            job.ids[part.at] = name
            self.ids.add(name)

    def _throttled(self, part: _Part, status: int, now: float) -> None:
        self.counts("sms.smpp.throttled")
        self.pace.throttled(part.sent_at, now)
        rest = max(self.pace.wait(now), 0.1)
        if now + rest >= part.job.until or not self.links:
            part.job.fail("later", status_name(status), retry_after=rest, wide=True)
        else:
            heappush(self._again, part)

    # --- connections, time ------------------------------------------------------------------------

    def joined(self, link: Talk) -> None:
        """Another connection stands."""
        self.links.append(link)
        self.pump()

    def left(self, link: Talk) -> None:
        """One takes nothing more; without any, what waits is to come later."""
        if link in self.links:
            self.links.remove(link)
        if not self.links:
            self._give_up(lambda _job: True, f"{self.name} is not bound")

    def sweep(self, now: float) -> None:
        """What has waited too long is to come later."""
        self._give_up(lambda job: job.until <= now, f"{self.name} is too slow")

    def _give_up(self, late: Callable[[_Job], bool], why: str) -> None:
        while (part := self._head()) is not None and late(part.job):
            part.job.fail("later", why, retry_after=RETRY, wide=True)
            part.job.settle()
