"""Events that wait for an application, bounded: what is dropped where it is slow, and what stands in its place. Pure.

Once there are too many, those that are no messages go first (joins, quits, modes …), then the oldest of all, until a
quarter is free. One ``irc.gap`` stands where the first of them was, and says how many.
"""

from collections import deque
from collections.abc import Callable
from typing import Final

from interfaces.shared.asgi import Event

__all__ = ["EACH", "Backlog"]

EACH: Final = 400
"""Octets that an event counts beside its text and tags."""
_KEPT: Final = frozenset({"irc.message", "irc.connect", "irc.result", "irc.gap", "irc.disconnect"})
"""What is not dropped first."""
_NEVER: Final = frozenset({"irc.connect", "irc.gap", "irc.disconnect"})


class Backlog:
    """``most`` events of ``size`` octets; ``dropped(count)`` is told, ``gap(count)`` makes what stands in their place.

    Once full it takes nothing but messages until a quarter is free, so that no event costs a look at all others.
    """

    def __init__(
        self, most: int, size: int, dropped: Callable[[int], None], gap: Callable[[int], Event]
    ) -> None:
        self._most = most
        self._size = size
        self._dropped = dropped
        self._make_gap = gap
        self._gap: Event | None = None
        """The one that waits among the others."""
        self._events: deque[tuple[Event, int]] = deque()
        self._weight = 0
        self._full = False

    def __repr__(self) -> str:
        return f"<Backlog of {len(self._events)} events>"

    def __len__(self) -> int:
        return len(self._events)

    def add(self, event: Event) -> None:
        """Put it behind the others."""
        if self._full:
            self._full = not self._roomy()
            if self._full and event["type"] not in _KEPT:
                self._lose(1)
                return
        self._append(event)
        if len(self._events) > self._most or self._weight > self._size:
            self._full = True
            self._drop(lambda event: event["type"] not in _KEPT)
            if len(self._events) > self._most or self._weight > self._size:
                self._drop(lambda event: event["type"] not in _NEVER and not self._roomy())

    def take(self) -> Event | None:
        """The oldest; None: there is none."""
        if not self._events:
            return None
        event, weight = self._events.popleft()
        self._weight -= weight
        if event is self._gap:
            self._gap = None
        return event

    def renew(self, event: Event) -> None:
        """Put before all others an ``event`` that tells the state: what has led to that is dropped."""
        if self._events and self._events[0][0]["type"] == "irc.connect":
            self.take()
        self._drop(lambda event: event["type"] not in _KEPT)
        weight = _weight(event)
        self._events.appendleft((event, weight))
        self._weight += weight

    def _append(self, event: Event) -> None:
        weight = _weight(event)
        self._events.append((event, weight))
        self._weight += weight

    def _roomy(self) -> bool:
        """Whether a quarter is free."""
        return len(self._events) <= self._most * 3 // 4 and self._weight <= self._size * 3 // 4

    def _drop(self, goes: Callable[[Event], bool]) -> None:
        """Leave out those that go, the oldest first; the gap stands where the first of them was."""
        number, kept, place = 0, 0, 0
        for _ in range(len(self._events)):  # after a turn of the whole it is in its order again
            event, weight = self._events.popleft()
            self._weight -= weight
            if goes(event):
                place = place if number else kept
                number += 1
            else:
                kept += 1
                self._events.append((event, weight))
                self._weight += weight
        if number:
            self._lose(number, place)

    def _lose(self, number: int, place: int | None = None) -> None:
        """So many are gone, the first of them from ``place``: it is the end unless given."""
        self._dropped(number)
        if self._gap is not None:
            self._gap["count"] += number
            return
        gap = self._gap = self._make_gap(number)
        self._events.insert(len(self._events) if place is None else place, (gap, EACH))
        self._weight += EACH


def _weight(event: Event) -> int:
    """About how many octets it is."""
    text = event.get("text")
    tags = event.get("tags")
    found = EACH + (len(text) if text else 0)
    if tags:
        found += sum(len(key) + len(value) for key, value in tags.items())
    members = event.get("members")
    if members:
        found += 64 * len(members)
    return found
