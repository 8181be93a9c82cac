"""What --reload watches."""

import sys
from pathlib import Path

import pytest

from interfaces.runner.options import ServeOptions
from interfaces.runner.reload import _changes, _few, watched
from interfaces.shared.errors import ConfigError


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("app.py", True),
        ("deep/er/app.py", True),
        ("notes.txt", False),
        ("__pycache__/app.py", False),
        (".git/hooks/app.py", False),
        (".venv/lib/app.py", False),
        ("node_modules/x/app.py", False),
        ("lib/python3.11/site-packages/app.py", False),
        ("env/lib/app.py", False),
    ],
)
def test_what_counts_as_a_change(tmp_path: Path, name: str, counts: bool) -> None:
    """Files of the patterns, but not in caches, repositories, packages or virtual environments."""
    (tmp_path / "env").mkdir()
    (tmp_path / "env/pyvenv.cfg").touch()
    assert watched(str(tmp_path / name), [tmp_path], ("*.py",)) is counts


def test_only_directories_below_the_watched_one_are_left_out(tmp_path: Path) -> None:
    """A project may itself live below a directory that begins with a dot."""
    project = tmp_path / ".hidden" / "project"
    assert watched(str(project / "app.py"), [project], ("*.py",))


def test_patterns_and_directories_are_options(tmp_path: Path) -> None:
    """A template counts when it was asked for; what is elsewhere does not."""
    assert watched(str(tmp_path / "a.html"), [tmp_path], ("*.py", "*.html"))
    assert not watched("/elsewhere/a.py", [tmp_path], ("*.py",))


def test_without_watchfiles_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A ConfigError says what to install."""
    monkeypatch.setitem(sys.modules, "watchfiles", None)
    with pytest.raises(ConfigError, match=r"asgi-interfaces\[reload\]"):
        _changes(ServeOptions(reload=True))


def test_a_directory_that_is_not_there(tmp_path: Path) -> None:
    """A ConfigError names it."""
    with pytest.raises(ConfigError, match="nowhere: no such directory"):
        _changes(ServeOptions(reload=True, reload_dir=(tmp_path / "nowhere",)))


def test_paths_are_shown_short(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Relative to where we are, one by name and the others by number."""
    monkeypatch.chdir(tmp_path)
    assert _few([str(tmp_path / "a.py")]) == "a.py"
    assert _few(["/else/a.py", "/else/b.py", "/else/c.py"]) == "/else/a.py and 2 more"
