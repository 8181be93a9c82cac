"""How fast things go out: a rate, how many at once to one destination, rests while one is down. Time is a parameter.

RFC 5321 §4.5.4.1 (mail is tried again for days, ever more seldom) is what the numbers come from.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

__all__ = ["FIRST", "FIRST_REST", "LONGEST", "LONGEST_REST", "PLACES", "Pace", "back_off"]

FIRST, LONGEST = 5.0, 3600.0
"""Seconds until something is tried again: the first time, and at most."""
FIRST_REST, LONGEST_REST = 1.0, 60.0
"""Seconds for which nothing goes to a destination that is down: after the first failure, and at most."""
PLACES = 10_000
"""Destinations that are remembered."""

_RANDOM = random.Random()  # noqa: S311 - of our own: others seed theirs


def back_off(attempt: int, jitter: Callable[[], float] = _RANDOM.random) -> float:
    """Seconds until attempt ``attempt`` (1, 2 …) is repeated: doubling from FIRST to LONGEST, by half at random."""
    delay: float = min(LONGEST, FIRST * 2.0 ** min(attempt - 1, 30))
    return delay * (0.5 + jitter() / 2)


@dataclass(slots=True)
class _Place:
    """One destination."""

    running: int = 0
    failures: int = 0
    rests_until: float = 0.0


@dataclass(slots=True)
class Pace:
    """Says when the next one may go to a destination. ``rate`` is of all, a second, in bursts of one second's worth.

    0 is no limit, for ``rate`` and for ``at_once``, which is how many may be on their way to one destination.
    """

    rate: float = 0.0
    at_once: int = 0
    jitter: Callable[[], float] = _RANDOM.random
    _due: float = 0.0
    """When the bucket of the rate is full again."""
    _places: dict[str, _Place] = field(default_factory=dict)

    def ask(self, place: str, now: float) -> float | None:
        """0 when one may go to ``place`` now, which then counts as on its way until :meth:`left`.

        Else in how many seconds to ask again; None: when another has left.
        """
        at = self._places.get(place) or _Place()
        if at.rests_until > now:
            return at.rests_until - now
        if self.at_once and at.running >= self.at_once:
            return None
        if self.rate:
            burst = max(1.0, self.rate) / self.rate
            due = max(self._due, now) + 1 / self.rate
            if due - now > burst + 1e-9:
                return due - now - burst
            self._due = due
        self._make_room(now)
        self._places[place] = at
        at.running += 1
        return 0.0

    def rests(self, place: str, now: float) -> float:
        """For how many seconds nothing goes to ``place``, since it is down."""
        at = self._places.get(place)
        return max(0.0, at.rests_until - now) if at is not None else 0.0

    def left(self, place: str, now: float, *, down: bool = False) -> None:
        """One has come back from ``place``; ``down``: it could not be reached, and gets a rest."""
        at = self._places[place]
        at.running -= 1
        if not down:
            at.failures = 0
        elif at.rests_until <= now:  # those that were on their way together failed once
            rest = min(LONGEST_REST, FIRST_REST * 2.0 ** min(at.failures, 30))
            at.failures += 1
            at.rests_until = now + rest * (0.5 + self.jitter() / 2)
        if not at.running and not at.failures:
            del self._places[place]

    def _make_room(self, now: float) -> None:
        """Forget those that have had their rest, then the oldest that nothing is on its way to."""
        if len(self._places) < PLACES:
            return
        idle = [name for name, at in self._places.items() if not at.running]
        for name in [name for name in idle if self._places[name].rests_until <= now] or idle[: PLACES // 10]:
            del self._places[name]
