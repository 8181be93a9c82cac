"""``--reload``: one worker, started again when a file changes; needs the extra ``reload`` (watchfiles).

The sockets stay open meanwhile, so a browser waits instead of being refused. An application that cannot be
started, or ended by itself, waits for the next change: its own process has said why.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from fnmatch import fnmatch
from functools import lru_cache
from pathlib import Path

from interfaces.runner.child import Child, ending
from interfaces.runner.options import ServeOptions
from interfaces.runner.supervisor import Supervisor, first_of
from interfaces.runner.voice import say
from interfaces.shared.errors import ConfigError

__all__ = ["Reloading", "watched"]

HURRY = 2.0
"""Seconds that what is in flight may take before a restart."""
LEFT_OUT = frozenset({"__pycache__", "node_modules", "site-packages"})
"""Directories that nobody edits, beside those that begin with a dot and virtual environments."""


class Reloading(Supervisor):
    """Supervises one worker, and the files that it was made from."""

    _announced = False
    _first: Child | None = None

    async def work(self) -> int:
        """Start again at every change. The operator's mistake at the first start ends it, with code 2."""
        changes = _changes(self.options)
        self._first = self._begin()
        return await first_of(self._restarts(changes), self._mistake(self._first))

    async def _restarts(self, changes: AsyncIterator[list[str]]) -> int:
        async for paths in changes:
            say(f"{_few(paths)} changed: starting again")
            await self.current[1].end(HURRY)
            self._begin()
        return 0

    async def _mistake(self, first: Child) -> int:
        """Give 2 if the first start does, which no change of a file would mend; else wait for ever."""
        if not await first.up() and await first.ended() == 2:
            return 2
        never: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        return await never

    def _begin(self) -> Child:
        child = self.start(1)
        self._watching = asyncio.ensure_future(self._watch(child))
        return child

    async def _watch(self, child: Child) -> None:
        """Tell of a worker that it is up, and of one that ended by itself that it did."""
        if await child.up() and not self._announced:
            self._announced = True
            self.announce(child, "one worker, started again when a file changes")
        code = await child.ended()
        if not child.told and not (child is self._first and code == 2):
            say(f"the process {ending(code)}: waiting for a change")


def watched(path: str, directories: Sequence[Path], patterns: Sequence[str]) -> bool:
    """Whether a change of ``path`` in one of ``directories`` counts."""
    found = Path(path)
    if not any(fnmatch(found.name, pattern) for pattern in patterns):
        return False
    for directory in directories:
        if found.is_relative_to(directory):
            between = [part for part in found.parents if part != directory and part.is_relative_to(directory)]
            return not any(_left_out(part) for part in between)
    return False


@lru_cache(maxsize=4096)
def _left_out(directory: Path) -> bool:
    name = directory.name
    return name.startswith(".") or name in LEFT_OUT or (directory / "pyvenv.cfg").exists()


def _changes(options: ServeOptions) -> AsyncIterator[list[str]]:
    """The paths that changed, a list at a time. ConfigError when a directory or the package is not there."""
    try:
        from watchfiles import awatch  # noqa: PLC0415 - the extra [reload]
    except ImportError:
        raise ConfigError("--reload needs watchfiles: pip install 'asgi-interfaces[reload]'") from None
    directories = [path.resolve() for path in options.reload_dir or (options.app_dir,)]
    for directory in directories:
        if not directory.is_dir():
            raise ConfigError(f"--reload-dir {directory}: no such directory")

    async def watching() -> AsyncIterator[list[str]]:
        def counts(change: object, path: str) -> bool:
            return watched(path, directories, options.reload_include)

        async for found in awatch(*directories, watch_filter=counts, debounce=200, step=50):
            yield sorted({path for _, path in found})

    return watching()


def _few(paths: Sequence[str]) -> str:
    """One path, and how many more."""
    here = Path.cwd()
    first = Path(paths[0])
    shown = first.relative_to(here) if first.is_relative_to(here) else first
    return f"{shown} and {len(paths) - 1} more" if len(paths) > 1 else str(shown)
