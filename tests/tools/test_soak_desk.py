"""The soak of the help desk, a short one; and that it can fail."""

import os
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def soak(*words: str) -> tuple[int, str]:
    """Run it, with two kills unless more are asked for: the exit code, and what it said. Nothing of it is left."""
    command = [sys.executable, str(ROOT / "tools/soak_desk.py"), "--kills", "2", "--clients", "2", *words]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, process_group=0
    )
    try:
        said, _ = process.communicate(timeout=110)
        return process.returncode, said
    finally:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


def test_each_mail_is_one_ticket() -> None:
    """None lost and none twice, though servers and workers were killed and clients came again."""
    code, said = soak()
    assert code == 0, said
    assert "as it should be" in said and "repeats" in said


def test_without_the_inbox_it_fails() -> None:
    """What comes again is a second ticket, and the soak says so."""
    code, said = soak("--fault", "twice", "--kills", "5", "--clients", "3")
    assert code == 1, said
    assert "WRONG: twice a ticket" in said
