"""What is wrong with the signature of what a fake posts, on demand."""

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["Forged"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Forged:
    """What is wrong with a request, on demand: each field takes the place of what would be right."""

    secret: str | None = field(default=None, repr=False)
    """Sign with this secret."""
    signature: str | None = None
    """Send this signature; "" sends none."""
    timestamp: str | int | None = None
    """Send (and sign) this time, in Unix seconds; "" sends none."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Send these headers in place of those of the same name."""
