"""What a process tells of itself, as samples: counters and gauges by their names in Prometheus' text.

A sample is ``name{label="value"}``; a counter of :class:`Telemetry` keeps its own name until it is shown. What counts
up, histograms among it, adds up over processes and outlives them; a gauge is that of the processes that live.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from math import isnan, nan
from platform import python_version
from time import monotonic

from interfaces import __version__
from interfaces.runner import ops_process
from interfaces.runner.readiness import Readiness
from interfaces.shared import session
from interfaces.shared.meter import BOUNDS, Histogram, Labels, Meter, Read
from interfaces.shared.metrics import METRICS, Metric
from interfaces.shared.telemetry import Telemetry

__all__ = ["Figures", "Samples", "added", "readiness_samples", "sample"]

log = logging.getLogger("interfaces.runner")

Samples = dict[str, float]

LOOK = 0.25
"""Seconds between two looks at how late the event loop is."""
_BY_NAME = {metric.exposed: metric for metric in METRICS.values()}


def sample(name: str, labels: Iterable[tuple[str, str]] = ()) -> str:
    """The text of a sample's name."""
    text = ",".join(f'{label}="{_escaped(value)}"' for label, value in labels)
    return f"{name}{{{text}}}" if text else name


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def added(every: Iterable[Mapping[str, float]]) -> Samples:
    """The gauges of several processes as those of one."""
    found: Samples = {}
    for samples in every:
        for name, value in samples.items():
            metric = _BY_NAME.get(name.partition("{")[0])
            if name in found:
                value = max(found[name], value) if metric and metric.across == "max" else found[name] + value
            found[name] = value
    return found


class Figures:
    """Those of one process: its counts, its meters, and itself."""

    def __init__(self, telemetry: Telemetry) -> None:
        self.telemetry = telemetry
        self._timer: asyncio.TimerHandle | None = None
        self._lag = telemetry.meters.histogram("loop.lag")

    def begin(self) -> None:
        """Look at the event loop from now on, and let the process be read."""
        loop = asyncio.get_running_loop()
        meters = self.telemetry.meters
        for name, read in ops_process.GAUGES.items():
            meters.gauge(name, read)
        compiled = "no" if str(session.__file__).endswith(".py") else "yes"
        said = type(loop).__module__.partition(".")[0]
        meters.gauge("build.info", lambda: 1, version=__version__, python=python_version(),
                     loop=said, compiled=compiled)  # fmt: skip
        self._look(loop, monotonic())

    def end(self) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()

    def _look(self, loop: asyncio.AbstractEventLoop, due: float) -> None:
        now = monotonic()
        self._lag.add(max(0.0, now - due))
        self._timer = loop.call_later(LOOK, self._look, loop, now + LOOK)

    def counters(self) -> Samples:
        """What has been counted until now."""
        found: Samples = dict(self.telemetry.counts)
        meters = self.telemetry.meters
        for kind, meter in list(meters.scopes.items()):
            found.update(_counted((("type", kind),), meter))
        for (name, labels), histogram in list(meters.histograms.items()):
            if (metric := METRICS.get(name)) is not None:
                found.update(_buckets(metric, labels, histogram))
        found[METRICS["process.cpu"].exposed] = ops_process.cpu()
        return found

    def gauges(self) -> Samples:
        """What is so now; what cannot be read is left out."""
        meters = self.telemetry.meters
        found = {
            _named("scopes.running", type=kind): float(one.running) for kind, one in meters.scopes.items()
        }
        for (name, labels), reads in list(meters.gauges.items()):
            if (metric := METRICS.get(name)) is None:
                continue
            value = _read(name, reads, max if metric.across == "max" else sum)
            if not isnan(value):
                found[sample(metric.exposed, labels)] = value
        return found


def _read(name: str, reads: Iterable[Read], together: Callable[[list[float]], float]) -> float:
    """nan where one raises: what it reads may be closed by now, and shall hide no other."""
    try:
        return together([float(read()) for read in reads])
    except Exception:
        log.debug("%s cannot be read", name, exc_info=True)
        return nan


def _named(name: str, **labels: str) -> str:
    return sample(METRICS[name].exposed, labels.items())


def _counted(scope: Labels, meter: Meter) -> Iterator[tuple[str, float]]:
    """The counters of one type of scope."""
    of = dict(scope)
    yield _named("scopes", **of), meter.begun
    yield _named("events", **of, direction="in"), meter.taken
    yield _named("events", **of, direction="out"), meter.sent
    for how, number in {"ok": meter.well, **meter.otherwise}.items():
        yield _named("scopes.ended", **of, outcome=how), number
    classes = {f"{digit}xx": number for digit, number in enumerate(meter.statuses)} | {"2xx": meter.fine}
    for kind, number in {**{one: n for one, n in classes.items() if n}, **meter.verdicts}.items():
        yield _named("verdicts", **of, outcome=kind), number
    yield from _buckets(METRICS["scope.duration"], scope, meter.lasted)
    if meter.decided.count:
        yield from _buckets(METRICS["verdict"], scope, meter.decided)


def _buckets(metric: Metric, labels: Labels, histogram: Histogram) -> Iterator[tuple[str, float]]:
    """A histogram, as what adds up."""
    name, count = metric.exposed, 0
    for bound, number in zip((*(f"{one:g}" for one in BOUNDS), "+Inf"), histogram.buckets, strict=True):
        count += number
        yield sample(f"{name}_bucket", (*labels, ("le", bound))), count
    yield sample(f"{name}_sum", labels), histogram.total
    yield sample(f"{name}_count", labels), count


def readiness_samples(readiness: Readiness) -> Samples:
    """Whether new work may come, and why not."""
    found = {_named("ready"): float(readiness.ok), _named("draining"): float(readiness.draining)}
    for part, (ok, _reason) in readiness.parts.items():
        found[_named("part.ready", part=part)] = float(ok)
    return found
