"""The soak of what goes out to Slack, a short one: by one sender and by several; and that it can fail."""

import json
from collections.abc import Iterator

import pytest

from tests.tools.soaking import Soaks

EACH = ["--sends", "60", "--channels", "12"]
RUNS = {"one": EACH, "several": [*EACH, "--workers", "2"], "hasty": [*EACH, "--fault", "hasty"]}


@pytest.fixture(scope="module")
def soaks() -> Iterator[Soaks]:
    """All of them."""
    with Soaks.started("soak_slack_send.py", RUNS) as soaks:
        yield soaks


@pytest.mark.parametrize("run", ["one", "several"])
def test_each_is_there_once_in_its_order(soaks: Soaks, run: str) -> None:
    """And Slack has refused next to none of it; several senders know nothing of each other."""
    code, said = soaks.ended(run)
    assert code == 0, said
    found = json.loads(said.splitlines()[-1])
    assert (found["posted"], found["in_order"]) == (120, True)
    assert found["most_refusals"] <= 2


def test_without_a_pace_it_fails(soaks: Soaks) -> None:
    """Slack refuses again and again: nothing is lost by that, and the soak says so."""
    code, said = soaks.ended("hasty")
    assert code == 1, said
    found = json.loads(said.splitlines()[-1])
    assert (found["posted"], found["in_order"]) == (120, True)
    assert found["most_refusals"] > 2
