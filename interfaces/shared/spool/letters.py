"""What a spool has given up: a file a message in ``DIR/dead``, with the reason. Blocks: for a thread, or a command.

A letter that is moved to ``DIR/again`` is put into the spool by the server that has it, as if it were new.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from interfaces.shared.spool.segments import synced

__all__ = ["CONTENT", "LETTERS", "Letter", "Letters", "names", "read", "remove", "replay"]

CONTENT = ".content"
"""What the name of a large content ends in, beside its letter's."""
LETTER = ".letter"
LETTERS: Final = 10_000
"""Messages that were given up and are kept."""


class Letter(msgspec.Struct):
    """A message that was given up. Times are Unix seconds."""

    reason: str
    died_at: float
    put_at: float
    attempts: int
    conversation: str | None
    head: bytes
    content: bytes
    size: int = 0
    """Bytes of the content in a file of its own, 0 where it is in here."""


class Letters:
    """Those of ``folder``, ``most`` of them: then the oldest go."""

    def __init__(self, folder: Path, most: int = LETTERS) -> None:
        self.folder = folder
        self.most = most
        self._count = -1

    def write(self, name: str, letter: Letter, file: Path | None) -> int:
        """Keep it; ``file`` has the content of a large one, and may go afterwards. How many had to go for it."""
        folder, new = self.folder, self.folder / f"{name}.new"
        if file is not None:
            (folder / (name + CONTENT)).unlink(missing_ok=True)
            os.link(file, folder / (name + CONTENT))
        with new.open("wb") as out:
            new.chmod(0o600)
            out.write(msgspec.msgpack.encode(letter))
            out.flush()
            os.fsync(out.fileno())
        new.rename(folder / (name + LETTER))
        synced(folder)
        self._count = self._count + 1 if self._count >= 0 else len(list(names(folder)))
        return self._trimmed() if self._count > self.most else 0

    def _trimmed(self) -> int:
        there = list(names(self.folder))
        for name in there[: max(0, len(there) - self.most)]:
            remove(self.folder, name)
        self._count = min(len(there), self.most)
        return len(there) - self._count


def names(folder: Path) -> Iterator[str]:
    """The names of those in ``folder``, the oldest first."""
    yield from sorted(path.name.removesuffix(LETTER) for path in folder.glob(f"*{LETTER}"))


def read(folder: Path, name: str) -> tuple[Letter, Path | None]:
    """A letter, and the file of its content where that is large. OSError, msgspec.MsgspecError."""
    letter = msgspec.msgpack.decode((folder / (name + LETTER)).read_bytes(), type=Letter)
    return letter, folder / (name + CONTENT) if letter.size else None


def remove(folder: Path, name: str) -> None:
    """It is not needed any more."""
    (folder / (name + LETTER)).unlink(missing_ok=True)
    (folder / (name + CONTENT)).unlink(missing_ok=True)


def replay(spool: Path, name: str) -> bool:
    """Have the server of ``spool`` try it again; False when there is none of that name."""
    dead, again = spool / "dead", spool / "again"
    if not (dead / (name + LETTER)).is_file():
        return False
    if (dead / (name + CONTENT)).exists():
        (dead / (name + CONTENT)).rename(again / (name + CONTENT))
    (dead / (name + LETTER)).rename(again / (name + LETTER))  # last: it is looked for by this one
    synced(again)
    return True
