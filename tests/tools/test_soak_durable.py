"""The soak of durable queues, a short one: ten kills, one of each kind."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_ten_kills_lose_nothing():
    """Workers are killed at random and at each chosen moment, one is stopped past its lease, and so is the broker."""
    done = subprocess.run(
        [sys.executable, ROOT / "tools/soak_durable.py", "--kills", "10", "--seed", "1"],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    for kind in ("given=2", "taken=2", "settled=2", "stop=1", "broker=1"):
        assert f"kills: {kind}" in done.stdout
    assert "nothing was lost" in done.stdout
