"""Samples as Prometheus' text: each metric with what it is, its samples together. Pure.

Format: https://prometheus.io/docs/instrumenting/exposition_formats/ (text, 0.0.4).
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from interfaces.shared.metrics import METRICS, exposed

__all__ = ["exposition"]

_BY_NAME = {metric.exposed: metric for metric in METRICS.values()}
_PARTS = ("_bucket", "_sum", "_count")


def exposition(counters: Mapping[str, float], gauges: Mapping[str, float]) -> list[str]:
    """The lines: ``http.refused`` is ``interfaces_http_refused_total``; what no table names is told all the same."""
    families: defaultdict[str, dict[str, float]] = defaultdict(dict)
    for name, value in counters.items():
        text = name if name.startswith(("interfaces_", "process_")) else f"interfaces_{exposed(name)}_total"
        samples = families[_family(text)]
        samples[text] = (
            samples.get(text, 0) + value
        )  # names that differ in what a metric's cannot have are one
    for name, value in gauges.items():
        families[_family(name)][name] = value
    return [line for name in sorted(families) for line in _told(name, families[name])]


def _family(sample: str) -> str:
    """The metric that a sample is of."""
    name = sample.partition("{")[0]
    for part in _PARTS:
        if name.endswith(part) and (metric := _BY_NAME.get(name.removesuffix(part))) is not None:
            return metric.exposed
    return name


def _told(name: str, samples: Mapping[str, float]) -> Iterator[str]:
    metric = _BY_NAME.get(name)
    if metric is not None:
        text = f"{metric.unit}: {metric.help}" if metric.unit else metric.help
        yield f"# HELP {name} {text}"
    yield f"# TYPE {name} {metric.kind if metric is not None else 'counter'}"
    for sample, value in samples.items():  # the buckets of a histogram in their order
        yield f"{sample} {_number(value)}"


def _number(value: float) -> str:
    return f"{value:d}" if isinstance(value, int) else repr(value).removesuffix(".0")
