"""What is sent from anywhere, not by a call of the application: noted where a sender takes it from its store.

What a call has said is noted already; then its entry gets to know what became of it.
"""

import time
from collections.abc import Callable
from typing import Any

from interfaces.console.entries import Call, Entry, copied, weighed
from interfaces.console.tap import Tap
from interfaces.console.telling import conversation_of
from interfaces.shared.asgi import Event
from interfaces.shared.sendings import Held, Store

__all__ = ["Outgoing"]

KNOWN = 1000
"""Messages on their way whose end is noted."""


class Outgoing:
    """Stands around the stores of a layer; ``asked(message)`` names the conversation of a message, or gives ""."""

    def __init__(self, tap: Tap, asked: Callable[[Event], str]) -> None:
        self.tap = tap
        self.asked = asked
        self._known: dict[str, int] = {}
        """Ids of entries, by the store's name of the message."""

    def around(self, make: Callable[..., Store]) -> Callable[..., Any]:
        """A layer's ``store``, whose stores are noted."""

        def store(*args: Any, **keywords: Any) -> Any:
            return _Noted(make(*args, **keywords), self)

        return store

    def taken(self, held: Held) -> None:
        """A sender has it."""
        if held.id not in self._known:
            entry = self.tap.book.get(self.tap.posted.pop(held.message)) or self._new(held)
            entry.verdict = "running"
            self._known[held.id] = entry.id
            if len(self._known) > KNOWN:
                del self._known[next(iter(self._known))]
            self.tap.book.changed(entry)

    def ended(self, held: Held, verdict: str, error: str = "") -> None:
        """What became of it, this time or for good."""
        entry = self.tap.book.get(self._known.get(held.id, 0))
        if verdict != "deferred":
            self._known.pop(held.id, None)
        if entry is None:
            return
        entry.verdict, entry.error = verdict, error
        entry.took_ms = round(max(0.0, time.time() - entry.time) * 1000, 3)
        self.tap.book.changed(entry)

    def _new(self, held: Held) -> Entry:
        event, size, whole = copied(held.message)
        protocol = str(event.get("type", "")).partition(".")[0]
        call = Call(0, {"type": protocol}, self.tap.redactor)
        told = self.asked(held.message)
        entry = Entry(
            call=call, event=event, direction="out", time=time.time(), size=size, whole=whole,
            weight=size if whole else weighed(event),
            conversation=told or conversation_of(call.scope, event),
        )  # fmt: skip
        entry.queued_ms = round(max(0.0, entry.time - held.due) * 1000, 3)
        return self.tap.book.add(entry)


class _Noted:
    """A store, with what is taken and what becomes of it noted."""

    def __init__(self, store: Store, outgoing: Outgoing) -> None:
        self._store = store
        self._outgoing = outgoing

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def take(self, n: int) -> list[Held]:
        found = await self._store.take(n)
        for one in found:
            self._safely(lambda held=one: self._outgoing.taken(held))  # type: ignore[misc]
        return found

    async def done(self, held: Held) -> None:
        await self._store.done(held)
        self._safely(lambda: self._outgoing.ended(held, "accepted"))

    async def retry(self, held: Held, delay: float, reason: str) -> None:
        await self._store.retry(held, delay, reason)
        self._safely(lambda: self._outgoing.ended(held, "deferred", reason))

    async def dead(self, held: Held, reason: str) -> None:
        await self._store.dead(held, reason)
        self._safely(lambda: self._outgoing.ended(held, "failed", reason))

    def _safely(self, note: Callable[[], Any]) -> None:
        self._outgoing.tap.safely(note)
