"""What /metrics says, read: sums, rates between two looks, and what took how long. Pure."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import inf, nan

__all__ = ["Look", "Rates"]

SAMPLE = re.compile(r"([a-zA-Z_:][\w:]*)(?:\{(.*)\})? ([-+]?(?:[\d.]+(?:e[-+]?\d+)?|Inf)|NaN)")
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
ESCAPED = re.compile(r"\\(.)")
PLAIN = {"n": "\n"}


@dataclass(frozen=True, slots=True)
class Look:
    """The samples of one look: name → labels → value."""

    samples: Mapping[str, Mapping[frozenset[tuple[str, str]], float]] = field(default_factory=dict)

    @classmethod
    def read(cls, text: str) -> "Look":
        """Read Prometheus' text; a line that is none is left out."""
        samples: defaultdict[str, dict[frozenset[tuple[str, str]], float]] = defaultdict(dict)
        for line in text.split("\n"):
            if not line.startswith("#") and (found := SAMPLE.fullmatch(line)):
                labels = frozenset(
                    (name, ESCAPED.sub(lambda one: PLAIN.get(one[1], one[1]), value))
                    for name, value in LABEL.findall(found[2] or "")
                )
                samples[found[1]][labels] = float(found[3])
        return cls(samples)

    def total(self, name: str, **labels: str) -> float:
        """All samples of ``name`` that have these labels, together."""
        asked = labels.items()
        return sum(value for have, value in self.samples.get(name, {}).items() if asked <= have)

    def by(self, name: str, label: str, **labels: str) -> dict[str, float]:
        """As :meth:`total`, apart for each value of ``label``."""
        found: defaultdict[str, float] = defaultdict(float)
        for have, value in self.samples.get(name, {}).items():
            if labels.items() <= have and (key := dict(have).get(label)) is not None:
                found[key] += value
        return dict(found)


@dataclass(frozen=True, slots=True)
class Rates:
    """Two looks, ``seconds`` apart."""

    before: Look
    after: Look
    seconds: float

    def rate(self, name: str, **labels: str) -> float:
        """How much more in a second; one that was started anew meanwhile has begun at 0."""
        more = self.after.total(name, **labels) - self.before.total(name, **labels)
        return (more if more >= 0 else self.after.total(name, **labels)) / self.seconds

    def quantile(self, part: float, name: str, **labels: str) -> float:
        """What took at most so long in ``part`` of the cases between the looks, in seconds; nan for none.

        By the buckets of the histogram ``name``, even within each; beyond the last bound it is that.
        """
        rows = sorted(self._buckets(name, labels))
        count = rows[-1][1] if rows else 0.0
        if count <= 0:
            return nan
        low, below = 0.0, 0.0
        for bound, number in rows:
            if number >= part * count:
                return (
                    low if bound == inf else low + (bound - low) * (part * count - below) / (number - below)
                )
            low, below = bound, number
        return low

    def _buckets(self, name: str, labels: Mapping[str, str]) -> Iterator[tuple[float, float]]:
        after = self.after.by(f"{name}_bucket", "le", **labels)
        before = self.before.by(f"{name}_bucket", "le", **labels)
        anew = any(before.get(bound, 0.0) > number for bound, number in after.items())
        for bound, number in after.items():
            yield float(bound), number - (0.0 if anew else before.get(bound, 0.0))
