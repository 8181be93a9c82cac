"""The spools of a folder, one a process: ``DIR/0``, ``DIR/1`` and so on.

A process has the first that nobody has. So several workers, and a worker and its successor, share a folder. What one
has left that does not come back is taken over by another.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Final

from interfaces.shared.errors import ConfigError
from interfaces.shared.spool.segments import Busy
from interfaces.shared.spool.store import Spool

__all__ = ["SLOTS", "Slots", "folders"]

SLOTS: Final = 256
"""Processes that share a folder."""


def folders(folder: Path) -> list[Path]:
    """Those of all spools that are there."""
    found = [path for path in folder.glob("*") if path.name.isdecimal() and path.is_dir()]
    return sorted(found, key=lambda path: int(path.name))


class Slots:
    """The spools of ``folder``, each made by ``make``."""

    def __init__(self, folder: Path, make: Callable[[Path], Spool]) -> None:
        self.folder = folder
        self.make = make
        self.ours: set[Path] = set()

    def __repr__(self) -> str:
        return f"<Slots of {self.folder}: {sorted(path.name for path in self.ours)}>"

    async def own(self) -> Spool:
        """One of our own, opened. ConfigError."""
        for number in range(SLOTS):
            spool = await self._open(self.folder / str(number))
            if spool is not None:
                return spool
        raise ConfigError(f"the spool {self.folder} is used by {SLOTS} processes: name another folder")

    async def left(self) -> Spool | None:
        """One that has something and nobody has, opened; None when there is none."""
        for path in await asyncio.to_thread(_filled, self.folder):
            if path not in self.ours:
                spool = await self._open(path)
                if spool is not None:
                    return spool
        return None

    async def _open(self, path: Path) -> Spool | None:
        spool = self.make(path)
        self.ours.add(path)
        try:
            await spool.open()
        except Busy:
            self.ours.discard(path)
            return None
        except BaseException:
            self.ours.discard(path)
            raise
        return spool

    async def close(self, spool: Spool) -> None:
        """It is not ours any more."""
        await spool.close()
        self.ours.discard(spool.segments.folder)


def _filled(folder: Path) -> list[Path]:
    """In a thread: those that have messages, or some to be tried again."""
    return [path for path in folders(folder) if any(path.glob("*.log")) or any(path.glob("again/*.letter"))]
