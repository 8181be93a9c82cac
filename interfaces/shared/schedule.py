"""Whose turn it is: one of a conversation after the other, different ones side by side, some only later. Pure.

Time is a parameter: Unix seconds.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from heapq import heappop, heappush
from itertools import count
from typing import Any, Protocol

__all__ = ["Schedule", "Waits"]


class Waits(Protocol):
    """What is scheduled."""

    @property
    def conversation(self) -> str | None:
        """Those of one have their turns in the order in which they were added; None: it has none."""
        ...


@dataclass(slots=True)
class _Talk:
    """A conversation that has somebody in it: the first is ready, held or late, the others wait."""

    waiting: deque[Any]


class Schedule:
    """Each entry is added, taken, and then it leaves, or comes again later.

    ``strict``: who comes again later holds its conversation up; else the next one passes.
    """

    def __init__(self, *, strict: bool = False) -> None:
        self.strict = strict
        self._ready: deque[Any] = deque()
        self._late: list[tuple[float, int, Any, Callable[[Any], None]]] = []
        """A heap of (when, number, entry, what is done with it then)."""
        self._alone: deque[tuple[Any, Callable[[Any], None]]] = deque()
        """Those that are not to be out together, and what is done with each; one of them is out: the next entry."""
        self._out: Any = None
        self._talks: dict[str, _Talk] = {}
        self._numbers = count()

    @property
    def ready(self) -> int:
        """How many could be taken now."""
        return len(self._ready)

    @property
    def held_up(self) -> bool:
        """Whether some wait for one of their conversation that was taken, or comes later."""
        return any(talk.waiting for talk in self._talks.values())

    def add(self, entry: Waits) -> None:
        """It waits for its turn."""
        name = entry.conversation
        if name is None:
            self._ready.append(entry)
        elif (talk := self._talks.get(name)) is not None:
            talk.waiting.append(entry)
        else:
            self._talks[name] = _Talk(deque())
            self._ready.append(entry)

    def add_later(self, entry: Waits, at: float, *, alone: bool = False, again: bool = False) -> None:
        """It waits until ``at``, and holds nobody up; ``alone``: of those one is out at a time.

        ``again``: it was taken before, so where that is strict those of its conversation that are added after it wait
        for it, as it does for those before.
        """
        turn: Callable[[Any], None] = self.add
        if again and self.strict and (name := entry.conversation) is not None:
            if (talk := self._talks.get(name)) is not None:
                talk.waiting.append(entry)
                return
            self._talks[name] = _Talk(deque())
            turn = self._ready.append
        heappush(self._late, (at, next(self._numbers), entry, partial(self._lone, turn) if alone else turn))

    def _lone(self, turn: Callable[[Any], None], entry: Any) -> None:
        self._alone.append((entry, turn))

    def take(self, n: int, now: float) -> list[Any]:
        """Those whose turn it is, ``n`` at most."""
        while self._late and self._late[0][0] <= now:
            _, _, entry, turn = heappop(self._late)
            turn(entry)
        if self._out is None and self._alone:
            self._out, turn = self._alone.popleft()
            turn(self._out)
        return [self._ready.popleft() for _ in range(min(n, len(self._ready)))]

    def due(self) -> float | None:
        """When the next one is due that comes later."""
        return self._late[0][0] if self._late else None

    def leave(self, entry: Waits) -> None:
        """One that was taken is dealt with: the next of its conversation has its turn."""
        if entry is self._out:
            self._out = None
        name = entry.conversation
        if name is None:
            return
        waiting = self._talks[name].waiting
        if waiting:
            self._ready.append(waiting.popleft())
        else:
            del self._talks[name]

    def later(self, entry: Waits, at: float, *, passed: bool = False) -> None:
        """One that was taken comes again at ``at``; ``passed``: its conversation goes on, whatever is strict."""
        if self.strict and not passed and entry.conversation is not None:
            if entry is self._out:
                self._out = None
            heappush(self._late, (at, next(self._numbers), entry, self._ready.append))
        else:
            self.leave(entry)
            self.add_later(entry, at)

    def give_back(self, entry: Waits) -> None:
        """One that was taken is the next to be taken."""
        self._ready.appendleft(entry)
