"""What goes wrong on purpose. Pure: chance and time are parameters."""

from dataclasses import asdict, dataclass
from typing import Any

__all__ = ["Chaos"]


@dataclass(slots=True)
class Chaos:
    """What is done to messages of these ``protocols``, none: all. Rates are 0 to 1."""

    delay: float = 0.0
    drop: float = 0.0
    duplicate: float = 0.0
    redeliver: float = 0.0
    broker_down: bool = False
    protocols: tuple[str, ...] = ()

    def shown(self) -> dict[str, Any]:
        """As the API says it."""
        return asdict(self) | {"protocols": list(self.protocols)}
