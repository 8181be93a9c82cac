"""The files of a spool: segments that are only added to, and large contents beside them. Blocks: for a thread.

Segments go from the front, once nothing in them is needed any more; what stays long is moved to the last one.
``DIR/lock`` is held while the spool is open, ``DIR/files`` has what is large, ``DIR/dead`` what was given up, and
``DIR/again`` what is to be tried again.
"""

import fcntl
import logging
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from interfaces.shared.errors import ConfigError
from interfaces.shared.spool.records import MARK, body_of, mark_of, record, top

__all__ = ["SEGMENT", "Busy", "Place", "Segments", "Write", "synced"]

log = logging.getLogger("interfaces.spool")

SEGMENT: Final = 16 * 2**20
"""Bytes after which the next segment begins."""
VECTORS: Final = 512
"""Records that one call of the system writes; it takes 1,024 pieces at most."""


class Busy(ConfigError):  # noqa: N818 - a state: whoever has several folders takes the next
    """The folder is another process's."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record is."""

    segment: int
    at: int
    length: int


@dataclass(slots=True)
class Write:
    """A record that is to be written. ``source`` is where its content comes from, for a file of its own."""

    kind: int
    number: int
    body: bytes
    sync: bool = False
    """Whether it is to be on the disk before anybody is told."""
    again: bool = True
    """Whether it is tried until it is written; else who wants it is told that it is not."""
    file: str = ""
    source: int = -1
    """A descriptor that is open until then."""


