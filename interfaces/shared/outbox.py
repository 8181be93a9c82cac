"""What goes out from anywhere: takes messages from where they wait, has each one sent, and answers with its result.

Every protocol's sender is an outbox with a :class:`Way` of its own, which knows how one attempt is made and what is
told of it. What waits is in a :class:`Store`: durable where the channel layer has a broker, else in memory.

A message is settled in this order: the record of its attempt, the answer to its ``reply_channel``, its place in the
store. Before an attempt becomes irrevocable it is recorded that it has begun (:meth:`Sending.commit`). So one whose
sender was killed is tried again if nothing can have been sent, and reported as "uncertain" if something may: it is
never repeated silently. The record is found under the message's ``dedupe_key``, so what was sent once is not sent
again for as long as ``keep`` says, and who asks again gets the result that there was.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from interfaces.shared.errors import Unavailable
from interfaces.shared.marks import about
from interfaces.shared.meter import here, stored
from interfaces.shared.pacing import LONGEST_REST, Pace, Rules, back_off
from interfaces.shared.sendings import Held, Overtaken, Record, Sending, Store, Tried, Way, traced
from interfaces.shared.tracing import bare, parent_of

__all__ = ["ANSWERS", "COUNTS", "DEATHS", "LOOK", "REMINDED", "SHORT", "Outbox", "Rules"]

log = logging.getLogger("interfaces.outbox")

DEATHS = 10
"""Attempts that may die with their process before anything is sent; then the message is given up as their cause."""
LOOK = 1.0
"""Seconds between two tries to tell a store that does not answer what became of a message."""
SHORT = 2.0
"""Seconds of a rest that is waited for with the message in hand; for a longer one it is put back."""
REMINDED = 300.0
"""Seconds after which it is logged again that nothing goes out, for the same reason."""
ANSWERS = 5
"""Tries, LOOK seconds apart, to tell a result while the broker is away."""
COUNTS = ("sent", "later", "failed", "uncertain", "unanswered")
"""What is counted, behind the outbox's name and a dot."""

Answer = Callable[[str, dict[str, Any]], Awaitable[None]]


def _uncounted(_name: str, _by: int) -> None:
    """Where nobody asked for counts."""


