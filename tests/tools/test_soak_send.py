"""The soak of sending mail, a short one: a death at each point; and that it can fail."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.tools.loading import load

ROOT = Path(__file__).resolve().parents[2]
soak = load("tools/soak_send.py")


def played(*words: str) -> subprocess.CompletedProcess[str]:
    """Run it."""
    return subprocess.run(
        [sys.executable, ROOT / "tools/soak_send.py", "--seed", "1", *words],
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("store", [[], ["--spool"]], ids=["broker", "spool"])
def test_a_death_at_each_point_loses_nothing_and_sends_nothing_twice(store: list[str]) -> None:
    """Every message has its result, and what that says is what the server has."""
    done = played("--kills", str(len(soak.POINTS)), *store)
    assert done.returncode == 0, done.stdout + done.stderr
    for point in soak.POINTS:
        assert f"kills: {point}=1;" in done.stdout
    assert "nothing was lost, and nothing is there twice" in done.stdout


def test_without_the_record_it_fails() -> None:
    """Senders that do not write down that they begin send again what was sent, and the soak says so."""
    done = played("--kills", "3", "--fault", "repeat", "--points", "content,settling")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "is there 2 times" in done.stdout
