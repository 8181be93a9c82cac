"""What an upstream and a protocol say to each other: a link, who may dial, and how patient to be."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from interfaces.shared.errors import Unavailable

__all__ = ["PATIENCE", "Lease", "Link", "NotNow", "Patience"]

_RANDOM = random.Random()  # noqa: S311 - of our own: others seed theirs


class NotNow(Unavailable):
    """It is not to be tried again before ``after`` seconds have passed."""

    def __init__(self, message: str, after: float) -> None:
        super().__init__(message)
        self.after = after


class Link(Protocol):
    """One connection that stands."""

    async def run(self, replace: Callable[[], None]) -> None:
        """Serve until it ends, or is closed; raise why. ``replace()``: it will end soon, dial another one."""
        ...

    async def drain(self, seconds: float) -> None:
        """Take nothing new, finish what is in flight, for ``seconds`` at most."""
        ...

    async def close(self) -> None:
        """End it; may be called again."""
        ...


class Lease(Protocol):
    """Who of several processes may dial: :class:`interfaces.layers.leader.Leader` is one."""

    async def won(self) -> int:
        """Wait until it is ours; the fencing token."""
        ...

    async def lost(self) -> None:
        """Wait until it is ours no more."""
        ...

    async def give_back(self) -> None:
        """Let another have it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Every limit of an upstream, in seconds."""

    first: float = 1.0
    """Until it is tried again after the first failure; doubled from one to the next."""
    longest: float = 60.0
    """The most of that."""
    good: float = 10.0
    """A link that stood so long was good: its end is no failure, and the back-off begins anew."""
    opening: float = 30.0
    """That ``connect`` may take."""
    linger: float = 0.0
    """That a replaced link goes on taking after the new one stands, unless the other side ends it."""
    closing: float = 2.0
    """That a link may take to close, and to end once its lease is lost."""
    early: bool = False
    """Whether a lease is given back while what is in flight still finishes, or only when all links have ended."""
    jitter: Callable[[], float] = _RANDOM.random
    """A number from 0 to 1."""

    def delay(self, failures: int) -> float:
        """Seconds until the next attempt after ``failures`` in a row: doubling, by half at random."""
        most: float = min(self.longest, self.first * 2.0 ** min(failures - 1, 30))
        return most * (0.5 + self.jitter() / 2)


PATIENCE = Patience()
