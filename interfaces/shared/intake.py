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
from interfaces.shared.holding import Holding, Holdings
from interfaces.shared.meter import Histogram, here
from interfaces.shared.noise import Noise
from interfaces.shared.parcel import Parcel

__all__ = ["BUSY", "COUNTS", "LEASE", "Call", "Course", "Intake", "Rules", "Turns"]

log = logging.getLogger("interfaces.intake")

LEASE = 30.0
"""Seconds after which a call counts as dead whose process says no more of it."""
BUSY = Verdict("defer")
"""What is to come again and was not begun: there was no room for it, or it is another's by now. Told by identity."""
FOREVER = float("inf")
EARLY = 0.001
"""Seconds that a timer may be early."""
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

    def enter(self, name: str) -> bool:
        """Our turn in the conversation ``name`` at once, until :meth:`leave`; False: wait, by :meth:`turn`."""
        ...

    def leave(self, name: str) -> None:
        """Our turn is over."""
        ...

    def turn(self, name: str, wait: float | None = None) -> AbstractAsyncContextManager[None]:
        """Our turn in the conversation ``name``; Unavailable."""
        ...


class Call(Delivery):
    """The call of the application for the parcel of ``course``, which hears its verdict as soon as that is said."""

    def __init__(self, course: "Course") -> None:
        intake, parcel = course.intake, course.parcel
        rules = intake.rules
        super().__init__(intake.app, parcel.scope, rules.words, self._over, rules.posted)
        self.course: Course | None = course
        self.unrouted_is: Verdict = rules.unrouted
        self.post = intake.posts(parcel)

    async def send(self, event: Event) -> None:
        """As of any delivery; a verdict is told at once."""
        await super().send(event)
        if self.verdict is not None and self.course is not None:
            self.course.say(self.verdict)

    def _over(self, _session: Any) -> None:
        course, self.course = self.course, None
        if course is not None:  # what became of it as it is now: who is released is cancelled after that
            if self.unrouted:
                course.intake.count("ignored")
            course.end(self.outcome(self.unrouted_is))


