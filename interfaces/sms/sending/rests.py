"""Which accounts have nothing sent by them for a while, since they are down, or want it so. Pure."""

from collections.abc import Sequence

from interfaces.sms.sending.routes import Route

__all__ = ["FIRST", "LONGEST", "Rests"]

FIRST, LONGEST = 1.0, 60.0
"""Seconds that an account rests, where it does not say how long: the first time, doubling, and at most."""


class Rests:
    """Of the accounts of a process; times in seconds of one clock."""

    def __init__(self) -> None:
        self._until: dict[str, float] = {}
        self._failures: dict[str, int] = {}

    def __repr__(self) -> str:
        return f"<Rests {self._until}>"

    def begin(self, account: str, now: float, seconds: float | None) -> None:
        """It rests for ``seconds``, or as long as it seems right."""
        resting = self._until.get(account, 0.0) > now
        failures = self._failures.get(account, 0)
        if seconds is None:
            seconds = min(LONGEST, FIRST * 2.0 ** min(failures, 30))
        if not resting:  # those that were on their way together failed once
            self._failures[account] = failures + 1
        self._until[account] = max(self._until.get(account, 0.0), now + seconds)

    def well(self, account: str) -> None:
        """It has taken something."""
        self._until.pop(account, None)
        self._failures.pop(account, None)

    def resting(self, account: str, now: float) -> bool:
        """Whether nothing is to be sent by it."""
        return self._until.get(account, 0.0) > now

    def choose(self, routes: Sequence[Route], now: float) -> Route:
        """The first whose account does not rest; where all do, that which does so for the shortest time."""
        for one in routes:
            if not self.resting(one.account, now):
                return one
        return min(routes, key=lambda one: self._until[one.account])
