"""Opt-outs in a file: a line each, appended and on the disk before it counts.

``out +41445556677 +41791234567 1700000000`` and ``in …``: the last of a pair holds. Processes that share the file see
each other's lines. Nothing is ever taken out of it, so it can be read as the log that a regulator asks for.
"""

import asyncio
import os
import time
from collections.abc import Callable
from pathlib import Path

from interfaces.shared.errors import ConfigError, Unavailable
from interfaces.sms.sending.suppression import Memory

__all__ = ["OptOutFile"]

_WORDS = {"out": True, "in": False}
_FIELDS = 3


class OptOutFile:
    """At ``path``, which is made where it is not there. ``clock`` gives Unix seconds."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self.path = path
        self._clock = clock
        self._known = Memory()
        self._read = 0
        """Bytes of the file that are known: whole lines."""
        self._fd = -1
        self._lock = asyncio.Lock()

    def __repr__(self) -> str:
        return f"<OptOutFile {self.path}: {len(self._known)}>"

    def describe(self) -> str:
        """As the protocol says."""
        return f"the file {self.path}: host-crash, of this machine"

    async def open(self) -> None:
        """Read what there is. ConfigError where it cannot be written."""
        try:
            self._fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        except OSError as error:
            raise ConfigError(f"--sms-opt-out file:{self.path}: {error.strerror}") from error
        await asyncio.to_thread(self._catch_up)

    async def note(self, ours: str, theirs: str, *, out: bool) -> None:
        """As the protocol says; a number that has a space in it is none."""
        word = "out" if out else "in"
        line = f"{word} {_one(ours)} {_one(theirs)} {self._clock():.0f}\n"
        async with self._lock:
            await asyncio.to_thread(self._append, line.encode())

    async def has(self, ours: str, theirs: str) -> bool:
        """As the protocol says."""
        if os.fstat(self._fd).st_size != self._read:
            async with self._lock:
                await asyncio.to_thread(self._catch_up)
        return self._known.knows(_one(ours) if ours else "", _one(theirs))

    async def close(self) -> None:
        """Let go of the file."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _append(self, line: bytes) -> None:
        try:
            end = os.fstat(self._fd).st_size
            if end and os.pread(self._fd, 1, end - 1) != b"\n":  # a process has died in the middle of a line
                line = b"\n" + line
            if os.write(self._fd, line) != len(line):
                raise Unavailable(f"{self.path}: no room")
            os.fsync(self._fd)
        except OSError as error:
            raise Unavailable(f"{self.path}: {error.strerror}") from error
        self._catch_up()

    def _catch_up(self) -> None:
        """Read the lines that have come since."""
        try:
            data = os.pread(self._fd, max(0, os.fstat(self._fd).st_size - self._read), self._read)
        except OSError as error:
            raise Unavailable(f"{self.path}: {error.strerror}") from error
        whole = data[: data.rfind(b"\n") + 1]
        for line in whole.decode("utf-8", "replace").splitlines():
            word, *numbers = line.split(" ")
            if word in _WORDS and len(numbers) == _FIELDS:
                self._known.put(numbers[0], numbers[1], out=_WORDS[word])
        self._read += len(whole)


def _one(number: str) -> str:
    """Without what would end a field or a line."""
    return "".join(number.split())
