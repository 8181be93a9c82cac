"""``interfaces top``: one screen after the other."""

import os
import sys

import pytest

from interfaces.cli import top as module
from tests.cli.conftest import Cli
from tests.cli.ops_server import FakeOps, free, served


def test_once_is_one_screen(cli: Cli) -> None:
    """After one interval, with nothing that only a terminal understands."""
    with served(FakeOps()) as where:
        result = cli("top", "--ops", where, "--once", "--interval", "0.05")
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith("ready · pid ") and result.out.count("ready · pid") == 1
    assert "\x1b" not in result.out


def test_without_a_terminal_one_stands_below_the_other(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until Ctrl+C, which ends it quietly."""
    naps = []

    def sleep(seconds: float) -> None:
        naps.append(seconds)
        if len(naps) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(module.time, "sleep", sleep)
    with served(FakeOps()) as where:
        result = cli("top", "--ops", where, "--interval", "7")
    assert (result.code, result.err) == (0, "")
    assert naps == [7, 7, 7] and result.out.count("ready · pid") == 2


def test_at_a_terminal_it_is_painted_over(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a page of its own, which is left however it ends; lines are cut at its width."""
    fake = FakeOps()
    fake.facts = {"listens": ["x" * 200]}
    naps = []

    def sleep(seconds: float) -> None:
        naps.append(seconds)
        if len(naps) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(module.time, "sleep", sleep)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(module, "get_terminal_size", lambda: os.terminal_size((40, 5)))
    with served(fake) as where:
        result = cli("top", "--ops", where)
    assert result.code == 0
    assert result.out.startswith(module.ENTER + module.HOME) and result.out.endswith(module.LEAVE)
    painted = result.out.removeprefix(module.ENTER).removesuffix(module.LEAVE)
    screens = painted.split(module.HOME)[1:]
    assert len(screens) == 2
    for screen in screens:
        lines = screen.removesuffix(module.BELOW).splitlines()
        assert len(lines) == 4 and max(len(line.removesuffix(module.END_OF_LINE)) for line in lines) == 40


def test_a_process_that_goes_away_may_come_again(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """At a terminal it says so, and looks on."""
    fake = FakeOps()
    naps = []

    def sleep(seconds: float) -> None:
        naps.append(seconds)
        if len(naps) == 1:
            ended.__exit__(None, None, None)
        if len(naps) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(module.time, "sleep", sleep)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    ended = served(fake)
    result = cli("top", "--ops", ended.__enter__())
    assert result.code == 0 and result.err == ""
    assert result.out.count("no operations port answers on") == 2
    assert result.out.endswith(module.LEAVE)


@pytest.mark.parametrize("terminal", [True, False])
def test_nobody_there_is_1(cli: Cli, monkeypatch: pytest.MonkeyPatch, terminal: bool) -> None:
    """One line, and the terminal is as it was."""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal, raising=False)
    result = cli("top", "--ops", free())
    assert result.code == 1 and result.err.startswith("interfaces: no operations port answers on")
    assert result.out in ("", module.ENTER + module.LEAVE + "\n", module.ENTER + module.LEAVE)
