"""Rate limits as providers have them: parts a second of a sender, requests a second of the account. Pure.

Source: Twilio, "Understanding Twilio Rate Limits and Message Queues": one part a second of a long number; the API
answers 429 when an account asks too much.
"""

import math
from collections import Counter
from dataclasses import dataclass, field

__all__ = ["Limits", "Throttle"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much is allowed; 0: no limit."""

    sender_rate: float = 1.0
    """Parts a second of one sender."""
    sender_burst: int = 1
    """Parts of one sender that may come at once; a message of more parts passes when all of it is there."""
    account_rate: float = 100.0
    """Messages a second of the account."""
    account_burst: int = 100
    """Messages of the account that may come at once."""


@dataclass(slots=True)
class Throttle:
    """Counts messages against the limits. Who is over one is told how long to wait, and is not counted."""

    limits: Limits
    limited: Counter[str] = field(default_factory=Counter)
    """Sender, or "account" → how often it was refused."""
    _free: dict[str, float] = field(default_factory=dict)
    """Sender, or "account" → when its allowance is whole again."""

    def wait(self, sender: str, parts: int, now: float) -> tuple[str, int]:
        """Whose limit is in the way, and for how many whole seconds; "", 0: none is, and it is counted."""
        limits = self.limits
        asked = (
            ("account", limits.account_rate, limits.account_burst, 1),
            (sender, limits.sender_rate, max(limits.sender_burst, parts), parts),
        )
        for name, rate, burst, cost in asked:
            late = self._late(name, rate, burst, cost, now)
            if late > 1e-6:
                self.limited[name] += 1
                return name, max(1, math.ceil(late))
        for name, rate, _, cost in asked:
            if rate:
                self._free[name] = max(self._free.get(name, now), now) + cost / rate
        return "", 0

    def _late(self, name: str, rate: float, burst: int, cost: int, now: float) -> float:
        """Seconds until ``cost`` more fits."""
        return max(self._free.get(name, now), now) - now - (burst - cost) / rate if rate else 0.0
