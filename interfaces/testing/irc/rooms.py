"""Channels of the fake network: who is there, and what was said."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

__all__ = ["Room", "Spoken", "stamped"]


def stamped(seconds: float) -> str:
    """A server-time."""
    when = datetime.fromtimestamp(seconds, UTC)
    return f"{when:%Y-%m-%dT%H:%M:%S}.{when.microsecond // 1000:03}Z"


@dataclass(slots=True)
class Spoken:
    """A message that is kept."""

    source: str
    command: str
    target: str
    text: str
    tags: dict[str, str]


@dataclass(slots=True)
class Room:
    """A channel."""

    name: str
    members: dict[str, Any] = field(default_factory=dict)
    """Nick → its connection, None of a user that is only said to be there."""
    ops: set[str] = field(default_factory=set)
    topic: str = ""
    key: str = ""
    refuses: str = ""
    """What a JOIN is answered: "474 :Cannot join channel (+b)"; "" where anybody may."""
    mute: bool = False
    """Whether nobody may speak (404)."""
