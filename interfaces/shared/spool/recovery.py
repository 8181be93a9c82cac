"""What a spool has when it is opened: what is not dealt with, as its records say. Blocks: for a thread."""

import logging
from dataclasses import dataclass, field

import msgspec

from interfaces.shared.errors import ConfigError
from interfaces.shared.spool.records import BEGUN, DONE, HEAD, LATER, PUT, TOP, Begun, Found, Later, Put, scan
from interfaces.shared.spool.segments import Place, Segments

__all__ = ["Kept", "recovered"]

log = logging.getLogger("interfaces.spool")

NOWHERE = Place(0, 0, 0)
"""Where a message is that is not written yet."""


@dataclass(slots=True, eq=False)
class Kept:
    """A message in the spool. ``note`` is its owner's, of the last attempt."""

    number: int
    conversation: str | None
    put_at: float
    """Unix seconds."""
    attempt: int = 0
    """How often it was begun."""
    not_before: float = 0.0
    note: bytes = b""
    file: str = ""
    size: int = 0
    """Bytes that it takes, its file included."""
    place: Place = field(default=NOWHERE, repr=False)
    put: Put | None = field(default=None, repr=False)
    """What was put, where that is still in memory."""
    begun: bool = False
    """Whether its next attempt is written down by now."""


def recovered(segments: Segments) -> dict[int, Kept]:
    """The messages by their numbers; opens ``segments``, and removes files that are none's. ConfigError."""
    numbers = segments.open()
    try:
        return _found(segments, numbers)
    except (OSError, msgspec.MsgspecError) as error:
        segments.close()
        raise ConfigError(f"the spool {segments.folder} cannot be read: {error}") from error


def _found(segments: Segments, numbers: list[int]) -> dict[int, Kept]:
    found: dict[int, Kept] = {}
    for number in numbers:
        mark, data = segments.load(number)
        last = number == numbers[-1]
        if mark is None:
            _unread(segments, number, (0, len(data)), torn=last and len(data) < TOP)
            continue
        for one in scan(mark, data):
            if isinstance(one, Found):
                _read(found, number, one, data[one.at + HEAD : one.at + one.length])
            else:
                _unread(segments, number, one, torn=last and one[1] == len(data))
    _match(segments, found)
    return found


def _match(segments: Segments, found: dict[int, Kept]) -> None:
    """A message and its file are there together, or not at all: the file comes first, and goes first."""
    for number, kept in list(found.items()):
        if kept.file and not segments.file(kept.file).exists():
            log.warning("%s: message %d has no content any more: it was dealt with", segments.folder, number)
            del found[number]
    wanted = {kept.file for kept in found.values()}
    for path in (segments.folder / "files").iterdir():
        if path.name not in wanted:
            path.unlink()


def _unread(segments: Segments, number: int, part: tuple[int, int], *, torn: bool) -> None:
    """Bytes that are no record: the end that a crash has left, of which nobody was told that it is kept; or damage."""
    begin, end = part
    if torn:
        log.info("%s: %d bytes of a group that was not finished", segments.path(number), end - begin)
        segments.cut(number, begin)
    else:
        kept = segments.aside(number)
        log.error("%s is damaged from %d to %d, and may have lost messages: see %s",
                  segments.path(number), begin, end, kept)  # fmt: skip


def _read(found: dict[int, Kept], segment: int, one: Found, body: bytes) -> None:
    """What a record says of its message."""
    if one.kind == PUT:
        put = msgspec.msgpack.decode(body, type=Put)
        found[one.number] = Kept(
            one.number, put.conversation, put.put_at, put.attempt, put.not_before, put.note, put.file,
            one.length + put.size, Place(segment, one.at, one.length),
            begun=put.attempt > 0 and not put.not_before,
        )  # fmt: skip
        return
    kept = found.get(one.number)
    if kept is None:
        return
    if one.kind == DONE:
        del found[one.number]
    elif one.kind == BEGUN:
        kept.attempt, kept.begun = msgspec.msgpack.decode(body, type=Begun).attempt, True
    elif one.kind == LATER:
        later = msgspec.msgpack.decode(body, type=Later)
        kept.attempt, kept.not_before, kept.note = later.attempt, later.not_before, later.note
        kept.begun = False
