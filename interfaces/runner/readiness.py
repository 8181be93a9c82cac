"""Whether a process may be given new work."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

__all__ = ["Readiness"]


def _unheard() -> None:
    """Where nobody asked to be told."""


@dataclass(slots=True)
class Readiness:
    """What ``/readyz`` says: the parts that told whether they can work, and whether all is stopping."""

    enough: Callable[[Iterable[bool]], bool] = all
    """Whether these parts suffice: ``all`` in one process, ``any`` where workers stand side by side."""
    on_change: Callable[[], None] = _unheard
    parts: dict[str, tuple[bool, str]] = field(default_factory=dict)
    """Name → (whether it can work, why not)."""
    draining: bool = False

    def tell(self, name: str, ok: bool, reason: str = "") -> None:
        """Part ``name`` is ready, or not for ``reason``."""
        self.parts[name] = (ok, reason)
        self.on_change()

    @property
    def ok(self) -> bool:
        """Whether new work may come."""
        return bool(self.parts) and not self.draining and self.enough(ok for ok, _ in self.parts.values())

    @property
    def lines(self) -> list[str]:
        """A line a part."""
        said = [
            f"{name}: {'ok' if ok else reason or 'not ready'}" for name, (ok, reason) in self.parts.items()
        ]
        return [*said, "draining"] if self.draining else said
