"""Messages that calls of the application have said, and that a sender is going to take: to be known again. Pure."""

from collections.abc import Mapping
from typing import Any

from interfaces.console.entries import Entry
from interfaces.console.telling import text_of

__all__ = ["Posted"]

SENDERS = frozenset({"email", "slack", "sms", "irc"})
"""Protocols that have one."""
STAYS = frozenset(
    {"accept", "ack", "reject", "defer", "discard", "status", "deliver", "relay", "numeric", "reply"}
)
"""Words to the interface itself: no sender takes them."""
MOST = 1000
"""That are remembered; the oldest are forgotten, and noted once more when they are taken."""
_SAID = ("id", "to", "subject", "text", "network", "target", "thread_ts", "ts", "method", "action", "command")


class Posted:
    """By what they say, since a store gives them names of its own: the id of the entry of each."""

    def __init__(self) -> None:
        self._said: dict[int, list[int]] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, entry: Entry) -> None:
        """A call has said it."""
        protocol, _, word = entry.type.partition(".")
        if protocol not in SENDERS or word in STAYS:
            return
        self._said.setdefault(_mark(entry.event), []).append(entry.id)
        self._count += 1
        if self._count > MOST:
            self._pop(next(iter(self._said)))

    def pop(self, event: Mapping[str, Any]) -> int:
        """The id of the entry of a message that is taken; 0 where no call has said it."""
        return self._pop(_mark(event))

    def _pop(self, mark: int) -> int:
        found = self._said.get(mark)
        if not found:
            return 0
        self._count -= 1
        number = found.pop(0)
        if not found:
            del self._said[mark]
        return number


def _mark(event: Mapping[str, Any]) -> int:
    return hash((str(event.get("type")), *(text_of(event.get(name)) for name in _SAID)))
