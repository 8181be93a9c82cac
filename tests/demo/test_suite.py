"""The demo's own suite, in a process of its own: a process has one set of Django's settings."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-W", "error", "-m", "django"]


def django(tmp_path, *arguments):
    """Run Django's command line with the demo's settings, warnings being errors."""
    environ = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "interfaces.demo.settings",
        "INTERFACES_DEMO_STATE": str(tmp_path),
        "INTERFACES_DEMO_LAYER": "local:",
        "PYTHONPATH": str(ROOT),
    }
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_suite_passes(tmp_path):
    """Store, desk, ways and consumers do what the files check_*.py say."""
    done = django(tmp_path, "test", "tests.demo.suite", "--pattern", "check_*.py", "--failfast")
    assert done.returncode == 0, done.stderr
    assert "Ran 79 tests" in done.stderr


def test_the_migrations_are_complete(tmp_path):
    """The models hold nothing that the migrations do not make."""
    (tmp_path / "desk.sqlite3").touch()
    done = django(tmp_path, "makemigrations", "--check", "--dry-run")
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_settings_pass_djangos_checks(tmp_path):
    """``check`` finds nothing."""
    done = django(tmp_path, "check", "--fail-level", "WARNING")
    assert done.returncode == 0, done.stderr
