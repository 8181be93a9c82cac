"""How fast a bind takes messages: a window and a rate that the SMSC's throttling teaches. Pure.

Additive increase, multiplicative decrease: each throttled round halves the window and makes a rate of three quarters
of what went before; what goes well adds to both again. The bind rests meanwhile, longer from one round to the next.
"""

from typing import Final

__all__ = ["FIRST_REST", "LONGEST_REST", "Pace"]

FIRST_REST: Final = 0.5
LONGEST_REST: Final = 30.0
"""Seconds in which nothing is submitted after a throttled round: the first, and at most."""
MEASURED: Final = 0.5
"""Seconds in which at least it is counted what goes."""
BURST: Final = 0.1
"""Seconds' worth of the rate that may go at once."""


class Pace:
    """Of one bind. ``most``: its window; ``cap``: parts a second that it may send, 0: no limit."""

    def __init__(self, most: int, cap: float = 0.0) -> None:
        self.most = most
        self.cap = cap
        self.window: float = float(most)
        """Of each connection, now."""
        self.rate: float = cap
        """Parts a second, now; 0: no limit."""
        self.until: float = 0.0
        """Nothing goes before."""
        self.rounds: int = 0
        """Throttled ones in a row."""
        self._step: float = 0.0
        self._due: float = 0.0
        self._since: float = -1.0
        self._went: int = 0

    def __repr__(self) -> str:
        return f"<Pace window {self.window:.1f} of {self.most}, {self.rate:.1f} a second>"

    def wait(self, now: float) -> float:
        """Seconds until the next may go; 0: now."""
        if now < self.until:
            return self.until - now
        if self.rate and self._due - now > BURST:
            return self._due - now - BURST
        return 0.0

    def sent(self, now: float) -> None:
        """One goes."""
        if self.rate:
            self._due = max(self._due, now) + 1 / self.rate
        if self._since < 0:
            self._since = now

    def went(self, now: float) -> None:
        """One was taken."""
        self._went += 1
        if self.rounds and now >= self.until:
            self.rounds = 0
        if self.window < self.most:
            self.window = min(self.most, self.window + 1 / self.window)
        if self.rate != self.cap:
            self.rate += self._step / self.rate
            if self.cap and self.rate >= self.cap:
                self.rate = self.cap

    def throttled(self, sent_at: float, now: float) -> None:
        """One was throttled, that had gone at ``sent_at``; those of one round are one."""
        if sent_at < self.until or now < self.until:
            return
        self.rounds += 1
        self.window = max(1.0, self.window / 2)
        elapsed = now - self._since
        if self._went and elapsed >= MEASURED:
            self.rate = max(0.5, 0.75 * self._went / elapsed)
        elif self.rate:
            self.rate = max(0.5, 0.75 * self.rate)
        if self.cap:
            self.rate = min(self.rate, self.cap)
        self._step = max(1.0, self.rate / 20)
        self._since, self._went = -1.0, 0
        self.until = now + min(LONGEST_REST, FIRST_REST * 2.0 ** (self.rounds - 1))
