"""The soak of durable queues, a short one: ten kills, one of each kind."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.tools.loading import load

soak = load("tools/soak_durable.py")
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


def judged(*lines, put=("a", "b"), unsure=(), left=0, dead=0):
    """What is wrong when these were put, and workers told these lines."""
    book = soak.Book()
    book.put.update(put)
    book.unsure.update(unsure)
    for line in lines:
        book.told(*line.split())
    return book.faults(left, dead)


FINE = ["begin a 1 key-a", "done a", "begin b 1 key-b", "retry b", "begin b 2 key-b", "done b"]


def test_what_was_put_and_done_is_right():
    """An item that was tried twice has two attempts, and a put whose fate is unknown may be done twice."""
    assert judged(*FINE) == []
    assert judged(*FINE, "begin a 1 key-a", "done a", unsure=["a"]) == []


@pytest.mark.parametrize(
    ("lines", "more", "said"),
    [
        (FINE[:2], {}, "1 of 2 were lost"),
        ([*FINE, "begin a 1 key-a"], {}, "1 had an attempt twice"),
        ([*FINE, "begin a 2 key-a", "done a"], {}, "1 were done twice"),
        (["begin a 1 other", *FINE[1:]], {}, "a came with the dedupe key other"),
        ([*FINE, "begin c 1 key-c"], {}, "1 came that were not put"),
        (FINE, {"left": 2}, "2 items and 0 dead letters are left"),
        (FINE, {"dead": 1}, "0 items and 1 dead letters are left"),
        ([*FINE, "done a 1.0 2.5 talk", "retry b 2.4 3.0 talk"], {"unsure": "ab"},
         "1 of a conversation ran side by side"),
    ],
)  # fmt: skip
def test_each_broken_promise_is_a_fault(lines, more, said):
    """Lost, begun or done twice, with another key, from nowhere, left over, at the same time."""
    assert judged(*lines, **more) == [said]


def test_conversations_are_apart():
    """Turns of different ones may overlap, and one may begin when the other ends, in whatever order they are told."""
    lines = ["done a 5.0 6.0 one", "done a 1.0 5.0 one", "done b 1.0 5.0 two"]
    assert judged(*FINE, *lines, unsure="ab") == []
