"""./dev: what it says, and when it installs."""

import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.tools.loading import ROOT, load

dev = load("dev")


def test_every_command_is_in_the_help() -> None:
    """What can be run is told, and what is told can be run."""
    told = {line.split()[1] for line in dev.__doc__.splitlines() if line.startswith("  ./dev ")}
    assert told == {*dev.COMMANDS}


@pytest.mark.parametrize(("words", "code"), [([], 0), (["help"], 0), (["tset"], 2)])
def test_help_is_asked_for_or_a_mistake(words: list[str], code: int) -> None:
    """Without a command, and for an unknown one, the usage is printed; nothing is installed."""
    done = subprocess.run([sys.executable, str(ROOT / "dev"), *words], capture_output=True, text=True)
    assert done.returncode == code
    assert "./dev test" in (done.stdout if code == 0 else done.stderr)


def test_nothing_is_installed_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second call with the same key runs no pip, one with another does, and a failure leaves no stamp."""
    runs: list[Any] = []
    monkeypatch.setattr(dev, "must", lambda *words, **_: runs.append(words))
    python = tmp_path / "bin/python"
    for key in ("a", "a", "b"):
        dev.installed(python, "test,docs", key, ".[test,docs]")
    assert len(runs) == 2
    monkeypatch.setattr(dev, "must", lambda *_, **__: sys.exit(1))
    with pytest.raises(SystemExit):
        dev.installed(python, "test,docs", "c", ".[test,docs]")
    assert (tmp_path / ".dev-test-docs").read_text(encoding="ascii") == "b"


def test_the_fingerprint_changes_with_the_files(tmp_path: Path) -> None:
    """A changed requirement is installed, an unchanged one is not."""
    path = tmp_path / "setup.py"
    path.write_text("one", encoding="ascii")
    first = dev.fingerprint(path)
    assert dev.fingerprint(path) == first
    path.write_text("two", encoding="ascii")
    assert dev.fingerprint(path) != first


def test_ci_runs_what_the_readme_says() -> None:
    """.ci/run calls exactly the README's test command, and the checks; then tests compiled that are there."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    run = (ROOT / ".ci/run").read_text(encoding="utf-8")
    assert "\n./dev test " in readme and "\n./dev check " in readme
    assert "for command in test check; do" in run and './dev "$command"\n' in run
    folders = run.partition("compiled=(")[2].partition(")")[0].split()
    assert folders and all((ROOT / one).exists() for one in folders)
    assert f"./dev test --compiled {' '.join(folders)}`" in (ROOT / "CONTRIBUTING.md").read_text(
        encoding="utf-8"
    )


def test_what_cannot_be_compiled_is_not_tested_as_if_it_were(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plain Python, where compiled was asked for, is a failure, after what is missing was to be installed."""
    asked: list[tuple[str, ...]] = []
    monkeypatch.setattr(dev, "programs", lambda *more: asked.append(more))
    monkeypatch.setattr(dev, "compiled", lambda extra: Path(sys.executable))
    monkeypatch.setattr(dev.shutil, "which", lambda name: None)
    monkeypatch.setattr(dev.sysconfig, "get_paths", lambda: {"include": "/nowhere"})
    with pytest.raises(SystemExit, match="nothing was compiled"):
        dev.test(["--compiled"])
    assert asked == [("gcc", "libc6-dev", "python3-dev")]


@pytest.mark.parametrize("told", [[], ["tests/shared"], ["-k", "fork", "-x"]])
def test_only_the_whole_suite_runs_side_by_side(monkeypatch: pytest.MonkeyPatch, told: list[str]) -> None:
    """Without arguments several processes share the files; with some pytest is told them, and nothing else.

    Either way bytecode is kept, though the environment says not to.
    """
    monkeypatch.setattr(dev, "programs", lambda: None)
    monkeypatch.setattr(dev, "ready", lambda *_: Path("python"))
    became: list[Any] = []

    def become(*words: Any, **environ: str) -> None:
        became.extend(words)
        assert environ == {"PYTHONDONTWRITEBYTECODE": ""}
        raise SystemExit

    monkeypatch.setattr(dev, "become", become)
    with pytest.raises(SystemExit):
        dev.test(told)
    assert became == [Path("python"), "-m", "pytest", *(told or dev.ALL_TESTS)]


def test_the_build_is_pinned() -> None:
    """The build system is one exact version: a release builds again as it did."""
    build = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["build-system"]
    assert all("==" in requirement for requirement in build["requires"])
