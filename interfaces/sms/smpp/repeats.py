"""Which message has come again after its answer may not have arrived, where nothing of its own tells that. Pure.

A peer whose connection ends sends again what it has no answer for. Two texts that are alike may as well be two
messages; so one has the name of another only if that one was in flight, or answered just before, when a connection
ended, or if it was told to come again.
"""

from collections import OrderedDict
from secrets import token_hex
from typing import Final

__all__ = ["MOST", "RECENT", "TTL", "Repeats", "Unsure"]

RECENT: Final = 10.0
"""Seconds in which an answer may not have arrived when a connection ends."""
TTL: Final = 3600.0
"""Seconds in which it is waited for again."""
MOST: Final = 20_000
"""Messages that are waited for; the oldest are forgotten."""
Key = tuple[bytes, ...]
"""What a message says: sender, recipient, content."""


class Unsure:
    """What came by one connection whose answer the peer may not have."""

    def __init__(self) -> None:
        self._running: dict[str, Key] = {}
        self._answered: OrderedDict[str, tuple[Key, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._running) + len(self._answered)

    def came(self, name: str, key: Key) -> None:
        """It is in flight."""
        self._running[name] = key

    def answered(self, name: str, now: float) -> None:
        """Its answer has been written."""
        key = self._running.pop(name, None)
        answered = self._answered
        if key is not None:
            answered[name] = (key, now + RECENT)
        while answered:
            first = next(iter(answered))
            if answered[first][1] > now:
                break
            del answered[first]

    def left(self, now: float) -> list[tuple[str, Key]]:
        """Those that may come again, since the connection has ended; the oldest first."""
        answered = [(name, key) for name, (key, until) in self._answered.items() if until > now]
        return answered + list(self._running.items())


class Repeats:
    """Those of one bind, on all its connections."""

    def __init__(self, most: int = MOST) -> None:
        self.most = most
        self._prefix = token_hex(6)
        self._number = 0
        self._again: OrderedDict[Key, list[tuple[str, float]]] = OrderedDict()

    def __repr__(self) -> str:
        return f"<Repeats {len(self._again)} may come again>"

    def fresh(self) -> str:
        """A name that nothing else has: 24 characters."""
        self._number += 1
        return f"{self._prefix}{self._number:012x}"

    def name(self, key: Key, now: float) -> tuple[str, bool]:
        """The name of what has come, and whether it came before."""
        waiting = self._again.get(key) if self._again else None
        if waiting is not None:
            name, until = waiting.pop(0)
            if not waiting:
                del self._again[key]
            if until > now:
                return name, True
        return self.fresh(), False

    def expect(self, name: str, key: Key, now: float) -> None:
        """It may come again."""
        waiting = self._again.setdefault(key, [])
        if any(one == name for one, _ in waiting) or len(waiting) >= 100:
            return
        waiting.append((name, now + TTL))
        while len(self._again) > self.most:
            self._again.popitem(last=False)
