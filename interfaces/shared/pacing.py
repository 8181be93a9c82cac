"""How fast things go out: a rate, how many at once to one destination, rests. Time is a parameter.

RFC 5321 §4.5.4.1 (mail is tried again for days, ever more seldom) is what the numbers come from.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = [
    "FIRST",
    "FIRST_REST",
    "LONGEST",
    "LONGEST_REST",
    "PLACES",
    "Pace",
    "Rules",
    "back_off",
    "everywhere",
    "nothing",
]

FIRST, LONGEST = 5.0, 3600.0
"""Seconds until something is tried again: the first time, and at most."""
FIRST_REST, LONGEST_REST = 1.0, 60.0
"""Seconds for which nothing goes to a destination that is down: after the first failure, and at most."""
PLACES = 10_000
"""Destinations that are remembered, and wider places likewise."""

_RANDOM = random.Random()  # noqa: S311 - of our own: others seed theirs


def back_off(attempt: int, jitter: Callable[[], float] = _RANDOM.random) -> float:
    """Seconds until attempt ``attempt`` (1, 2 …) is repeated: doubling from FIRST to LONGEST, by half at random."""
    delay: float = min(LONGEST, FIRST * 2.0 ** min(attempt - 1, 30))
    return delay * (0.5 + jitter() / 2)


def everywhere(_place: str) -> str:
    """One wide place for all."""
    return ""


def nothing(_message: Mapping[str, Any]) -> float:
    """No message keeps others from its destination."""
    return 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The bounds of an outbox; times in seconds, 0 is no limit of ``rate`` and ``at_once``."""

    concurrency: int = 10
    """Messages on their way at once."""
    waiting: int = 0
    """Messages that are taken beside those, so that one destination that makes them wait holds up no other."""
    rate: float = 0.0
    """Messages a second, to each of the places that ``wide`` names."""
    burst: float = 1.0
    """Seconds' worth of ``rate`` that may go at once."""
    wide: Callable[[str], str] = everywhere
    """The wider place that a destination is in; one for all unless given."""
    at_once: int = 0
    """Messages on their way to one destination."""
    crowd: int = 0
    """Messages that are taken and wait for the rate, or cost, of one wide place; others are put back meanwhile."""
    cost: Callable[[Mapping[str, Any]], float] = nothing
    """Seconds for which nothing else goes to its destination, once a message is on its way there."""
    lifetime: float = 172_800.0
    """After which a message is tried no more; its ``expires`` may say less."""
    keep: float = 86_400.0
    """That the result of a message is remembered under its ``dedupe_key``."""


@dataclass(slots=True)
class _Place:
    """One destination. ``rests_until``: it is down; ``paced_until``: it is not, and nothing goes there all the same."""

    running: int = 0
    failures: int = 0
    rests_until: float = 0.0
    paced_until: float = 0.0

    def free(self, now: float) -> bool:
        """Whether nothing has to be remembered of it, but that it was down."""
        return not self.running and self.rests_until <= now and self.paced_until <= now


@dataclass(slots=True)
class _Wide:
    """What destinations have together."""

    due: float = 0.0
    """When the bucket of the rate is full again."""
    paced_until: float = 0.0


@dataclass(slots=True)
class Pace:
    """Says when the next one may go to a destination.

    ``rate`` is of all, a second; ``burst`` seconds' worth of it may go at once.
    0 is no limit, for ``rate`` and for ``at_once``, which is how many may be on their way to one destination.
    ``wide(place)`` names the wider place that a destination is in: each has a rate and rests of its own.
    """

    rate: float = 0.0
    at_once: int = 0
    jitter: Callable[[], float] = _RANDOM.random
    wide: Callable[[str], str] = everywhere
    burst: float = 1.0
    _places: dict[str, _Place] = field(default_factory=dict)
    _wides: dict[str, _Wide] = field(default_factory=dict)

    def ask(self, place: str, now: float, cost: float = 0.0) -> float | None:
        """0 when one may go to ``place`` now, which then counts as on its way until :meth:`left`.

        Nothing else goes there for ``cost`` seconds then. Else in how many seconds to ask again; None: when another
        has left.
        """
        at = self._places.get(place) or _Place()
        rest = max(at.rests_until - now, self.paced(place, now))
        if rest > 0:
            return rest
        if self.at_once and at.running >= self.at_once:
            return None
        if self.rate and (wait := self._bucket(self.wide(place), now)):
            return wait
        self._make_room(now)
        self._places[place] = at
        at.running += 1
        if cost > 0:
            at.paced_until = max(at.paced_until, now) + cost
        return 0.0

    def rests(self, place: str, now: float) -> float:
        """For how many seconds nothing goes to ``place``, since it is down."""
        at = self._places.get(place)
        return max(0.0, at.rests_until - now) if at is not None else 0.0

    def paced(self, place: str, now: float) -> float:
        """For how many seconds nothing goes to ``place``, although it is not down: it, or its wider place, rests."""
        at, wide = self._places.get(place), self._wides.get(self.wide(place)) if self._wides else None
        until = max(at.paced_until if at is not None else 0.0, wide.paced_until if wide is not None else 0.0)
        return max(0.0, until - now)

    def left(
        self, place: str, now: float, *, down: bool = False, rest: float = 0.0, rest_wide: float = 0.0
    ) -> None:
        """One has come back from ``place``; ``down``: it could not be reached, and gets a rest.

        ``rest`` and ``rest_wide`` are seconds of one that it, or its wider place, gets whatever became of it.
        """
        at = self._places[place]
        at.running -= 1
        if not down:
            at.failures = 0
        elif at.rests_until <= now:  # those that were on their way together failed once
            seconds = min(LONGEST_REST, FIRST_REST * 2.0 ** min(at.failures, 30))
            at.failures += 1
            at.rests_until = now + seconds * (0.5 + self.jitter() / 2)
        if rest > 0:
            at.paced_until = max(at.paced_until, now + rest)
        if rest_wide > 0:
            wide = self._wide(self.wide(place), now)
            wide.paced_until = max(wide.paced_until, now + rest_wide)
        if not at.failures and at.free(now):
            del self._places[place]

    def _bucket(self, name: str, now: float) -> float:
        """0 when the rate lets one pass now, else in how many seconds."""
        at, burst = self._wide(name, now), max(1.0, self.rate * self.burst) / self.rate
        due = max(at.due, now) + 1 / self.rate
        if due - now > burst + 1e-9:
            return due - now - burst
        at.due = due
        return 0.0

    def _wide(self, name: str, now: float) -> _Wide:
        found = self._wides.get(name)
        if found is None:
            if len(self._wides) >= PLACES:
                past = [one for one, at in self._wides.items() if max(at.due, at.paced_until) <= now]
                for one in past or [*self._wides][: PLACES // 10]:
                    del self._wides[one]
            found = self._wides[name] = _Wide()
        return found

    def _make_room(self, now: float) -> None:
        """Forget those that have had their rest, then the oldest that nothing is on its way to."""
        if len(self._places) < PLACES:
            return
        idle = [name for name, at in self._places.items() if not at.running]
        for name in [name for name in idle if self._places[name].free(now)] or idle[: PLACES // 10]:
            del self._places[name]
