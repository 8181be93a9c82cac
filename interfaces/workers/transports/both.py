"""Several sources as one: a worker takes from the broker's queues and over direct connections alike."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Any, Self

from interfaces.workers.transports.base import Taken

__all__ = ["Both"]


class Both:
    """Each of ``sources`` brings openings while this is entered; all share the free slots."""

    def __init__(self, sources: Sequence[Any]) -> None:
        self._sources = sources
        self._stack = AsyncExitStack()

    def __repr__(self) -> str:
        return f"Both({list(self._sources)!r})"

    @property
    def on_opening(self) -> Callable[[Taken], None]:
        """Called for each opening."""
        found: Callable[[Taken], None] = self._sources[0].on_opening
        return found

    @on_opening.setter
    def on_opening(self, call: Callable[[Taken], None]) -> None:
        for source in self._sources:
            source.on_opening = call

    async def __aenter__(self) -> Self:
        for source in self._sources:
            await self._stack.enter_async_context(source)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    def free(self, slots: int) -> None:
        """How many openings may come now, from all of them together."""
        for source in self._sources:
            source.free(slots)

    async def drain(self, seconds: float) -> None:
        """Let nothing more come."""
        await asyncio.gather(*(source.drain(seconds) for source in self._sources))
