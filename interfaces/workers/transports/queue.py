"""Openings on their way to workers: the least loaded one with a free slot takes it, else it waits its turn."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any

from interfaces.shared.meter import here
from interfaces.workers.transports.base import Busy, Link

__all__ = ["Desk", "Queue"]


class Desk:
    """One worker as the queue sees it: how many openings it takes now, and of which types."""

    def __init__(self, give: Callable[[Link], None]) -> None:
        self.give = give
        """Sends it an opening."""
        self.sent = 0
        """Openings it was ever sent."""
        self.room = 0
        """Openings that it takes now."""
        self.draining = False
        self._only: tuple[str, ...] = ()
        self._exclude: tuple[str, ...] = ()

    def told(self, facts: dict[str, Any]) -> None:
        """It said how many more it takes, "free", having "seen" so many of those that were sent.

        Raises what Python does for facts that are none.
        """
        self.room = _number(facts["free"]) - (self.sent - _number(facts["seen"]))
        self._only = _globs(facts.get("only", self._only))
        self._exclude = _globs(facts.get("exclude", self._exclude))

    def takes(self, kind: str) -> bool:
        """Whether it takes one of type ``kind`` now."""
        if self.room <= 0 or self.draining:
            return False
        if self._only and not any(fnmatchcase(kind, pattern) for pattern in self._only):
            return False
        return not any(fnmatchcase(kind, pattern) for pattern in self._exclude)


def _number(said: Any) -> int:
    if not isinstance(said, int):
        raise TypeError("a number of slots is none")
    return said


def _globs(said: Any) -> tuple[str, ...]:
    globs = tuple(said)
    if not all(isinstance(glob, str) for glob in globs):
        raise TypeError("a glob is no text")
    return globs


class Queue:
    """``limit`` openings wait at most, ``seconds`` each; beyond that they fail with Busy."""

    def __init__(self, limit: int, seconds: float, count: Callable[[str], None]) -> None:
        self.desks: list[Desk] = []
        self._limit = limit
        self._seconds = seconds
        self.count = count
        self._waiting: OrderedDict[Link, asyncio.TimerHandle] = OrderedDict()
        here().gauge("queue.depth", self.__len__, queue="relay")
        here().gauge("relay.workers", lambda: len(self.desks))

    def __len__(self) -> int:
        return len(self._waiting)

    def submit(self, link: Link, *, first: bool = False) -> None:
        """Give it to a worker, or let it wait: in ``first`` place, when a worker gave it back."""
        desk = self._desk(link.kind)  # while some of this type wait, there is none
        if desk is not None:
            self._hand(desk, link)
        elif len(self._waiting) >= self._limit:
            self.count("relay.full")
            link.failed(Busy("too many openings wait for a worker"))
        else:
            loop = asyncio.get_running_loop()
            self._waiting[link] = loop.call_later(self._seconds, self._late, link)
            if first:
                self._waiting.move_to_end(link, last=False)

    def withdraw(self, link: Link) -> bool:
        """It is not wanted any more; whether it was waiting."""
        timer = self._waiting.pop(link, None)
        if timer is not None:
            timer.cancel()
        return timer is not None

    def move(self) -> None:
        """Some worker may have room: let those that wait go, in order as far as their types allow."""
        refused: set[str] = set()
        for link in list(self._waiting):
            if link.kind in refused:
                continue
            desk = self._desk(link.kind)
            if desk is None:
                refused.add(link.kind)
                if not any(other.room > 0 for other in self.desks):
                    return
                continue
            self.withdraw(link)
            self._hand(desk, link)

    def _hand(self, desk: Desk, link: Link) -> None:
        desk.sent += 1
        desk.room -= 1
        desk.give(link)

    def _desk(self, kind: str) -> Desk | None:
        """The one with the most room."""
        best: Desk | None = None
        for desk in self.desks:
            if (best is None or desk.room > best.room) and desk.takes(kind):
                best = desk
        return best

    def _late(self, link: Link) -> None:
        if self._waiting.pop(link, None) is not None:
            self.count("relay.late")
            link.failed(Busy(f"no worker had a free slot in {self._seconds:g} s"))
