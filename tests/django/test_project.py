"""The Django side in real projects, in processes of their own: a process has one set of settings."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).with_name("project")
ROOT = PROJECT.parents[2]


def manage(*arguments, **environ):
    """Run ``manage.py``, warnings being errors."""
    return subprocess.run(
        [sys.executable, "-W", "error", "manage.py", *arguments],
        cwd=PROJECT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environ},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize(
    ("part", "count"), [("live", 9), ("identity", 9), ("checks", 7), ("mail", 1), ("settings", 7)]
)
def test_the_suite_passes(part, count):
    """What proj/check_*.py prove, with the database in memory, as Django's runner makes it."""
    done = manage("test", "proj", "--pattern", f"check_{part}.py")
    assert done.returncode == 0, done.stderr
    assert f"Ran {count} test" in done.stderr


def test_live_tests_work_with_a_database_file(tmp_path):
    """Each thread then has a connection of its own, and none keeps the file when it is dropped."""
    path = tmp_path / "test.sqlite3"
    done = manage("test", "proj", "--pattern", "check_live.py", PROJ_TEST_DB=str(path))
    assert done.returncode == 0, done.stderr
    assert not path.exists()
