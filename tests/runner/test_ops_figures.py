"""What a process tells of itself, and what several tell together."""

import asyncio
from math import nan

import pytest
from prometheus_client.parser import text_string_to_metric_families

from interfaces.runner.ops_figures import Figures, added, readiness_samples, sample
from interfaces.runner.ops_text import exposition
from interfaces.runner.readiness import Readiness
from interfaces.shared.metrics import METRICS
from interfaces.shared.telemetry import Telemetry


def lived() -> Telemetry:
    """Of a process in which something has happened."""
    telemetry = Telemetry()
    telemetry.count("http.refused", 2)
    meter = telemetry.meters.of("email")
    meter.begun, meter.taken, meter.sent = 3, 4, 5
    meter.ended("", 0.003)
    meter.ended("failed", 2.0)
    meter.verdict("reject")
    meter.decided.add(0.003)
    telemetry.meters.gauge("connections", lambda: 7, protocol="email")
    telemetry.meters.histogram("queue.wait", queue="relay").add(400.0)
    return telemetry


def test_counters_are_all_that_counts_up() -> None:
    """Counts by their own names, scopes and histograms as samples, buckets cumulative."""
    found = Figures(lived()).counters()
    assert found["http.refused"] == 2
    assert found['interfaces_scopes_total{type="email"}'] == 3
    assert found['interfaces_events_total{type="email",direction="in"}'] == 4
    assert found['interfaces_events_total{type="email",direction="out"}'] == 5
    assert found['interfaces_scopes_ended_total{type="email",outcome="ok"}'] == 1
    assert found['interfaces_scopes_ended_total{type="email",outcome="failed"}'] == 1
    assert found['interfaces_verdicts_total{type="email",outcome="reject"}'] == 1
    name = "interfaces_scope_duration_seconds"
    buckets = [value for key, value in found.items() if key.startswith(f"{name}_bucket")]
    assert buckets == sorted(buckets) and buckets[0] == 0 and buckets[-1] == 2
    assert found[f'{name}_count{{type="email"}}'] == 2
    assert found[f'{name}_sum{{type="email"}}'] == pytest.approx(2.003)
    assert found['interfaces_queue_wait_seconds_bucket{queue="relay",le="300"}'] == 0
    assert found['interfaces_queue_wait_seconds_bucket{queue="relay",le="+Inf"}'] == 1
    assert found["process_cpu_seconds_total"] > 0


def test_statuses_are_told_by_their_class() -> None:
    """Those that there were, beside what has no status."""
    telemetry = Telemetry()
    meter = telemetry.meters.of("http")
    meter.fine += 3
    meter.statuses[4] += 2
    meter.statuses[9] += 1
    meter.verdict("gone")
    found = Figures(telemetry).counters()
    assert {name: value for name, value in found.items() if "verdicts" in name} == {
        'interfaces_verdicts_total{type="http",outcome="2xx"}': 3,
        'interfaces_verdicts_total{type="http",outcome="4xx"}': 2,
        'interfaces_verdicts_total{type="http",outcome="9xx"}': 1,
        'interfaces_verdicts_total{type="http",outcome="gone"}': 1,
    }


def test_a_type_without_verdicts_has_no_histogram_of_them() -> None:
    """A request has a status, and no time to a verdict."""
    telemetry = Telemetry()
    telemetry.meters.of("http").begun += 1
    assert not [name for name in Figures(telemetry).counters() if "verdict_seconds" in name]


def test_gauges_are_read_when_they_are_asked_for() -> None:
    """What runs now; several of one name add up; what cannot be read, or is in no table, is left out."""
    telemetry = lived()
    meters = telemetry.meters
    meters.gauge("connections", lambda: 1, protocol="email")
    meters.gauge("threads", lambda: nan)
    meters.gauge("of.nobody", lambda: 1)
    meters.gauge("queue.age", lambda: 3, queue="email.send")
    meters.gauge("queue.age", lambda: 2, queue="email.send")
    assert Figures(telemetry).gauges() == {
        'interfaces_scopes_running{type="email"}': 1,
        'interfaces_connections{protocol="email"}': 8,
        'interfaces_queue_age_seconds{queue="email.send"}': 3,
    }


def test_a_gauge_that_raises_hides_no_other() -> None:
    """What it reads may be closed by now."""
    telemetry = lived()
    telemetry.meters.gauge("threads", lambda: 1 / 0)
    found = Figures(telemetry).gauges()
    assert "interfaces_threads" not in found and found['interfaces_connections{protocol="email"}'] == 7


def test_once_it_has_begun_the_process_is_among_it() -> None:
    """Memory, descriptors, what runs, and how late the loop was: looked at until it ends."""
    telemetry = Telemetry()

    async def run() -> None:
        figures = Figures(telemetry)
        figures.begin()
        figures.end()

    asyncio.run(run())
    found = Figures(telemetry).gauges()
    assert found["interfaces_processes"] == 1
    assert found["process_resident_memory_bytes"] > 1_000_000
    assert found["process_open_fds"] > 0
    (build,) = [name for name in found if name.startswith("interfaces_build_info")]
    assert 'loop="asyncio"' in build and 'version="' in build and 'compiled="' in build
    counted = Figures(telemetry).counters()
    assert counted["interfaces_loop_lag_seconds_count"] == 1


def test_several_processes_are_told_as_one() -> None:
    """Gauges add up, but for those of which the most counts: a broker's queue is the same for all."""
    items = 'interfaces_layer_items{queue="slack"}'
    one = {"interfaces_processes": 1.0, items: 5.0, "interfaces_of_nobody": 1.0}
    other = {"interfaces_processes": 1.0, items: 7.0, "interfaces_threads": 40.0}
    assert added([one, other]) == {
        "interfaces_processes": 2.0, items: 7.0, "interfaces_of_nobody": 1.0, "interfaces_threads": 40.0,
    }  # fmt: skip
    assert added([]) == {}


def test_readiness_is_a_figure() -> None:
    """Of the whole, and of each part."""
    readiness = Readiness()
    assert readiness_samples(readiness) == {"interfaces_ready": 0, "interfaces_draining": 0}
    readiness.tell("http", True)
    readiness.draining = True
    assert readiness_samples(readiness) == {
        "interfaces_ready": 0, "interfaces_draining": 1, 'interfaces_part_ready{part="http"}': 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("value", "text"), [("a", "a"), ('"', '\\"'), ("\\", "\\\\"), ("\n", "\\n"), ('\\"\n', '\\\\\\"\\n')]
)
def test_a_label_is_escaped(value: str, text: str) -> None:
    """As the format has it."""
    assert sample("m", [("l", value)]) == f'm{{l="{text}"}}'
    assert sample("m") == "m"


def test_another_reads_all_of_it() -> None:
    """prometheus_client's parser: each metric with the kind that the table has, its histograms whole."""
    figures = Figures(lived())
    text = "\n".join(exposition(figures.counters(), figures.gauges())) + "\n"
    kinds = {METRICS[name].exposed.removesuffix("_total"): METRICS[name].kind for name in METRICS}
    families = {family.name: family for family in text_string_to_metric_families(text)}
    assert {name: family.type for name, family in families.items()} == {
        name: kinds[name] for name in families
    }
    assert all(family.documentation for family in families.values())
    lasted = families["interfaces_scope_duration_seconds"].samples
    buckets = {one.labels["le"]: one.value for one in lasted if one.name.endswith("_bucket")}
    assert buckets["+Inf"] == next(one.value for one in lasted if one.name.endswith("_count"))
