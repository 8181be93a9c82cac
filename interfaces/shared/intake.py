"""Messages from outside whose senders repeat them: each is one call of the application, with one verdict.

For what is posted and what comes over a dialled connection. A repeat of what has its verdict gets that; one of what
still runs waits for it. Within a conversation one is called after the other. "Try again" is never remembered, so a
repeat of that runs again. A call goes on when its sender waits no longer: the repeat hears what became of it.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

from interfaces.shared.asgi import Application, Event
from interfaces.shared.delivery import ACCEPTED, DEFERRED, Claim, DedupeStore, Delivery, Verdict
from interfaces.shared.errors import Unavailable
from interfaces.shared.holding import Holding
from interfaces.shared.parcel import Parcel

__all__ = ["BUSY", "COUNTS", "LEASE", "Call", "Intake", "Rules", "Turns"]

log = logging.getLogger("interfaces.intake")

LEASE = 30.0
"""Seconds after which a call counts as dead whose process says no more of it."""
BUSY = Verdict("defer")
"""What is to come again and was not begun: there was no room for it, or it is another's by now. Told by identity."""
TRIED = 10_000
"""Messages that are to come again whose attempts are remembered."""
COUNTS = ("calls", "repeats", "ignored", "late", "full", "unasked")
"""What is counted, behind the protocol's name and a dot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The bounds of an intake; times in seconds."""

    keep: float
    """That a verdict is remembered."""
    most: int
    """Calls that run, or wait for their turn; further ones are to come again."""
    lease: float = LEASE
    words: dict[str, Callable[[Event], Verdict]] = field(default_factory=dict)
    """Types of messages that are verdicts, and what makes each one."""
    posted: frozenset[str] = frozenset()
    """Types of messages that go out."""
    unrouted: Verdict = ACCEPTED
    """What becomes of a message that the application knows no route for."""


class Turns(Protocol):
    """Who gives turns: :class:`interfaces.layers.conversations.Conversations` does."""

    def turn(self, name: str, wait: float | None = None) -> AbstractAsyncContextManager[None]:
        """Our turn in the conversation ``name``; Unavailable."""
        ...


class Call(Delivery):
    """The call of the application for one parcel; ``answer`` has its verdict as soon as that is said."""

    def __init__(
        self, app: Application, parcel: Parcel, rules: Rules, answer: "asyncio.Future[Verdict]"
    ) -> None:
        super().__init__(app, parcel.scope, rules.words, self._over, rules.posted)
        self.answer = answer
        self.unrouted_is = rules.unrouted
        self.finished: asyncio.Future[Verdict] = answer.get_loop().create_future()
        """What became of it, as it was when it ended: who is released is cancelled after that."""

    async def send(self, event: Event) -> None:
        """As of any delivery; a verdict is told at once."""
        await super().send(event)
        if self.verdict is not None and not self.answer.done():
            self.answer.set_result(self.verdict)

    def _over(self, _session: Any) -> None:
        if not self.finished.done():
            self.finished.set_result(self.outcome(self.unrouted_is))


