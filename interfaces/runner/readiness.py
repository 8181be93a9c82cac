"""Whether a process may be given new work."""

from dataclasses import dataclass, field

__all__ = ["Readiness"]


@dataclass(slots=True)
class Readiness:
    """What ``/readyz`` says: the parts that told whether they can work, and whether the process is stopping."""

    parts: dict[str, tuple[bool, str]] = field(default_factory=dict)
    """Name → (whether it can work, why not)."""
    draining: bool = False

    def tell(self, name: str, ok: bool, reason: str = "") -> None:
        """Part ``name`` is ready, or not for ``reason``."""
        self.parts[name] = (ok, reason)

    @property
    def ok(self) -> bool:
        """Whether new work may come."""
        return bool(self.parts) and not self.draining and all(ok for ok, _ in self.parts.values())
