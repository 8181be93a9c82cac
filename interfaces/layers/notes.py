"""Short texts that are remembered under a key for a while: at the broker of a layer, for all containers, or here."""

import time
from collections.abc import Callable
from importlib import import_module
from typing import Protocol

from interfaces.shared.interface import Context

__all__ = ["MOST", "LocalNotes", "Notes", "notes_of"]

MOST = 100_000
"""Notes that one process keeps; the oldest go."""


class Notes(Protocol):
    """Where they are. Everything may raise Unavailable."""

    async def put(self, key: str, text: str, keep: float) -> None:
        """Remember ``text`` for so many seconds, in place of what was there."""
        ...

    async def get(self, key: str) -> str | None:
        """What is remembered; None: nothing, or not any more."""
        ...


def _ignore(_name: str) -> None:
    """Count nothing."""


class LocalNotes:
    """In memory: of one process, and lost with it. What goes since there are too many is counted, ``notes.dropped``."""

    def __init__(
        self,
        *,
        most: int = MOST,
        clock: Callable[[], float] = time.monotonic,
        count: Callable[[str], None] = _ignore,
    ) -> None:
        self.most = most
        self._clock, self._count = clock, count
        self._kept: dict[str, tuple[str, float]] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def __repr__(self) -> str:
        return f"<LocalNotes: {len(self)}>"

    async def put(self, key: str, text: str, keep: float) -> None:
        """As the protocol says."""
        now = self._clock()
        self._kept.pop(key, None)
        self._kept[key] = text, now + keep
        while self._kept and len(self._kept) > self.most:
            oldest = next(iter(self._kept))
            if self._kept.pop(oldest)[1] > now:
                self._count("notes.dropped")

    async def get(self, key: str) -> str | None:
        """As the protocol says."""
        text, until = self._kept.get(key, ("", 0.0))
        if until > self._clock():
            return text
        self._kept.pop(key, None)
        return None


async def notes_of(context: Context) -> Notes:
    """Those of the process's layer; in memory where that has no broker. Unavailable without the broker."""
    layer = context.layer
    if not hasattr(layer, "hub"):
        return LocalNotes(count=context.telemetry.count)
    hub = layer.hub()
    await hub.started()
    notes: Notes = import_module("interfaces.layers.shared_notes").SharedNotes(hub)
    return notes
