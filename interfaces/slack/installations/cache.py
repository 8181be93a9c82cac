"""What was found lately, for a while and up to a number; and one look for all who ask the same at once."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from typing import Any, Generic, TypeVar

__all__ = ["Flights", "Lately"]

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Lately(Generic[Key, Value]):
    """Values, each until its time; at most ``most``, of which the oldest leave. Time is a parameter."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._kept: dict[Key, tuple[Value, float]] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: Key, now: float) -> tuple[bool, Value | None]:
        """Whether there is one, and which."""
        kept = self._kept.get(key)
        if kept is None or kept[1] <= now:
            self._kept.pop(key, None)
            return False, None
        return True, kept[0]

    def put(self, key: Key, value: Value, until: float) -> None:
        """Keep it."""
        self._kept.pop(key, None)
        while len(self._kept) >= self.most:
            del self._kept[next(iter(self._kept))]
        self._kept[key] = value, until

    def drop(self, fits: Callable[[Key], bool]) -> None:
        """Forget those whose key ``fits``."""
        for key in [key for key in self._kept if fits(key)]:
            del self._kept[key]


class Flights(Generic[Key, Value]):
    """One call for a key at a time; who asks meanwhile gets its outcome. Who stops waiting ends it for nobody."""

    def __init__(self) -> None:
        self._tasks: dict[Key, asyncio.Task[Value]] = {}

    def __len__(self) -> int:
        return len(self._tasks)

    async def run(self, key: Key, call: Callable[[], Coroutine[Any, Any, Value]]) -> Value:
        """What ``call`` gives, or what the one that runs for ``key`` gives."""
        task = self._tasks.get(key)
        if task is None:
            task = self._tasks[key] = asyncio.create_task(call())
            task.add_done_callback(lambda done: self._landed(key, done))
        return await asyncio.shield(task)

    async def close(self) -> None:
        """Wait for those that run: what they have begun, such as a new token, is to be kept."""
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    def _landed(self, key: Key, task: asyncio.Task[Value]) -> None:
        del self._tasks[key]
        if not task.cancelled():
            task.exception()  # looked at, also where nobody waits any more
