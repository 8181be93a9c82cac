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
    """By what they say, since a store gives them names of its own."""

    def __init__(self) -> None:
        self._said: dict[tuple[str, ...], list[Entry]] = {}
        self._count = 0

    def add(self, entry: Entry) -> None:
        """A call has said it."""
        protocol, _, word = entry.type.partition(".")
        if protocol not in SENDERS or word in STAYS:
            return
        self._said.setdefault(_mark(entry.event), []).append(entry)
        self._count += 1
        if self._count > MOST:
            self.pop(self._said[next(iter(self._said))][0].event)

    def pop(self, event: Mapping[str, Any]) -> Entry | None:
        """The entry of a message that is taken; None where no call has said it."""
        mark = _mark(event)
        found = self._said.get(mark)
        if not found:
            return None
        self._count -= 1
        entry = found.pop(0)
        if not found:
            del self._said[mark]
        return entry


def _mark(event: Mapping[str, Any]) -> tuple[str, ...]:
    return (str(event.get("type")), *(text_of(event.get(name)) for name in _SAID))
