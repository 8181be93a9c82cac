"""Counts and access lines: what a process tells about itself, beside its logs."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from interfaces.shared.meter import Meters

__all__ = ["AccessLine", "Telemetry"]

AccessLine = Callable[[dict[str, Any]], None]
"""Takes the fields of one finished request, socket or delivery."""


@dataclass(slots=True)
class Telemetry:
    """Counts by name, and where access lines go (None: the cheap path, nothing is made)."""

    counts: Counter[str] = field(default_factory=Counter)
    access: AccessLine | None = None
    meters: Meters = field(default_factory=Meters)
    """What is measured beside: of scopes, queues and connections."""

    def __post_init__(self) -> None:
        """Who has the figures knows where lines go."""
        self.meters.access = self.access

    def count(self, name: str, by: int = 1) -> None:
        """Add to the counter ``name`` ("http.requests", "ws.refused" …)."""
        self.counts[name] += by
