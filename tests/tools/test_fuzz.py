"""The fuzzer finds what is there, and its targets hold for a few inputs; ./dev fuzz has more time."""

from types import SimpleNamespace

import pytest

from tests.tools.loading import ROOT, load

TARGETS = sorted(path.stem for path in (ROOT / "fuzz").glob("*.py"))
fuzz = load("tools/fuzz.py")


@pytest.mark.parametrize("name", TARGETS)
def test_a_target_holds_for_its_seeds_and_some_more(name: str) -> None:
    """No target is broken, and none finds something at once; what is random here is always the same."""
    fuzzer = fuzz.Fuzzer(fuzz.load(name), seed=1)
    assert [found for found in (fuzzer.step() for _ in range(300)) if found is not None] == []


def test_a_fault_is_found() -> None:
    """The fuzzer gets from a seed to a fault that is some changes away."""

    def one(data: bytes) -> None:
        assert b"\r\r" not in data

    fuzzer = fuzz.Fuzzer(SimpleNamespace(one=one, SEEDS=[b"a\r\nb"]), seed=1)
    assert any(fuzzer.step() is not None for _ in range(2000))


def test_every_wire_has_a_target() -> None:
    """A wire_*.py without a target of its name would go unfuzzed."""
    assert {path.stem for path in ROOT.glob("interfaces/*/wire_*.py")} - {*TARGETS} == set()
