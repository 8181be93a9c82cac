"""An event loop whose time passes at once, and worker processes that are none."""

import asyncio
import selectors
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from interfaces.runner import supervisor

__all__ = ["FakeChild", "Held", "Life", "Nursery", "run"]


class _Selector(selectors.DefaultSelector):
    """Does not wait, and says how long it would have."""

    passed = 0.0

    def select(self, timeout: float | None = None) -> Any:
        """What is ready now; else the time that was to be waited has passed."""
        found = super().select(0)
        if found or timeout == 0:
            return found
        if timeout is None:
            raise RuntimeError("nothing is left that could happen")
        self.passed += timeout
        return found


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._clock = _Selector()
        super().__init__(self._clock)

    def time(self) -> float:
        """Seconds that have passed here."""
        return self._clock.passed


def run(main: Coroutine[Any, Any, Any]) -> Any:
    """What ``main`` gives; its seconds take no time."""
    with asyncio.Runner(loop_factory=_Loop) as runner:
        return runner.run(main)


@dataclass
class Life:
    """What becomes of a process: seconds until it is up (None: never), until it ends (None: when told), and how."""

    up: float | None = 0.0
    ends: float | None = None
    code: int = 0
    drains: float | None = 0.0
    """Seconds that it takes to end when it is told; None: it has to be killed."""


class FakeChild:
    """As :class:`interfaces.runner.child.Child`, with a :class:`Life` instead of a process."""

    def __init__(self, nursery: "Nursery", number: int, on_change: Callable[[Any], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self.number, self.began = number, self._loop.time()
        self.ok, self.told, self.lines = False, False, ["starting"]
        self.banner = (["http on 127.0.0.1:8000 for app"], "asyncio")
        self._nursery, self._on_change = nursery, on_change
        self.life = nursery.next(number)
        self.name = f"{number}{'abcdefghijklmnopqrstuvwxyz'[nursery.born(number)]}"
        self._up: asyncio.Future[bool] = self._loop.create_future()
        self._ended: asyncio.Future[int] = self._loop.create_future()
        self._note("starts")
        if self.life.up is not None:
            self._loop.call_later(self.life.up, self._is_up)
        if self.life.ends is not None:
            self._loop.call_later(self.life.ends, self._end, self.life.code)

    def __repr__(self) -> str:
        return f"worker {self.name}"

    @property
    def was_up(self) -> bool:
        """Whether it ever was ready."""
        return self._up.done() and self._up.result()

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return not self._ended.done()

    async def up(self) -> bool:
        """Wait until it is ready, or has ended."""
        await asyncio.wait({self._up})
        return self._up.result()

    async def ended(self) -> int:
        """Wait for its exit code."""
        await asyncio.wait({self._ended})
        return self._ended.result()

    async def end(self, seconds: float) -> int:
        """Tell it to end, and kill it after ``seconds``."""
        if self.alive and not self.told:
            self._note("told")
            if self.life.drains is not None:
                self._loop.call_later(self.life.drains, self._end, self.life.code)
        self.told = True
        await asyncio.wait({self._ended}, timeout=seconds)
        if self.alive:
            self.kill()
        return await self.ended()

    def kill(self) -> None:
        """End it now."""
        self.told = True
        if self.alive:
            self._note("killed")
            self._loop.call_soon(self._end, -9)

    def poll(self) -> None:
        """Nothing is to be found out."""

    def _is_up(self) -> None:
        if self.alive:
            self.ok, self.lines = True, ["http: ok"]
            self._up.set_result(True)
            self._note("up")
            self._on_change(self)

    def _end(self, code: int) -> None:
        if not self.alive:
            return
        self.ok, self.lines = False, [f"ended with code {code}"]
        self._ended.set_result(code)
        if not self._up.done():
            self._up.set_result(False)
        self._note("ends")
        self._on_change(self)

    def _note(self, what: str) -> None:
        self._nursery.story.append((round(self._loop.time(), 3), f"{self.name} {what}"))


@dataclass
class Nursery:
    """The lives of those that will be started, by their number; who has none left lives until it is told."""

    lives: Mapping[int, list[Life | OSError]] = field(default_factory=dict)
    story: list[tuple[float, str]] = field(default_factory=list)
    """(when, what) of each process."""
    children: list[FakeChild] = field(default_factory=list)

    def next(self, number: int) -> Life:
        """The life of the next worker of this number. OSError when the system has no process."""
        left = self.lives.get(number, [])
        life = left.pop(0) if left else Life()
        if isinstance(life, OSError):
            raise life
        return life

    def born(self, number: int) -> int:
        """How many there were before."""
        return sum(child.number == number for child in self.children)

    def child(
        self, number: int, _inherited: object, on_change: Callable[[Any], None], on_counts: Any = None
    ) -> FakeChild:
        """Start one."""
        made = FakeChild(self, number, on_change)
        self.children.append(made)
        if on_counts is not None:
            on_counts({"http.refused": number})
        return made

    @property
    def said(self) -> list[str]:
        """What happened, in order."""
        return [what for _, what in self.story]

    def at(self, what: str) -> float:
        """When it happened."""
        return next(when for when, found in self.story if found == what)

    def install(self, monkeypatch: pytest.MonkeyPatch) -> "Nursery":
        """Start these instead of processes."""
        monkeypatch.setattr(supervisor, "Child", self.child)
        return self


class Held:
    """Sockets that are none."""

    closed = False

    def of(self, _number: int) -> dict[str, tuple[int, ...]]:
        """The descriptors of a worker."""
        return {}

    def close(self) -> None:
        """Let them go."""
        self.closed = True