class Outbox:
    """``await run()`` sends what waits in ``store`` until :meth:`stop`; ``answer(channel, result)`` is a layer's send.

    ``clock`` gives Unix seconds.
    """

    def __init__(
        self,
        way: Way,
        store: Store,
        answer: Answer,
        *,
        rules: Rules | None = None,
        count: Callable[[str, int], None] = _uncounted,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.way = way
        self.store = store
        self.answer = answer
        self.rules = rules or Rules()
        self.clock = clock
        self.running: set[asyncio.Task[None]] = set()
        self._pace = Pace(self.rules.rate, self.rules.at_once, wide=self.rules.wide, burst=self.rules.burst)
        self._count = count
        self._waits = here().histogram("queue.wait", queue=way.name)
        stored(way.name, store)
        self._crowds: Counter[str] = Counter()
        """How many wait for their turn, by wide place."""
        self._stopping = asyncio.Event()
        self._left = asyncio.Event()
        self._over = False
        self._on_way = self._away = 0
        """Messages on their way; and how often the store was away since it last was not."""
        self._trouble = "", 0.0
        """Why nothing goes out, and when that is to be told again."""
        self._ended = asyncio.Event()
        for name in COUNTS:
            count(f"{way.name}.{name}", 0)

    def __repr__(self) -> str:
        return f"<Outbox {self.way.name}: {len(self.running)} on their way>"

    # --- life -------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Take and send until told to stop; ends when what was taken is settled or given back.

        Raises Unavailable when nothing can be taken any more.
        """
        try:
            while not self._over and await self._take():
                pass
        finally:
            while self.running:
                await asyncio.wait(self.running)
            self._ended.set()

    async def stop(self, seconds: float) -> None:
        """Take nothing more; what is on its way gets so many seconds, and what waits for its turn is given back.

        What waits in memory alone is sent, as far as it is due and there is time.
        """
        self.store.leave()
        self._stopping.set()
        self._left.set()
        try:
            async with asyncio.timeout(seconds):
                await self._ended.wait()
        except TimeoutError:
            pass
        self._over = True
        if late := set(self.running):
            log.warning("%s: %d were cut after %g s", self.way.name, len(late), seconds)
            for task in late:
                task.cancel()
            await asyncio.wait(late)

    async def _take(self) -> bool:
        """Take what there is room for, and begin with it; False after the last."""
        room = self.rules.concurrency + self.rules.waiting - len(self.running)
        if room <= 0:
            await asyncio.wait(self.running, return_when=asyncio.FIRST_COMPLETED)
            return True
        found = await self.store.take(room)
        if self._over:
            for held in found:
                await self.store.give_back(held)
            return False
        for held in found:
            task = asyncio.ensure_future(self._held(held))
            self.running.add(task)
            task.add_done_callback(self.running.discard)
        return bool(found)

    # --- one message ------------------------------------------------------------------------------

    async def _held(self, held: Held) -> None:
        try:
            await self._one(held)
        except Overtaken:
            await self._left_to_others(held, "another sender has taken it over")
        except Unavailable as error:
            await self._put_off(held, str(error))
        except Exception:
            log.exception("%s %s: an error of its sender", self.way.name, held.id, extra=about(held.message))
            await self._left_to_others(held, "an error of its sender")

    async def _left_to_others(self, held: Held, reason: str) -> None:
        """What becomes of it is for the next who takes it; a lease that cannot be ended lapses."""
        log.warning("%s %s: is taken up again: %s", self.way.name, held.id, reason, extra=about(held.message))
        try:
            await self.store.retry(held, back_off(held.attempt), reason)
        except Unavailable:
            pass

    async def _put_off(self, held: Held, reason: str) -> None:
        """The store does not answer, or cannot write: no fault of the message, so after a rest it is as it was."""
        log.warning("%s %s: is taken up again: %s", self.way.name, held.id, reason, extra=about(held.message))
        self._away += 1
        try:
            async with asyncio.timeout(min(LONGEST_REST, back_off(self._away))):
                await self._stopping.wait()
        except TimeoutError:
            pass
        try:
            await self.store.give_back(held)
        except Unavailable:
            pass

    async def _one(self, held: Held) -> None:
        """Send it, unless its record says that this was done."""
        key = str(held.message.get("dedupe_key") or held.id)
        record = await self.store.read(key)
        again = record.final and record.owner == held.id and held.attempt == 1
        if record.final and not again:
            await self._known(held, record)
            return
        sending = self._sending(held, key, record, again=again)
        if record.begun:
            sending.begun, sending.number = True, record.number
            tried = self.way.unknown(sending)
        elif reason := self._hopeless(held, record):
            tried = self.way.given_up(sending, reason)
        else:
            found = await self._in_turn(held, sending)
            if isinstance(found, float):
                await self.store.give_back(held, max(0.0, min(found, self._end(held) - self.clock())))
                return
            tried = found
        await self._settle(held, key, sending, tried)

    async def _known(self, held: Held, record: Record) -> None:
        """It was settled before: another with its key, or by a sender that was killed before the store heard of it."""
        await self._answer(held, record.told, final=True)
        if record.owner == held.id and not record.told.get("ok", True):
            await self.store.dead(held, str(record.told.get("error", "")))
        else:
            await self.store.done(held)

    def _sending(self, held: Held, key: str, record: Record, *, again: bool) -> Sending:
        async def begin() -> bool:
            return await self.store.begin(key, record.number, self.rules.lifetime + self.rules.keep)

        return Sending(
            id=str(held.message.get("id") or held.id),
            message=bare(held.message),
            trace=parent_of(held.message),
            number=record.number + 1,
            put_at=held.put_at,
            earlier=record.told,
            again=again,
            begin=begin,
        )

    def _end(self, held: Held) -> float:
        """When it is to be given up: Unix seconds."""
        end = held.due + self.rules.lifetime
        return min(end, _number(held.message.get("expires"), end))

    def _hopeless(self, held: Held, record: Record) -> str:
        """Why it is not tried (again), or ""."""
        if held.attempt - 1 - record.number >= DEATHS:
            return f"{DEATHS} attempts have died while they prepared it"
        return "expired" if self.clock() >= self._end(held) else ""

    async def _in_turn(self, held: Held, sending: Sending) -> Tried | float:
        """An attempt in its turn; or in how many seconds it is to be taken again, without one."""
        place = sending.place = self.way.place(held.message)
        rest = self._pace.rests(place, asyncio.get_running_loop().time())
        if place and rest > LOOK:
            return Tried(state="later", reason=f"{place} cannot be reached", delay=rest)
        if (wait := await self._waited(place, self.rules.cost(held.message))) is not None:
            return wait
        if sending.number == 1:
            self._waits.add(max(0.0, self.clock() - held.due))
        tried = Tried(state="later")
        try:
            tried = await self._attempt(held, sending)
        except (Overtaken, Unavailable):
            raise
        except asyncio.CancelledError:
            tried = self.way.unknown(sending) if sending.begun else Tried(state="later", delay=0.0)
        except Exception as error:
            log.exception("%s %s: the attempt raised", self.way.name, sending.id, extra=about(held.message))
            reason = f"{type(error).__name__}: {error}"
            tried = self.way.unknown(sending) if sending.begun else Tried(state="later", reason=reason)
        finally:
            self._on_way -= 1
            now = asyncio.get_running_loop().time()
            self._pace.left(place, now, down=tried.down, rest=tried.rest, rest_wide=tried.rest_wide)
            self._left.set()
        return tried

    async def _attempt(self, held: Held, sending: Sending) -> Tried:
        """The attempt, unless it has waited too long for its turn; that nobody is reached is told to who runs this."""
        if self.clock() >= self._end(held):
            return self.way.given_up(sending, "expired")
        tried = await traced(self.way, sending)
        now = asyncio.get_running_loop().time()
        if not tried.down:
            self._trouble = "", 0.0
        elif tried.reason != self._trouble[0] or now >= self._trouble[1]:
            self._trouble = tried.reason, now + REMINDED
            log.warning("%s: nothing goes out: %s", self.way.name, tried.reason)
        return tried

    async def _waited(self, place: str, cost: float) -> float | None:
        """As :meth:`_turn`, unless too many wait there: they would hold up those that go elsewhere."""
        crowd, wide = self.rules.crowd, self.rules.wide(place)
        each = 1 / self.rules.rate if self.rules.rate else cost
        if crowd and each and self._crowds[wide] >= crowd:
            return crowd * each
        self._crowds[wide] += 1
        try:
            return await self._turn(place, cost)
        finally:
            self._crowds[wide] -= 1
            if not self._crowds[wide]:
                del self._crowds[wide]

    async def _turn(self, place: str, cost: float) -> float | None:
        """Wait for its turn; seconds when there is none now.

        That is when the process is to end, and what waits outlives it; and when its place rests for long.
        """
        loop = asyncio.get_running_loop()
        while not (self._stopping.is_set() and self.store.durable):
            if (rest := self._pace.paced(place, loop.time())) > SHORT:
                return rest
            full = self._on_way >= self.rules.concurrency
            wait = None if full else self._pace.ask(place, loop.time(), cost)
            if wait == 0.0:
                self._on_way += 1
                return None
            self._left.clear()
            try:
                async with asyncio.timeout(wait):
                    await self._left.wait()
            except TimeoutError:
                pass
        return 0.0

    async def _settle(self, held: Held, key: str, sending: Sending, tried: Tried) -> None:
        """The record, the answer, the store."""
        delay = back_off(sending.number) if tried.delay is None else tried.delay
        tried, told = self._in_time(held, sending, tried, delay)
        final = tried.state != "later"
        quiet = tried.quiet and not final
        first = not sending.earlier and bool(told) and not quiet
        record = Record(number=sending.number, begun=sending.begun, final=final, owner=held.id, told=told)
        keep = self.rules.keep if final else self.rules.lifetime + self.rules.keep
        if not await self._insist(lambda: self.store.settle(key, record, keep)):
            raise Overtaken
        self._away = 0
        if not quiet:
            self._count(f"{self.way.name}.{tried.state}", 1)
        if final or first:
            await self._answer(held, told, final=final)
        await self._rested(held, tried)
        await self._insist(lambda: self._settled(held, tried, delay))

    def _in_time(
        self, held: Held, sending: Sending, tried: Tried, delay: float
    ) -> tuple[Tried, dict[str, Any]]:
        """What became of it, and what is told of that; one that there is no time to try again is given up."""
        told = tried.told or dict(sending.earlier)
        if tried.state == "later" and self.clock() + delay >= self._end(held):
            sending.earlier = told
            tried = self.way.given_up(sending, tried.reason or "expired")
            told = tried.told
        return tried, told

    async def _rested(self, held: Held, tried: Tried) -> None:
        """Hold its conversation for the rest: who takes the next of it may be a process that knows nothing of that."""
        if tried.rest > 0 and tried.state != "later" and held.conversation and self.store.durable:
            try:
                async with asyncio.timeout(tried.rest):
                    await self._stopping.wait()
            except TimeoutError:
                pass

    async def _settled(self, held: Held, tried: Tried, delay: float) -> bool:
        if tried.state == "sent" or not tried.letter:
            await self.store.done(held)
        elif tried.state == "later":
            await self.store.retry(held, delay, tried.reason)
        else:
            words = (self.way.name, held.id, tried.state, tried.reason)
            log.warning("%s %s: %s: %s", *words, extra=about(held.message))
            await self.store.dead(held, tried.reason or tried.state)
        return True

    async def _insist(self, deed: Callable[[], Awaitable[bool]]) -> bool:
        """What the store says; while it does not answer it is asked again, since nobody else knows."""
        while True:
            try:
                return await deed()
            except Unavailable:
                if self._stopping.is_set():
                    raise
                await asyncio.sleep(LOOK)

    async def _answer(self, held: Held, told: Mapping[str, Any], *, final: bool) -> None:
        """Tell who has asked for it."""
        channel: Any = held.message.get("reply_channel")
        if not channel:
            return
        name = held.message.get("id") or held.id
        result = {**told, "type": self.way.result, "id": name, "final": final}
        for left in reversed(range(ANSWERS)):
            try:
                await self.answer(channel, result)
                return
            except Unavailable as error:  # a broker comes back, or its reader has gone
                failed: Exception = error
                if left and not self._stopping.is_set():
                    await asyncio.sleep(LOOK)
                    continue
            except Exception as error:  # noqa: BLE001 - a name may be none, its reader slow; what was sent is sent
                failed = error
            break
        self._count(f"{self.way.name}.unanswered", 1)
        name = self.way.name
        log.warning(
            "%s %s: its result could not be told: %s", name, held.id, failed, extra=about(held.message)
        )


def _number(value: Any, otherwise: float) -> float:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else otherwise
