"""Reading /metrics: sums, rates, and what took how long."""

from math import inf, isnan, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from interfaces.cli.ops_figures import Look, Rates
from interfaces.runner.ops_figures import Figures, sample
from interfaces.runner.ops_text import exposition
from interfaces.shared.telemetry import Telemetry

TEXT = """\
# HELP m what
# TYPE m gauge
m{type="a",how="x"} 1
m{type="a",how="y"} 2
m{type="b",how="x"} 4
plain 2.5
odd{text="a\\"b\\\\c\\nd"} 1
broken{ 3
bad one
m{type="c"} none
"""


def histogram(*numbers: int, more: str = "") -> str:
    """Cumulative buckets up to 1, 2 and infinity."""
    return "".join(
        f'h_bucket{{{more}le="{bound}"}} {number}\n'
        for bound, number in zip(("1", "2", "+Inf"), numbers, strict=True)
    )


def test_samples_are_added_up_by_their_labels() -> None:
    """All, those with a label, those apart by a label."""
    look = Look.read(TEXT)
    assert look.total("m") == 7
    assert look.total("m", type="a") == 3
    assert look.total("m", type="a", how="y") == 2
    assert look.total("plain") == 2.5
    assert look.total("nothing") == 0
    assert look.by("m", "type") == {"a": 3, "b": 4}
    assert look.by("m", "how", type="a") == {"x": 1, "y": 2}
    assert look.by("plain", "type") == {}
    assert look.by("odd", "text") == {'a"b\\c\nd': 1}


def test_what_cannot_be_read_is_left_out() -> None:
    """Whatever answers there."""
    look = Look.read(TEXT)
    assert "broken" not in look.samples and "bad" not in look.samples
    assert look.by("m", "type").keys() == {"a", "b"}
    assert isnan(Look.read("n NaN\n").total("n")) and Look.read("n +Inf\n").total("n") == inf


def test_a_rate_is_what_came_in_a_second() -> None:
    """Between two looks; a process that was started anew has counted from 0."""
    before, after = Look.read("c 10\n"), Look.read("c 16\n")
    assert Rates(before, after, 2.0).rate("c") == 3
    assert Rates(after, Look.read("c 4\n"), 2.0).rate("c") == 2
    assert Rates(Look(), after, 1.0).rate("c") == 16
    assert Rates(before, after, 1.0).rate("nothing") == 0


@pytest.mark.parametrize(
    ("numbers", "part", "seconds"),
    [
        ((4, 4, 4), 0.5, 0.5),
        ((0, 4, 4), 0.5, 1.5),
        ((0, 0, 4), 0.5, 2.0),
        ((2, 4, 4), 0.5, 1.0),
        ((2, 4, 4), 0.75, 1.5),
        ((0, 0, 0), 0.5, nan),
    ],
)
def test_a_quantile_is_even_within_a_bucket(numbers: tuple[int, ...], part: float, seconds: float) -> None:
    """Beyond the last bound it is that; of nothing it is none."""
    found = Rates(Look(), Look.read(histogram(*numbers)), 1.0).quantile(part, "h")
    assert found == pytest.approx(seconds, nan_ok=True)


def test_a_quantile_is_of_the_time_between_the_looks() -> None:
    """What was before does not count; of one type alone if so asked; a process that began anew counts from 0."""
    before, after = Look.read(histogram(100, 100, 100)), Look.read(histogram(100, 104, 104))
    assert Rates(before, after, 1.0).quantile(0.5, "h") == pytest.approx(1.5)
    assert Rates(before, Look.read(histogram(0, 4, 4)), 1.0).quantile(0.5, "h") == pytest.approx(1.5)
    two = histogram(4, 4, 4, more='type="a",') + histogram(0, 4, 4, more='type="b",')
    assert Rates(Look(), Look.read(two), 1.0).quantile(0.5, "h", type="b") == pytest.approx(1.5)


def test_our_own_text_is_read_as_others_read_it() -> None:
    """The same samples as prometheus_client's parser finds."""
    telemetry = Telemetry()
    telemetry.count("http.refused", 3)
    meter = telemetry.meters.of('a"\\\n')
    meter.begun = 2
    meter.ended("", 0.1)
    meter.verdict("2xx")
    figures = Figures(telemetry)
    text = "\n".join(exposition(figures.counters(), figures.gauges())) + "\n"
    theirs = {
        (one.name, frozenset(one.labels.items())): one.value
        for family in text_string_to_metric_families(text) for one in family.samples
    }  # fmt: skip
    ours = {
        (name, labels): value for name, samples in Look.read(text).samples.items()
        for labels, value in samples.items()
    }  # fmt: skip
    assert ours == theirs and len(ours) > 25


@given(st.text(max_size=20), st.floats(allow_nan=False, allow_infinity=False))
def test_any_label_comes_back(label: str, value: float) -> None:
    """As it was told, whatever else ends a line for Python."""
    assert Look.read(f"{sample('m', [('l', label)])} {value!r}\n").by("m", "l") == {label: value}
