"""The soak of the Django inbox, a short one: a death of each kind; and that it can fail."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.django.postgres import binaries

ROOT = Path(__file__).resolve().parents[2]
KINDS = ("inside", "committed", "done", "sending", "random", "stop")


def soak(*words: str) -> subprocess.CompletedProcess[str]:
    """Run it, with six kills."""
    return subprocess.run(
        [sys.executable, ROOT / "tools/soak_inbox.py", "--kills", "6", "--seed", "1", *words],
        capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_a_death_of_each_kind_leaves_every_effect_once(database: str) -> None:
    """None twice and none lost, though deliveries came again."""
    if database == "postgresql" and binaries() is None:
        pytest.skip("PostgreSQL is not installed")
    done = soak("--database", database)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 twice" in done.stdout
    assert "6 kills: " + " ".join(f"{kind}=1;" for kind in KINDS) in done.stdout
    assert "every effect is there once" in done.stdout


def test_without_the_inbox_it_fails() -> None:
    """Deliveries that come again have a second effect, and the soak says so."""
    done = soak("--without-inbox")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "have two effects or more" in done.stdout
    assert "of these were put once" in done.stdout
