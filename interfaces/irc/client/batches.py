"""Batches of IRCv3 (batch): which lines belong together, and to what. Pure.

Lines are taken as they come, so nothing is held back for the end of a batch. One that never ends is forgotten once
there are too many.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from interfaces.irc.line import Line

__all__ = ["DEEP", "OPEN", "Batch", "Batches"]

OPEN = 100
"""Batches that may be open at once; the oldest is forgotten then."""
DEEP = 10
"""Batches within each other; what is around so many is forgotten."""


@dataclass(slots=True, eq=False)
class Batch:
    """One that is open, or was."""

    name: str
    kind: str
    """Its type, without "draft/": "netsplit"."""
    params: list[str]
    label: str
    """Of what it answers; "" for none."""
    outer: "Batch | None"
    deep: int = 0
    """How many are around it."""
    lines: int = 0
    """How many came in it so far."""
    last: Mapping[str, str] = field(default_factory=dict)
    """The tags of the last."""

    def within(self, kind: str) -> "Batch | None":
        """It, or the next around it, that is of ``kind``."""
        batch: Batch | None = self
        while batch is not None and batch.kind != kind:
            batch = batch.outer
        return batch


class Batches:
    """Those of one connection."""

    def __init__(self) -> None:
        self._open: dict[str, Batch] = {}

    def __repr__(self) -> str:
        return f"<Batches, {len(self._open)} open>"

    def of(self, line: Line) -> Batch | None:
        """The batch that ``line`` came in; it counts there."""
        name = line.tags.get("batch")
        batch = self._open.get(name) if name else None
        if batch is not None and line.command != "BATCH":
            batch.lines += 1
            batch.last = line.tags
        return batch

    def feed(self, line: Line) -> Batch | None:
        """A BATCH: the one that it ends, if it ends one."""
        said = line.param(0)
        sign, name = said[:1], said[1:]
        if sign == "-":
            return self._open.pop(name, None)
        if sign == "+" and name:
            outer = self.of(line)
            label = line.tags.get("label") or (outer.label if outer is not None else "")
            deep = outer.deep + 1 if outer is not None else 0
            if deep >= DEEP:
                outer, deep = None, 0
            self._open.pop(name, None)
            if len(self._open) >= OPEN:
                del self._open[next(iter(self._open))]
            kind = line.param(1).removeprefix("draft/").lower()
            self._open[name] = Batch(name, kind, line.params[2:], label, outer, deep)
        return None