class Intake:
    """Calls ``app``; ``dedupe`` knows of repeats, ``turns`` gives turns. ``name`` is the protocol's, in counts."""

    def __init__(
        self,
        app: Application,
        name: str,
        rules: Rules,
        dedupe: DedupeStore,
        turns: Turns,
        count: Callable[[str, int], None],
    ) -> None:
        self.app = app
        self.name = name
        self.rules = rules
        self.dedupe = dedupe
        self.turns = turns
        self.post: Any = None
        """Puts on its way what the application sends, where there is a sender."""
        self.posts: Callable[[Parcel], Any] = self._own_or_ours
        """What does so for a parcel."""
        self.running: set[asyncio.Task[None]] = set()
        self._deferred: dict[str, int] = {}
        """Attempts of what was to come again, since hardly a peer tells how often it has come."""
        self._count = count
        for word in COUNTS:
            self.count(word, 0)

    def __repr__(self) -> str:
        return f"<Intake {self.name}: {len(self.running)} running>"

    def count(self, word: str, by: int = 1) -> None:
        """Count something, behind the protocol's name."""
        self._count(f"{self.name}.{word}", by)

    async def deliver(self, parcel: Parcel, seconds: float | None) -> Verdict | None:
        """The verdict on ``parcel``, waited for ``seconds`` at most; None: it still runs, here or elsewhere.

        Raises nothing of its own: what cannot be begun is to come again.
        """
        loop = asyncio.get_running_loop()
        end = None if seconds is None else loop.time() + seconds
        if len(self.running) >= self.rules.most:
            self.count("full")
            return BUSY
        claim = await self._claim(parcel.key, seconds)
        if claim is not None and not claim.ours:
            self.count("repeats")
            if claim.verdict is None:
                self.count("late")
            return claim.verdict
        answer: asyncio.Future[Verdict] = loop.create_future()
        task = loop.create_task(self._run(parcel, claim, answer))
        self.running.add(task)
        task.add_done_callback(self.running.discard)
        await asyncio.wait({answer}, timeout=None if end is None else end - loop.time())
        if answer.done():
            return answer.result()
        self.count("late")
        return None

    def _own_or_ours(self, parcel: Parcel) -> Any:
        return parcel.post or self.post

    async def drain(self, seconds: float) -> None:
        """Wait for what runs; what is left after ``seconds`` is cut, and to come again."""
        if not self.running:
            return
        _, late = await asyncio.wait(self.running, timeout=seconds)
        if late:
            log.warning("%s: %d calls of the application were cut after %g s", self.name, len(late), seconds)
            for task in late:
                task.cancel()
            await asyncio.wait(late, timeout=1)

    # --- one parcel -------------------------------------------------------------------------------

    async def _claim(self, key: str, seconds: float | None) -> Claim | None:
        """None: it is run without asking anybody."""
        if not key:
            return None
        wait = self.rules.lease if seconds is None else seconds
        try:
            return await self.dedupe.claim(key, lease=self.rules.lease, wait=wait)
        except Unavailable as error:
            self.count("unasked")
            log.warning("%s: whether a message is a repeat is not known: %s", self.name, error)
            return None

    async def _run(self, parcel: Parcel, claim: Claim | None, answer: "asyncio.Future[Verdict]") -> None:
        verdict = DEFERRED
        held = None if claim is None else Holding(self.dedupe, claim, self.rules.lease)
        try:
            if parcel.conversation is None:
                verdict = await self._called(parcel, held, answer)
            else:
                async with self.turns.turn(parcel.conversation):
                    verdict = await self._called(parcel, held, answer)
        except Unavailable as error:
            verdict = BUSY
            self.count("full")
            log.warning("%s: a message is to come again: %s", self.name, error)
        finally:
            if held is not None:
                self._remember(parcel, verdict)
                await self._finish(held, verdict)
            if not answer.done():
                answer.set_result(verdict)

    async def _called(
        self, parcel: Parcel, held: Holding | None, answer: "asyncio.Future[Verdict]"
    ) -> Verdict:
        """Call the application to its end; not what was taken up elsewhere while it waited for its turn."""
        if held is not None and held.lost:
            return BUSY
        self.count("calls")
        if tried := self._deferred.get(parcel.key, 0):
            parcel.event["attempt"] = max(parcel.event.get("attempt", 1), tried + 1)
        call = Call(self.app, parcel, self.rules, answer)
        call.post = self.posts(parcel)
        call.start(answer.get_loop())
        call.last(parcel.event)
        try:
            await asyncio.wait({call.finished})
        except asyncio.CancelledError:
            call.cancel()
            raise
        if call.unrouted:
            self.count("ignored")
        return call.finished.result()

    def _remember(self, parcel: Parcel, verdict: Verdict) -> None:
        """How often it was begun, if it is to come again."""
        if verdict is BUSY:
            return
        self._deferred.pop(parcel.key, None)
        if verdict.kind == "defer":
            self._deferred[parcel.key] = parcel.event.get("attempt", 1)
            if len(self._deferred) > TRIED:
                del self._deferred[next(iter(self._deferred))]

    async def _finish(self, held: Holding, verdict: Verdict) -> None:
        try:
            await held.finish(verdict, self.rules.keep)
        except Unavailable as error:
            log.warning("%s: a repeat will not be known: %s", self.name, error)
