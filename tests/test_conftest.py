"""The rule about skips, tried on a small suite of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = Path(__file__).with_name("conftest.py")
SUITE = {
    "passes": "def test_it(): pass",
    "platform": "import pytest\ndef test_it(): pytest.skip('needs Linux: /proc')",
    "lacks": "import pytest\ndef test_it(): pytest.skip('no chromium')",
    "lacks_at_import": "import pytest\npytest.importorskip('a_package_that_nobody_has')",
    "lacks_by_mark": "import pytest\n@pytest.mark.skipif(True, reason='no peer')\ndef test_it(): pass",
}


@pytest.mark.parametrize(
    ("name", "ci", "code"),
    [
        ("passes", "true", 0),
        ("platform", "true", 0),
        ("lacks", "", 0),
        ("lacks", "true", 1),
        ("lacks_by_mark", "true", 1),
        ("lacks_at_import", "", 5),  # pytest's word for "nothing collected"
        ("lacks_at_import", "true", 2),
    ],
)
def test_a_skip_for_want_of_something_fails_in_ci(tmp_path: Path, name: str, ci: str, code: int) -> None:
    """With CI=true a skip is a failure unless its reason is the platform; elsewhere it stays a skip."""
    done = outcome(tmp_path, name, ci)
    assert done.returncode == code, done.stdout


@pytest.mark.parametrize(("name", "code"), [("platform", 0), ("lacks", 1), ("lacks_at_import", 1)])
def test_so_it_does_in_a_process_of_xdists(tmp_path: Path, name: str, code: int) -> None:
    """The processes that run tests know the rule, and the one that started them fails."""
    done = outcome(tmp_path, name, "true", "-p", "xdist.plugin", "-n", "1")
    assert done.returncode == code, done.stdout
    assert ("skipped with CI=true" in done.stdout) == bool(code)


def outcome(tmp_path: Path, name: str, ci: str, *words: str) -> subprocess.CompletedProcess[str]:
    """What pytest makes of the suite ``name`` with our conftest."""
    (tmp_path / "conftest.py").write_text(CONFTEST.read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "test_it.py").write_text(SUITE[name], encoding="utf-8")
    options = ["-q", "-p", "no:cacheprovider", f"--rootdir={tmp_path}", *words]
    environ = {**os.environ, "CI": ci, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    command = [sys.executable, "-m", "pytest", *options, str(tmp_path)]
    return subprocess.run(command, env=environ, capture_output=True, text=True, cwd=tmp_path, check=False)