class Course:
    """A parcel from its claim to its end. ``answer`` has its verdict as soon as that is said; None: too late."""

    __slots__ = (
        "_entered",
        "_waiting",
        "answer",
        "call",
        "came",
        "ended",
        "held",
        "intake",
        "loop",
        "parcel",
        "until",
    )

    def __init__(self, intake: "Intake", parcel: Parcel, token: str, loop: Any, until: float) -> None:
        self.intake = intake
        self.loop = loop
        self.until = until
        """By the loop's clock: when its sender waits no longer."""
        self.parcel = parcel
        self.held: Holding | None = intake.holdings.hold_by(parcel.key, token) if token else None
        self.answer: asyncio.Future[Verdict | None] = loop.create_future()
        self.call: Call | None = None
        self.ended: asyncio.Future[Verdict] | None = None
        """For who waits in :meth:`_turn`."""
        self._waiting: asyncio.Task[None] | None = None
        self.came: float = 0.0
        """By the loop's clock: when it began to wait for its turn."""
        self._entered: bool = False
        """Whether a turn has to be left."""

    def start(self) -> None:
        """Begin now, or when its turn comes."""
        where = self.parcel.conversation
        if where is None:
            self.begin()
        elif self.intake.turns.enter(where):
            self._entered = True
            self.begin()
        else:
            self.came = self.loop.time()
            self._waiting = self.loop.create_task(self._turn(where))

    async def _turn(self, where: str) -> None:
        """Wait for its turn, and hold that until it has ended."""
        try:
            async with self.intake.turns.turn(where):
                self.ended = ended = self.loop.create_future()
                self.begin()
                await ended
        except Unavailable as error:
            self.intake.full("a message is to come again", error)
            self.end(BUSY)
        except asyncio.CancelledError:
            if self.call is None:
                self.end(DEFERRED)
            raise

    def begin(self) -> None:
        """Call the application; not with what was taken up elsewhere while it waited."""
        if self.held is not None and self.held.lost:
            self.end(BUSY)
            return
        intake, event = self.intake, self.parcel.event
        intake.count("calls")
        intake.waits.add(0.0 if self._waiting is None else self.loop.time() - self.came)
        if tried := intake.deferred.get(self.parcel.key, 0):
            event["attempt"] = max(event.get("attempt", 1), tried + 1)
        self.call = call = Call(self)
        call.start(self.loop)
        call.last(event)

    def cut(self) -> None:
        """End it now."""
        if self.call is not None:
            self.call.cancel()
        elif self._waiting is not None:
            self._waiting.cancel()

    def say(self, verdict: Verdict | None) -> None:
        """Its verdict is known, or it is too late for one."""
        if not self.answer.done():
            self.answer.set_result(verdict)

    def end(self, verdict: Verdict) -> None:
        """It is over: its turn is the next one's, and its repeats will know."""
        if self._entered:
            self._entered = False
            self.intake.turns.leave(self.parcel.conversation or "")
        if self.ended is not None and not self.ended.done():
            self.ended.set_result(verdict)
        self.intake.finish(self, verdict)


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
        self.holdings = Holdings(dedupe, rules.lease)
        # isinstance takes longer than the rest of it
        self._claim_now: Callable[[str, float], str] | None = getattr(dedupe, "claim_now", None)
        self._at_once: bool = hasattr(dedupe, "finish_now")
        self.turns = turns
        self.post: Any = None
        """Puts on its way what the application sends, where there is a sender."""
        self.posts: Callable[[Parcel], Any] = self._own_or_ours
        """What does so for a parcel."""
        self.running: set[Course] = set()
        self.deferred: dict[str, int] = {}
        """Attempts of what was to come again, since hardly a peer tells how often it has come."""
        self._next: float = FOREVER
        """By the loop's clock: when the next sender waits no longer."""
        self._timer: asyncio.TimerHandle | None = None
        self._idle: asyncio.Future[None] | None = None
        self._finishing: set[asyncio.Task[None]] = set()
        self._count = count
        self.full = Noise(self._one, f"{name}.full", log.name)
        """For what is to come again, since too many wait: one line a minute says so."""
        self._unasked = Noise(self._one, f"{name}.unasked", log.name)
        for word in COUNTS:
            self.count(word, 0)
        self.waits: Histogram = here().histogram("queue.wait", queue=name)
        """How long messages waited for their turn in their conversations."""
        here().gauge("queue.depth", self.waiting, queue=name)

    def __repr__(self) -> str:
        return f"<Intake {self.name}: {len(self.running)} running>"

    @property
    def dedupe(self) -> DedupeStore:
        """Which messages run, and which have their verdict."""
        return self.holdings.dedupe

    def waiting(self) -> int:
        """How many wait for their turn."""
        return sum(course.call is None for course in self.running)

    def count(self, word: str, by: int = 1) -> None:
        """Count something, behind the protocol's name."""
        self._count(f"{self.name}.{word}", by)

    async def deliver(self, parcel: Parcel, seconds: float | None, *, spare: int = 0) -> Verdict | None:
        """The verdict on ``parcel``, waited for ``seconds`` at most; None: it still runs, here or elsewhere.

        ``spare``: how many calls more than usual may run for it. Without ``seconds`` the call that this begins is
        waited for to its end, and one that runs already not at all. Raises nothing of its own: what cannot be begun is
        to come again.
        """
        loop = asyncio.get_running_loop()
        begun = loop.time()
        if len(self.running) >= self.rules.most + spare:
            self.count("full")
            return BUSY
        key, token = parcel.key, ""
        if key and self._claim_now is not None:
            token = self._claim_now(key, self.rules.lease)
        if key and not token:
            claim = await self._claim(key, seconds)
            if claim is not None and not claim.ours:
                return self._repeated(claim)
            token = "" if claim is None else claim.token
        course = Course(self, parcel, token, loop, FOREVER if seconds is None else begun + seconds)
        self.running.add(course)
        course.start()
        if course.until < self._next:
            self._watch(loop, course.until)
        verdict = await course.answer
        if verdict is None:
            self.count("late")
        return verdict

    def _repeated(self, claim: Claim) -> Verdict | None:
        """The verdict of what runs already, or has run."""
        self.count("repeats")
        if claim.verdict is None:
            self.count("late")
        return claim.verdict

    def finish(self, course: Course, verdict: Verdict) -> None:
        """``course`` has ended: its verdict is kept, then told."""
        held = course.held
        if held is not None:
            self._remember(course.parcel, verdict)
            if not self._at_once:
                task = asyncio.get_running_loop().create_task(self._finished(course, held, verdict))
                self._finishing.add(task)
                task.add_done_callback(self._finishing.discard)
                return
            held.finish_now(verdict, self.rules.keep)
        self._over(course, verdict)

    async def drain(self, seconds: float) -> None:
        """Wait for what runs; what is left after ``seconds`` is cut, and to come again."""
        if not await self._drained(seconds):
            late = list(self.running)
            log.warning("%s: %d calls of the application were cut after %g s", self.name, len(late), seconds)
            for course in late:
                course.cut()
            await self._drained(1)

    # --- one parcel -------------------------------------------------------------------------------

    def _one(self, name: str) -> None:
        self._count(name, 1)

    def _own_or_ours(self, parcel: Parcel) -> Any:
        return parcel.post or self.post

    async def _claim(self, key: str, seconds: float | None) -> Claim | None:
        """None: it is run without asking anybody."""
        try:
            return await self.dedupe.claim(key, lease=self.rules.lease, wait=seconds or 0.0)
        except Unavailable as error:
            self._unasked("whether a message is a repeat is not known", error)
            return None

    def _remember(self, parcel: Parcel, verdict: Verdict) -> None:
        """How often it was begun, if it is to come again."""
        if verdict is BUSY:
            return
        self.deferred.pop(parcel.key, None)
        if verdict.kind == "defer":
            self.deferred[parcel.key] = parcel.event.get("attempt", 1)
            if len(self.deferred) > TRIED:
                del self.deferred[next(iter(self.deferred))]

    def _watch(self, loop: Any, when: float) -> None:
        """Look for who waits no longer at ``when``: one timer for all, since nearly all are answered before."""
        if self._timer is not None:
            self._timer.cancel()
        self._next = when
        self._timer = loop.call_at(when, self._look, loop)

    def _look(self, loop: Any) -> None:
        now, soonest = loop.time() + EARLY, FOREVER
        for course in self.running:
            if course.until <= now:
                course.until = FOREVER
                course.say(None)
            elif course.until < soonest:
                soonest = course.until
        self._timer, self._next = None, FOREVER
        if soonest < FOREVER:
            self._watch(loop, soonest)

    async def _finished(self, course: Course, held: Holding, verdict: Verdict) -> None:
        try:
            await held.finish(verdict, self.rules.keep)
        except Unavailable as error:
            log.warning("%s: a repeat will not be known: %s", self.name, error)
        finally:
            self._over(course, verdict)

    def _over(self, course: Course, verdict: Verdict) -> None:
        course.say(verdict)
        self.running.discard(course)
        if not self.running and self._idle is not None and not self._idle.done():
            self._idle.set_result(None)

    async def _drained(self, seconds: float) -> bool:
        """Whether nothing runs any more, after so many seconds at most."""
        if self.running:
            self._idle = asyncio.get_running_loop().create_future()
            await asyncio.wait({self._idle}, timeout=seconds)
        return not self.running
