"""Unmodified Channels consumers keep the contract of every scope: in processes with Django's settings."""

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).with_name("channels_program.py")


@pytest.mark.parametrize("part", ["delivery", "sockets"])
def test_channels_consumers(part, tmp_path):
    """Deliveries end at once; 500 sockets share few threads, and eight handlers run in parallel."""
    done = subprocess.run(
        [sys.executable, "-W", "error", str(PROGRAM), part, str(tmp_path / "db.sqlite3")],
        capture_output=True, text=True, timeout=120, cwd=PROGRAM.parents[2],
    )  # fmt: skip
    assert (done.returncode, done.stdout.split()) == (0, ["proven"]), done.stderr
