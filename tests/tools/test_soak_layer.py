"""The soak of channel layers: what it plays, and what it says of that. The cases are played small in tests/layers."""

import inspect
import subprocess
import sys
from typing import Any

import pytest

from tests.layers import faults, outages
from tests.tools.loading import ROOT, load

soak = load("tools/soak_layer.py")


def test_every_case_is_played() -> None:
    """What faults and outages have is in the list, each with sizes that it takes, under a name of its own."""
    there = {
        case
        for module in (faults, outages)
        for case in vars(module).values()
        if inspect.iscoroutinefunction(case) and "scene" in inspect.signature(case).parameters
    }
    assert {case for _, case, _ in soak.CASES} == there
    assert len({name for name, _, _ in soak.CASES}) == len(soak.CASES)
    for _, case, sizes in soak.CASES:
        inspect.signature(case).bind(None, **{name: size for name, size in sizes.items() if name != "shards"})


def test_one_that_fails_fails_all(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 1; the others are played all the same, on brokers of their own, as many times as there is time for."""
    scenes: list[Any] = []

    async def good(scene: Any, number: int) -> dict[str, int]:
        scenes.append(scene)
        return {"sent": number}

    async def bad(scene: Any) -> None:
        raise AssertionError("lost")

    monkeypatch.setattr(soak, "CASES", [("bad", bad, {}), ("good", good, {"number": 7, "shards": 2})])
    monkeypatch.setattr(sys, "argv", ["soak_layer.py", "0"])
    assert soak.main() == 1
    said = capsys.readouterr().out
    assert "AssertionError: lost" in said and '{"sent": 7}' in said and said.endswith("2 cases, 1 failed\n")
    assert len({*scenes[0].hosts}) == 2
    monkeypatch.setattr(sys, "argv", ["soak_layer.py", "0", "good"])
    assert soak.main() == 0


def test_a_case_that_is_not_there_is_named() -> None:
    """Exit code 2, with those that are there."""
    words = [sys.executable, str(ROOT / "tools/soak_layer.py"), "0", "kiled"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "no case is called kiled" in done.stderr and "killed broker" in done.stderr


def test_one_case_for_real() -> None:
    """As ``./dev soak layer`` plays it."""
    words = [sys.executable, str(ROOT / "tools/soak_layer.py"), "0", "at once"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"sent": 2000, "received": 2000' in done.stdout
    assert done.stdout.endswith("1 cases, 0 failed\n")
