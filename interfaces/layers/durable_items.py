"""What durable queues give and are given: items, the terms of one, the bounds of all. Pure."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from interfaces.layers.base import Message
from interfaces.layers.durability import Durability

__all__ = [
    "ATTEMPTS",
    "FIRST",
    "LEASE",
    "LETTERS",
    "LIMITS",
    "LONGEST",
    "MOST",
    "TERMS",
    "Item",
    "Limits",
    "Terms",
    "back_off",
]

LEASE = 30.0
ATTEMPTS = 10
MOST = 100_000
LETTERS = 10_000
FIRST, LONGEST = 1.0, 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The bounds of durable queues; the same for all processes that use a queue."""

    lease: float = LEASE
    """Seconds after which the items of an owner that died or was stopped are taken over."""
    attempts: int = ATTEMPTS
    """How often an item is begun before it becomes a dead letter."""
    most: int = MOST
    """Items of one queue, waiting, held and delayed: beyond is ChannelFull."""
    letters: int = LETTERS
    """Dead letters of one queue: the oldest are dropped, counted as ``layer.letters_dropped``."""
    keep_expired: bool = True
    """Whether what was not begun before its deadline becomes a dead letter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Of one item; times are Unix seconds by the broker's clock (``node.server_time()``), 0 for none."""

    not_before: float = 0.0
    deadline: float = 0.0
    """No attempt is begun after it; that the item expired is counted as ``layer.expired``."""
    durability: Durability | None = None
    """What ``put`` waits for, if not what the queues wait for."""


LIMITS, TERMS = Limits(), Terms()
"""What holds when nothing is said."""


@dataclass(slots=True, eq=False)
class Item:
    """What was taken. ``lost`` turns true when another has taken it over; ``taken_at`` is Unix seconds."""

    id: str
    queue: str
    message: Message
    attempt: int
    dedupe_key: str
    conversation: str | None
    taken_at: float
    put_at: float
    entry: bytes = field(repr=False)
    lost: bool = False


_RANDOM = random.Random()  # noqa: S311 - of our own: others seed theirs


def back_off(attempt: int, jitter: Callable[[], float] = _RANDOM.random) -> float:
    """Seconds until a failed attempt (1, 2 …) is repeated: doubling from FIRST to LONGEST, by half at random."""
    delay: float = min(LONGEST, FIRST * 2.0 ** min(attempt - 1, 30))
    return delay * (0.5 + jitter() / 2)
