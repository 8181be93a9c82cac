"""What --reload watches, and what it does with the process."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from interfaces.runner import reload
from interfaces.runner.options import ServeOptions
from interfaces.runner.reload import HURRY, Reloading, _changes, _few, watched
from interfaces.shared.errors import ConfigError
from tests.runner.virtual import Held, Life, Nursery, run


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


# --- with processes that are none, in a time that passes at once ------------------------------------------


def played(
    monkeypatch: pytest.MonkeyPatch, lives: list[Life | OSError], changes: list[float], until: float = 100.0
) -> tuple[int, Nursery]:
    """The exit code, and what happened: files change at ``changes``, and SIGTERM comes after ``until``."""
    nursery = Nursery({1: lives}).install(monkeypatch)

    async def changed() -> AsyncIterator[list[str]]:
        loop = asyncio.get_running_loop()
        for when in changes:
            await asyncio.sleep(when - loop.time())
            yield ["/else/app.py"]
        await asyncio.sleep(1000)

    monkeypatch.setattr(reload, "_changes", lambda options: changed())

    async def main() -> int:
        made = Reloading(Held(), ServeOptions(reload=True, ops_bind="", drain_delay=0.0))
        asyncio.get_running_loop().call_later(until, signal.raise_signal, signal.SIGTERM)
        return await made.run()

    return int(run(main())), nursery


def test_a_change_starts_it_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The old one has ended before the new one begins; the banner stands there once, not at every change."""
    code, nursery = played(monkeypatch, [Life(drains=1.0), Life(up=0.5)], [10, 20])
    assert code == 0
    assert nursery.story[:6] == [
        (0, "1a starts"),
        (0, "1a up"),
        (10, "1a told"),
        (11, "1a ends"),
        (11, "1b starts"),
        (11.5, "1b up"),
    ]
    said = capsys.readouterr().err
    assert said.count("one worker, started again when a file changes") == 1
    assert said.count("/else/app.py changed: starting again") == 2
    assert "waiting for a change" not in said


def test_what_is_in_flight_gets_little_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who develops does not wait for an open WebSocket."""
    _, nursery = played(monkeypatch, [Life(drains=None)], [10])
    assert nursery.at("1a killed") == nursery.at("1b starts") == 10 + HURRY


def test_a_mistake_of_the_operator_at_the_start_ends_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Code 2: no change of a file would mend a wrong option; it has said so itself."""
    code, nursery = played(monkeypatch, [Life(up=None, ends=1.0, code=2)], [10])
    assert (code, nursery.said) == (2, ["1a starts", "1a ends"])
    assert "waiting for a change" not in capsys.readouterr().err


@pytest.mark.parametrize("broken", [Life(up=None, ends=1.0, code=1), Life(up=0.5, ends=1.0, code=0)])
def test_an_application_that_ends_by_itself_waits_for_a_change(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], broken: Life
) -> None:
    """A mistake in it is mended in a file: it is not started again and again meanwhile."""
    code, nursery = played(monkeypatch, [broken, Life()], [50])
    assert code == 0
    assert [when for when, what in nursery.story if what.endswith("starts")] == [0, 50]
    assert f"the process ended with code {broken.code}: waiting for a change" in capsys.readouterr().err


def test_a_mistake_after_a_change_is_mended_by_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """Code 2 of a later start is no end: the file that says it may be the one being edited."""
    code, nursery = played(monkeypatch, [Life(), Life(up=None, ends=1.0, code=2), Life()], [10, 30])
    assert code == 0
    assert [what for what in nursery.said if what.endswith("up")] == ["1a up", "1c up"]


def test_a_change_while_it_starts_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was begun with the old file is ended, although it never was up."""
    code, nursery = played(monkeypatch, [Life(up=30.0), Life()], [10])
    assert code == 0
    assert nursery.said[:3] == ["1a starts", "1a told", "1a ends"]
    assert nursery.at("1b up") == 10


def test_the_paths_of_a_change_are_told_once_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only those that count, in order, in the directories that were asked for."""
    watchfiles = pytest.importorskip("watchfiles")

    async def awatch(*directories: Path, watch_filter: Any, **_: Any) -> AsyncIterator[set[tuple[int, str]]]:
        assert directories == (tmp_path,)
        found = {(kind, str(tmp_path / name)) for kind in (1, 2) for name in ("b.py", "a.py", "c.txt")}
        yield {(kind, path) for kind, path in found if watch_filter(kind, path)}

    monkeypatch.setattr(watchfiles, "awatch", awatch)

    async def first() -> list[str]:
        options = ServeOptions(reload=True, reload_dir=(tmp_path,))
        return await anext(_changes(options))

    assert asyncio.run(first()) == [str(tmp_path / "a.py"), str(tmp_path / "b.py")]
