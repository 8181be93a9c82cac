"""Messages that stay long are moved from the oldest segment to the last, so that it can go. Blocks: for a thread."""

import logging

import msgspec

from interfaces.shared.spool.records import PUT, Put
from interfaces.shared.spool.recovery import Kept
from interfaces.shared.spool.segments import Place, Segments, Write

__all__ = ["State", "moved", "state_of"]

log = logging.getLogger("interfaces.spool")

State = tuple[int, Place, Put]


def state_of(kept: Kept) -> State:
    """What is known of a message now; what it is, is read where it lies."""
    put = Put(
        kept.put_at, kept.attempt, kept.conversation, b"", b"", kept.file, 0, kept.not_before, kept.note
    )
    return kept.number, kept.place, put


def moved(segments: Segments, states: list[State]) -> list[Place | None]:
    """Write those messages again, behind all others; where each is now, None for one that is damaged. OSError."""
    writes: list[Write] = []
    read: list[bool] = []
    for number, place, state in states:
        try:
            put = msgspec.msgpack.decode(segments.read(place), type=Put)
        except (OSError, msgspec.MsgspecError) as error:
            log.error("message %d is lost: %s; see %s", number, error, segments.aside(place.segment))  # noqa: TRY400
            read.append(False)
            continue
        state.head, state.content, state.size = put.head, put.content, put.size
        writes.append(Write(PUT, number, msgspec.msgpack.encode(state), sync=True))
        read.append(True)
    places = iter(segments.add(writes) if writes else [])
    return [next(places) if found else None for found in read]
