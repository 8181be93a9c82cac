"""Samples as Prometheus' text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from interfaces.runner.ops_figures import sample
from interfaces.runner.ops_text import exposition


def parsed(lines: list[str]) -> dict[str, float]:
    """What another's parser reads of it: the samples by name and labels."""
    found = {}
    for family in text_string_to_metric_families("".join(f"{line}\n" for line in lines)):
        for one in family.samples:
            found[sample(one.name, sorted(one.labels.items()))] = one.value
    return found


def test_a_counter_keeps_its_name() -> None:
    """With what it is, from the table; with 0; sorted by name."""
    assert exposition({"ws.silent": 0, "http.refused": 3}, {}) == [
        "# HELP interfaces_http_refused_total requests and connections that were refused before the application",
        "# TYPE interfaces_http_refused_total counter",
        "interfaces_http_refused_total 3",
        "# HELP interfaces_ws_silent_total WebSockets that were cut, since their client answered no ping",
        "# TYPE interfaces_ws_silent_total counter",
        "interfaces_ws_silent_total 0",
    ]


def test_what_the_table_does_not_name_is_told_too() -> None:
    """Counters of third parties, by a name that Prometheus takes; two that would be called the same are added up."""
    lines = exposition({"a.b": 1, "a-b": 2, "ä": 3}, {})
    assert lines == [
        "# TYPE interfaces___total counter",
        "interfaces___total 3",
        "# TYPE interfaces_a_b_total counter",
        "interfaces_a_b_total 3",
    ]


def test_the_samples_of_a_metric_stand_together() -> None:
    """Buckets, sum and count under one type, in their order, however they came."""
    name = "interfaces_verdict_seconds"
    counters = {
        f'{name}_bucket{{type="email",le="1"}}': 1,
        "http.refused": 0,
        f'{name}_bucket{{type="email",le="+Inf"}}': 2,
        f'{name}_sum{{type="email"}}': 1.5,
        f'{name}_count{{type="email"}}': 2,
    }
    lines = exposition(counters, {"interfaces_processes": 1.0})
    at = lines.index(f"# TYPE {name} histogram")
    assert lines[at + 1 : at + 5] == [
        f'{name}_bucket{{type="email",le="1"}} 1',
        f'{name}_bucket{{type="email",le="+Inf"}} 2',
        f'{name}_sum{{type="email"}} 1.5',
        f'{name}_count{{type="email"}} 2',
    ]
    assert sum(line.startswith("# TYPE") for line in lines) == 3


@pytest.mark.parametrize(
    ("value", "text"), [(1, "1"), (1.0, "1"), (0.25, "0.25"), (1e21, "1e+21"), (2**70, f"{2**70}")]
)
def test_a_number_is_as_short_as_it_may_be(value: float, text: str) -> None:
    """And loses nothing."""
    assert exposition({}, {"interfaces_ready": value})[-1] == f"interfaces_ready {text}"


@given(st.dictionaries(st.text(min_size=1, max_size=8), st.integers(0, 10**6), max_size=5),
       st.dictionaries(st.text(max_size=8), st.floats(0, 1e9), max_size=5))  # fmt: skip
def test_any_names_and_labels_are_read_by_others(counts: dict[str, int], parts: dict[str, float]) -> None:
    """Line ends, quotes and backslashes in a label come back as they were; no name breaks the format."""
    gauges = {sample("interfaces_part_ready", [("part", part)]): value for part, value in parts.items()}
    found = parsed(exposition(counts, gauges))
    assert {name: value for name, value in found.items() if "part_ready" in name} == gauges
    assert sum(value for name, value in found.items() if "part_ready" not in name) == sum(counts.values())
