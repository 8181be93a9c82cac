"""The soak of sending mail, a short one: a death at each point; and that it can fail."""

from collections.abc import Iterator

import pytest

from tests.tools.loading import load
from tests.tools.soaking import Soaks

soak = load("tools/soak_send.py")
EACH = ["--kills", str(len(soak.POINTS))]
RUNS = {
    "broker": EACH,
    "spool": [*EACH, "--spool"],
    "fault": ["--kills", "3", "--fault", "repeat", "--points", "content,settling"],
}


@pytest.fixture(scope="module")
def soaks() -> Iterator[Soaks]:
    """All of them."""
    with Soaks.started(
        "soak_send.py", {name: [*words, "--seed", "1"] for name, words in RUNS.items()}
    ) as soaks:
        yield soaks


@pytest.mark.parametrize("store", ["broker", "spool"])
def test_a_death_at_each_point_loses_nothing_and_sends_nothing_twice(soaks: Soaks, store: str) -> None:
    """Every message has its result, and what that says is what the server has."""
    code, said = soaks.ended(store)
    assert code == 0, said
    for point in soak.POINTS:
        assert f"kills: {point}=1;" in said
    assert "nothing was lost, and nothing is there twice" in said


def test_without_the_record_it_fails(soaks: Soaks) -> None:
    """Senders that do not write down that they begin send again what was sent, and the soak says so."""
    code, said = soaks.ended("fault")
    assert code == 1, said
    assert "is there 2 times" in said
