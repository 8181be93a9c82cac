"""What passed, in order and within bounds: the oldest falls out, and is counted. Pure.

Readers have a cursor each: what they have not seen is what lies behind it, so a slow one costs nothing but what the
book has anyhow.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from interfaces.console.entries import Entry

__all__ = ["ENTRIES", "WEIGHT", "Book", "Reader"]

ENTRIES = 5000
"""Messages that are kept."""
WEIGHT = 64 * 2**20
"""Bytes of all of them."""
OVERHEAD = 512
"""Bytes that a message counts besides its content."""


class Reader:
    """Somebody who follows the book from an id on; ``wake()`` is called when there is something new."""

    def __init__(self, book: "Book", after: int, wake: Callable[[], None]) -> None:
        self.book = book
        self.cursor = after
        self.changed: dict[int, None] = {}
        """Ids of what it has seen, and has changed since: never more than the book has."""
        self.wake = wake
        self.lost = book.lost

    def take(self, most: int = 100) -> tuple[list[Entry], list[Entry]]:
        """What is new, and what has changed, ``most`` of each; both empty when there is nothing."""
        new = list(islice(self.book.after(self.cursor), most))
        if new:
            self.cursor = new[-1].id
        ids = list(islice(self.changed, most))
        for one in ids:
            del self.changed[one]
        found = [entry for entry in map(self.book.get, ids) if entry is not None]
        return new, found

    def missed(self) -> bool:
        """Whether something has fallen out since the last call."""
        was, self.lost = self.lost, self.book.lost
        return was != self.lost


class Book:
    """``entries`` and ``weight`` are its bounds; ``last`` is the id given last, ``lost`` how many have fallen out."""

    def __init__(self, entries: int = ENTRIES, weight: int = WEIGHT) -> None:
        self.entries = entries
        self.weight = weight
        self.last = 0
        self.lost = 0
        self.held = 0
        """Bytes."""
        self._kept: deque[Entry] = deque()
        self._readers: set[Reader] = set()

    def __len__(self) -> int:
        return len(self._kept)

    def __repr__(self) -> str:
        return f"<Book of {len(self)} messages, {self.held} bytes, {self.lost} lost>"

    def add(self, entry: Entry) -> Entry:
        """Put it in; it has its id then."""
        self.last += 1
        entry.id = self.last
        self._kept.append(entry)
        self.held += entry.weight + OVERHEAD
        self._trim()
        self._tell()
        return entry

    def heavier(self, entry: Entry, by: int) -> None:
        """``entry`` has grown by so many bytes."""
        if self.get(entry.id) is entry:
            self.held += by
            self._trim()

    def changed(self, entry: Entry) -> None:
        """Something of ``entry`` came to be known later: who has seen it is told."""
        if self.get(entry.id) is entry:
            for reader in self._readers:
                if entry.id <= reader.cursor:
                    reader.changed[entry.id] = None
            self._tell()

    def get(self, number: int) -> Entry | None:
        """The message with this id, if it is still there."""
        at = number - self.first
        return self._kept[at] if 0 <= at < len(self._kept) else None

    @property
    def first(self) -> int:
        """The id of the oldest that is there."""
        return self.last - len(self._kept) + 1

    def after(self, number: int) -> Iterator[Entry]:
        """What is there behind an id, oldest first."""
        return islice(self._kept, max(0, number - self.first + 1), None)

    def before(self, number: int) -> Iterator[Entry]:
        """What is there before an id, newest first."""
        skip = max(0, self.last - number + 1)
        return islice(reversed(self._kept), skip, None)

    def follow(self, after: int, wake: Callable[[], None]) -> Reader:
        """A new reader, who has seen all up to ``after``; to be told off by :meth:`leave`."""
        reader = Reader(self, after, wake)
        self._readers.add(reader)
        return reader

    def leave(self, reader: Reader) -> None:
        """Tell this one no more."""
        self._readers.discard(reader)

    def conversations(self) -> list[dict[str, Any]]:
        """All that have a message here, the one with the newest first."""
        return grouped(reversed(self._kept))

    def clear(self) -> None:
        """Forget everything; ids go on, and nothing counts as lost."""
        self._kept.clear()
        self.held = 0
        for reader in self._readers:
            reader.changed.clear()

    def _trim(self) -> None:
        while self._kept and (len(self._kept) > self.entries or self.held > self.weight):
            gone = self._kept.popleft()
            self.held -= gone.weight + OVERHEAD
            self.lost += 1
            for reader in self._readers:
                reader.changed.pop(gone.id, None)

    def _tell(self) -> None:
        for reader in list(self._readers):
            reader.wake()


def grouped(entries: Iterable[Entry]) -> list[dict[str, Any]]:
    """Conversations of messages that come newest first."""
    found: dict[str, dict[str, Any]] = {}
    for entry in entries:
        group = found.get(entry.conversation)
        if group is None:
            shown = entry.summary()
            group = found[entry.conversation] = {
                "conversation": shown["conversation"],
                "protocols": [],
                "title": entry.title,
                "count": 0,
                "last": entry.id,
                "time": entry.time,
            }
        group["count"] += 1
        if entry.protocol not in group["protocols"]:
            group["protocols"].append(entry.protocol)
    return list(found.values())
