"""The soak of the Django inbox, a short one: a death of each kind; and that it can fail."""

from collections.abc import Iterator

import pytest

from tests.django.postgres import binaries
from tests.tools.soaking import Soaks

KINDS = ("inside", "committed", "done", "sending", "random", "stop")
RUNS = {
    "sqlite": ["--kills", "6", "--database", "sqlite"],
    "postgresql": ["--kills", "6", "--database", "postgresql"],
    "fault": ["--kills", "3", "--without-inbox"],
}


@pytest.fixture(scope="module")
def soaks() -> Iterator[Soaks]:
    """All of them."""
    there = {name: words for name, words in RUNS.items() if name != "postgresql" or binaries() is not None}
    runs = {name: ["--seed", "1", *words] for name, words in there.items()}
    with Soaks.started("soak_inbox.py", runs) as soaks:
        yield soaks


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_a_death_of_each_kind_leaves_every_effect_once(soaks: Soaks, database: str) -> None:
    """None twice and none lost, though deliveries came again."""
    if database not in soaks:
        pytest.skip("PostgreSQL is not installed")
    code, said = soaks.ended(database)
    assert code == 0, said
    assert "0 twice" in said
    assert "6 kills: " + " ".join(f"{kind}=1;" for kind in KINDS) in said
    assert "every effect is there once" in said


def test_without_the_inbox_it_fails(soaks: Soaks) -> None:
    """Deliveries that come again have a second effect, and the soak says so."""
    code, said = soaks.ended("fault")
    assert code == 1, said
    assert "have two effects or more" in said
    assert "of these were put once" in said
