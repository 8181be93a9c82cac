"""Labeled responses: what a line brought about for its client is told apart by the label that the line had. Pure.

IRCv3 labeled-response, batch: no line becomes ACK, one has the label itself, several are a batch that has it; lines
that are a batch already have the label at its beginning. Tags are put into the bytes of lines that are made. An
answer of many lines is not gathered to its end.
"""

from collections.abc import Callable, Sequence
from typing import Final

from interfaces.irc.line import escaped

__all__ = ["GATHERED", "MOST", "Answer", "label_of", "labelled", "tagged"]

MOST: Final = 64
"""Octets of a label."""
GATHERED: Final = 64
"""Lines of an answer after which it begins to be written."""


def label_of(said: str) -> str:
    """The label that a line has by its tag; "" where that is none, or too long."""
    return said if len(said.encode(errors="replace")) <= MOST else ""


def tagged(line: bytes, name: str, value: str) -> bytes:
    """``line`` with one more tag, the first."""
    tag = f"@{name}={escaped(value)}".encode(errors="replace")
    return b"%b;%b" % (tag, line[1:]) if line.startswith(b"@") else b"%b %b" % (tag, line)


def labelled(label: str, lines: Sequence[bytes], server: str, batch: str) -> list[bytes]:
    """The answer to what had ``label``. ``batch`` is a name for one, "" for a client that knows none."""
    if not lines:
        return [tagged(f":{server} ACK\r\n".encode(), "label", label)]
    if len(lines) == 1 or not batch or _is_batch(lines):
        return [tagged(lines[0], "label", label), *lines[1:]]
    inside = [tagged(line, "batch", batch) for line in lines]
    return [_begin(label, server, batch), *inside, _end(server, batch)]


def _begin(label: str, server: str, batch: str) -> bytes:
    return tagged(f":{server} BATCH +{batch} labeled-response\r\n".encode(), "label", label)


def _end(server: str, batch: str) -> bytes:
    return f":{server} BATCH -{batch}\r\n".encode()


def _is_batch(lines: Sequence[bytes]) -> bool:
    first, last = (_batch(line) for line in (lines[0], lines[-1]))
    return first[:1] == b"+" and last == b"-" + first[1:]


def _batch(line: bytes) -> bytes:
    """The first parameter of a line BATCH; nothing of others."""
    words = line.split(b" ", 4)
    if words[0].startswith(b"@"):
        del words[0]
    return words[2].strip() if len(words) > 2 and words[1] == b"BATCH" else b""


class Answer:
    """The answer to one line with a label, as it comes; ``kept`` where its end does not come with that of the line."""

    __slots__ = ("_batch", "_label", "_lines", "_server", "_write", "kept")

    def __init__(self, label: str, write: Callable[[bytes], None], server: str, batch: str) -> None:
        self.kept: bool = False
        self._label = label
        self._write = write
        self._server = server
        self._batch = batch
        self._lines: list[bytes] | None = []

    def __repr__(self) -> str:
        return f"<Answer to {self._label}>"

    def add(self, line: bytes) -> None:
        """One more line."""
        lines = self._lines
        if lines is None:
            self._write(tagged(line, "batch", self._batch) if self._batch else line)
            return
        lines.append(line)
        if len(lines) > GATHERED and not _batch(lines[0]):
            self._lines = None
            for one in labelled(self._label, lines, self._server, self._batch)[: -1 if self._batch else None]:
                self._write(one)

    def close(self) -> None:
        """That was all; called once more it does nothing."""
        lines, self._lines = self._lines, None
        if lines is not None:
            for one in labelled(self._label, lines, self._server, self._batch):
                self._write(one)
        elif self._batch:
            self._write(_end(self._server, self._batch))
        self._batch = ""
