"""The table rule → test of HTTP/2 has no gaps, and names tests that are there."""

import ast
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from tests.http_ws.rules import Rule, extensions, frames, hpack, messages, places, starting, streams

TESTS = Path(__file__).parents[1]
HTTP2 = [*starting.RULES, *streams.RULES, *frames.RULES, *messages.RULES]
ALL = [*HTTP2, *hpack.RULES, *extensions.PRIORITIES, *extensions.WEBSOCKETS]


@cache
def named_in(file: Path) -> frozenset[str]:
    """The names of the tests in a file."""
    parts = ast.parse(file.read_text()).body
    return frozenset(part.name for part in parts if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef))


@pytest.mark.parametrize(
    ("rules", "wanted"),
    [
        (HTTP2, places.RFC9113),
        (hpack.RULES, places.RFC7541),
        (extensions.PRIORITIES, places.RFC9218),
        (extensions.WEBSOCKETS, places.RFC8441),
    ],
)
def test_every_demand_has_a_rule(rules: list[Rule], wanted: str) -> None:
    """Each paragraph that demands something has one rule, in the RFC's order, and no rule has another place."""
    assert [rule.place for rule in rules] == wanted.split()


def test_every_case_of_h2spec_is_somewhere() -> None:
    """Each case stands with one rule, and none that the suite does not have."""
    named = Counter(case for rule in ALL for case in rule.h2spec.split())
    assert named == Counter(places.cases())
    assert len(places.cases()) == 147


@pytest.mark.parametrize("rule", ALL, ids=lambda rule: rule.place)
def test_every_rule_has_its_proof(rule: Rule) -> None:
    """Tests that are there, or the reason why there are none; a rule that a suite tests has tests."""
    assert rule.demand
    if rule.proof.startswith("no: "):
        assert len(rule.proof) > 10 and not rule.h2spec
        return
    assert rule.proof
    for proof in rule.proof.split():
        place, name = proof.rsplit(".", 1)
        folder, _, file = place.rpartition("/")
        assert f"test_{name}" in named_in(TESTS / (folder or "http_ws") / f"test_{file}.py"), proof
