"""Figures that are made while something runs: scopes by type, how long things take, what is read when it is asked for.

Who makes scopes, queues or connections knows of no telemetry: it finds the figures of its serving by :func:`here`,
which whoever serves has set for all that it starts. Compiled: a scope costs a few additions.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

from mypy_extensions import mypyc_attr

__all__ = ["BOUNDS", "NOBODY", "Histogram", "Labels", "Meter", "Meters", "Read", "here", "metered", "stored"]

BOUNDS: Final = (
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0,
)  # fmt: skip
"""Seconds: the upper bounds of the buckets of every histogram, beside infinity."""
FIRST: Final = 0.001
TYPES: Final = 64
"""Types of scopes that have figures of their own; further ones, which strangers may have named, share one."""
OTHER: Final = "other"

Labels = tuple[tuple[str, str], ...]
"""The names of labels with their values, sorted."""
Read = Callable[[], float]


class Histogram:
    """How often it took how long."""

    def __init__(self) -> None:
        self.total: float = 0.0
        """Of all seconds."""
        self._first: int = 0
        self._beyond: list[int] = [0] * len(BOUNDS)
        """The further buckets; most of what is quick is in the first, which is told without a search."""

    def __repr__(self) -> str:
        return f"<Histogram of {self.count}, {self.total:.6g} s>"

    def add(self, seconds: float) -> None:
        """It took so long."""
        if seconds <= FIRST:
            self._first += 1
        else:
            self._beyond[bisect_left(BOUNDS, seconds) - 1] += 1
        self.total += seconds

    @property
    def buckets(self) -> list[int]:
        """How many there were up to each of BOUNDS, and beyond the last, each apart."""
        return [self._first, *self._beyond]

    @property
    def count(self) -> int:
        """How many there were."""
        return sum(self.buckets)


class Meter:
    """The figures of one type of scope."""

    def __init__(self) -> None:
        self.begun: int = 0
        self.otherwise: dict[str, int] = {}
        """Scopes that have ended in another way than well, by the way."""
        self.verdicts: dict[str, int] = {}
        self.statuses: list[int] = [0] * 10
        """Answers of HTTP by the class of their status, but those below 300."""
        self.fine: int = 0
        """Those."""
        self.taken: int = 0
        """Events that applications have taken."""
        self.sent: int = 0
        """Events that they have sent."""
        self.lasted: Histogram = Histogram()
        """From the start of a scope to its end."""
        self.decided: Histogram = Histogram()
        """From the start of a delivery to its verdict."""
        self.access: Any = None
        """Takes the line of one that has ended, where such lines are written."""

    def __repr__(self) -> str:
        return f"<Meter: {self.running} of {self.begun} run>"

    @property
    def running(self) -> int:
        """Scopes that run now."""
        return self.begun - self.lasted.count

    @property
    def well(self) -> int:
        """Scopes that have ended, and nothing went wrong."""
        return self.lasted.count - sum(self.otherwise.values())

    def ended(self, how: str, seconds: float) -> None:
        """A scope is over after ``seconds``; ``how`` is "" where nothing went wrong."""
        if how:
            self.otherwise[how] = self.otherwise.get(how, 0) + 1
        self.lasted.add(seconds)

    def verdict(self, kind: str) -> None:
        """A scope has its verdict."""
        self.verdicts[kind] = self.verdicts.get(kind, 0) + 1


@mypyc_attr(allow_interpreted_subclasses=True)
class Meters:
    """All that is measured in one process, or of one :class:`interfaces.runner.server.Serving`."""

    def __init__(self) -> None:
        self.scopes: dict[str, Meter] = {}
        """By type."""
        self.histograms: dict[tuple[str, Labels], Histogram] = {}
        self.gauges: dict[tuple[str, Labels], list[Read]] = {}
        """What is read when somebody asks; what has one name is added up."""
        self.access: Any = None
        """Where lines of deliveries go; None: nowhere."""

    def of(self, kind: str) -> Meter:
        """The figures of the scopes of type ``kind``."""
        found = self.scopes.get(kind)
        if found is None:
            if len(self.scopes) >= TYPES:
                kind = OTHER
            found = self.scopes.setdefault(kind, Meter())
            found.access = self.access
        return found

    def gauge(self, name: str, read: Read, **labels: str) -> None:
        """Have ``read`` called for the figure ``name`` whenever somebody asks for it."""
        self.gauges.setdefault((name, tuple(sorted(labels.items()))), []).append(read)

    def histogram(self, name: str, **labels: str) -> Histogram:
        """The histogram ``name`` with these labels: to be asked for once, and kept by who adds to it."""
        return self.histograms.setdefault((name, tuple(sorted(labels.items()))), Histogram())


class _Nowhere(Meters):
    """Where nobody serves: keeps nothing."""

    def of(self, kind: str) -> Meter:
        """The one for nobody."""
        return NOBODY

    def gauge(self, name: str, read: Read, **labels: str) -> None:
        """Nobody asks."""

    def histogram(self, name: str, **labels: str) -> Histogram:
        """One that nobody sees."""
        return Histogram()


NOBODY: Final = Meter()
"""What scopes are counted by that nobody serves."""
_NOWHERE: Final = _Nowhere()
_METERS: Final[ContextVar[Meters]] = ContextVar("interfaces_meters", default=_NOWHERE)
_get: Final[Any] = _METERS.get


def here() -> Meters:
    """The figures of who serves here; of nobody where nobody does."""
    found: Meters = _get()
    return found


def stored(queue: str, store: Any) -> None:
    """Have it told what waits in ``store``, and since when, where it knows that."""
    for figure, name in (("queue.depth", "__len__"), ("queue.age", "age")):
        if hasattr(store, name):
            here().gauge(figure, getattr(store, name), queue=queue)


@contextmanager
def metered(meters: Meters) -> Iterator[None]:
    """What is started meanwhile finds ``meters``, and all that it starts."""
    token = _METERS.set(meters)
    try:
        yield
    finally:
        _METERS.reset(token)
