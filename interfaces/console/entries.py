"""One message that passed, as the book keeps it, and what of it leaves: redacted, and by few methods."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from interfaces.console.redact import Redactor
from interfaces.console.telling import TITLE, searched, title_of

__all__ = ["Call", "Entry", "Frame", "copied", "weighed"]

LEAF = 65_536
"""Bytes of one value that are kept of a message that is too large to be kept whole."""
WHOLE = 8 * 2**20
"""Bytes of the largest message that is kept whole, and so can be replayed."""
ITEMS = 1000
"""Fields, or items of a list, that are kept of such a message."""
FIELD = 64
"""What a field or an item of a list counts besides its content."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One line of a traceback; ``own``: of the user's code."""

    file: str
    line: int
    function: str
    code: str
    own: bool


@dataclass(slots=True, eq=False)
class Call:
    """One call of the application: its number, its scope as it was given, and what masks its secrets."""

    number: int
    scope: dict[str, Any]
    redactor: Redactor
    state: dict[str, Any] = field(default_factory=dict)
    """What the lifespan left; it does not leave."""

    @property
    def protocol(self) -> str:
        """The type of its scope."""
        return str(self.scope.get("type", ""))


@dataclass(slots=True, eq=False, kw_only=True)
class Entry:
    """A message in or out. ``id`` is the book's to give."""

    call: Call
    event: dict[str, Any]
    direction: str
    time: float
    conversation: str
    size: int
    weight: int
    """Bytes that it holds."""
    whole: bool = True
    """Whether the event is kept as it was."""
    verdict: str = ""
    queued_ms: float | None = None
    took_ms: float | None = None
    error: str = ""
    frames: tuple[Frame, ...] = ()
    id: int = 0
    _title: str = field(default="", repr=False)

    @property
    def type(self) -> str:
        """Of the event."""
        return str(self.event.get("type", ""))

    @property
    def protocol(self) -> str:
        """The type of the scope."""
        return self.call.protocol

    @property
    def shown_conversation(self) -> str:
        """Without secrets."""
        return self.call.redactor.text(self.conversation, 500)

    @property
    def title(self) -> str:
        """One line, without secrets."""
        if not self._title:
            self._title = self.call.redactor.text(title_of(self.call.scope, self.event), TITLE)
        return self._title

    def summary(self) -> dict[str, Any]:
        """What a list shows of it."""
        return {
            "id": self.id,
            "time": self.time,
            "scope": self.call.number,
            "protocol": self.protocol,
            "type": self.type,
            "direction": self.direction,
            "conversation": self.shown_conversation,
            "title": self.title,
            "size": self.size,
            "verdict": self.verdict,
            "queued_ms": self.queued_ms,
            "took_ms": self.took_ms,
            "error": self.call.redactor.text(self.error, 500),
        }

    def detail(self) -> dict[str, Any]:
        """All of it."""
        redactor = self.call.redactor
        return self.summary() | {
            "event": redactor.data(self.event),
            "scope_data": redactor.data(self.call.scope),
            "whole": self.whole,
            "traceback": [
                {
                    "file": redactor.text(one.file),
                    "line": one.line,
                    "function": one.function,
                    "code": redactor.text(one.code),
                    "own": one.own,
                }
                for one in self.frames
            ],
        }

    def grow(self, name: str, more: bytes) -> int:
        """Put ``more`` behind the bytes of a field, as far as there is room; the bytes by which it is heavier."""
        held = self.event.get(name)
        if not isinstance(held, bytearray):  # what grows by single bytes shall not be copied each time
            held = self.event[name] = bytearray(held if isinstance(held, bytes) else b"")
        piece = more[: max(0, WHOLE - len(held))]
        held += piece
        self.size += len(more)
        self.weight += len(piece)
        self.whole = self.whole and len(piece) == len(more)
        return len(piece)

    def fits(self, text: str) -> bool:
        """Whether ``text``, in small letters, stands in it; what is masked is not found."""
        said = searched(self.title, self.event)
        return text in said.lower() and text in self.call.redactor.text(said).lower()


def copied(event: Mapping[str, Any]) -> tuple[dict[str, Any], int, bool]:
    """A copy that nobody changes any more, its size, and whether it is whole: of a large one each value is cut."""
    size = weighed(event)
    whole = size <= WHOLE
    leaf, items = (None, None) if whole else (LEAF, ITEMS)
    return {str(key): _copy(value, leaf, items) for key, value in event.items()}, size, whole


def weighed(value: Any) -> int:
    """Bytes of a value, about."""
    kind = type(value)
    if kind is str or kind is bytes:  # nearly all; to ask for a Mapping takes longer than all the rest
        return len(value)
    if kind is dict or isinstance(value, Mapping):
        return FIELD * len(value) + sum(map(weighed, value.values()))
    if kind is list or kind is tuple:
        return FIELD * len(value) + sum(map(weighed, value))
    return len(value) if isinstance(value, str | bytes | bytearray | memoryview) else 8


def _copy(value: Any, leaf: int | None, items: int | None) -> Any:
    """With ``leaf`` bytes of each value, and so many items of each list; None: all of them."""
    kind = type(value)
    if kind is str or kind is bytes:
        return value[:leaf]
    if kind is dict or isinstance(value, Mapping):
        return {key: _copy(one, leaf, items) for key, one in islice(value.items(), items)}
    if kind is list or kind is tuple:
        return kind(_copy(one, leaf, items) for one in islice(value, items))
    return bytes(value)[:leaf] if isinstance(value, bytearray | memoryview) else value