def synced(folder: Path) -> None:
    """What was made, linked or removed in ``folder`` is so on the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class Segments:
    """The files of ``folder``. ``sizes`` has the bytes of each segment, by its number; the last is written to."""

    def __init__(self, folder: Path, segment: int = SEGMENT) -> None:
        self.folder = folder
        self.segment = segment
        self.sizes: dict[int, int] = {}
        self.marks: dict[int, bytes] = {}
        self._lock = -1
        self._out = -1
        self._number = 0
        self._broken = False

    def __repr__(self) -> str:
        return f"<Segments of {self.folder}: {len(self.sizes)}>"

    # --- life -------------------------------------------------------------------------------------

    def open(self) -> list[int]:
        """Hold the folder, made if it is not there; the numbers of the segments that it has. ConfigError."""
        try:
            for name in ("", "files", "dead", "again"):
                (self.folder / name).mkdir(mode=0o700, parents=not name, exist_ok=True)
            self._lock = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
            synced(self.folder)
        except OSError as error:
            raise ConfigError(
                f"the spool {self.folder} cannot be used: {error.strerror}: name a folder of one's own"
            ) from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self.close()
            raise Busy(
                f"the spool {self.folder} is another server's: give each server a folder of its own"
            ) from None
        return sorted(int(path.stem) for path in self.folder.glob("*.log") if path.stem.isdecimal())

    def close(self) -> None:
        """Let the folder go."""
        for descriptor in (self._out, self._lock):
            if descriptor >= 0:
                os.close(descriptor)
        self._out = self._lock = -1

    def path(self, number: int) -> Path:
        """The file of a segment."""
        return self.folder / f"{number:010}.log"

    def file(self, name: str) -> Path:
        """The file of a large content."""
        return self.folder / "files" / name

    # --- reading ----------------------------------------------------------------------------------

    def load(self, number: int) -> tuple[bytes | None, bytes]:
        """The mark of a segment that was there before, None if it has none, and all of its bytes."""
        data = self.path(number).read_bytes()
        mark = mark_of(data)
        self.sizes[number], self.marks[number] = len(data), mark or b""
        self._number = max(self._number, number)
        return mark, data

    def cut(self, number: int, size: int) -> None:
        """The segment ends here: what follows is none of ours."""
        os.truncate(self.path(number), size)
        self.sizes[number] = size

    def read(self, place: Place) -> bytes:
        """The body of a record. OSError when it is not there, or damaged."""
        with self.path(place.segment).open("rb", buffering=0) as file:
            data = os.pread(file.fileno(), place.length, place.at)
        body = body_of(self.marks.get(place.segment, b""), data)
        if body is None:
            raise OSError(f"{self.path(place.segment)} is damaged at {place.at}")
        return body

    # --- writing ----------------------------------------------------------------------------------

    def add(self, writes: Sequence[Write]) -> list[Place]:
        """Write a group; where each is. What is to be on the disk is there. OSError: none of them counts."""
        new = [one for one in writes if one.file]
        for one in new:
            self._keep(one)
        if new:
            synced(self.folder / "files")
        if self._out < 0 or self._broken or self.sizes[self._number] >= self.segment:
            self._next()
        begin = self.sizes[self._number]
        try:
            places, end = self._write(writes, begin)
            if any(one.sync for one in writes):
                os.fdatasync(self._out)
        except OSError:
            # nobody knows what a failed fsync has left: nothing more goes into this one
            self._broken = True
            try:
                os.ftruncate(self._out, begin)
            except OSError:
                pass
            raise
        self.sizes[self._number] = end
        return places

    def _write(self, writes: Sequence[Write], at: int) -> tuple[list[Place], int]:
        mark, places = self.marks[self._number], list[Place]()
        for begin in range(0, len(writes), VECTORS):
            data = [record(mark, one.kind, one.number, one.body) for one in writes[begin : begin + VECTORS]]
            self._all(data, at)
            for one in data:
                places.append(Place(self._number, at, len(one)))
                at += len(one)
        return places, at

    def _all(self, data: list[bytes], at: int) -> None:
        written, whole = os.pwritev(self._out, data, at), sum(map(len, data))
        while written < whole:
            rest = b"".join(data)[written:]
            written += os.pwrite(self._out, rest, at + written)

    def _next(self) -> None:
        """The next segment begins; the one before is on the disk."""
        if self._out >= 0:
            if not self._broken:
                os.fdatasync(self._out)
            os.close(self._out)
            self._out = -1
        number, mark = self._number + 1, secrets.token_bytes(MARK)
        path = self.path(number)
        out = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.pwrite(out, top(mark), 0)
            os.fsync(out)
            synced(self.folder)
        except OSError:
            os.close(out)
            path.unlink(missing_ok=True)
            raise
        self._out, self._number, self._broken = out, number, False
        self.sizes[number], self.marks[number] = len(top(mark)), mark

    def _keep(self, one: Write) -> None:
        """A large content becomes a file of the spool: linked where it has no name yet, else copied."""
        path = self.file(one.file)
        path.unlink(missing_ok=True)
        try:
            here = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
            try:  # with a folder's descriptor Python follows the link that /proc has
                os.link(f"/proc/self/fd/{one.source}", path, src_dir_fd=here, follow_symlinks=True)
            finally:
                os.close(here)
        except OSError:
            _copied(one.source, path)
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    # --- removing ---------------------------------------------------------------------------------

    def drop(self, number: int) -> None:
        """Nothing in this segment is needed, and none before it is there."""
        if number == self._number and self._out >= 0:
            os.close(self._out)
            self._out = -1
        del self.sizes[number], self.marks[number]
        self.path(number).unlink(missing_ok=True)

    def clear(self) -> None:
        """Nothing is needed at all, and nothing more is written."""
        for number in sorted(self.sizes):
            self.drop(number)

    def aside(self, number: int) -> Path:
        """Keep a copy of a damaged segment, for somebody to look at."""
        path = self.path(number).with_suffix(".damaged")
        path.unlink(missing_ok=True)
        os.link(self.path(number), path)
        return path

    @property
    def oldest(self) -> int | None:
        """The one that goes next; not the one that is written to, unless that has failed."""
        first = min(self.sizes, default=None)
        last = first == self._number and self._out >= 0 and not self._broken
        return None if last else first


def _copied(source: int, path: Path) -> None:
    at = 0
    with path.open("xb") as file:
        path.chmod(0o600)
        while piece := os.pread(source, 2**20, at):
            file.write(piece)
            at += len(piece)
