"""Rate limits as Slack has them: calls a minute of a method and token, posts a second of a channel. Pure.

Source: api.slack.com, "Rate limits": Tier 1 to 4 (1, 20, 50, 100 a minute), chat.postMessage one a second a
channel with short bursts, and several hundred a minute a workspace.
"""

import math
from collections import Counter, deque
from dataclasses import dataclass, field

from interfaces.testing.slack.calls import TIERS

__all__ = ["Limits", "Throttle"]

POSTS = frozenset({"chat.postMessage", "chat.postEphemeral", "chat.scheduleMessage"})
MINUTE = 60.0
TICK = 1e-6
"""Seconds that sums of floats may be off: who waits exactly as long as is told is let in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much is allowed."""

    channel_interval: float = 1.0
    """Seconds a post to a channel takes of its allowance."""
    channel_burst: int = 1
    """Posts to one channel that may come at once."""
    workspace_per_minute: int = 300
    """Posts to all channels of a workspace."""
    tiers: dict[int, int] = field(default_factory=lambda: dict(TIERS))
    """Calls a minute of a (token, method), by tier."""


@dataclass(slots=True)
class Throttle:
    """Counts calls against the limits. Who is over one is told how long to wait, and is not counted as a call."""

    limits: Limits
    limited: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(method, channel, workspace or token's end) → how often it was refused."""
    _calls: dict[tuple[str, str], deque[float]] = field(default_factory=dict)
    _free: dict[str, float] = field(default_factory=dict)
    """Channel → when its allowance is whole again."""

    def wait(self, method: str, tier: int, token: str, now: float) -> int:
        """Whole seconds that ``token`` has to wait before it calls ``method``; 0: it may, and has."""
        return self._window((method, token[-12:]), self.limits.tiers[tier], now) if tier else 0

    def wait_to_post(self, method: str, channel: str, team: str, now: float) -> int:
        """As :meth:`wait`, for a post to a channel of a workspace."""
        limits = self.limits
        free = max(self._free.get(channel, now), now)
        late = free - now - limits.channel_interval * (limits.channel_burst - 1)
        if late > TICK:
            self.limited[method, channel] += 1
            return max(1, math.ceil(late))
        seconds = self._window((method, team), limits.workspace_per_minute, now)
        if not seconds:
            self._free[channel] = free + limits.channel_interval
        return seconds

    def _window(self, key: tuple[str, str], most: int, now: float) -> int:
        calls = self._calls.setdefault(key, deque())
        while calls and calls[0] <= now - MINUTE + TICK:
            calls.popleft()
        if len(calls) >= most:
            self.limited[key] += 1
            return max(1, math.ceil(calls[0] + MINUTE - now))
        calls.append(now)
        return 0
