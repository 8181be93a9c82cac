"""The content of a message as it arrives: in memory while it is small, else in a file that has no name.

Such a file is gone with the process, however that ends. Whoever may open this process's descriptors reads it by its
path, which is in the event as ``body_ref``, until it is closed: as long as the scope lives.
"""

import hashlib
import os
import tempfile
from collections.abc import Mapping
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import IO, Any, cast

__all__ = ["Body", "content", "opened"]

DESCRIPTORS = Path("/proc/self/fd")
"""Where a file without a name has a path; without it everything stays in memory."""
BEGINNING = 65_536
"""Bytes of a message that stay in memory though it is in a file: its header is read there."""
COPIED = 262_144
"""Bytes that are copied at once."""


@cache
def _spooling(descriptors: Path) -> bool:
    return descriptors.exists()


def _unnamed(folder: str | None) -> IO[bytes]:
    """A file without a name; in a folder of one's own it can be given one."""
    if folder is not None:
        try:
            return open(os.open(folder, os.O_TMPFILE | os.O_RDWR, 0o600), "r+b", buffering=0)  # noqa: PTH123
        except OSError:
            pass  # a file system that has no such files
    return tempfile.TemporaryFile(dir=folder, buffering=0)


class Body:
    """Bytes that are added piece by piece, behind a ``head`` that is not in the digest.

    ``memory``: how many of them may be held here. ``size`` is of all of them, ``held`` of those in memory.
    """

    def __init__(self, memory: int, folder: str | None = None, *, head: bytes = b"") -> None:
        self.memory = memory if _spooling(DESCRIPTORS) else 1 << 62
        self.size: int = len(head)
        self.held: int = len(head)
        self.flows: bool = False
        self._folder = folder
        self._first: bytes = b""
        self._digest: Any = None  # made with the second piece: most messages have one
        self._pieces: list[bytes] = [head] if head else []
        self._file: IO[bytes] | None = None
        self._said: str = ""

    def add(self, piece: bytes) -> None:
        """More of it. OSError when the file cannot be written."""
        if not piece:
            return
        self.size += len(piece)
        self._said = ""
        if self._digest is None and not self._first and self.size <= self.memory and not self.flows:
            self._first = piece
        else:
            if self._digest is None:
                self._digest, self._first = hashlib.sha256(self._first), b""
            self._digest.update(piece)
        if self.flows:
            return
        if self._file is None and self.size <= self.memory:
            self._pieces.append(piece)
            self.held += len(piece)
            return
        if self._file is None:
            self._file = _unnamed(self._folder)
            self._write(self.whole)
        self._write(piece)
        if self.held < BEGINNING:
            begin = piece[: BEGINNING - self.held]
            self._pieces.append(begin)
            self.held += len(begin)

    def flow(self) -> None:
        """Hold nothing: it goes elsewhere as it comes, and size and digest are told at its end."""
        self.flows = True
        self.held = 0
        self._pieces = []

    def _write(self, data: bytes) -> None:
        left = memoryview(data)
        while left:
            # not within the brackets, where mypyc would write twice
            written = cast(IO[bytes], self._file).write(left)
            left = left[written:]

    def begin(self, head: bytes, size: int) -> None:
        """Have ``head`` in place of the first ``size`` bytes; the digest stays. OSError: nothing has changed."""
        if self._file is not None:
            self._file = self._copied(self._file, head, size)
        whole = head + self.whole[size:]
        self._pieces = [whole]
        self.size += len(head) - size
        self.held = len(whole)

    def _copied(self, source: IO[bytes], head: bytes, size: int) -> IO[bytes]:
        """A file with ``head`` and what is behind the first ``size`` bytes of ``source``, which is closed."""
        file = tempfile.TemporaryFile(dir=self._folder, buffering=0)  # noqa: SIM115 - close() does
        try:
            self._file = file
            self._write(head)
            source.seek(size)
            while piece := source.read(COPIED):
                self._write(piece)
        except BaseException:
            self._file = source
            file.close()
            raise
        source.close()
        return file

    @classmethod
    def kept(cls, content: bytes, file: IO[bytes] | None, size: int) -> "Body":
        """One that was kept: its bytes, or the ``file`` that has them, and its beginning."""
        body = cls(len(content), head=content)
        body.size, body._file = size, file
        return body

    def known(self, digest: str) -> None:
        """The digest is this: what was kept is not read again for it."""
        self._said = digest

    @property
    def descriptor(self) -> int:
        """That of its file; -1 without one."""
        return self._file.fileno() if self._file is not None else -1

    @property
    def filed(self) -> int:
        """How many bytes its file has, 0 without one."""
        return self.size if self._file is not None else 0

    @property
    def digest(self) -> str:
        """SHA-256 of what was added, in hexadecimal."""
        if not self._said:
            digest = self._digest if self._digest is not None else hashlib.sha256(self._first)
            self._said = digest.hexdigest()
        return self._said

    @property
    def whole(self) -> bytes:
        """What is in memory, in one piece: all of it, or its beginning where there is a :attr:`reference`."""
        if len(self._pieces) != 1:
            self._pieces = [b"".join(self._pieces)]
        return self._pieces[0]

    @property
    def reference(self) -> dict[str, Any] | None:
        """Where to read all of it, when it is not in memory: ``{"path", "size"}``."""
        if self._file is None:
            return None
        return {"path": f"/proc/{os.getpid()}/fd/{self._file.fileno()}", "size": self.size}

    def close(self) -> None:
        """Nobody needs it any more."""
        if self._file is not None:
            self._file.close()


def opened(event: Mapping[str, Any]) -> IO[bytes]:
    """The content of an ``email.receive`` as a file, to be read outside the event loop when it is large."""
    reference = event.get("body_ref")
    if reference is not None:
        return Path(reference["path"]).open("rb")
    return BytesIO(event["body"])


def content(event: Mapping[str, Any]) -> bytes:
    """The whole content of an ``email.receive``, wherever it is."""
    if event.get("body_ref") is None:
        body: bytes = event["body"]
        return body
    with opened(event) as file:
        return file.read()
