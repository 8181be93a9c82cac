"""What keeps accepted messages has to do: the spool and the durable queue do it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

__all__ = ["Content", "Kept", "Store"]


class Kept(Protocol):
    """A message in a store."""

    attempt: int
    """1, 2 …: how often it was begun."""
    put_at: float
    """Unix seconds."""
    note: bytes


class Content(Protocol):
    """What was put."""

    head: bytes
    content: bytes


class Store(Protocol):
    """Where messages are kept: :class:`interfaces.shared.spool.store.Spool`, or a durable queue of a layer."""

    def put(
        self,
        head: bytes,
        content: bytes,
        then: Callable[[bool], None],
        *,
        conversation: str | None = None,
        source: int = -1,
        size: int = 0,
    ) -> bool:
        """Keep it; ``then`` is told whether it is. False when there is no room."""
        ...

    async def take(self, n: int) -> "list[Any]":
        """Wait for 1 to ``n``; none once it is to end."""
        ...

    async def load(self, kept: Any) -> Any:
        """Its :class:`Content`. OSError."""
        ...

    def path(self, kept: Any) -> Path | None:
        """The file of a large content."""
        ...

    async def open(self) -> None:
        """Before all else. ConfigError."""
        ...

    async def close(self) -> None:
        """What is held goes back."""
        ...

    def describe(self) -> str:
        """How well it keeps what is put: one line."""
        ...

    def leave(self) -> None:
        """Nothing more is taken."""
        ...

    def done(self, kept: Any) -> None:
        """It is dealt with."""
        ...

    def later(self, kept: Any, delay: float, note: bytes = b"") -> None:
        """It is to be given again."""
        ...

    def give_back(self, kept: Any) -> None:
        """The attempt does not count."""
        ...

    def dead(self, kept: Any, reason: str, *, copy: bool = False) -> None:
        """It is given up; ``copy``: a part of it only, and it is settled apart."""
        ...
