"""The table of figures: it has each that the code makes, and no other."""

import re
from collections import Counter
from fnmatch import fnmatchcase

import pytest

from interfaces.shared.metrics import METRICS, Metric, exposed, table
from tests.shared.counting import Emitted, emitted, emitted_by

EMITTED = sorted(set(emitted()), key=lambda one: one.pattern)
MADE_BY_HAND = {"scopes", "scopes.ended", "scopes.running", "scope.duration", "events", "verdicts", "verdict", "ready",
                "part.ready", "draining", "processes.wanted", "process.cpu"}  # fmt: skip
"""Of what is measured: the samples that runner.ops_figures and the supervisor make themselves."""
READ_TOGETHER = {"queue.age", "process.resident_memory", "process.open_fds", "process.max_fds",
                 "process.start_time", "processes", "threads", "threads.busy", "threads.waiting",
                 "layer.items", "layer.dead", "layer.oldest"}  # fmt: skip
"""Gauges whose name is a key of a table."""


def fits(one: Emitted) -> list[Metric]:
    """The rows that it may be."""
    return [metric for metric in METRICS.values() if fnmatchcase(metric.name, one.pattern)]


def wrong(one: Emitted) -> str:
    """What is wrong with a figure that the code makes; "" for nothing."""
    rows = fits(one)
    if not rows:
        return f"{one.where} makes {one.pattern!r}: interfaces/shared/metrics.py needs a row for it"
    if "*" in one.pattern:
        return ""
    right = rows[0].kind == one.kind and (one.kind == "counter" or one.labels == set(rows[0].labels))
    return (
        ""
        if right
        else f"{one.where} makes {one.pattern!r} a {one.kind} {set(one.labels)}: not so in the table"
    )


def test_what_the_code_counts_and_measures_is_in_the_table() -> None:
    """By its name, as what it is, with its labels; a name that is made only while it runs fits a row."""
    assert [said for one in EMITTED if (said := wrong(one))] == []


@pytest.mark.parametrize(
    "one",
    [
        Emitted("http.refusals", "counter", "x"),
        Emitted("http.refused", "gauge", "x"),
        Emitted("queue.depth", "gauge", "x"),
        Emitted("*.refusals", "counter", "x"),
    ],
)
def test_what_is_not_there_is_found_out(one: Emitted) -> None:
    """A name that is none, another kind, other labels."""
    assert wrong(one)


def test_what_is_in_the_table_is_made_by_the_code() -> None:
    """No row is left over from what there was."""
    made = {
        name for name, metric in METRICS.items() for one in EMITTED
        if one.kind == metric.kind and fnmatchcase(name, one.pattern)
    }  # fmt: skip
    assert METRICS.keys() - made == MADE_BY_HAND | READ_TOGETHER


def test_the_search_finds_enough() -> None:
    """It is no search that finds nothing: all protocols are there, and all kinds."""
    kinds = Counter(one.kind for one in EMITTED)
    assert kinds["counter"] > 100 and kinds["gauge"] > 6 and kinds["histogram"] > 1
    assert {"http", "ws", "email", "slack", "sms", "irc", "layer", "relay"} <= {
        one.pattern.partition(".")[0] for one in EMITTED
    }


@pytest.mark.parametrize(
    ("source", "patterns"),
    [
        ('self.count("a.b")', ["a.b"]),
        ('telemetry.count("a.b", 2)', ["a.b"]),
        ('Noise(count, "a.b", "log.name")', ["a.b"]),
        ('for n in ("x", "y"):\n    c.count(f"a.{n}", 0)', ["a.x", "a.y"]),
        ('WORDS = ("x", "y")\nfor n in WORDS:\n    c.count(f"a.{n}", 0)', ["a.x", "a.y"]),
        ('NAME = "a.b"\nc.count(NAME)', ["a.b"]),
        ('c.count("a.b" if x else "a.c")', ["a.b", "a.c"]),
        ('c.count(f"a.{error.reason}")', ["a.*"]),
        ('text.count(":") + text.count("ab")', []),
        ('other("a.b")', []),
    ],
)
def test_names_are_found_however_they_are_made(source: str, patterns: list[str]) -> None:
    """Constants, tuples, loops, either of two; str.count is none."""
    assert [one.pattern for one in emitted_by(source, "x.py")] == patterns


def test_labels_are_found() -> None:
    """Those that a gauge is registered with."""
    (one,) = emitted_by('here().gauge("a.b", read, queue=name)', "x.py")
    assert (one.kind, one.labels) == ("gauge", {"queue"})


def test_each_row_is_one_that_prometheus_takes() -> None:
    """A name and labels of its characters, a counter ends in _total, what is measured says its unit."""
    for metric in METRICS.values():
        assert re.fullmatch("(interfaces|process)_[a-z0-9_]*", metric.exposed)
        assert metric.exposed.endswith("_total") == (metric.kind == "counter")
        assert metric.kind != "histogram" or metric.unit == "seconds"
        assert all(re.fullmatch("[a-z_]+", label) and label != "le" for label in metric.labels)
        assert metric.help and "\n" not in metric.help and not metric.help.endswith(".")


def test_no_two_are_called_the_same() -> None:
    """Outside; and no metric is called as a part of a histogram."""
    names = Counter(metric.exposed for metric in METRICS.values())
    assert max(names.values()) == 1
    parts = {f"{metric.exposed}_{part}" for metric in METRICS.values() if metric.kind == "histogram"
             for part in ("bucket", "sum", "count")}  # fmt: skip
    assert not parts & names.keys()


@pytest.mark.parametrize(
    ("metric", "name"),
    [
        (Metric("http.refused", "counter", "x"), "interfaces_http_refused_total"),
        (Metric("scopes.running", "gauge", "x"), "interfaces_scopes_running"),
        (Metric("queue.wait", "histogram", "x", (), "seconds"), "interfaces_queue_wait_seconds"),
        (Metric("process.cpu", "counter", "x", (), "seconds"), "process_cpu_seconds_total"),
        (Metric("process.max_fds", "gauge", "x"), "process_max_fds"),
        (Metric("processes", "gauge", "x"), "interfaces_processes"),
    ],
)
def test_a_name_is_told_with_its_unit(metric: Metric, name: str) -> None:
    """Counters keep the names that they have always had; those of a process are everybody's."""
    assert metric.exposed == name


def test_what_no_name_can_have_becomes_a_line() -> None:
    """An underscore each."""
    assert exposed("a.b-c ä²9") == "a_b_c___9"


def test_the_reference_has_a_row_for_each() -> None:
    """Sorted by name, with labels and unit."""
    lines = table().splitlines()
    assert len(lines) == len(METRICS) + 2
    names = [line.split("`")[1] for line in lines[2:]]
    assert names == sorted(names)
    (row,) = [line for line in lines if "interfaces_queue_wait_seconds" in line]
    assert row == (
        "| `interfaces_queue_wait_seconds` | histogram | `queue` | seconds: how long it waited until its turn |"
    )
